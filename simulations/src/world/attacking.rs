//! Attacks: what somebody without a password, or a member that lost its mind, sends to a relay.
//!
//! An attacker has a connection of its own. A member gives the password first and knows everything that the first device
//! holds; what it writes, it writes into a field that no plan names, so that it can be told from what people wrote.

use serde_json::json;
use sha2::{Digest as _, Sha256};
use spotter_client::{Client, LinkId};
use spotter_model::{ActorId, Author, Change, Edit, LocationName, Meet, Path, Pen, Priority, Seen};
use spotter_relay_protocol::{
    ChangeBytes, ClientMessage, Frame, JoinBy, JoinMeet, ListSessions, OfferedUpdate, PROTOCOL,
    UpdateInit,
};
use spotter_sim_plan::{Happened, RelayNumber};

use super::people::password;
use super::{World, relay_number};
use crate::chance::seed;
use crate::line::{Far, Line, LineNumber, Parcel, Way};
use crate::queue::Coming;
use crate::start::BEGINS_AT;

/// How long an attacker waits for answers, in milliseconds.
const WAITS_MS: u64 = 15_000;

/// Changes of a flood of orphans, and messages of a flood.
const ORPHANS: usize = 60;
const MESSAGES: usize = 400;

/// How many answers are written down.
const ANSWERS_MAX: usize = 8;

/// Somebody who attacks a relay over a line.
#[derive(Debug)]
pub(super) struct Attacker {
    relay: usize,
    member: bool,
    with: String,
    answers: Vec<String>,
    has_sent: bool,
}

