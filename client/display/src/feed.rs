//! The feed of one view: its revision, the last few updates, and the answers to readers of both rules.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::frame::{
    All, Checked, Envelope, FORMAT, Frame, Lifters, Snapshot, Source, Update, Word,
};
use crate::time::rfc3339;
use crate::view::View;

/// Where the revisions of a run begin.
///
/// Invariant: every run of a feed begins above all revisions that any run before it has used, and leaves at least one
/// out. A reader that holds a revision of an earlier run then sees a gap and starts over, although it knows nothing of
/// runs. Nothing has to be remembered for that, not even by a relay that has lost its disk: a run begins at the wall
/// clock's milliseconds times 1,000, and no feed makes a thousand updates in a millisecond. Where a clock was set back
/// between two runs, the epoch that every frame carries tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(u64);

impl Epoch {
    /// Revisions in a millisecond that a run could use up before it met the next one.
    const PER_MS: u64 = 1_000;

    /// The epoch of a run that begins now; `salt` tells apart what begins in the same millisecond.
    pub const fn beginning(unix_ms: u64, salt: u16) -> Self {
        Self(unix_ms * Self::PER_MS + salt as u64 % Self::PER_MS)
    }

    /// An epoch that begins with exactly this revision.
    pub const fn at(revision: u64) -> Self {
        Self(revision)
    }

    /// The first revision.
    pub const fn first(self) -> u64 {
        self.0
    }
}

/// One update, written out once for all readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Which revision of the view it makes.
    pub revision: u64,
    /// For readers of the overlap rule.
    pub frame: Arc<str>,
    /// For readers of the version check.
    pub update: Arc<str>,
}

/// The feed of one view.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    epoch: Epoch,
    revision: u64,
    view: View,
    /// When the view became what it is.
    generated_at: String,
    /// Invariant: never empty, and the last one makes the present revision. The first one of a run changes nothing; it is
    /// there so that a reader of an earlier run sees the gap at once and not only at the next update.
    overlap: VecDeque<Written>,
    overlap_max: usize,
}

impl Feed {
    /// Begins a run with the view as it is. The last `overlap_max` updates are kept, at least one.
    pub fn begin(epoch: Epoch, overlap_max: usize, view: View, now_ms: u64) -> Self {
        let mut feed = Self {
            epoch,
            revision: epoch.first(),
            view,
            generated_at: rfc3339(now_ms),
            overlap: VecDeque::new(),
            overlap_max: overlap_max.max(1),
        };
        feed.keep(Lifters::default(), false);
        feed
    }

    /// The view is this from now on. Returns the update, if that changes anything.
    pub fn show(&mut self, view: View, now_ms: u64) -> Option<Written> {
        if view == self.view {
            return None;
        }
        let lifters = difference(&self.view, &view);
        let is_other_platform = view.platform() != self.view.platform();
        self.view = view;
        self.revision += 1;
        self.generated_at = rfc3339(now_ms);
        Some(self.keep(lifters, is_other_platform))
    }

    /// The present revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Everything, for whoever begins.
    pub fn snapshot(&self, now_ms: u64) -> Snapshot {
        Snapshot {
            version: FORMAT,
            revision: self.revision,
            epoch: self.epoch.first(),
            generated_at: self.generated_at.clone(),
            requested_at: rfc3339(now_ms),
            lifters: self.rows().cloned().collect(),
            platform: self.view.platform().clone(),
        }
    }

    /// What whoever connects is sent, one message each: the last updates, oldest first.
    pub fn overlap(&self) -> impl Iterator<Item = &Written> {
        self.overlap.iter()
    }

    /// The last update.
    pub fn newest(&self) -> &Written {
        self.overlap
            .back()
            .expect("a feed begins with an update and keeps at least one")
    }

    /// Answers a version check: with nothing if the version is the present one, and otherwise with everything.
    ///
    /// # Errors
    /// The text is no version check.
    pub fn check(&self, text: &str) -> Result<Option<String>, NoCheck> {
        let asked: Envelope<Checked> = serde_json::from_str(text).map_err(NoCheck::Malformed)?;
        if (asked.source, asked.action) != (Source::Browser, Word::VersionCheck) {
            return Err(NoCheck::OtherWords);
        }
        if asked.data.version == Some(self.revision) {
            return Ok(None);
        }
        let data = All {
            version: self.revision,
            generated_at: &self.generated_at,
            lifters: self.rows().collect(),
            platform: self.view.platform(),
        };
        Ok(Some(told(Word::AllLifters, data)))
    }

    /// What readers of the overlap rule are sent now and then so that they can tell silence from a dead connection: the
    /// present revision, and nothing else. It does nothing to a reader that is in step. Invariant: it follows the update to
    /// that revision on the same connection, or whoever lacks that update would count it as had.
    pub fn frame_of_life(&self) -> String {
        text(&Frame {
            version: FORMAT,
            revision: self.revision,
            epoch: self.epoch.first(),
            generated_at: self.generated_at.clone(),
            lifters: Lifters::default(),
            platform: None,
        })
    }

    /// The same for readers of the version check: an update that changes nothing.
    pub fn update_of_life(&self) -> String {
        let data = Update {
            version: self.revision,
            generated_at: &self.generated_at,
            lifters: &Lifters::default(),
            platform: None,
        };
        told(Word::UpdateLifters, data)
    }

    fn rows(&self) -> impl Iterator<Item = &serde_json::Value> {
        self.view.rows().iter().map(|row| &row.fields)
    }

    fn keep(&mut self, lifters: Lifters, with_platform: bool) -> Written {
        let frame = Frame {
            version: FORMAT,
            revision: self.revision,
            epoch: self.epoch.first(),
            generated_at: self.generated_at.clone(),
            lifters,
            platform: with_platform.then(|| self.view.platform().clone()),
        };
        let update = Update {
            version: frame.revision,
            generated_at: &frame.generated_at,
            lifters: &frame.lifters,
            platform: frame.platform.as_ref(),
        };
        let written = Written {
            revision: self.revision,
            update: told(Word::UpdateLifters, update).into(),
            frame: text(&frame).into(),
        };
        if self.overlap.len() == self.overlap_max {
            self.overlap.pop_front();
        }
        self.overlap.push_back(written.clone());
        written
    }
}

/// Why a message of a reader is no version check.
#[derive(Debug, thiserror::Error)]
pub enum NoCheck {
    /// It does not have the form of one.
    #[error("not a version check")]
    Malformed(#[source] serde_json::Error),
    /// It says something else.
    #[error("only version_check from a browser is answered here")]
    OtherWords,
}

fn difference(before: &View, after: &View) -> Lifters {
    let mut lifters = Lifters::default();
    for row in after.rows() {
        match before.row(row.id) {
            Some(same) if same == row => {}
            Some(_) => lifters.update.push(row.fields.clone()),
            None => {
                lifters.create.push(row.id);
                lifters.update.push(row.fields.clone());
            }
        }
    }
    let gone = before.rows().iter().map(|row| row.id);
    lifters.destroy = gone.filter(|id| after.row(*id).is_none()).collect();
    lifters
}

fn told<Data: serde::Serialize>(action: Word, data: Data) -> String {
    text(&Envelope {
        source: Source::Server,
        action,
        data,
    })
}

fn text(message: &impl serde::Serialize) -> String {
    serde_json::to_string(message).expect("messages have text keys and no failing serialiser")
}
