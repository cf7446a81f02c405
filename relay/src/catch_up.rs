//! Bringing a reader up to date: slices of the log, each read only when the one before has nearly left, until the
//! reader has everything and goes on live. Since a reader is live or not within one step, nothing falls between.

use std::collections::VecDeque;

use spotter_model::ChangeHash;
use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::{
    AdminCode, CaughtUp, PACKED_CHANGES_MAX, Position, PullFrom, RelayMessage, RelayedUpdate, Runs,
    ServerPull, UpdateRelay,
};

use crate::action::{Action, ReadId};
use crate::event::Event;
use crate::house::House;
use crate::input::{LinkId, LogSlice};
use crate::meet::{Known, Meet};

/// How a reader gets its changes.
#[derive(Debug)]
pub(crate) enum Flow {
    /// As they become durable.
    Live,
    /// From the log.
    Catching(Catching),
}

/// A catch-up under way.
#[derive(Debug)]
pub(crate) struct Catching {
    /// The position the next message goes on from.
    pub(crate) sent: u64,
    /// The position up to which the log has been looked at.
    pub(crate) cursor: u64,
    /// Which positions are wanted, where not all are.
    pub(crate) wanted: Option<Wanted>,
    /// The slice that is being read.
    pub(crate) reading: Option<ReadId>,
    /// Whether everything so far came from the pack that is kept beside the log, which may hold more.
    pub(crate) from_kept: bool,
}

/// The positions a replica lacks among the first ones; of those after the horizon it lacks all.
#[derive(Debug)]
pub(crate) struct Wanted {
    positions: VecDeque<u64>,
    horizon: u64,
}

impl Flow {
    /// A catch-up with everything after a position.
    pub(crate) fn after(position: u64) -> Self {
        Self::Catching(Catching {
            sent: position,
            cursor: position,
            wanted: None,
            reading: None,
            from_kept: position == 0,
        })
    }
}

impl Meet {
    /// Decides what a client that joins has to be sent, and asks it for what the relay may have lost.
    pub(crate) fn plan(&mut self, house: &mut House, link: LinkId, known: Known) {
        let flow = match (known.position, known.heads) {
            (Some(known), _) if self.holds(&known) => Flow::after(known.server_seq_num),
            (Some(lost), heads) => {
                self.ask_back(house, link, lost.server_seq_num);
                heads.map_or_else(|| Flow::after(0), |heads| self.beyond(&heads))
            }
            (None, Some(heads)) => self.beyond(&heads),
            (None, None) => Flow::after(0),
        };
        self.follow(house, link, flow);
    }

    /// Follows a `CLIENT_PULL`.
    pub(crate) fn pull(&mut self, house: &mut House, link: LinkId, from: PullFrom) {
        if let Err(wait) = self.charge_pull(house, link, &from) {
            let reason = "more than a session may ask for just now";
            let code = AdminCode::TooFast;
            return house.refuse_for_now(link, "CLIENT_PULL", code, reason, Some(wait));
        }
        let flow = match from {
            PullFrom::Heads(heads) => self.beyond(&heads),
            PullFrom::Position {
                last_server_seq,
                log_id,
                chain,
            } => {
                let known = Position {
                    log_id: log_id.unwrap_or(self.log_id),
                    server_seq_num: last_server_seq,
                    chain: chain
                        .or_else(|| self.log.chain_at(last_server_seq))
                        .unwrap_or_default(),
                };
                if self.holds(&known) {
                    Flow::after(last_server_seq)
                } else {
                    self.ask_back(house, link, last_server_seq);
                    Flow::after(0)
                }
            }
        };
        self.follow(house, link, flow);
    }

    /// A pull costs its sender operations: finding what lies beyond heads looks at every change of the meet.
    fn charge_pull(&self, house: &mut House, link: LinkId, from: &PullFrom) -> Result<(), u64> {
        let cost = match from {
            PullFrom::Heads(heads) => self.log.end() + heads.len() as u64,
            PullFrom::Position { .. } => 1_000,
        };
        let (rate, now) = (house.limits.ops_rate(), house.now);
        let asker = house.links.get_mut(link);
        asker.map_or(Ok(()), |asker| asker.ops.take(cost, rate, now))
    }

    /// Whether a position is one of this log, with the history the client knows.
    pub(crate) fn holds(&self, position: &Position) -> bool {
        let is_within = position.server_seq_num <= self.log.durable();
        // Correct: a number says nothing without the name of its log.
        if planted::is(Bug::ResyncWithoutLogId) {
            return is_within;
        }
        // Correct: a log that was rolled back has the same name and numbers, and another history.
        let chain = planted::is(Bug::ChainNotCompared)
            || self.log.chain_at(position.server_seq_num) == Some(position.chain);
        position.log_id == self.log_id && is_within && chain
    }

    /// A client knows more than the log, or another one: memory was lost, and the client may have it.
    fn ask_back(&mut self, house: &mut House, link: LinkId, client_position: u64) {
        // Correct: what the relay has lost comes back from whoever has it.
        if planted::is(Bug::LostMemoryNotAskedFor) {
            return;
        }
        let log_position = self.log.durable();
        house.links.event(Event::MemoryLost {
            meet: self.id,
            client_position,
            log_position,
        });
        let pull = ServerPull {
            last_server_seq: log_position,
            heads: self.log.durable_heads(),
        };
        house.links.send(link, &RelayMessage::ServerPull(pull));
    }

