//! Packing logs: what is packed is what was asked for, and a pack that is kept is worth nothing once it is damaged.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use spotter_model::{
    ActorId, Author, Change, ChangeDraft, LocationName, ObjectId, Op, OpAction, Priority, Scalar,
};
use spotter_pack::Bounds;
use spotter_relay::{LogEntry, PackedSlice};
use spotter_relay_protocol::{Chain, ChangeBytes, LogId, MeetId, Runs, SessionId};
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
    let (slice, wrong) = pack_log(&store, meet, &Runs::of(wanted), true).unwrap();
    assert_eq!((slice.positions.clone(), wrong), (Runs::of(wanted), None));
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
        let (slice, _) = pack_log(&store, meet, &Runs::of(after + 1..=50), false).unwrap();
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
        let (slice, wrong) = pack_log(&store, meet, &Runs::of(after + 1..=50), true).unwrap();
        assert_eq!(wrong, None);
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
    let (slice, wrong) = ask();
    assert_eq!((slice.kept, wrong), (Some(chain(&all)), None));

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
        let (slice, wrong) = ask();
        assert!(wrong.is_some() && slice.kept.is_none());
        assert_eq!(unpacked(&slice), all);
    }

    keep_pack(&store, meet, 9).unwrap();
    assert_eq!(fs::read(&file).unwrap(), sound, "made again as it was");
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
    let (slice, _) = pack_log(&store, meet, &Runs::of(5..=9), true).unwrap();
    assert_eq!((slice.kept, unpacked(&slice)), (None, all[4..].to_vec()));
    let (slice, wrong) = pack_log(&store, meet, &Runs::of(1..=9), true).unwrap();
    assert!(wrong.is_some() && slice.kept.is_none());
    assert_eq!(unpacked(&slice), all);
}
