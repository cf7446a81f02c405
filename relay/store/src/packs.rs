//! Packing what a log holds: slices for readers that catch up, and the beginning of a log, kept beside it.
//!
//! What is kept is a file of one JSON line and the packs it names, one after the other:
//!
//! ```text
//! {"kind":"coldPack","format":1,"logId":"9c2f11d05e1c09aa","parts":[{"last":5204,"chain":"eb5987fb","bytes":48211,"check":"1f0a9d3c"}]}
//! ‹48211 bytes›
//! ```
//!
//! It holds nothing that the log does not hold. Whatever is wrong with it, it is left out and made anew: the checksum
//! and the log's name are looked at here, the chain by the machine, the changes by whoever receives them.

use serde::{Deserialize, Serialize};
use spotter_model::Change;
use spotter_relay::PackedSlice;
use spotter_relay_protocol::{
    Chain, LogId, MeetId, PACKED_BYTES_MAX, PACKED_CHANGES_MAX, PACKED_SLICE_BYTES, Runs,
};

use crate::{LogStore, StoreError};

/// The format of kept packs; files of another are made anew.
const FORMAT: u32 = 1;

/// How much of a log is read at a time, so that appends get their turn between two.
const READ_BYTES: usize = 256 << 10;

/// What is kept beside a log.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    kind: Kind,
    format: u32,
    log_id: LogId,
    parts: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    ColdPack,
}

/// One of the packs; it begins where the one before ends, the first at position 1.
#[derive(Serialize, Deserialize)]
struct Part {
    /// The position of its last change.
    last: u64,
    /// The chain there.
    chain: Chain,
    bytes: usize,
    /// The CRC-32 of its bytes, in hexadecimal.
    check: String,
}

/// Changes of a log and where they stand.
struct Taken {
    positions: Vec<u64>,
    changes: Vec<Change>,
}

/// Packs the first of these positions, as many as fit into one message. If `kept` allows it and a pack is kept that begins
/// with the first of them, that is given instead; whatever is wrong with what is kept is said in the slice.
///
/// # Errors
/// Those of [`LogStore::read`].
pub fn pack_log(
    store: &dyn LogStore,
    meet: MeetId,
    positions: &Runs,
    kept: bool,
) -> Result<PackedSlice, StoreError> {
    let mut wrong = None;
    if kept && let Some(first) = positions.numbers().next() {
        match kept_part(store, meet, first) {
            Ok(Some(slice)) => return Ok(slice),
            Ok(None) => {}
            Err(what) => wrong = Some(what),
        }
    }
    let (taken, pack) = pack_first(store, meet, positions, PACKED_BYTES_MAX)?;
    Ok(PackedSlice {
        positions: Runs::of(taken.positions),
        pack: pack.into(),
        kept: None,
        wrong,
    })
}

/// Packs the log from its beginning to a position and keeps that.
///
/// # Errors
/// Those of [`LogStore::read`] and [`LogStore::keep_pack`]; what was kept before stays then.
pub fn keep_pack(store: &dyn LogStore, meet: MeetId, upto: u64) -> Result<(), StoreError> {
    let log_id = store.log_id(meet)?;
    let (mut parts, mut packs) = (Vec::new(), Vec::new());
    let (mut after, mut chain) = (0, Chain::START);
    let mut bytes_tried = PACKED_BYTES_MAX;
    while after < upto {
        let positions = Runs::of((after + 1..=upto).take(PACKED_CHANGES_MAX));
        let (taken, pack) = pack_first(store, meet, &positions, bytes_tried)?;
        bytes_tried = bytes_to_try(&taken, &pack);
        after += taken.changes.len() as u64;
        chain = taken
            .changes
            .iter()
            .fold(chain, |chain, change| chain.then(&change.hash()));
        parts.push(Part {
            last: after,
            chain,
            bytes: pack.len(),
            check: checksum(&pack),
        });
        packs.extend(pack);
    }
    let head = Head {
        kind: Kind::ColdPack,
        format: FORMAT,
        log_id,
        parts,
    };
    let mut file =
        serde_json::to_vec(&head).map_err(|error| StoreError::Unusable(Box::new(error)))?;
    file.push(b'\n');
    file.extend(packs);
    store.keep_pack(meet, &file)
}

