//! Packing logs: what is packed is what was asked for, and a pack that is kept is worth nothing once it is damaged.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;

use spotter_model::{
    ActorId, Author, Change, ChangeDraft, LocationName, ObjectId, Op, OpAction, Priority, Scalar,
};
use spotter_pack::Bounds;
use spotter_relay::{
    Action, Config, Heard, Input, LinkId, LogEntry, PackedSlice, Relay, RelayKey, Timestamp,
};
use spotter_relay_protocol::{
    Chain, ChangeBytes, ClientMessage, CreateMeet, JoinBy, JoinMeet, LogId, MeetId, OfferedUpdate,
    Password, RelayMessage, RosterEntry, Runs, SessionId, SessionToken, UpdateInit,
};
use spotter_relay_store::conformance::{meet, records};
use spotter_relay_store::{FlatFiles, LogHead, LogStore, Memory, keep_pack, pack_log};

const BOUNDS: Bounds = Bounds {
    changes_max: 20_000,
    bytes_max: 8 << 20,
};

/// Changes in a row, each writing a text of so many bytes that cannot be made shorter.
fn changes(count: u32, text_bytes: usize) -> Vec<Change> {
    let mut before = None;
    let mut noise = 0x2545_f491_4f6c_dd1d_u64;
    let mut text = || -> String {
        let letters = (0..text_bytes).map(|_| {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            char::from(b' ' + (noise % 90) as u8)
        });
        letters.collect()
    };
    let author = Author {
        location: LocationName::parse("Desk").unwrap(),
        priority: Priority::new(1).unwrap(),
    };
    let mut write = |seq: u32| {
        let change = Change::encode(ChangeDraft {
            actor: ActorId::new([1; 8]),
            seq,
            start_op: seq,
            deps: before.into_iter().collect(),
            time: 1_795_000_000,
            message: None,
            author: (seq == 1).then(|| author.clone()),
            ops: vec![Op {
                object: ObjectId::Root,
                key: format!("key-{seq}"),
                action: OpAction::Set(Scalar::from(text().as_str())),
                preds: Vec::new(),
            }],
        });
        let change = change.unwrap();
        before = Some(change.hash());
        change
    };
    (1..=count).map(&mut write).collect()
}

fn filled(store: &dyn LogStore, changes: &[Change]) -> MeetId {
    let meet = meet(123_456_789);
    let head = LogHead {
        meet,
        log_id: LogId::from_bytes(*b"log-0001"),
        root: changes[0].hash(),
    };
    store.create(&head, &records(0)).unwrap();
    let entries: Vec<LogEntry> = changes
        .iter()
        .map(|change| LogEntry {
            received_at: 1_795_000_000,
            by: SessionId::from_bytes(*b"session1"),
            hash: change.hash(),
            change: ChangeBytes::from(change.clone()),
        })
        .collect();
    store.append(meet, &entries).unwrap();
    meet
}

fn unpacked(slice: &PackedSlice) -> Vec<Change> {
    spotter_pack::unpack(&slice.pack, BOUNDS).unwrap()
}

fn chain(changes: &[Change]) -> Chain {
    let hashes = changes.iter().map(Change::hash);
    hashes.fold(Chain::START, |chain, hash| chain.then(&hash))
}

#[test]
fn exactly_the_positions_that_are_wanted_are_packed() {
    let (store, changes) = (Memory::default(), changes(40, 10));
    let meet = filled(&store, &changes);
    let wanted = [2, 3, 4, 17, 39, 40];
    let slice = pack_log(&store, meet, &Runs::of(wanted), true).unwrap();
    assert_eq!((&slice.positions, &slice.wrong), (&Runs::of(wanted), &None));
    let expected: Vec<Change> = wanted
        .iter()
        .map(|n| changes[*n as usize - 1].clone())
        .collect();
    assert_eq!(unpacked(&slice), expected);
    assert!(pack_log(&store, meet, &Runs::of([41]), false).is_err());
}

#[test]
fn no_pack_is_longer_than_a_message_should_be() {
    let (store, changes) = (Memory::default(), changes(50, 16_000));
    let meet = filled(&store, &changes);
    let mut after = 0;
    while after < 50 {
        let slice = pack_log(&store, meet, &Runs::of(after + 1..=50), false).unwrap();
        assert!(slice.pack.len() <= 512 << 10, "{}", slice.pack.len());
        let last = slice.positions.last().unwrap();
        assert_eq!(unpacked(&slice), changes[after as usize..last as usize]);
        after = last;
    }
}

#[test]
fn a_kept_pack_is_given_in_its_parts_and_then_the_log_goes_on() {
    let (store, all) = (Memory::default(), changes(50, 16_000));
    let meet = filled(&store, &all);
    keep_pack(&store, meet, 45).unwrap();
    let (mut after, mut parts) = (0, 0);
    loop {
        let slice = pack_log(&store, meet, &Runs::of(after + 1..=50), true).unwrap();
        assert_eq!(slice.wrong, None);
        let last = slice.positions.last().unwrap();
        assert_eq!(unpacked(&slice), all[after as usize..last as usize]);
        let Some(kept) = slice.kept else { break };
        assert_eq!(kept, chain(&all[..last as usize]));
        (after, parts) = (last, parts + 1);
    }
    assert_eq!(after, 45);
    assert!(parts > 1, "{parts}");
}

