//! A shell in memory around the machine: it does what the machine asks, at once unless told to hold, and keeps
//! what was said to whom.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use spotter_model::{Change, ChangeHash, LocationName, Priority};
use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::writer::genesis;

pub(crate) const PASSWORD: &str = "AStrongerPasswordThanThis";

/// What the store keeps of one meet.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) log_id: LogId,
    pub(crate) root: ChangeHash,
    pub(crate) records: Arc<MeetRecords>,
    pub(crate) log: Vec<LogEntry>,
    pub(crate) publications: Vec<Arc<Publication>>,
    pub(crate) finished: bool,
    pub(crate) is_open: bool,
    /// What is kept beside the log.
    pub(crate) kept: Option<PackedSlice>,
}

/// Machine, store and scrypt.
pub(crate) struct Desk {
    pub(crate) relay: Relay,
    pub(crate) now: Timestamp,
    pub(crate) store: BTreeMap<MeetId, Stored>,
    /// Actions that were not done because of `holding`, oldest first.
    pub(crate) held: VecDeque<Action>,
    /// Which actions are held instead of done.
    pub(crate) holding: fn(&Action) -> bool,
    /// What appends, opens and saves meet with.
    pub(crate) trouble: Option<StoreTrouble>,
    pub(crate) said: BTreeMap<LinkId, Vec<RelayMessage>>,
    /// The same as it travels, from the beginning.
    pub(crate) frames: BTreeMap<LinkId, Vec<Frame>>,
    pub(crate) closed: BTreeMap<LinkId, CloseReason>,
    pub(crate) pings: Vec<LinkId>,
    /// What displays and feeds were told since it was last asked.
    pub(crate) displays: Vec<Action>,
    pub(crate) events: Vec<Event>,
    pub(crate) hashes: usize,
    pub(crate) drained: bool,
    /// Whether what is sent leaves the process at once.
    pub(crate) wire_is_stuck: bool,
}

