//! Group commit: one append at a time, and whatever arrives meanwhile is the next one.
//!
//! Invariant: `UPDATE_ACK` and `UPDATE_RELAY` leave only after `Input::Appended`.

use std::sync::Arc;

use spotter_model::Change;
use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::{
    Chain, ChangeBytes, CloseReason, Frame, GoingAway, RelayMessage, RelayedUpdate, Runs,
    SLICE_BYTES, SessionId, UPDATES_PER_MESSAGE_MAX, UpdateAck, UpdateAcked, UpdateCode,
    UpdateRelay, relay_packed,
};

use crate::action::{Action, BatchId, LogEntry};
use crate::answers::Answers;
use crate::event::Event;
use crate::house::House;
use crate::input::{LinkId, StoreTrouble};
use crate::meet::Meet;
use crate::waiting::Held;

/// Consecutive changes of one link: acknowledged to it in one message, relayed to everyone else in one message.
#[derive(Debug)]
pub(crate) struct Run {
    link: LinkId,
    by: SessionId,
    /// The position before the first change.
    after: u64,
    /// Admitted changes; the position of each is `after`, plus its place in here, plus one.
    changes: Vec<Change>,
    /// What belongs to each of them.
    offered: Vec<Offered>,
    bytes: usize,
}

/// How a change came.
#[derive(Clone, Copy, Debug)]
struct Offered {
    local_seq_num: u64,
    received_at: i64,
}

/// The append that the store is busy with.
#[derive(Debug)]
pub(crate) struct Inflight {
    batch: BatchId,
    runs: Vec<Run>,
}

impl Meet {
    /// Puts a change that was just numbered behind those that wait for the disk.
    pub(crate) fn queue(&mut self, house: &House, held: Held) {
        let bytes = held.change.bytes().len();
        let offered = Offered {
            local_seq_num: held.local_seq_num,
            received_at: house.now.as_seconds(),
        };
        self.pending_bytes += bytes;
        match self.pending.last_mut() {
            Some(run)
                if run.link == held.link
                    && run.bytes + bytes <= SLICE_BYTES
                    && run.changes.len() < UPDATES_PER_MESSAGE_MAX =>
            {
                run.changes.push(held.change);
                run.offered.push(offered);
                run.bytes += bytes;
            }
            Some(_) | None => {
                let after = self.log.end() - 1;
                self.pending.push(Run {
                    link: held.link,
                    by: held.by,
                    after,
                    changes: vec![held.change],
                    offered: vec![offered],
                    bytes,
                });
            }
        }
    }

    /// Hands the store what is waiting, if it has nothing to do.
    pub(crate) fn begin_append(&mut self, house: &mut House) {
        if self.inflight.is_some() || self.pending.is_empty() || !self.log.is_awake() {
            return;
        }
        let mut bytes = 0;
        let fitting = self.pending.iter().take_while(|run| {
            let first = bytes == 0;
            bytes += run.bytes;
            first || bytes <= house.limits.batch_bytes_max
        });
        let count = fitting.count();
        let runs: Vec<Run> = self.pending.drain(..count).collect();
        self.pending_bytes -= runs.iter().map(|run| run.bytes).sum::<usize>();
        let batch = BatchId(house.number());
        let entries = runs.iter().flat_map(Run::entries).collect();
        // Correct: nobody hears of a change before `Appended`.
        if planted::is(Bug::AcknowledgedBeforeSync) {
            runs.iter().for_each(|run| self.release_run(house, run));
        }
        self.inflight = Some(Inflight { batch, runs });
        house.links.out.push(Action::Append {
            meet: self.id,
            batch,
            entries,
        });
    }

    /// A batch is durable: now, and not before, everyone may know.
    pub(crate) fn appended(&mut self, house: &mut House, batch: BatchId) {
        let Some(Inflight { runs, .. }) = self.inflight.take_if(|inflight| inflight.batch == batch)
        else {
            return;
        };
        let changes: usize = runs.iter().map(|run| run.changes.len()).sum();
        self.log.now_durable(changes as u64);
        let position = self.log.durable();
        house.links.event(Event::Appended {
            meet: self.id,
            changes,
            position,
        });
        for run in &runs {
            if !planted::is(Bug::AcknowledgedBeforeSync) {
                self.release_run(house, run);
            }
        }
        self.feed_runs(house, &runs);
        let mut answers = Answers::default();
        let still_uncertain = self.deferred.split_off(&(position + 1));
        for deferred in std::mem::replace(&mut self.deferred, still_uncertain)
            .values()
            .flatten()
        {
            answers.certain(deferred);
        }
        answers.send(&mut house.links);
        self.begin_append(house);
    }

    /// Acknowledges a run to whoever offered it and relays it, encoded once, to everyone who is live.
    fn release_run(&self, house: &mut House, run: &Run) {
        let Some(chain) = self.log.chain_at(run.last()) else {
            return;
        };
        if self.readers.contains_key(&run.link) {
            let ack = UpdateAck {
                update_acks: run.acks(),
                chain: Some(chain),
            };
            house.links.send(run.link, &RelayMessage::UpdateAck(ack));
        }
        let (mut plain, mut packed): (Option<Frame>, Option<Frame>) = (None, None);
        // Correct: the author is passed over, and those behind it are not.
        let stops = planted::is(Bug::ForwardingStops) || planted::is(Bug::GapCheckOff);
        for (&link, reader) in &self.readers {
            if stops && link == run.link {
                break;
            }
            if link == run.link || !reader.is_live() {
                continue;
            }
            let frame = if house.links.takes_packs(link) {
                packed.get_or_insert_with(|| run.packed(chain))
            } else {
                plain.get_or_insert_with(|| run.plain(chain))
            };
            house.links.send_frame(link, frame.clone());
        }
    }