impl World<'_> {
    pub(super) fn attack(&mut self, relay: RelayNumber, member: bool, with: &str) {
        let relay = usize::from(relay.0);
        if relay >= self.relays.len() || (member && self.meet.is_none()) {
            return;
        }
        self.last_line += 1;
        let number = self.last_line;
        let line = Line::new(0, LinkId::Relay(0), Far::Attacked(relay));
        self.lines.insert(number, line);
        let attacker = Attacker {
            relay,
            member,
            with: with.to_owned(),
            answers: Vec::new(),
            has_sent: false,
        };
        self.attackers.insert(number, attacker);
        self.put(number, Way::Up, Parcel::Knock);
        let ends = Coming::AttackEnds(number);
        self.queue.plan(self.now + WAITS_MS, ends);
    }

    /// Something comes back to an attacker.
    pub(super) fn at_attacker(&mut self, number: LineNumber, relay: usize, parcel: &Parcel) {
        let Some(attacker) = self.attackers.get_mut(&number) else {
            return;
        };
        match parcel {
            Parcel::Open if attacker.member => self.attacker_joins(number),
            Parcel::Open => self.attacker_sends(number),
            Parcel::Ping => self.put(number, Way::Up, Parcel::Pong),
            Parcel::Message(frame) => {
                if let Some(line) = self.lines.get_mut(&number) {
                    line.device_got(frame.len());
                    let left = line.take_left();
                    if let Some(bytes) = left {
                        self.relay_told_of(relay, number, bytes);
                    }
                }
                let word = word_of(frame);
                let is_in = word == "MEET_JOINED";
                let Some(attacker) = self.attackers.get_mut(&number) else {
                    return;
                };
                let has_sent = attacker.has_sent;
                if (has_sent || !is_in) && attacker.answers.len() < ANSWERS_MAX {
                    attacker.answers.push(word);
                }
                if is_in && !has_sent {
                    self.attacker_sends(number);
                }
            }
            Parcel::Close(_) => {
                if let Some(line) = self.lines.get_mut(&number) {
                    line.near_open = false;
                }
                attacker.answers.push("closed".to_owned());
                self.attack_ends(number);
            }
            Parcel::Knock | Parcel::Pong => {}
        }
    }

    /// The answers are told, and the attacker goes away.
    pub(super) fn attack_ends(&mut self, number: LineNumber) {
        let Some(attacker) = self.attackers.remove(&number) else {
            return;
        };
        self.tell(Happened::Attacked {
            relay: relay_number(attacker.relay),
            with: attacker.with,
            answers: attacker.answers,
        });
        if let Some(line) = self.lines.get_mut(&number)
            && std::mem::take(&mut line.near_open)
        {
            self.put(number, Way::Up, Parcel::Close("closed"));
        }
    }

    fn attacker_joins(&mut self, number: LineNumber) {
        let location = self.plan.roster.last();
        let location = location.and_then(|seat| LocationName::parse(&seat.location).ok());
        let (Some(meet_id), Some(location_name), Some(password)) =
            (self.meet, location, password())
        else {
            return;
        };
        let join = ClientMessage::JoinMeet(JoinMeet {
            protocol: PROTOCOL,
            meet_id,
            by: JoinBy::Password {
                location_name,
                password,
            },
            ticket: None,
            position: None,
            heads: None,
            epoch: None,
            packs: Vec::new(),
        });
        self.put(number, Way::Up, Parcel::Message(join.encode().into()));
    }

    fn attacker_sends(&mut self, number: LineNumber) {
        let Some(attacker) = self.attackers.get_mut(&number) else {
            return;
        };
        attacker.has_sent = true;
        let with = attacker.with.clone();
        let frames = match with.as_str() {
            "garbage" => garbage(),
            "bomb" => vec![
                offer(vec![run_length_bomb()]),
                offer(vec![compressed_bomb()]),
            ],
            "forged-author" => self.forged(number).map(offer).into_iter().collect(),
            "twin" => {
                let of = |meet: &Meet| {
                    meet.index()
                        .actors()
                        .into_iter()
                        .map(|(actor, _)| actor)
                        .next_back()
                };
                self.twin(number, of).map(offer).into_iter().collect()
            }
            "twin-of-latest" => {
                let of = |meet: &Meet| meet.changes().last().map(|change| change.actor());
                self.twin(number, of).map(offer).into_iter().collect()
            }
            "orphans" => self.orphans(number).map(offer).into_iter().collect(),
            "flood" => {
                let word = ClientMessage::ListSessions(ListSessions::default()).encode();
                vec![Frame::from(word); MESSAGES]
            }
            _ => Vec::new(),
        };
        for frame in frames {
            self.put(number, Way::Up, Parcel::Message(frame));
        }
    }

    /// What the first device that holds anything holds.
    fn stolen(&self) -> Option<Meet> {
        let held = self.devices.iter().find_map(|device| {
            let meet = device.client.as_ref().and_then(Client::held)?;
            (!meet.is_empty()).then_some(meet)
        })?;
        let changes: Vec<Change> = held.changes().collect();
        let mut meet = Meet::open(held.root());
        let _ = meet.receive(&changes);
        Some(meet)
    }

    /// A change of a fresh line of writing, for a location and a priority that nobody gave.
    fn forged(&mut self, number: LineNumber) -> Option<Vec<ChangeBytes>> {
        let mut meet = self.stolen()?;
        let pen = self.pen_of_attacker(number)?;
        let change = write(&mut meet, &pen, 1)?;
        let draft = change.draft().clone();
        // A second one that names its author again, which only the first may.
        let mut again = draft.clone();
        again.seq += 1;
        again.start_op = change.max_op() + 1;
        again.deps = vec![change.hash()];
        let again = Change::encode(again).ok();
        self.book.note_foreign(change.hash());
        let forged = [Some(bytes_of(&change)), again.as_ref().map(bytes_of)];
        Some(forged.into_iter().flatten().collect())
    }

    /// A change in the name of somebody else's line of writing, which its owner is about to go on with.
    fn twin(
        &mut self,
        number: LineNumber,
        of: impl Fn(&Meet) -> Option<ActorId>,
    ) -> Option<Vec<ChangeBytes>> {
        let mut meet = self.stolen()?;
        let actor = of(&meet)?;
        let author = meet.index().author(&actor)?.clone();
        let change = write(&mut meet, &Pen { actor, author }, number)?;
        self.book.note_foreign(change.hash());
        Some(vec![bytes_of(&change)])
    }

    /// Changes that build on one that is never sent.
    fn orphans(&mut self, number: LineNumber) -> Option<Vec<ChangeBytes>> {
        let mut meet = self.stolen()?;
        let pen = self.pen_of_attacker(number)?;
        let written: Vec<Change> = (0..ORPHANS as u64)
            .filter_map(|value| write(&mut meet, &pen, value))
            .collect();
        for change in &written {
            self.book.note_foreign(change.hash());
        }
        Some(written.iter().skip(1).map(bytes_of).collect())
    }

    fn pen_of_attacker(&self, number: LineNumber) -> Option<Pen> {
        let drawn = seed(&[self.plan.seed, 14, number]);
        let mut actor = [0; 8];
        actor.copy_from_slice(&drawn[..8]);
        Some(Pen {
            actor: ActorId::new(actor),
            author: Author {
                location: LocationName::parse("nobody").ok()?,
                priority: Priority::new(1_000_000).ok()?,
            },
        })
    }
}