#[test]
fn whatever_is_wrong_with_a_kept_pack_the_log_serves() {
    let dir = tempfile::tempdir().unwrap();
    let (store, all) = (FlatFiles::new(dir.path()), changes(9, 10));
    let meet = filled(&store, &all);
    keep_pack(&store, meet, 9).unwrap();
    let file: PathBuf = dir.path().join("current-meets/123456789/cold.pack");
    let sound = fs::read(&file).unwrap();
    let ask = || pack_log(&store, meet, &Runs::of(1..=9), true).unwrap();
    let slice = ask();
    assert_eq!((slice.kept, slice.wrong), (Some(chain(&all)), None));

    let head = sound.iter().position(|byte| *byte == b'\n').unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..sound.len())
        .step_by(3)
        .map(|n| sound[..n].to_vec())
        .collect();
    damaged.extend((head..sound.len()).step_by(2).map(|at| {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        bytes
    }));
    let foreign = String::from_utf8_lossy(&sound[..head]).replace("6c6f67", "6c6f66");
    damaged.push([foreign.as_bytes(), &sound[head..]].concat());
    for bytes in damaged {
        fs::write(&file, &bytes).unwrap();
        let slice = ask();
        assert!(slice.wrong.is_some() && slice.kept.is_none());
        assert_eq!(unpacked(&slice), all);
    }
}

#[test]
fn a_kept_pack_that_claims_the_last_of_all_positions_is_left_out() {
    let (store, all) = (Memory::default(), changes(9, 10));
    let meet = filled(&store, &all);
    let log_id = store.log_id(meet).unwrap();
    let part = format!(
        r#"{{"last":{},"chain":"00000000","bytes":0,"check":"00000000"}}"#,
        u64::MAX
    );
    let head =
        format!(r#"{{"kind":"coldPack","format":1,"logId":"{log_id}","parts":[{part},{part}]}}"#);
    store
        .keep_pack(meet, format!("{head}\n").as_bytes())
        .unwrap();
    let slice = pack_log(&store, meet, &Runs::of(5..=9), true).unwrap();
    assert_eq!((slice.kept, unpacked(&slice)), (None, all[4..].to_vec()));
    let slice = pack_log(&store, meet, &Runs::of(1..=9), true).unwrap();
    assert!(slice.wrong.is_some() && slice.kept.is_none());
    assert_eq!(unpacked(&slice), all);
}

/// A relay's machine above a store, and nothing between them.
struct House<'a> {
    relay: Relay,
    store: &'a dyn LogStore,
    said: Vec<RelayMessage>,
    links: u64,
    /// How often a pack was made to be kept.
    kept: usize,
}

impl<'a> House<'a> {
    fn above(store: &'a dyn LogStore) -> Self {
        Self {
            relay: Relay::new(Config::default(), RelayKey::from_bytes([1; 32]), [2; 32]),
            store,
            said: Vec::new(),
            links: 0,
            kept: 0,
        }
    }

    /// A meet with these changes.
    fn meet(&mut self, changes: &[Change]) -> (MeetId, SessionToken) {
        let location_name = LocationName::parse("Desk").unwrap();
        let create = ClientMessage::CreateMeet(CreateMeet {
            protocol: 1,
            this_location_name: location_name.clone(),
            password: Password::parse("correct horse").unwrap(),
            locations: vec![RosterEntry {
                location_name,
                priority: Priority::new(1).unwrap(),
                renamed_from: Vec::new(),
            }],
            root: changes[0].hash(),
            packs: Vec::new(),
        });
        let link = self.connect();
        self.say(link, &create);
        let Some(RelayMessage::MeetCreated(made)) = self.said.pop() else {
            panic!("{:?}", self.said)
        };
        for piece in changes.chunks(20) {
            let updates = (1..)
                .zip(piece)
                .map(|(local_seq_num, change)| OfferedUpdate {
                    local_seq_num,
                    change: ChangeBytes::from(change.clone()),
                    after_server_seq_num: None,
                });
            let init = UpdateInit {
                session_token: None,
                updates: updates.collect(),
            };
            self.say(link, &ClientMessage::UpdateInit(init));
        }
        (made.meet_id, made.session_token)
    }

