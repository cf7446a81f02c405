//! A relay in a hundred lines: it admits, numbers and forwards, and forgets when told to. It has no passwords, no
//! files and no limits; what it says has the shape of the real one's words.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{Line, RelaySide, Said};
use spotter_model::{Admission, Change, ChangeHash, Index, LocationName, Refusal};
use spotter_relay_protocol::{
    CaughtUp, Chain, ChangeBytes, ClientMessage, CreateMeet, Frame, JoinBy, JoinCode, JoinMeet,
    JoinRejected, LogId, MeetCreated, MeetId, MeetJoined, OfferedUpdate, PullFrom, RejectedUpdate,
    RelayMessage, RelayedUpdate, Roster, Runs, ServerPull, SessionToken, Ticket, UpdateAck,
    UpdateAcked, UpdateCode, UpdateRejected, UpdateRelay, pack_in_common, relay_packed,
};

/// What the model relay remembers.
pub struct ModelRelay {
    meet: Option<LiveMeet>,
    incarnations: u8,
    /// What was live before everything was forgotten; stands for the ticket.
    lost: Option<(ChangeHash, Roster)>,
    /// Refuse changes that hold this text, as admission would.
    pub allergy: Option<String>,
    refused: BTreeSet<ChangeHash>,
    /// Lines that agreed on packs.
    packs: BTreeSet<Line>,
}

struct LiveMeet {
    log_id: LogId,
    roster: Roster,
    index: Index,
    log: Vec<Change>,
    chains: Vec<Chain>,
    inside: BTreeMap<Line, LocationName>,
}

type Words = Vec<(Line, RelayMessage)>;

impl RelaySide for ModelRelay {
    fn new() -> Self {
        Self {
            meet: None,
            incarnations: 0,
            lost: None,
            allergy: None,
            refused: BTreeSet::new(),
            packs: BTreeSet::new(),
        }
    }

    fn connected(&mut self, _line: Line) {}

    fn received(&mut self, line: Line, frame: &Frame) -> Said {
        let words = self.answer(line, frame);
        words
            .into_iter()
            .map(|(line, message)| (line, self.frame(line, &message)))
            .collect()
    }

    fn disconnected(&mut self, line: Line) -> Said {
        if let Some(meet) = &mut self.meet {
            meet.inside.remove(&line);
        }
        Vec::new()
    }

    fn is_writing(&self) -> bool {
        false
    }

    fn sync(&mut self) -> Said {
        Vec::new()
    }

    fn pass(&mut self, _ms: u64) -> Said {
        Vec::new()
    }

    fn forget_everything(&mut self) {
        if let Some(meet) = self.meet.take() {
            self.lost = Some((meet.index.root(), meet.roster));
        }
    }

    fn roll_back_to(&mut self, len: usize) {
        let Some(meet) = &mut self.meet else { return };
        let kept: Vec<Change> = meet.log.drain(..).take(len.max(1)).collect();
        meet.index = Index::new(meet.index.root());
        meet.chains = vec![Chain::START];
        meet.inside.clear();
        for change in kept {
            meet.append(change);
        }
    }

    fn hashes(&self) -> Vec<ChangeHash> {
        self.meet
            .iter()
            .flat_map(|meet| meet.log.iter().map(Change::hash))
            .collect()
    }

    fn heads(&self) -> Vec<ChangeHash> {
        self.meet
            .as_ref()
            .map(|meet| meet.index.heads())
            .unwrap_or_default()
    }
}

impl ModelRelay {
    /// Notes whether a line takes packs.
    fn agree(&mut self, line: Line, packs: &[u32]) -> Option<u32> {
        let agreed = pack_in_common(packs);
        match agreed {
            Some(_) => self.packs.insert(line),
            None => self.packs.remove(&line),
        };
        agreed
    }

    /// A message as this line takes it.
    fn frame(&self, line: Line, message: &RelayMessage) -> Frame {
        if !self.packs.contains(&line) {
            return message.encode().into();
        }
        let RelayMessage::UpdateRelay(relay) = message else {
            return message.encode_compact().into();
        };
        let changes = relay.updates_relayed.iter();
        let changes: Vec<Change> = changes
            .map(|update| update.change.change().unwrap())
            .collect();
        let numbers = relay.updates_relayed.iter();
        let numbers = Runs::of(numbers.map(|update| update.server_seq_num));
        let pack = spotter_pack::pack(&changes);
        relay_packed(relay.after_server_seq_num, numbers, relay.chain, &pack)
    }

    fn answer(&mut self, line: Line, frame: &Frame) -> Words {
        let message = ClientMessage::read(frame).unwrap();
        if matches!(frame, Frame::Packed(_)) {
            assert!(self.packs.contains(&line), "packs were not agreed on");
        }
        match message {
            ClientMessage::CreateMeet(create) => self.create(line, create),
            ClientMessage::JoinMeet(join) => self.join(line, join),
            ClientMessage::RecoverMeet(recover) => {
                if self.meet.is_none() {
                    let (root, roster) = self.lost.clone().unwrap();
                    self.begin(root, roster);
                }
                self.agree(line, &recover.packs);
                let JoinBy::Token(token) = recover.by else {
                    panic!("the model recovers by token")
                };
                self.enter(line, &location_in(&token), None)
            }
            ClientMessage::UpdateInit(init) => self.offered(line, init.updates),
            ClientMessage::ClientPull(pull) => self.pulled(line, pull.from),
            other => panic!("the model relay does not know {}", other.msg_type()),
        }
    }

