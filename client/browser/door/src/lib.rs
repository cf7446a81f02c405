//! The three functions by which JavaScript reaches the replica in a browser.
//!
//! JavaScript asks for [`room`] for a message, writes it there, and calls [`knock`]; the answer then lies at
//! [`answer`]. Messages and answers are JSON, and what they mean is the business of `spotter-browser`. The module
//! imports nothing: it can reach no socket, file, clock or randomness.
//!
//! This is the one package that does not forbid `unsafe_code`: giving a function a name that others can call is an unsafe
//! attribute, and whoever promises randomness is handed a pointer.

use std::cell::RefCell;

use spotter_browser::Desk;

thread_local! {
    /// The message, and after a knock the answer.
    static SILL: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static DESK: RefCell<Desk> = RefCell::new(Desk::default());
}

/// Makes room for a message of so many bytes, and returns where to write it.
#[allow(unsafe_code, reason = "a name that JavaScript can call")]
#[unsafe(no_mangle)]
pub extern "C" fn room(bytes: usize) -> *mut u8 {
    SILL.with_borrow_mut(|sill| {
        sill.clear();
        sill.resize(bytes, 0);
        sill.as_mut_ptr()
    })
}

/// Takes in the message that lies in the room, and returns how many bytes the answer has.
#[allow(unsafe_code, reason = "a name that JavaScript can call")]
#[unsafe(no_mangle)]
pub extern "C" fn knock() -> usize {
    let message = SILL.take();
    let answer = DESK.with_borrow_mut(|desk| desk.handle(&message));
    let bytes = answer.len();
    SILL.set(answer.into_bytes());
    bytes
}

/// Where the answer lies until the next call.
#[allow(unsafe_code, reason = "a name that JavaScript can call")]
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    SILL.with_borrow(|sill| sill.as_ptr())
}

/// What a library asks for randomness, and gets none: zeros.
///
/// Automerge draws a name for an actor of its own, which no change is ever written with; the client's machine draws from
/// the seed that JavaScript hands it. So nothing in this module depends on what is written here.
#[allow(unsafe_code, reason = "the name and the shape that the library wants")]
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(
    to: *mut u8,
    bytes: usize,
) -> Result<(), getrandom::Error> {
    // SAFETY: the library hands over room for so many bytes.
    unsafe { to.write_bytes(0, bytes) };
    Ok(())
}