    /// Joins from nothing and goes again. Answers how many packs it took and what was in them.
    fn join(&mut self, meet_id: MeetId, token: &SessionToken) -> (usize, Vec<Change>) {
        self.said.clear();
        let link = self.connect();
        let join = ClientMessage::JoinMeet(JoinMeet {
            protocol: 1,
            meet_id,
            by: JoinBy::Token(token.clone()),
            ticket: None,
            position: None,
            heads: None,
            epoch: None,
            packs: vec![1],
        });
        self.say(link, &join);
        let relays = self.said.iter().filter_map(|message| {
            let RelayMessage::UpdateRelay(relay) = message else {
                return None;
            };
            Some(&relay.updates_relayed)
        });
        let relays: Vec<_> = relays.collect();
        let updates = relays.iter().flat_map(|updates| updates.iter());
        let changes = updates
            .map(|update| update.change.change().unwrap())
            .collect();
        (relays.len(), changes)
    }

    fn connect(&mut self) -> LinkId {
        self.links += 1;
        let link = LinkId(self.links);
        let address = [127, 0, 0, 1].into();
        self.happen(Input::Connected { link, address });
        link
    }

    fn say(&mut self, link: LinkId, message: &ClientMessage) {
        let heard = Heard::read(&message.encode().into());
        self.happen(Input::Received { link, heard });
    }

    fn happen(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for action in self
                .relay
                .step(Timestamp::from_millis(1_795_000_000_000), input)
            {
                inputs.extend(self.perform(action));
            }
        }
    }

    fn perform(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::Send { link, frame } => {
                self.said.push(RelayMessage::read(&frame).unwrap());
                let bytes = frame.len();
                Some(Input::Sent { link, bytes })
            }
            Action::Close { link, .. } => Some(Input::Disconnected { link }),
            Action::HashPassword { job, .. } => {
                let hash = Some([1; 32]);
                Some(Input::PasswordHashed { job, hash })
            }
            Action::CreateMeet {
                meet,
                log_id,
                root,
                records,
            } => {
                let head = LogHead { meet, log_id, root };
                self.store.create(&head, &records).unwrap();
                let outcome = Ok(());
                Some(Input::MeetCreated { meet, outcome })
            }
            Action::PackLog {
                meet,
                read,
                positions,
                kept,
            } => Some(Input::LogPacked {
                meet,
                read,
                outcome: Ok(pack_log(self.store, meet, &positions, kept).unwrap()),
            }),
            Action::KeepPack { meet, upto } => {
                self.kept += 1;
                keep_pack(self.store, meet, upto).unwrap();
                let outcome = Ok(());
                Some(Input::PackKept { meet, outcome })
            }
            Action::Append {
                meet,
                batch,
                entries,
            } => {
                self.store.append(meet, &entries).unwrap();
                Some(Input::Appended { meet, batch })
            }
            Action::SaveRecords {
                meet,
                save,
                records,
            } => {
                self.store.save_records(meet, &records).unwrap();
                let outcome = Ok(());
                Some(Input::RecordsSaved {
                    meet,
                    save,
                    outcome,
                })
            }
            Action::Ping { .. }
            | Action::Unpack { .. }
            | Action::OpenMeet { .. }
            | Action::ReadLog { .. }
            | Action::SavePublication { .. }
            | Action::FinishMeet { .. }
            | Action::CloseMeet { .. }
            | Action::DisplayAdmitted { .. }
            | Action::DisplayRefused { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }
            | Action::Event(_)
            | Action::Drained => None,
        }
    }
}

/// Where the parts of a kept pack begin in its file, and where the file ends.
fn parts_of(file: &[u8]) -> Vec<usize> {
    let head = file.iter().position(|byte| *byte == b'\n').unwrap();
    let line: serde_json::Value = serde_json::from_slice(&file[..head]).unwrap();
    let mut begins = vec![head + 1];
    for part in line["parts"].as_array().unwrap() {
        let bytes = part["bytes"].as_u64().unwrap() as usize;
        begins.push(begins.last().unwrap() + bytes);
    }
    begins
}

#[test]
fn a_kept_pack_that_is_damaged_or_torn_in_any_of_its_parts_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = FlatFiles::new(dir.path());
    let all = changes(50, 16_000);
    let mut house = House::above(&store);
    let (meet, token) = house.meet(&all);
    keep_pack(&store, meet, 50).unwrap();
    let file: PathBuf = dir
        .path()
        .join(format!("current-meets/{}/cold.pack", meet.digits()));
    let sound = fs::read(&file).unwrap();
    let parts = parts_of(&sound);
    assert!(parts.len() > 2, "several parts: {parts:?}");
    let (packs, joined) = house.join(meet, &token);
    assert_eq!((packs, &joined, house.kept), (parts.len() - 1, &all, 0));

    for part in 1..parts.len() {
        let inside = (parts[part - 1] + parts[part]) / 2;
        let mut wrong = sound.clone();
        if part % 2 == 0 {
            wrong.truncate(inside);
        } else {
            wrong[inside] ^= 0x10;
        }
        fs::write(&file, wrong).unwrap();
        house.kept = 0;
        assert_eq!(house.join(meet, &token).1, all, "the log serves");
        assert_eq!(house.kept, 1, "part {part}");
        assert!(fs::read(&file).unwrap() == sound, "made again as it was");
    }
}