    fn begin(&mut self, root: ChangeHash, roster: Roster) {
        self.incarnations += 1;
        self.meet = Some(LiveMeet {
            log_id: LogId::from_bytes([self.incarnations; 8]),
            roster,
            index: Index::new(root),
            log: Vec::new(),
            chains: vec![Chain::START],
            inside: BTreeMap::new(),
        });
    }

    fn create(&mut self, line: Line, create: CreateMeet) -> Words {
        let roster = Roster::new(create.locations).unwrap();
        self.begin(create.root, roster.clone());
        let pack = self.agree(line, &create.packs);
        let meet = self.meet.as_mut().unwrap();
        let location = create.this_location_name;
        meet.inside.insert(line, location.clone());
        let created = MeetCreated {
            meet_id: meet_id(),
            session_token: token_for(&location),
            session_expires_at: 2_000_000_000,
            log_id: meet.log_id,
            priority: roster.find(&location).unwrap().priority,
            location_name: location,
            initiator: true,
            roster,
            ticket: ticket(),
            epoch: 1,
            pack,
        };
        vec![(line, RelayMessage::MeetCreated(created))]
    }

    fn join(&mut self, line: Line, join: JoinMeet) -> Words {
        if self.meet.is_none() {
            return vec![(line, rejected(JoinCode::TicketWanted))];
        }
        let location = match join.by {
            JoinBy::Password { location_name, .. } => location_name,
            JoinBy::Token(token) => location_in(&token),
            JoinBy::Another(_) => panic!("no two replicas of this world share a device"),
        };
        self.agree(line, &join.packs);
        let meet = self.meet.as_ref().unwrap();
        let known = join.position.filter(|position| {
            let chain = usize::try_from(position.server_seq_num)
                .ok()
                .and_then(|n| meet.chains.get(n));
            position.log_id == meet.log_id && chain == Some(&position.chain)
        });
        self.enter(
            line,
            &location,
            known.map(|position| position.server_seq_num),
        )
    }

    fn enter(&mut self, line: Line, location: &LocationName, known: Option<u64>) -> Words {
        let meet = self.meet.as_mut().unwrap();
        meet.inside.insert(line, location.clone());
        let joined = MeetJoined {
            meet_id: meet_id(),
            session_token: Some(token_for(location)),
            session_expires_at: 2_000_000_000,
            location_name: location.clone(),
            priority: meet.roster.find(location).unwrap().priority,
            initiator: false,
            root: meet.index.root(),
            log_id: meet.log_id,
            server_seq_num: meet.log.len() as u64,
            roster: Some(meet.roster.clone()),
            ticket: Some(ticket()),
            epoch: 1,
            finished: false,
            pack: self.packs.contains(&line).then_some(1),
        };
        let mut said = vec![(line, RelayMessage::MeetJoined(joined))];
        said.extend(
            meet.stretch_from(known.unwrap_or(0))
                .into_iter()
                .map(|word| (line, word)),
        );
        said.push((line, meet.caught_up()));
        said
    }

    fn offered(&mut self, line: Line, updates: Vec<OfferedUpdate>) -> Words {
        let (allergy, known_bad) = (self.allergy.clone(), &mut self.refused);
        let Some(meet) = self
            .meet
            .as_mut()
            .filter(|meet| meet.inside.contains_key(&line))
        else {
            return Vec::new();
        };
        let before = meet.log.len() as u64;
        let (mut acks, mut refusals, mut orphans) = (Vec::new(), Vec::new(), false);
        for update in updates {
            let change = Change::decode(update.change.as_ref()).unwrap();
            let local_seq_num = update.local_seq_num;
            let built_on_refused = change.deps().iter().any(|dep| known_bad.contains(dep));
            let sick = allergy
                .as_ref()
                .is_some_and(|bad| format!("{:?}", change.ops()).contains(bad));
            if built_on_refused || sick {
                known_bad.insert(change.hash());
                let code = if sick {
                    UpdateCode::Admission("allergy".into())
                } else {
                    UpdateCode::DependsOnRefused
                };
                refusals.push(refusal(local_seq_num, code, None));
                continue;
            }
            match meet.index.admit(&change) {
                Ok(Admission::Admitted) => {
                    let after = meet.log.len() as u64;
                    meet.write_down(change);
                    acks.push(UpdateAcked {
                        local_seq_num,
                        server_seq_num: after + 1,
                        after_server_seq_num: Some(after),
                    });
                }
                Ok(Admission::Known) => acks.push(UpdateAcked {
                    local_seq_num,
                    server_seq_num: meet.number_of(&change.hash()),
                    after_server_seq_num: None,
                }),
                Ok(Admission::Waiting { .. }) => {
                    orphans = true;
                    refusals.push(RejectedUpdate {
                        for_good: false,
                        retry_after_ms: Some(100),
                        ..refusal(local_seq_num, UpdateCode::WaitingFull, None)
                    });
                }
                Err(Refusal::Twin { stands, .. }) => {
                    known_bad.insert(change.hash());
                    refusals.push(refusal(
                        local_seq_num,
                        UpdateCode::Admission("twin".into()),
                        Some(stands),
                    ));
                }
                Err(other) => panic!("a client sent what admission refuses: {other}"),
            }
        }
        let mut said = Vec::new();
        if !acks.is_empty() {
            let chain = Some(*meet.chains.last().unwrap());
            said.push((
                line,
                RelayMessage::UpdateAck(UpdateAck {
                    update_acks: acks,
                    chain,
                }),
            ));
        }
        if !refusals.is_empty() {
            let rejected = UpdateRejected {
                updates_rejected: refusals,
            };
            said.push((line, RelayMessage::UpdateRejected(rejected)));
        }
        if orphans {
            said.push((line, meet.pull()));
        }
        let readers: Vec<Line> = meet
            .inside
            .keys()
            .copied()
            .filter(|reader| *reader != line)
            .collect();
        for reader in readers {
            said.extend(
                meet.stretch_from(before)
                    .into_iter()
                    .map(|word| (reader, word)),
            );
        }
        said
    }