/// What a creator or joiner holds afterwards.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) link: LinkId,
    pub(crate) meet: MeetId,
    pub(crate) token: SessionToken,
    pub(crate) ticket: Ticket,
    pub(crate) log_id: LogId,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        Self::seeded(limits, 7)
    }

    pub(crate) fn seeded(limits: Limits, seed: u8) -> Self {
        let config = Config {
            limits,
            scrypt: ScryptParams::LOW_MEMORY,
        };
        Self {
            relay: Relay::new(config, RelayKey::from_bytes([42; 32]), [seed; 32]),
            now: Timestamp::from_millis(1_795_176_000_000),
            store: BTreeMap::new(),
            held: VecDeque::new(),
            holding: |_| false,
            trouble: None,
            said: BTreeMap::new(),
            frames: BTreeMap::new(),
            closed: BTreeMap::new(),
            pings: Vec::new(),
            displays: Vec::new(),
            events: Vec::new(),
            hashes: 0,
            drained: false,
            wire_is_stuck: false,
        }
    }

    /// The same relay after its process died: all memory is gone, the store and the key are still there.
    pub(crate) fn restarted(&mut self) {
        let mut fresh = Self::seeded(Limits::default(), 8);
        fresh.now = self.now;
        fresh.store = std::mem::take(&mut self.store);
        fresh
            .store
            .values_mut()
            .for_each(|stored| stored.is_open = false);
        *self = fresh;
    }

    /// One step, nothing done: the exact actions.
    pub(crate) fn step(&mut self, input: Input) -> Vec<Action> {
        self.relay.step(self.now, input)
    }

    /// One step, and everything that follows from it.
    pub(crate) fn happen(&mut self, input: Input) {
        let mut to_do: VecDeque<Action> = self.step(input).into();
        while let Some(action) = to_do.pop_front() {
            if (self.holding)(&action) {
                self.held.push_back(action);
                continue;
            }
            if let Some(answer) = self.perform(action) {
                to_do.extend(self.step(answer));
            }
        }
    }

    /// Does what was held, oldest first, and stops holding.
    pub(crate) fn release(&mut self) {
        self.holding = |_| false;
        while let Some(action) = self.held.pop_front() {
            if let Some(answer) = self.perform(action) {
                self.happen(answer);
            }
        }
    }

    pub(crate) fn connect(&mut self, number: u64) -> LinkId {
        self.connect_from(number, "10.0.0.1")
    }

    pub(crate) fn connect_from(&mut self, number: u64, address: &str) -> LinkId {
        let link = LinkId(number);
        self.happen(Input::Connected {
            link,
            address: address.parse().unwrap(),
        });
        link
    }

    pub(crate) fn disconnect(&mut self, link: LinkId) {
        self.happen(Input::Disconnected { link });
    }

    pub(crate) fn say(&mut self, link: LinkId, message: &ClientMessage) {
        self.say_text(link, &message.encode());
    }

    pub(crate) fn say_text(&mut self, link: LinkId, text: &str) {
        self.happen(Input::Received {
            link,
            heard: Heard::read(&text.into()),
        });
    }

    /// Everything said to a link since it was last asked.
    pub(crate) fn heard(&mut self, link: LinkId) -> Vec<RelayMessage> {
        self.said.remove(&link).unwrap_or_default()
    }

    pub(crate) fn pass(&mut self, millis: u64) {
        self.now = self.now.after_ms(millis);
        self.happen(Input::Tick);
    }

    /// Takes a meet live on a new connection.
    pub(crate) fn create(&mut self, number: u64) -> Seat {
        let link = self.connect(number);
        self.say(link, &create_message());
        let heard = self.heard(link);
        let [RelayMessage::MeetCreated(created)] = heard.as_slice() else {
            panic!("{heard:?}")
        };
        Seat {
            link,
            meet: created.meet_id,
            token: created.session_token.clone(),
            ticket: created.ticket.clone(),
            log_id: created.log_id,
        }
    }

    /// Takes a meet live and puts its genesis into it.
    pub(crate) fn live_meet(&mut self) -> (Seat, Change) {
        let seat = self.create(1);
        let genesis = genesis();
        self.offer(seat.link, &[&genesis]);
        self.heard(seat.link);
        (seat, genesis)
    }

    /// Joins by password on a new connection and expects to get in.
    pub(crate) fn join(&mut self, number: u64, meet: MeetId) -> Seat {
        let link = self.connect(number);
        self.say(link, &join_message(meet, "Weigh-in", PASSWORD));
        self.seat(link)
    }

    /// Returns by token on a new connection and expects to get in.
    pub(crate) fn resume(&mut self, number: u64, seat: &Seat) -> Seat {
        let link = self.connect(number);
        self.say(link, &resume_message(seat));
        self.seat(link)
    }

    /// The seat that the first message to a link gives.
    pub(crate) fn seat(&mut self, link: LinkId) -> Seat {
        let said = self.said.get(&link).cloned().unwrap_or_default();
        let Some(RelayMessage::MeetJoined(joined)) = said.first() else {
            panic!("{said:?}")
        };
        Seat {
            link,
            meet: joined.meet_id,
            token: joined.session_token.clone().unwrap(),
            ticket: joined.ticket.clone().unwrap(),
            log_id: joined.log_id,
        }
    }

    /// Offers changes in one message, numbered from 1.
    pub(crate) fn offer(&mut self, link: LinkId, changes: &[&Change]) {
        self.say(link, &offer_message(changes));
    }

    fn perform(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::Send { link, frame } => {
                let message = RelayMessage::read(&frame).unwrap();
                self.said.entry(link).or_default().push(message);
                self.frames.entry(link).or_default().push(frame.clone());
                (!self.wire_is_stuck).then(|| Input::Sent {
                    link,
                    bytes: frame.len(),
                })
            }
            Action::Close { link, reason } => {
                self.closed.insert(link, reason);
                Some(Input::Disconnected { link })
            }
            Action::Ping { link } => {
                self.pings.push(link);
                None
            }
            Action::Unpack { link, init, .. } => {
                let unpacked = init.unpack();
                Some(Input::Unpacked { link, unpacked })
            }
            Action::HashPassword {
                job,
                salt,
                password,
                ..
            } => {
                self.hashes += 1;
                Some(Input::PasswordHashed {
                    job,
                    hash: Some(fake_scrypt(&salt, &password)),
                })
            }
            Action::Event(event) => {
                self.events.push(event);
                None
            }
            Action::Drained => {
                self.drained = true;
                None
            }
            told @ (Action::DisplayAdmitted { .. }
            | Action::DisplayRefused { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }) => {
                self.displays.push(told);
                None
            }
            action => self.keep(action),
        }
    }

    fn keep(&mut self, action: Action) -> Option<Input> {
        let trouble = self.trouble.clone();
        match action {
            Action::CreateMeet {
                meet,
                log_id,
                root,
                records,
            } => {
                if self.store.contains_key(&meet) {
                    return Some(Input::MeetCreated {
                        meet,
                        outcome: Err(CreateTrouble::Taken),
                    });
                }
                if let Some(trouble) = trouble {
                    return Some(Input::MeetCreated {
                        meet,
                        outcome: Err(CreateTrouble::Store(trouble)),
                    });
                }
                let stored = Stored {
                    log_id,
                    root,
                    records,
                    log: Vec::new(),
                    publications: Vec::new(),
                    kept: None,
                    finished: false,
                    is_open: true,
                };
                self.store.insert(meet, stored);
                Some(Input::MeetCreated {
                    meet,
                    outcome: Ok(()),
                })
            }
            Action::OpenMeet { meet } => Some(Input::MeetOpened {
                meet,
                outcome: self.open(meet, trouble),
            }),
            Action::ReadLog {
                meet,
                read,
                after,
                bytes_max,
            } => {
                let stored = self.store.get(&meet).unwrap();
                assert!(stored.is_open, "only open meets are read");
                let mut bytes = 0;
                let fitting = stored.log.iter().skip(after as usize).take_while(|entry| {
                    let first = bytes == 0;
                    bytes += entry.change.as_ref().len();
                    first || bytes <= bytes_max
                });
                let changes = fitting.map(|entry| entry.change.clone()).collect();
                let slice = LogSlice {
                    changes,
                    end: stored.log.len() as u64,
                };
                Some(Input::LogRead {
                    meet,
                    read,
                    outcome: Ok(slice),
                })
            }
            Action::PackLog {
                meet,
                read,
                positions,
                kept,
            } => Some(Input::LogPacked {
                meet,
                read,
                outcome: Ok(self.store[&meet].pack(&positions, kept)),
            }),
            Action::KeepPack { meet, upto } => {
                let stored = self.store.get_mut(&meet).unwrap();
                stored.kept = Some(stored.pack(&Runs::of(1..=upto), false));
                Some(Input::PackKept {
                    meet,
                    outcome: trouble.map_or(Ok(()), Err),
                })
            }
            Action::Append {
                meet,
                batch,
                entries,
            } => {
                if let Some(trouble) = trouble {
                    return Some(Input::AppendFailed {
                        meet,
                        batch,
                        trouble,
                    });
                }
                self.store.get_mut(&meet).unwrap().log.extend(entries);
                Some(Input::Appended { meet, batch })
            }
            Action::SaveRecords {
                meet,
                save,
                records,
            } => {
                if let Some(trouble) = trouble {
                    return Some(Input::RecordsSaved {
                        meet,
                        save,
                        outcome: Err(trouble),
                    });
                }
                self.store.get_mut(&meet).unwrap().records = records;
                Some(Input::RecordsSaved {
                    meet,
                    save,
                    outcome: Ok(()),
                })
            }
            Action::SavePublication {
                meet,
                save,
                publication,
            } => {
                self.store
                    .get_mut(&meet)
                    .unwrap()
                    .publications
                    .push(publication);
                Some(Input::PublicationSaved {
                    meet,
                    save,
                    outcome: trouble.map_or(Ok(()), Err),
                })
            }
            Action::FinishMeet { meet, save } => {
                self.store.get_mut(&meet).unwrap().finished = true;
                Some(Input::MeetFinished {
                    meet,
                    save,
                    outcome: trouble.map_or(Ok(()), Err),
                })
            }
            Action::CloseMeet { meet } => {
                if let Some(stored) = self.store.get_mut(&meet) {
                    stored.is_open = false;
                }
                None
            }
            Action::Send { .. }
            | Action::Close { .. }
            | Action::Ping { .. }
            | Action::Unpack { .. }
            | Action::HashPassword { .. }
            | Action::Event(_)
            | Action::DisplayAdmitted { .. }
            | Action::DisplayRefused { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }
            | Action::Drained => None,
        }
    }

    fn open(
        &mut self,
        meet: MeetId,
        trouble: Option<StoreTrouble>,
    ) -> Result<OpenedMeet, OpenTrouble> {
        if let Some(trouble) = trouble {
            return Err(OpenTrouble::Store(trouble));
        }
        let stored = self.store.get_mut(&meet).ok_or(OpenTrouble::NoSuchMeet)?;
        stored.is_open = true;
        Ok(OpenedMeet {
            log_id: stored.log_id,
            root: stored.root,
            records: (*stored.records).clone(),
            end: stored.log.len() as u64,
            finished: stored.finished,
        })
    }
}