/// Writes into a field that no plan names.
fn write(meet: &mut Meet, pen: &Pen, value: u64) -> Option<Change> {
    let value = json!(format!("attack {value}"));
    let path = Path::meet("attacked").ok()?;
    let edit = Edit::set_all([(path, &value)]).ok()?;
    let written = meet.edit(pen, &edit, BEGINS_AT, None, Seen::Unchecked);
    written.ok()?
}

fn bytes_of(change: &Change) -> ChangeBytes {
    ChangeBytes::new(std::sync::Arc::clone(change.bytes()))
}

fn offer(changes: Vec<ChangeBytes>) -> Frame {
    let updates = (1..)
        .zip(changes)
        .map(|(local_seq_num, change)| OfferedUpdate {
            local_seq_num,
            change,
            after_server_seq_num: None,
        });
    let init = UpdateInit {
        session_token: None,
        updates: updates.collect(),
    };
    ClientMessage::UpdateInit(init).encode().into()
}

fn garbage() -> Vec<Frame> {
    let packed: Vec<u8> = (0..200_u8).map(|byte| byte.wrapping_mul(73)).collect();
    vec![
        Frame::from(r#"{"msgType":"NO_SUCH_WORD"}"#),
        Frame::from(r#"{"msgType":"UPDATE_INIT","updates":"none"}"#),
        Frame::Packed(packed.into()),
        Frame::from("not even JSON"),
    ]
}

/// A chunk whose columns claim hundreds of thousands of operations in a few bytes.
fn run_length_bomb() -> ChangeBytes {
    let mut body = vec![0, 8];
    body.extend([7; 8]);
    // Sequence, first operation, time, message, other actors; then one column of actions with one long run.
    body.extend([1, 1, 0, 0, 0, 1, 0x42, 4]);
    body.extend([0xc0, 0x9a, 0x0c, 1]);
    chunk(1, &body)
}

/// A compressed chunk, which no meet takes.
fn compressed_bomb() -> ChangeBytes {
    chunk(2, &[0x63; 64])
}

fn chunk(kind: u8, body: &[u8]) -> ChangeBytes {
    let mut checked = vec![kind, body.len() as u8];
    checked.extend(body);
    let hash = Sha256::digest(&checked);
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend(&hash[..4]);
    bytes.extend(checked);
    let bytes: std::sync::Arc<[u8]> = bytes.into();
    ChangeBytes::new(bytes)
}

/// The type of a relay's message, and its code or that of its first part, where it has one.
fn word_of(frame: &Frame) -> String {
    let Some(text) = frame.text() else {
        return "packed".to_owned();
    };
    let message: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let kind = message["msgType"].as_str().unwrap_or("unreadable");
    let code = message["code"]
        .as_str()
        .or_else(|| message["updatesRejected"][0]["code"].as_str());
    code.map_or_else(|| kind.to_owned(), |code| format!("{kind} {code}"))
}
