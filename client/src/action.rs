//! Everything a client can want done.

use spotter_relay_protocol::Frame;

use crate::ask::{Answer, RequestId};
use crate::input::BatchId;
use crate::link_id::LinkId;
use crate::news::News;
use crate::record::Record;

/// One thing the shell should now do. Those of one step are done in order; none waits for the one before to
/// finish, so that sending and saving run in parallel.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Append these records to the local store, in this order, and sync. Answered by
    /// [`Input::Saved`](crate::Input::Saved) or [`Input::SaveFailed`](crate::Input::SaveFailed). There is
    /// never more than one unanswered batch.
    Save {
        /// Names the batch in the answer.
        batch: BatchId,
        /// What to save.
        records: Vec<Record>,
    },
    /// Open a connection. Answered by [`Input::Connected`](crate::Input::Connected) or
    /// [`Input::Disconnected`](crate::Input::Disconnected).
    Connect {
        /// Names the connection from now on.
        link: LinkId,
        /// A WebSocket address, as the person gave it.
        address: String,
    },
    /// Close a connection, or give up opening it. Nothing more is heard of it, and it needs no
    /// [`Input::Disconnected`](crate::Input::Disconnected).
    Disconnect {
        /// Which connection.
        link: LinkId,
    },
    /// Send a message. It may hold a password or a token: never log it.
    Send {
        /// On which connection.
        link: LinkId,
        /// The whole message.
        frame: Frame,
    },
    /// Send a ping: any sign of life in return comes back as [`Input::Heard`](crate::Input::Heard).
    Ping {
        /// On which connection.
        link: LinkId,
    },
    /// Answer a request.
    Answer {
        /// Which one.
        request: RequestId,
        /// The answer, or the reason why there is none.
        answer: Answer,
    },
    /// Tell whoever is watching that something happened.
    Tell(News),
}
