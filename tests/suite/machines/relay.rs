//! The relay's own machine behind the doors of a world: a shell of a few lines around it, whose disk lets an append
//! become durable only when it is told to.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use spotter_model::ChangeHash;
use spotter_relay::{
    Action, BatchId, Config, CreateTrouble, Heard, Input, Limits, LogEntry, LogSlice, MeetRecords,
    OpenTrouble, OpenedMeet, PackedSlice, Relay, RelayKey, ScryptParams, Timestamp,
};
use spotter_relay_protocol::{Chain, Frame, LogId, MeetId, Password, Runs};

use super::world::{HANG_UP, Line, RelaySide, Said};

pub(super) struct RealRelay {
    relay: Relay,
    now: Timestamp,
    starts: u8,
    store: BTreeMap<MeetId, Stored>,
    /// Written, and not synced yet.
    appending: VecDeque<(MeetId, BatchId, Vec<LogEntry>)>,
    links: BTreeMap<u64, Line>,
    last_link: u64,
    said: Said,
}

struct Stored {
    log_id: LogId,
    root: ChangeHash,
    records: Arc<MeetRecords>,
    log: Vec<LogEntry>,
    /// What is kept beside the log; it outlives a log that is rolled back.
    kept: Option<PackedSlice>,
}

impl RealRelay {
    fn machine(start: u8) -> Relay {
        let config = Config {
            limits: Limits::default(),
            scrypt: ScryptParams::LOW_MEMORY,
        };
        Relay::new(config, RelayKey::from_bytes([42; 32]), [start; 32])
    }

    /// The process dies: what was not synced is gone, and so is every connection.
    fn restart(&mut self) {
        self.starts += 1;
        self.relay = Self::machine(self.starts);
        self.appending.clear();
        self.links.clear();
        self.said.clear();
    }

    fn link_of(&self, line: Line) -> Option<spotter_relay::LinkId> {
        let found = self.links.iter().find(|(_, known)| **known == line);
        found.map(|(number, _)| spotter_relay::LinkId(*number))
    }

    fn happen(&mut self, input: Input) -> Said {
        let mut to_do: VecDeque<Action> = self.relay.step(self.now, input).into();
        while let Some(action) = to_do.pop_front() {
            if let Some(answer) = self.perform(action) {
                to_do.extend(self.relay.step(self.now, answer));
            }
        }
        std::mem::take(&mut self.said)
    }

    fn perform(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::Send { link, frame } => {
                let bytes = frame.len();
                if let Some(line) = self.links.get(&link.0) {
                    self.said.push((*line, frame));
                }
                Some(Input::Sent { link, bytes })
            }
            Action::Close { link, .. } => {
                let line = self.links.remove(&link.0);
                self.said.extend(line.map(|line| (line, HANG_UP.into())));
                Some(Input::Disconnected { link })
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
            } => Some(Input::PasswordHashed {
                job,
                hash: Some(fake_scrypt(salt, &password)),
            }),
            Action::CreateMeet {
                meet,
                log_id,
                root,
                records,
            } => {
                let stored = Stored {
                    log_id,
                    root,
                    records,
                    log: Vec::new(),
                    kept: None,
                };
                let outcome = match self.store.entry(meet) {
                    Entry::Occupied(_) => Err(CreateTrouble::Taken),
                    Entry::Vacant(place) => {
                        place.insert(stored);
                        Ok(())
                    }
                };
                Some(Input::MeetCreated { meet, outcome })
            }
            Action::OpenMeet { meet } => {
                let outcome = self
                    .store
                    .get(&meet)
                    .ok_or(OpenTrouble::NoSuchMeet)
                    .map(|stored| OpenedMeet {
                        log_id: stored.log_id,
                        root: stored.root,
                        records: MeetRecords::clone(&stored.records),
                        end: stored.log.len() as u64,
                        finished: false,
                    });
                Some(Input::MeetOpened { meet, outcome })
            }
            Action::ReadLog {
                meet, read, after, ..
            } => {
                let log = &self.store[&meet].log;
                let changes = log.iter().skip(after as usize).take(7);
                let slice = LogSlice {
                    changes: changes.map(|entry| entry.change.clone()).collect(),
                    end: log.len() as u64,
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
                let stored = self.store.get_mut(&meet)?;
                stored.kept = Some(stored.pack(&Runs::of(1..=upto), false));
                Some(Input::PackKept {
                    meet,
                    outcome: Ok(()),
                })
            }
            Action::Append {
                meet,
                batch,
                entries,
            } => {
                self.appending.push_back((meet, batch, entries));
                None
            }
            Action::SaveRecords {
                meet,
                save,
                records,
            } => {
                if let Some(stored) = self.store.get_mut(&meet) {
                    stored.records = records;
                }
                Some(Input::RecordsSaved {
                    meet,
                    save,
                    outcome: Ok(()),
                })
            }
            Action::SavePublication { meet, save, .. } => Some(Input::PublicationSaved {
                meet,
                save,
                outcome: Ok(()),
            }),
            Action::FinishMeet { meet, save } => Some(Input::MeetFinished {
                meet,
                save,
                outcome: Ok(()),
            }),
            Action::DisplayAdmitted { .. }
            | Action::DisplayRefused { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }
            | Action::CloseMeet { .. }
            | Action::Ping { .. }
            | Action::Event(_)
            | Action::Drained => None,
        }
    }
}

