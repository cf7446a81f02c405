//! What the displays of a meet are told: its changes, once for the whole process, which shows them to as many as it
//! likes. One slice at a time, and the next one only when that has been taken in, so that nothing piles up.

use spotter_relay_protocol::{ChangeBytes, MeetId, Position};

use crate::action::{Action, FeedSlice, ReadId};
use crate::batch::Run;
use crate::house::House;
use crate::input::LogSlice;
use crate::machine::Relay;
use crate::meet::Meet;

/// How far the process has been told.
#[derive(Debug)]
pub(crate) enum Feed {
    /// Nothing has been told; it says that it knows the log up to here.
    Opening(Option<Position>),
    /// What follows is being read from the log.
    Reading { after: u64, read: ReadId },
    /// The last slice is being taken in.
    Given { after: u64 },
    /// Everything there was has been taken in.
    Waiting { after: u64 },
}

impl Feed {
    /// Whether this reading of the log is for the feed.
    pub(crate) fn reads(&self, id: ReadId) -> bool {
        match self {
            Self::Reading { read, .. } => *read == id,
            Self::Opening(_) | Self::Given { .. } | Self::Waiting { .. } => false,
        }
    }

    /// The log is read anew, and what was asked of it comes to nothing.
    pub(crate) fn forget_read(&mut self) {
        if let Self::Reading { after, .. } = self {
            *self = Self::Waiting { after: *after };
        }
    }
}

impl Relay {
    /// The process wants the changes of a meet.
    pub(crate) fn feed_opened(&mut self, id: MeetId, known: Option<Position>) {
        match self.meets.get_mut(&id) {
            Some(meet) if !meet.displays.is_empty() => {
                meet.feed = Some(Feed::Opening(known));
                meet.feed_on(&mut self.house);
            }
            // The last display left while the process was about to ask.
            Some(_) | None => self.house.links.out.push(Action::FeedEnded { meet: id }),
        }
    }
}

impl Meet {
    /// Goes on, if there is something to go on with.
    pub(crate) fn feed_on(&mut self, house: &mut House) {
        if !self.log.is_awake() {
            return;
        }
        match self.feed.take() {
            None => {}
            Some(Feed::Opening(known)) => {
                let known = known.filter(|known| self.holds(known));
                let after = known.map_or(0, |known| known.server_seq_num);
                if after < self.log.durable() {
                    self.feed_read(house, after);
                } else {
                    self.feed_give(house, after, Vec::new());
                }
            }
            Some(Feed::Waiting { after }) if after < self.log.durable() => {
                self.feed_read(house, after);
            }
            Some(feed @ (Feed::Waiting { .. } | Feed::Reading { .. } | Feed::Given { .. })) => {
                self.feed = Some(feed);
            }
        }
    }

    /// The process has taken the last slice in.
    pub(crate) fn feed_taken(&mut self, house: &mut House) {
        if let Some(Feed::Given { after }) = self.feed {
            self.feed = Some(Feed::Waiting { after });
            self.feed_on(house);
        }
    }

    /// The log has been read for the feed.
    pub(crate) fn feed_slice(&mut self, house: &mut House, slice: LogSlice) {
        if let Some(Feed::Reading { after, .. }) = self.feed {
            // The store may have written more than it has told yet; that is not for anybody's eyes.
            let known = self.log.durable().saturating_sub(after);
            let most = usize::try_from(known).unwrap_or(usize::MAX);
            let changes = slice.changes.into_iter().take(most).collect();
            self.feed_give(house, after, changes);
        }
    }

    /// These are durable now: who waits is told them without looking into the log.
    pub(crate) fn feed_runs(&mut self, house: &mut House, runs: &[Run]) {
        let Some(Feed::Waiting { after }) = self.feed else {
            return;
        };
        if runs.first().is_some_and(|run| run.after() == after) {
            let changes = runs.iter().flat_map(Run::bytes).collect();
            self.feed_give(house, after, changes);
        } else {
            self.feed_on(house);
        }
    }

    /// Nothing more is told.
    pub(crate) fn end_feed(&mut self, house: &mut House) {
        if self.feed.take().is_some() {
            let ended = Action::FeedEnded { meet: self.id };
            house.links.out.push(ended);
        }
    }

    fn feed_read(&mut self, house: &mut House, after: u64) {
        let read = ReadId(house.number());
        self.feed = Some(Feed::Reading { after, read });
        house.links.out.push(Action::ReadLog {
            meet: self.id,
            read,
            after,
            bytes_max: house.limits.slice_bytes,
        });
    }

    fn feed_give(&mut self, house: &mut House, after: u64, changes: Vec<ChangeBytes>) {
        let server_seq_num = after + changes.len() as u64;
        let chain = self.log.chain_at(server_seq_num).unwrap_or_default();
        self.feed = Some(Feed::Given {
            after: server_seq_num,
        });
        let slice = FeedSlice {
            after,
            changes,
            reached: Position {
                log_id: self.log_id,
                server_seq_num,
                chain,
            },
            end: self.log.durable(),
        };
        let meet = self.id;
        house.links.out.push(Action::FeedSlice { meet, slice });
    }
}