    /// A catch-up with what is neither one of these heads nor below them. Heads the relay does not know say nothing.
    fn beyond(&self, heads: &[ChangeHash]) -> Flow {
        let horizon = self.log.durable();
        let positions = self
            .log
            .index
            .beyond(heads)
            .into_iter()
            .map(|number| number as u64 + 1);
        let positions = positions.filter(|position| *position <= horizon).collect();
        let wanted = Some(Wanted { positions, horizon });
        Flow::Catching(Catching {
            sent: 0,
            cursor: 0,
            wanted,
            reading: None,
            from_kept: false,
        })
    }

    fn follow(&mut self, house: &mut House, link: LinkId, flow: Flow) {
        if let Some(reader) = self.readers.get_mut(&link) {
            reader.flow = flow;
            self.pump(house, link);
        }
    }

    /// Reads the next slice for a reader that has room, or tells it that there is none.
    pub(crate) fn pump(&mut self, house: &mut House, link: LinkId) {
        let durable = self.log.durable();
        if !self.log.is_awake() || !house.links.has_room(link) {
            return;
        }
        let Some(reader) = self.readers.get_mut(&link) else {
            return;
        };
        let Flow::Catching(catching) = &mut reader.flow else {
            return;
        };
        if catching.reading.is_some() {
            return;
        }
        catching.skip();
        if catching.cursor < durable && house.links.takes_packs(link) {
            let read = ReadId(house.number());
            catching.reading = Some(read);
            let positions = catching.next_positions(durable);
            house.links.out.push(Action::PackLog {
                meet: self.id,
                read,
                positions,
                kept: catching.from_kept,
            });
            return;
        }
        if catching.cursor < durable {
            let read = ReadId(house.number());
            catching.reading = Some(read);
            let (meet, after, bytes_max) = (self.id, catching.cursor, house.limits.slice_bytes);
            house.links.out.push(Action::ReadLog {
                meet,
                read,
                after,
                bytes_max,
            });
            return;
        }
        reader.flow = Flow::Live;
        let (chain, heads) = (self.log.chain(), self.log.durable_heads());
        let caught_up = CaughtUp {
            server_seq_num: durable,
            chain,
            heads,
        };
        house.links.send(link, &RelayMessage::CaughtUp(caught_up));
    }

    /// Whose catch-up asked for a slice.
    pub(crate) fn reader_of(&self, read: ReadId) -> Option<LinkId> {
        let waits = |flow: &Flow| match flow {
            Flow::Live => false,
            Flow::Catching(catching) => catching.reading == Some(read),
        };
        self.readers
            .iter()
            .find(|(_, reader)| waits(&reader.flow))
            .map(|(link, _)| *link)
    }

    /// Passes a slice on.
    pub(crate) fn relay_slice(&mut self, house: &mut House, link: LinkId, slice: LogSlice) {
        let durable = self.log.durable();
        let Some(reader) = self.readers.get_mut(&link) else {
            return;
        };
        let Flow::Catching(catching) = &mut reader.flow else {
            return;
        };
        catching.reading = None;
        let after_server_seq_num = catching.sent;
        // The store may have written more than it has told yet; that is not for anybody's eyes.
        let updates_relayed: Vec<RelayedUpdate> = (catching.cursor + 1..=durable)
            .zip(slice.changes)
            .inspect(|(position, _)| catching.cursor = *position)
            .filter(|(position, _)| {
                catching
                    .wanted
                    .as_mut()
                    .is_none_or(|wanted| wanted.take(*position))
            })
            .map(|(server_seq_num, change)| RelayedUpdate {
                change,
                server_seq_num,
            })
            .collect();
        if let Some(last) = updates_relayed.last()
            && let Some(chain) = self.log.chain_at(last.server_seq_num)
        {
            catching.sent = last.server_seq_num;
            let relay = UpdateRelay {
                updates_relayed,
                after_server_seq_num,
                chain,
            };
            house.links.send(link, &RelayMessage::UpdateRelay(relay));
        }
        self.pump(house, link);
    }

    /// After a failed append nobody is live: all go on from what they have been sent, once the log is known again.
    pub(crate) fn readers_fall_behind(&mut self) {
        let durable = self.log.durable();
        for reader in self.readers.values_mut() {
            match &mut reader.flow {
                Flow::Live => reader.flow = Flow::after(durable),
                Flow::Catching(catching) => catching.reading = None,
            }
        }
        if let Some(feed) = &mut self.feed {
            feed.forget_read();
        }
    }
}

impl Catching {
    /// The next positions that are wanted, as many as one message may carry.
    fn next_positions(&self, durable: u64) -> Runs {
        let mut positions: Vec<u64> = Vec::new();
        let mut after = self.cursor;
        if let Some(wanted) = &self.wanted {
            positions.extend(wanted.positions.iter().take(PACKED_CHANGES_MAX));
            after = after.max(wanted.horizon);
        }
        let room = PACKED_CHANGES_MAX - positions.len();
        positions.extend((after + 1..=durable).take(room));
        Runs::of(positions)
    }

    /// Moves the cursor over what is not wanted.
    fn skip(&mut self) {
        if let Some(wanted) = &mut self.wanted {
            wanted.forget_through(self.cursor);
            let next = wanted
                .positions
                .front()
                .map_or(wanted.horizon, |position| position - 1);
            self.cursor = self.cursor.max(next);
        }
    }
}

impl Wanted {
    /// Leaves what has been passed behind.
    fn forget_through(&mut self, position: u64) {
        while self.positions.front().is_some_and(|next| *next <= position) {
            self.positions.pop_front();
        }
    }

    /// Whether this position is wanted; positions are asked for in rising order.
    fn take(&mut self, position: u64) -> bool {
        if position > self.horizon {
            return true;
        }
        self.forget_through(position - 1);
        let is_next = self.positions.front() == Some(&position);
        if is_next {
            self.positions.pop_front();
        }
        is_next
    }
}
