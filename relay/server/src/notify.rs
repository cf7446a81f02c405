//! Tells a service manager how far the relay is, in the way that systemd asks for: `Type=notify`.

use std::env;
use std::io;

/// Something a service manager waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Connections are accepted; also after settings were read again.
    Ready,
    /// Settings are being read again.
    Reloading,
    /// The relay was asked to stop.
    Stopping,
}

/// Tells it, if anybody asked to be told. A manager that does not listen is no reason to stop.
pub(crate) fn tell(state: State) {
    let Some(socket) = env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    let word = match state {
        State::Ready => "READY=1".to_owned(),
        State::Reloading => format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()),
        State::Stopping => "STOPPING=1".to_owned(),
    };
    if let Err(error) = send(&socket, word.as_bytes()) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

#[cfg(target_os = "linux")]
fn send(socket: &std::ffi::OsStr, word: &[u8]) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(word, &address)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn send(_: &std::ffi::OsStr, _: &[u8]) -> io::Result<()> {
    Ok(())
}

/// The clock by which a manager tells this reloading from the one before.
#[cfg(target_os = "linux")]
fn monotonic_us() -> i128 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000
}

#[cfg(not(target_os = "linux"))]
fn monotonic_us() -> i128 {
    0
}