    fn pulled(&mut self, line: Line, from: PullFrom) -> Words {
        let Some(meet) = self
            .meet
            .as_ref()
            .filter(|meet| meet.inside.contains_key(&line))
        else {
            return Vec::new();
        };
        let mut said: Words = match from {
            PullFrom::Position {
                last_server_seq, ..
            } => meet
                .stretch_from(last_server_seq)
                .into_iter()
                .map(|word| (line, word))
                .collect(),
            PullFrom::Heads(heads) => {
                let numbers = meet.index.beyond(&heads);
                numbers
                    .into_iter()
                    .map(|number| (line, meet.one(number)))
                    .collect()
            }
        };
        said.push((line, meet.caught_up()));
        said
    }
}

impl LiveMeet {
    fn append(&mut self, change: Change) {
        assert_eq!(self.index.admit(&change), Ok(Admission::Admitted));
        self.write_down(change);
    }

    fn write_down(&mut self, change: Change) {
        self.chains
            .push(self.chains.last().unwrap().then(&change.hash()));
        self.log.push(change);
    }

    fn number_of(&self, hash: &ChangeHash) -> u64 {
        self.index.number_of(hash).unwrap() as u64 + 1
    }

    fn stretch_from(&self, after: u64) -> Vec<RelayMessage> {
        let after = usize::try_from(after).unwrap();
        let slices = self.log.get(after..).unwrap_or_default().chunks(50);
        let relayed = slices.enumerate().map(|(slice, changes)| {
            let after = after + slice * 50;
            RelayMessage::UpdateRelay(UpdateRelay {
                updates_relayed: (after..)
                    .zip(changes)
                    .map(|(number, change)| relayed(number, change))
                    .collect(),
                after_server_seq_num: after as u64,
                chain: self.chains[after + changes.len()],
            })
        });
        relayed.collect()
    }

    fn one(&self, number: usize) -> RelayMessage {
        RelayMessage::UpdateRelay(UpdateRelay {
            updates_relayed: vec![relayed(number, &self.log[number])],
            after_server_seq_num: number as u64,
            chain: self.chains[number + 1],
        })
    }

    fn caught_up(&self) -> RelayMessage {
        RelayMessage::CaughtUp(CaughtUp {
            server_seq_num: self.log.len() as u64,
            chain: *self.chains.last().unwrap(),
            heads: self.index.heads(),
        })
    }

    fn pull(&self) -> RelayMessage {
        RelayMessage::ServerPull(ServerPull {
            last_server_seq: self.log.len() as u64,
            heads: self.index.heads(),
        })
    }
}

fn relayed(number: usize, change: &Change) -> RelayedUpdate {
    RelayedUpdate {
        change: ChangeBytes::new(std::sync::Arc::clone(change.bytes())),
        server_seq_num: number as u64 + 1,
    }
}

fn refusal(local_seq_num: u64, code: UpdateCode, stands: Option<ChangeHash>) -> RejectedUpdate {
    RejectedUpdate {
        local_seq_num,
        code,
        reason: "the model relay says no".to_owned(),
        conflict: false,
        for_good: true,
        retry_after_ms: None,
        stands,
    }
}

fn rejected(code: JoinCode) -> RelayMessage {
    RelayMessage::JoinRejected(JoinRejected {
        code,
        reason: "the model relay says no".to_owned(),
        retry_after_ms: None,
    })
}

fn meet_id() -> MeetId {
    "123-456-789".parse().unwrap()
}

fn ticket() -> Ticket {
    Ticket::parse("ticket").unwrap()
}

/// The model's tokens are the location's name with its spaces taken out.
fn token_for(location: &LocationName) -> SessionToken {
    SessionToken::parse(location.as_str()).unwrap()
}

fn location_in(token: &SessionToken) -> LocationName {
    LocationName::parse(token.expose()).unwrap()
}