impl Stored {
    /// As a store packs, two hundred at a time; what is kept is given whole.
    fn pack(&self, positions: &Runs, kept: bool) -> PackedSlice {
        let first = positions.numbers().next().unwrap();
        if let Some(slice) = self.kept.as_ref().filter(|_| kept && first == 1) {
            let hashes = self.log.iter().take(slice.positions.count() as usize);
            let chain = hashes.fold(Chain::START, |chain, entry| chain.then(&entry.hash));
            return PackedSlice {
                kept: Some(chain),
                ..slice.clone()
            };
        }
        let positions = Runs::of(positions.numbers().take(200));
        let changes: Vec<Change> = positions
            .numbers()
            .map(|position| self.log[position as usize - 1].change.change().unwrap())
            .collect();
        PackedSlice {
            positions,
            pack: spotter_pack::pack(&changes).into(),
            kept: None,
            wrong: None,
        }
    }
}

/// Quick, and as good as scrypt here.
fn fake_scrypt(salt: &[u8; 16], password: &Password) -> [u8; 32] {
    Sha256::new()
        .chain_update(salt)
        .chain_update(password.expose())
        .finalize()
        .into()
}

pub(crate) fn name(text: &str) -> LocationName {
    LocationName::parse(text).unwrap()
}

pub(crate) fn entry(text: &str, priority: u32) -> RosterEntry {
    RosterEntry {
        location_name: name(text),
        priority: Priority::new(priority).unwrap(),
        renamed_from: Vec::new(),
    }
}