    /// Nobody knows whether a batch is on disk. Nothing of it is acknowledged, what it led to is forgotten, and the
    /// log is read again from the disk, which alone can tell.
    pub(crate) fn append_failed(
        &mut self,
        house: &mut House,
        batch: BatchId,
        trouble: &StoreTrouble,
    ) {
        // Correct: nothing of a failed append is called durable.
        if planted::is(Bug::FailedSyncCalledGood) {
            return self.appended(house, batch);
        }
        let Some(Inflight { runs, .. }) = self.inflight.take_if(|inflight| inflight.batch == batch)
        else {
            return;
        };
        let (StoreTrouble::Damaged(words) | StoreTrouble::Unavailable(words)) = trouble;
        house.links.event(Event::AppendFailed {
            meet: self.id,
            trouble: words.clone(),
        });
        let mut unanswered: Vec<(LinkId, u64)> = Vec::new();
        for run in runs.iter().chain(&self.pending) {
            unanswered.extend(
                run.offered
                    .iter()
                    .map(|offered| (run.link, offered.local_seq_num)),
            );
        }
        for deferred in std::mem::take(&mut self.deferred).into_values().flatten() {
            unanswered.push((deferred.link, deferred.local_seq_num));
        }
        for held in self.waiting.drain() {
            unanswered.push((held.link, held.local_seq_num));
        }
        self.pending.clear();
        self.pending_bytes = 0;
        let mut answers = Answers::default();
        for (link, local_seq_num) in unanswered {
            let (reason, wait) = (
                "the relay could not write to its disk",
                house.limits.storage_retry_ms,
            );
            answers.later(
                link,
                local_seq_num,
                UpdateCode::StorageTrouble,
                reason,
                wait,
            );
        }
        answers.send(&mut house.links);
        self.readers_fall_behind();
        self.log.forget();
        house.links.out.push(Action::OpenMeet { meet: self.id });
    }

    /// The meet cannot be served: everyone is told when to come back.
    pub(crate) fn send_away(&mut self, house: &mut House, trouble: &StoreTrouble) {
        let (words, damaged) = match trouble {
            StoreTrouble::Damaged(words) => (words, true),
            StoreTrouble::Unavailable(words) => (words, false),
        };
        house.links.event(Event::MeetTrouble {
            meet: self.id,
            trouble: words.clone(),
            damaged,
        });
        let reason = if damaged {
            "the meet's log is damaged"
        } else {
            "the relay cannot read its disk"
        };
        let away = GoingAway {
            retry_after_ms: house.limits.storage_retry_ms,
            reason: reason.into(),
        };
        let frame = Frame::from(RelayMessage::GoingAway(away).encode());
        for &link in self.readers.keys() {
            house.links.send_frame(link, frame.clone());
            house.links.close(link, CloseReason::MeetTrouble);
        }
        self.end_displays(house, CloseReason::MeetTrouble);
    }
}

impl Run {
    /// The position before the first change.
    pub(crate) fn after(&self) -> u64 {
        self.after
    }

    /// The changes as they travel.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = ChangeBytes> {
        self.changes.iter().map(bytes_of)
    }

    fn last(&self) -> u64 {
        self.after + self.changes.len() as u64
    }

    fn entries(&self) -> impl Iterator<Item = LogEntry> {
        std::iter::zip(&self.changes, &self.offered).map(|(change, offered)| LogEntry {
            received_at: offered.received_at,
            by: self.by,
            hash: change.hash(),
            change: bytes_of(change),
        })
    }

    fn acks(&self) -> Vec<UpdateAcked> {
        let ack = |(position, offered): (u64, &Offered)| UpdateAcked {
            local_seq_num: offered.local_seq_num,
            server_seq_num: position,
            after_server_seq_num: Some(position - 1),
        };
        (self.after + 1..).zip(&self.offered).map(ack).collect()
    }

    fn plain(&self, chain: Chain) -> Frame {
        let relayed = |(position, change): (u64, &Change)| RelayedUpdate {
            change: bytes_of(change),
            server_seq_num: position,
        };
        let relay = UpdateRelay {
            updates_relayed: (self.after + 1..).zip(&self.changes).map(relayed).collect(),
            after_server_seq_num: self.after,
            chain,
        };
        RelayMessage::UpdateRelay(relay).encode().into()
    }

    /// The run in a pack, unless that is longer than the base64 it saves.
    fn packed(&self, chain: Chain) -> Frame {
        let pack = spotter_pack::pack(&self.changes);
        if pack.len() > self.bytes * 4 / 3 {
            return self.plain(chain);
        }
        let positions = Runs::of(self.after + 1..=self.last());
        relay_packed(self.after, positions, chain, &pack)
    }
}

fn bytes_of(change: &Change) -> ChangeBytes {
    ChangeBytes::new(Arc::clone(change.bytes()))
}
