//! The one place where this program draws randomness: a seed at the start of every process, and keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use spotter_relay_protocol::DisplayKey;

use crate::failure::Failure;

/// A seed for the client's machine.
///
/// Invariant: never stored, never drawn twice in a process. The actor of this run comes from it, and two processes that
/// write as one actor would make a meet that nobody can put together.
pub(crate) fn seed() -> Result<[u8; 32], Failure> {
    random()
}

fn random() -> Result<[u8; 32], Failure> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|error| Failure::local(format!("the system gives no randomness: {error}")))?;
    Ok(random)
}

/// A key for displays.
pub(crate) fn display_key() -> Result<DisplayKey, Failure> {
    let text = URL_SAFE_NO_PAD.encode(random()?);
    DisplayKey::parse(&text).map_err(|error| Failure::local(error.to_string()))
}
