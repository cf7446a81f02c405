//! Messages: whatever the bytes, they are answered; what is read as a message says the same when it is written again.
//! The first byte says who listens, and whether the frame is text or packed.

use std::fmt::Debug;

use spotter_relay_protocol::{ClientMessage, Frame, PeerMessage, ProtocolError, RelayMessage};

/// Tries the bytes.
pub fn check(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let frame = if kind & 1 == 0 {
        let Ok(text) = std::str::from_utf8(rest) else {
            return;
        };
        Frame::from(text)
    } else {
        Frame::Packed(rest.into())
    };
    match kind >> 1 & 3 {
        0 => again(&frame, ClientMessage::read, ClientMessage::encode),
        1 => again(&frame, RelayMessage::read, RelayMessage::encode),
        _ => again(&frame, PeerMessage::read, PeerMessage::encode),
    }
}

fn again<M: PartialEq + Debug>(
    frame: &Frame,
    read: impl Fn(&Frame) -> Result<M, ProtocolError>,
    encode: impl Fn(&M) -> String,
) {
    let Ok(message) = read(frame) else {
        return;
    };
    let text = Frame::from(encode(&message));
    match read(&text) {
        Ok(again) => assert_eq!(again, message),
        Err(error) => {
            // What travels packed may be more than a plain message holds.
            assert!(matches!(frame, Frame::Packed(_)), "{error}");
        }
    }
}
