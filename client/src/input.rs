//! Everything that can happen to a client.

use spotter_relay_protocol::Frame;

use crate::ask::{Ask, RequestId};
use crate::link_id::LinkId;
use crate::record::Record;

/// One thing that happened, for [`Client::step`](crate::Client::step).
#[derive(Debug)]
pub enum Input {
    /// The local store has been read from its beginning; the first input of every run. Empty for a new
    /// replica. The shell has already cut a torn tail; anything worse it reports itself and does not start.
    Opened {
        /// What was saved, in the order in which it was saved.
        records: Vec<Record>,
    },
    /// A person, a page or a script wants something. Answered exactly once by
    /// [`Action::Answer`](crate::Action::Answer), perhaps much later.
    Asked {
        /// By which the answer is known; chosen by the shell, never reused.
        request: RequestId,
        /// What is wanted.
        ask: Ask,
    },
    /// A connection stands and can carry messages: one that the client asked for, or one that another
    /// replica opened ([`LinkId::Accepted`]).
    Connected {
        /// Which connection.
        link: LinkId,
    },
    /// A message arrived, in a text frame or a binary one.
    Received {
        /// On which connection.
        link: LinkId,
        /// The whole message.
        frame: Frame,
    },
    /// A ping or a pong arrived: no message, but a sign of life.
    Heard {
        /// On which connection.
        link: LinkId,
    },
    /// A connection ended, or one that was asked for could not be made.
    Disconnected {
        /// Which connection.
        link: LinkId,
        /// What to tell a person, such as `connection refused`; lower case, no full stop.
        why: String,
    },
    /// A batch is on disk and synced.
    Saved {
        /// Which batch.
        batch: BatchId,
    },
    /// A batch could not be saved. The shell has cut its file back to the last batch that was (never
    /// retrying a failed sync and calling it good), and is ready to be given the records again.
    SaveFailed {
        /// Which batch.
        batch: BatchId,
        /// What to tell a person, such as `no space left on device`.
        why: String,
    },
    /// The moment of [`Client::next_wakeup`](crate::Client::next_wakeup) has come, or some other moment.
    Tick,
}

/// Names one [`Action::Save`](crate::Action::Save).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BatchId(pub u64);
