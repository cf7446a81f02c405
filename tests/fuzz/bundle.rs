//! Bundles: whatever the text, a replica answers; what it takes in, it has saved, shows, and can carry on to another
//! that then holds the same. The first byte says what the replica holds before, and whether the text is put together
//! from parts whose hashes and counts are right.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use spotter_client::{
    Action, Answer, Ask, Client, Config, Input, Moment, Now, Problem, Record, Reply, RequestId,
    WallTime,
};
use spotter_model::{Author, Change, ChangeHash, LocationName, Priority};
use spotter_pack::{Bounds, unpack};
use spotter_relay_protocol::{PACKED_BYTES_MAX, PACKED_CHANGES_MAX};

use super::{Golden, UNSEEN, with_checksum};

/// A part that is a line as it stands.
pub const LINE: u8 = 0;
/// A part that is a change, from what stands behind its checksum.
pub const CHANGE: u8 = 1;
/// A part that is a pack.
pub const PACK: u8 = 2;
/// A part that is the change the meet begins with.
pub const ROOT: u8 = 3;

/// The golden meet as a bundle, without what the target has not seen.
static SEEN: LazyLock<String> = LazyLock::new(|| {
    let mut changes = Golden::meet().changes;
    changes.truncate(changes.len() - UNSEEN);
    let mut lines = vec![header(&changes[0].hash(), changes.len())];
    lines.extend(changes.iter().map(|change| line(change.bytes())));
    lines.join("\n")
});

/// The first line of a bundle in the format that has a line for each change.
pub fn header(root: &ChangeHash, changes: usize) -> String {
    json!({"spotterBundle": 1, "root": root, "location": "desk", "created": 0, "changes": changes})
        .to_string()
}

/// Tries the bytes.
pub fn check(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let text = if kind & 1 == 0 {
        String::from_utf8_lossy(rest).into_owned()
    } else {
        put_together(rest)
    };
    let mut replica = Replica::open(Vec::new());
    if kind & 2 != 0 {
        let seen = replica.ask(take_in(SEEN.clone()));
        assert!(matches!(seen, Ok(Reply::Unpacked(_))), "{seen:?}");
    }
    let before = replica.holds();
    let saved = replica.saved.len();
    let unpacked = match replica.ask(take_in(text)) {
        Ok(Reply::Unpacked(unpacked)) => unpacked,
        Err(Problem::Bundle(_) | Problem::OtherMeet { .. }) => {
            assert_eq!((replica.holds(), replica.saved.len()), (before, saved));
            return;
        }
        other => panic!("{other:?}"),
    };
    let held = replica.holds();
    assert!(held.is_superset(&before));
    assert_eq!(held.len() - before.len(), unpacked.brought);
    replica.shown();

    // The process ends, and another opens what was saved, as it stands in a file.
    let records = replica.saved.iter().map(|record| {
        let text = serde_json::to_string(record).expect("a record can be written");
        serde_json::from_str(&text).expect("a record that was written can be read")
    });
    let mut again = Replica::open(records.collect());
    assert_eq!(again.holds(), held);
    if held.is_empty() {
        return;
    }

    // It is carried on, whole.
    let packed = again.ask(Ask::PackBundle { author: None });
    let Ok(Reply::Bundle(text)) = packed else {
        panic!("{packed:?}")
    };
    let mut other = Replica::open(Vec::new());
    let Ok(Reply::Unpacked(carried)) = other.ask(take_in(text)) else {
        panic!("a bundle that was just written is taken in")
    };
    assert_eq!((carried.damage, carried.refused), (None, 0));
    assert_eq!(carried.brought, again.holds().len());
    assert_eq!(other.holds(), again.holds());
    assert_eq!(other.shown(), again.shown());
}

fn take_in(text: String) -> Ask {
    Ask::UnpackBundle {
        text,
        author: Some(Author {
            location: LocationName::parse("Table").expect("a location may be called that"),
            priority: Priority::new(1).expect("a priority may be that"),
        }),
    }
}

/// A bundle in the first format and the present one at once, from parts: what each is, its length in two bytes, itself.
fn put_together(data: &[u8]) -> String {
    let mut lines = Vec::new();
    let mut root = None;
    let mut rest = data;
    while let [kind, high, low, behind @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(behind.len());
        let (part, later) = behind.split_at(length);
        rest = later;
        match kind & 3 {
            CHANGE => lines.push(line(&with_checksum(part))),
            PACK => lines.push(pack_line(part)),
            ROOT => {
                let change = with_checksum(part);
                root = Change::decode(&change).ok().map(|change| change.hash());
                lines.push(line(&change));
            }
            _ => lines.push(String::from_utf8_lossy(part).replace('\n', " ")),
        }
    }
    if let (Some(root), Some(first)) = (root, lines.first_mut())
        && let Ok(Value::Object(mut header)) = serde_json::from_str(first)
    {
        header.insert("root".to_owned(), json!(root));
        *first = Value::Object(header).to_string();
    }
    lines.join("\n")
}

fn line(change: &[u8]) -> String {
    let hash = match Change::decode(change) {
        Ok(change) => change.hash().to_string(),
        Err(_) => Sha256::digest(change)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    };
    json!({"h": hash, "c": STANDARD.encode(change)}).to_string()
}

fn pack_line(pack: &[u8]) -> String {
    let bounds = Bounds {
        changes_max: PACKED_CHANGES_MAX,
        bytes_max: PACKED_BYTES_MAX,
    };
    let count = unpack(pack, bounds).map_or(1, |changes| changes.len());
    json!({"n": count, "p": STANDARD.encode(pack)}).to_string()
}

/// A replica whose disk is always quick.
struct Replica {
    client: Client,
    saved: Vec<Record>,
    asked: u64,
}

impl Replica {
    fn open(records: Vec<Record>) -> Self {
        let mut replica = Self {
            client: Client::new(&Config::default(), [1; 32]),
            saved: records.clone(),
            asked: 0,
        };
        replica.step(Input::Opened { records });
        replica
    }

    fn ask(&mut self, ask: Ask) -> Answer {
        self.asked += 1;
        let request = RequestId(self.asked);
        let answer = self.step(Input::Asked { request, ask });
        answer.expect("whoever asks is answered once everything is saved")
    }

    fn step(&mut self, input: Input) -> Option<Answer> {
        let now = Now {
            moment: Moment::from_ms(0),
            wall: WallTime::from_unix_seconds(1_795_000_000),
        };
        let mut answered = None;
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for action in self.client.step(now, input) {
                match action {
                    Action::Save { batch, records } => {
                        self.saved.extend(records);
                        inputs.push(Input::Saved { batch });
                    }
                    Action::Answer { answer, .. } => answered = Some(answer),
                    Action::Connect { .. }
                    | Action::Disconnect { .. }
                    | Action::Send { .. }
                    | Action::Ping { .. }
                    | Action::Tell(_) => {}
                }
            }
        }
        answered
    }

    fn holds(&self) -> BTreeSet<ChangeHash> {
        let meet = self.client.held();
        meet.map(|meet| meet.changes().map(|change| change.hash()).collect())
            .unwrap_or_default()
    }

    /// What people see of the meet, or why they see nothing.
    fn shown(&mut self) -> (String, usize) {
        let Some(meet) = self.client.meet() else {
            return (String::new(), 0);
        };
        let saved = match meet.export(None) {
            Ok(saved) => saved.to_string(),
            Err(error) => error.to_string(),
        };
        meet.entries();
        (saved, meet.conflicts().len())
    }
}