pub(crate) fn create_message() -> ClientMessage {
    ClientMessage::CreateMeet(CreateMeet {
        protocol: PROTOCOL,
        this_location_name: name("Platform 1"),
        password: Password::parse(PASSWORD).unwrap(),
        locations: vec![entry("Platform 1", 20), entry("Weigh-in", 10)],
        root: genesis().hash(),
        packs: Vec::new(),
    })
}

pub(crate) fn join_message(meet: MeetId, location: &str, password: &str) -> ClientMessage {
    ClientMessage::JoinMeet(JoinMeet {
        protocol: PROTOCOL,
        meet_id: meet,
        by: JoinBy::Password {
            location_name: name(location),
            password: Password::parse(password).unwrap(),
        },
        ticket: None,
        position: None,
        heads: None,
        epoch: None,
        packs: Vec::new(),
    })
}

pub(crate) fn resume_message(seat: &Seat) -> ClientMessage {
    ClientMessage::JoinMeet(JoinMeet {
        protocol: PROTOCOL,
        meet_id: seat.meet,
        by: JoinBy::Token(seat.token.clone()),
        ticket: None,
        position: None,
        heads: None,
        epoch: None,
        packs: Vec::new(),
    })
}

pub(crate) fn offer_message(changes: &[&Change]) -> ClientMessage {
    let updates = (1..)
        .zip(changes)
        .map(|(local_seq_num, change)| OfferedUpdate {
            local_seq_num,
            change: ChangeBytes::new(change.bytes().clone()),
            after_server_seq_num: None,
        });
    ClientMessage::UpdateInit(UpdateInit {
        session_token: None,
        updates: updates.collect(),
    })
}

pub(crate) fn chain(changes: &[&Change]) -> Chain {
    changes
        .iter()
        .fold(Chain::START, |chain, change| chain.then(&change.hash()))
}

pub(crate) fn ack(local_seq_num: u64, position: u64) -> UpdateAcked {
    UpdateAcked {
        local_seq_num,
        server_seq_num: position,
        after_server_seq_num: Some(position - 1),
    }
}

/// What a relayed message looks like that carries these changes from a position on.
pub(crate) fn relay_of(after: u64, history: &[&Change], changes: &[&Change]) -> RelayMessage {
    let relayed = (after + 1..)
        .zip(changes)
        .map(|(server_seq_num, change)| RelayedUpdate {
            change: ChangeBytes::new(change.bytes().clone()),
            server_seq_num,
        });
    RelayMessage::UpdateRelay(UpdateRelay {
        updates_relayed: relayed.collect(),
        after_server_seq_num: after,
        chain: chain(history),
    })
}

pub(crate) fn acks_of(message: &RelayMessage) -> Vec<UpdateAcked> {
    if let RelayMessage::UpdateAck(ack) = message {
        ack.update_acks.clone()
    } else {
        Vec::new()
    }
}

pub(crate) fn rejections_of(message: &RelayMessage) -> Vec<RejectedUpdate> {
    if let RelayMessage::UpdateRejected(rejected) = message {
        rejected.updates_rejected.clone()
    } else {
        Vec::new()
    }
}