/// The kept pack that begins with this position.
fn kept_part(
    store: &dyn LogStore,
    meet: MeetId,
    first: u64,
) -> Result<Option<PackedSlice>, String> {
    let file = match store.kept_pack(meet) {
        Ok(Some(file)) => file,
        Ok(None) | Err(StoreError::NotOpen) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let log_id = store.log_id(meet).map_err(|error| error.to_string())?;
    let end = file
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or("its first line has no end")?;
    let (line, mut rest) = (&file[..end], &file[end + 1..]);
    let head: Head =
        serde_json::from_slice(line).map_err(|error| format!("its first line: {error}"))?;
    if head.format != FORMAT || head.log_id != log_id {
        return Err("it is of another format or another log".to_owned());
    }
    let mut after = 0_u64;
    for part in head.parts {
        let (pack, behind) = rest
            .split_at_checked(part.bytes)
            .ok_or("it is shorter than it says")?;
        if after.checked_add(1) == Some(first) {
            if checksum(pack) != part.check {
                return Err("its checksum is wrong".to_owned());
            }
            let changes_max = PACKED_CHANGES_MAX as u64;
            if part.last <= after || part.last - after > changes_max {
                return Err("it names absurd positions".to_owned());
            }
            return Ok(Some(PackedSlice {
                positions: Runs::of(first..=part.last),
                pack: pack.into(),
                kept: Some(part.chain),
                wrong: None,
            }));
        }
        (rest, after) = (behind, part.last);
    }
    Ok(None)
}

/// The first of these positions, as many as fit into one message, and their pack. So many bytes of changes are tried first;
/// what does not fit is given up where that shows, so a slice costs at most about twice what its pack does.
fn pack_first(
    store: &dyn LogStore,
    meet: MeetId,
    positions: &Runs,
    bytes_tried: usize,
) -> Result<(Taken, Vec<u8>), StoreError> {
    let mut taken = take(store, meet, positions, bytes_tried)?;
    loop {
        let count = taken.changes.len();
        let bytes_max = if count == 1 {
            usize::MAX
        } else {
            PACKED_SLICE_BYTES
        };
        match spotter_pack::pack_within(&taken.changes, bytes_max) {
            Ok(pack) => return Ok((taken, pack)),
            Err(fitted) => {
                // A little less, since what is packed by itself is a little longer.
                let fewer = (fitted - fitted / 16).clamp(1, count - 1);
                taken.changes.truncate(fewer);
                taken.positions.truncate(fewer);
            }
        }
    }
}

/// How many bytes of changes will about fill a message, if they pack as these did.
fn bytes_to_try(taken: &Taken, pack: &[u8]) -> usize {
    let bytes: usize = taken
        .changes
        .iter()
        .map(|change| change.bytes().len())
        .sum();
    let filling = bytes * PACKED_SLICE_BYTES / pack.len().max(1);
    (filling - filling / 16).min(PACKED_BYTES_MAX)
}

/// Reads the first of these positions, as many as may be packed together and have so many bytes; at least one.
fn take(
    store: &dyn LogStore,
    meet: MeetId,
    positions: &Runs,
    bytes_max: usize,
) -> Result<Taken, StoreError> {
    let mut wanted = positions.numbers().take(PACKED_CHANGES_MAX).peekable();
    let mut taken = Taken {
        positions: Vec::new(),
        changes: Vec::new(),
    };
    let mut bytes = 0;
    while let Some(&next) = wanted.peek() {
        let slice = store.read(meet, next.saturating_sub(1), READ_BYTES)?;
        if slice.changes.is_empty() {
            break;
        }
        for (position, change) in (next..).zip(slice.changes) {
            if wanted.next_if_eq(&position).is_none() {
                continue;
            }
            bytes += change.as_ref().len();
            if bytes > bytes_max && !taken.changes.is_empty() {
                return Ok(taken);
            }
            let change = change.into_change().map_err(|refusal| {
                StoreError::Unusable(format!("position {position}: {refusal}").into())
            })?;
            taken.positions.push(position);
            taken.changes.push(change);
        }
    }
    if taken.changes.is_empty() {
        let ended = "the log ends before what was asked for";
        return Err(StoreError::Unusable(ended.into()));
    }
    Ok(taken)
}

fn checksum(bytes: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(bytes))
}
