//! What a relay's disk must hold, as the events so far tell it.

use super::{WriteId, Writes};

/// A relay.
#[derive(Debug, Default)]
pub(crate) struct Relay<'a> {
    /// When something last happened to its disk that takes away what was synced.
    pub(crate) taken_at: Option<u64>,
    /// Whether it found its log damaged when it last opened it, and so serves nobody.
    pub(crate) is_damaged: bool,
    /// Whether stored bytes ever changed by themselves, so that nobody can tell what is left.
    pub(crate) ever_rotted: bool,
    /// The name of the log it wrote last.
    log: Option<&'a str>,
    /// What that log has, and no trouble has taken since.
    has: Writes,
    backup: Option<(Option<&'a str>, Writes)>,
}

impl<'a> Relay<'a> {
    /// Whether it has written a log that it has not lost as a whole.
    pub(crate) fn has_log(&self) -> bool {
        self.log.is_some()
    }

    /// What its log has, unless bytes changed by themselves.
    pub(crate) fn has(&self) -> &Writes {
        &self.has
    }

    /// Whether everything that was ever logged must still be there.
    pub(crate) fn is_untouched_since(&self, at: u64) -> bool {
        self.taken_at.is_none_or(|taken_at| taken_at < at)
    }

    pub(super) fn logged(&mut self, log: &'a str, write: Option<WriteId>) {
        // Whoever writes has a log that is sound, if only a new one.
        self.is_damaged = false;
        if self.log != Some(log) {
            self.log = Some(log);
            self.has = Writes::default();
        }
        if let Some(write) = write {
            self.has.add(write);
        }
    }

    pub(super) fn trouble(&mut self, at: u64, what: &str) {
        match what {
            "lose-memory" | "moved-away" => {
                self.is_damaged = false;
                self.log = None;
                self.has = Writes::default();
            }
            "backup" => self.backup = Some((self.log, self.has.clone())),
            "restore" => (self.log, self.has) = self.backup.clone().unwrap_or_default(),
            "rots" => self.ever_rotted = true,
            _ => {}
        }
        // A repair takes away what lies behind the damage.
        let takes = ["lose-memory", "restore", "rots", "repaired", "moved-away"];
        if takes.contains(&what) {
            self.taken_at = Some(at);
        }
    }
}
