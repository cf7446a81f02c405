//! The smallest HTTP client.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// What is answered to a request for a path, without its head.
pub(crate) fn http_get(address: &str, path: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    write!(
        socket,
        "GET {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (_, text) = answer.split_once("\r\n\r\n").unwrap();
    text.to_owned()
}
