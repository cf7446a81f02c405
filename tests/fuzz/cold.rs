//! What is kept packed beside a log: whatever its bytes, whoever joins gets what the log holds. The first byte says whether
//! checksums, lengths and name are put right first; the others are the file.

use std::sync::LazyLock;

use serde_json::{Value, json};
use spotter_model::Change;
use spotter_pack::{Bounds, unpack};
use spotter_relay::{LogEntry, MeetRecords};
use spotter_relay_protocol::{
    Chain, ChangeBytes, MeetId, PACKED_BYTES_MAX, PACKED_CHANGES_MAX, Runs, SessionId,
};
use spotter_relay_store::{LogHead, LogStore, Memory, keep_pack, pack_log};

use super::Golden;
use super::records;

/// The name of the log.
const LOG: &str = "00000000000000aa";

/// What the log holds: little enough to be packed many times a second.
static CHANGES: LazyLock<Vec<Change>> = LazyLock::new(|| {
    let mut changes = Golden::meet().changes;
    changes.truncate(16);
    changes
});

/// The file that a relay keeps beside that log.
pub fn kept() -> Vec<u8> {
    let (store, meet) = store();
    keep_pack(&store, meet, CHANGES.len() as u64).expect("it can be packed");
    let kept = store.kept_pack(meet).expect("the meet is open");
    kept.expect("it was just kept")
}

/// The same in two packs, as that of a longer log.
pub fn kept_in_two() -> Vec<u8> {
    let (mut parts, mut packs) = (Vec::new(), Vec::new());
    for (first, last) in [(0, 10), (10, CHANGES.len())] {
        let pack = spotter_pack::pack(&CHANGES[first..last]);
        let check = format!("{:08x}", crc32fast::hash(&pack));
        let (chain, bytes) = (chain(&CHANGES[..last]), pack.len());
        parts.push(json!({"last": last, "chain": chain, "bytes": bytes, "check": check}));
        packs.extend(pack);
    }
    let head = json!({"kind": "coldPack", "format": 1, "logId": LOG, "parts": parts});
    [head.to_string().as_bytes(), b"\n", &packs].concat()
}

fn chain(changes: &[Change]) -> Chain {
    let hashes = changes.iter().map(Change::hash);
    hashes.fold(Chain::START, |chain, hash| chain.then(&hash))
}

/// A store with that log in it.
fn store() -> (Memory, MeetId) {
    let store = Memory::default();
    let (auth, sessions) = records::sound();
    let records = MeetRecords::from_json(auth, sessions).expect("they were written by a relay");
    let meet = records.auth.meet_id;
    let head = LogHead {
        meet,
        log_id: LOG.parse().expect("16 digits"),
        root: CHANGES[0].hash(),
    };
    store.create(&head, &records).expect("it is new");
    let by = SessionId::from_bytes([0; 8]);
    let entries: Vec<LogEntry> = CHANGES
        .iter()
        .map(|change| LogEntry {
            received_at: 0,
            by,
            hash: change.hash(),
            change: ChangeBytes::new(change.bytes().clone()),
        })
        .collect();
    store.append(meet, &entries).expect("memory takes it");
    (store, meet)
}

/// Tries the bytes.
pub fn check(data: &[u8]) {
    let Some((repaired, file)) = data.split_first() else {
        return;
    };
    let file = if repaired & 1 == 0 {
        file.to_vec()
    } else {
        put_right(file)
    };
    let (store, meet) = store();
    store.keep_pack(meet, &file).expect("memory takes it");
    let end = CHANGES.len() as u64;
    let (mut cursor, mut kept) = (0, true);
    while cursor < end {
        let wanted = Runs::of(cursor + 1..=end);
        let slice = pack_log(&store, meet, &wanted, kept).expect("the log is sound");
        assert!(slice.kept.is_none() || slice.wrong.is_none());
        assert_eq!(slice.positions.numbers().next(), Some(cursor + 1));
        let last = slice.positions.last().expect("there is a first one");
        assert_eq!(slice.positions.count(), last - cursor);
        assert!(last - cursor <= PACKED_CHANGES_MAX as u64);
        // As the machine does: what is not of this log is asked for once more, without what is kept.
        let of_this_log = usize::try_from(last)
            .ok()
            .and_then(|last| CHANGES.get(..last));
        let chain = of_this_log.map(chain);
        if slice.kept.is_some() && slice.kept != chain {
            kept = false;
            continue;
        }
        let bounds = Bounds {
            changes_max: PACKED_CHANGES_MAX,
            bytes_max: PACKED_BYTES_MAX,
        };
        // With every checksum put right it may hold anything; whoever receives it looks at each change.
        let unpacked = unpack(&slice.pack, bounds);
        if slice.kept.is_none() {
            let first = usize::try_from(cursor).expect("it is short");
            let changes = &CHANGES[first..first + unpacked.as_ref().map_or(0, Vec::len)];
            assert_eq!(unpacked.as_deref(), Ok(changes));
            assert_eq!(changes.len() as u64, last - cursor);
        }
        kept &= slice.kept.is_some();
        cursor = last;
    }
}

/// Puts the lengths and checksums of the packs right, by dividing what follows the first line among them, and the name of
/// the log.
fn put_right(file: &[u8]) -> Vec<u8> {
    let Some(end) = file.iter().position(|byte| *byte == b'\n') else {
        return file.to_vec();
    };
    let (line, packs) = (&file[..end], &file[end + 1..]);
    let Ok(Value::Object(mut head)) = serde_json::from_slice(line) else {
        return file.to_vec();
    };
    head.insert("logId".to_owned(), json!(LOG));
    if let Some(Value::Array(parts)) = head.get_mut("parts") {
        let count = parts.len();
        let mut rest = packs;
        for (number, part) in parts.iter_mut().enumerate() {
            let Value::Object(part) = part else { continue };
            let named = part.get("bytes").and_then(Value::as_u64);
            let named = named.and_then(|bytes| usize::try_from(bytes).ok());
            let bytes = match named {
                Some(bytes) if bytes <= rest.len() && number + 1 < count => bytes,
                _ => rest.len(),
            };
            let (pack, behind) = rest.split_at(bytes);
            rest = behind;
            part.insert("bytes".to_owned(), json!(bytes));
            let check = format!("{:08x}", crc32fast::hash(pack));
            part.insert("check".to_owned(), json!(check));
        }
    }
    let mut out = Value::Object(head).to_string().into_bytes();
    out.push(b'\n');
    out.extend_from_slice(packs);
    out
}
