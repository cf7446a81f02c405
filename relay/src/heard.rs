//! Reading what arrived. It depends on nothing but the bytes and changes nothing, so a shell does it beside the machine:
//! a thousand changes in a message are taken apart while other meets go on. Nothing is unpacked here, for a short pack can
//! be dear: the machine decides first who may have that done.

use spotter_relay_protocol::{ClientMessage, Frame, ProtocolError, Said};

/// A message as it was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// How long it was.
    pub(crate) bytes: usize,
    /// Whether it came in a binary frame.
    pub(crate) packed: bool,
    pub(crate) said: Result<Said, ProtocolError>,
}

impl Heard {
    /// How many bytes the message had.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether there was nothing in it.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Reads a message and the changes in it, unless they are packed. Costs at most what the limits of one message allow,
    /// whoever sent it.
    pub fn read(frame: &Frame) -> Self {
        let mut said = Said::read(frame);
        if let Ok(Said::Plain(ClientMessage::UpdateInit(init))) = &mut said {
            init.updates
                .iter_mut()
                .for_each(|update| update.change.look());
        }
        Self {
            bytes: frame.len(),
            packed: matches!(frame, Frame::Packed(_)),
            said,
        }
    }
}
