//! The server and the process it runs in.

use crate::rule::{Server, ServerMoment};

/// The server of a run.
pub(crate) struct House {
    pub(crate) server: Box<dyn Server>,
    pub(crate) running: bool,
    pub(crate) paused: bool,
    pub(crate) backup: Option<Box<dyn Server>>,
    /// How often its memory was lost or replaced.
    pub(crate) logs: u32,
}

impl House {
    pub(crate) fn new(server: Box<dyn Server>) -> Self {
        Self {
            server,
            running: true,
            paused: false,
            backup: None,
            logs: 1,
        }
    }

    pub(crate) fn moment(&self, now: u64) -> ServerMoment {
        ServerMoment {
            now,
            log: format!("log-{}", self.logs),
        }
    }
}