impl Stored {
    /// Packs a few at a time, so that many a catch-up takes several packs.
    fn pack(&self, positions: &Runs, kept: bool) -> PackedSlice {
        let begins = positions.numbers().next() == Some(1);
        if let Some(slice) = self.kept.as_ref().filter(|_| kept && begins) {
            return slice.clone();
        }
        let positions = Runs::of(positions.numbers().take(7));
        let (mut changes, mut chain) = (Vec::new(), Chain::START);
        for position in positions.numbers() {
            let entry = &self.log[position as usize - 1];
            changes.push(entry.change.change().unwrap());
            chain = chain.then(&entry.hash);
        }
        PackedSlice {
            positions,
            pack: spotter_pack::pack(&changes).into(),
            kept: (!kept && begins).then_some(chain),
            wrong: None,
        }
    }
}

impl RelaySide for RealRelay {
    fn new() -> Self {
        Self {
            relay: Self::machine(1),
            now: Timestamp::from_millis(1_795_000_000_000),
            starts: 1,
            store: BTreeMap::new(),
            appending: VecDeque::new(),
            links: BTreeMap::new(),
            last_link: 0,
            said: Vec::new(),
        }
    }

    fn connected(&mut self, line: Line) {
        self.last_link += 1;
        self.links.insert(self.last_link, line);
        let link = spotter_relay::LinkId(self.last_link);
        let address = [10, 0, 0, u8::try_from(line.0).unwrap()].into();
        self.happen(Input::Connected { link, address });
    }

    fn received(&mut self, line: Line, frame: &Frame) -> Said {
        let Some(link) = self.link_of(line) else {
            return Vec::new();
        };
        let heard = Heard::read(frame);
        self.happen(Input::Received { link, heard })
    }

    fn disconnected(&mut self, line: Line) -> Said {
        let Some(link) = self.link_of(line) else {
            return Vec::new();
        };
        self.links.remove(&link.0);
        self.happen(Input::Disconnected { link })
    }

    fn is_writing(&self) -> bool {
        !self.appending.is_empty()
    }

    fn sync(&mut self) -> Said {
        let Some((meet, batch, entries)) = self.appending.pop_front() else {
            return Vec::new();
        };
        self.store.get_mut(&meet).unwrap().log.extend(entries);
        self.happen(Input::Appended { meet, batch })
    }

    fn pass(&mut self, ms: u64) -> Said {
        self.now = self.now.after_ms(ms);
        // Somebody is at every connection that the world has not cut.
        let links: Vec<u64> = self.links.keys().copied().collect();
        for link in links {
            self.happen(Input::Heard {
                link: spotter_relay::LinkId(link),
            });
        }
        self.happen(Input::Tick)
    }

    fn forget_everything(&mut self) {
        self.store.clear();
        self.restart();
    }

    fn roll_back_to(&mut self, len: usize) {
        for stored in self.store.values_mut() {
            stored.log.truncate(len.max(1));
        }
        self.restart();
    }

    fn hashes(&self) -> Vec<ChangeHash> {
        self.store
            .values()
            .flat_map(|stored| stored.log.iter().map(|entry| entry.hash))
            .collect()
    }

    fn heads(&self) -> Vec<ChangeHash> {
        let entries = self.store.values().flat_map(|stored| &stored.log);
        let changes: Vec<_> = entries
            .map(|entry| spotter_model::Change::decode(entry.change.as_ref()).unwrap())
            .collect();
        let inner: BTreeSet<ChangeHash> = changes
            .iter()
            .flat_map(|change| change.deps().to_vec())
            .collect();
        changes
            .iter()
            .map(spotter_model::Change::hash)
            .filter(|h| !inner.contains(h))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }
}

/// As repeatable as scrypt, and quick.
fn fake_scrypt(salt: [u8; 16], password: &Password) -> [u8; 32] {
    let mut hash = [0_u8; 32];
    for (at, byte) in salt
        .into_iter()
        .chain(password.expose().bytes())
        .enumerate()
    {
        hash[at % 32] = hash[at % 32].wrapping_mul(31).wrapping_add(byte);
    }
    hash
}
