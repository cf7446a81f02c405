//! A bundle: a whole meet as a file that people carry.
//!
//! Lines of JSON. The first names the format, the meet, the location it was made at and when, and how many changes
//! follow; each of the others is a pack of them, in base64, and how many it holds. It is text so that a stranger can see
//! what it is, and each line stands for itself so that damage to one costs that one. In format 1, which is still read,
//! each line is one change with its hash. A bundle holds the meet's nonce: whoever has it has the meet.

use serde::{Deserialize, Serialize};
use spotter_model::{Change, ChangeHash, LocationName};
use spotter_pack::Bounds;
use spotter_relay_protocol::{ChangeBytes, MeetId, PACKED_BYTES_MAX, PACKED_CHANGES_MAX};

use crate::client::fitting;
use crate::limits::BUNDLE_BYTES_MAX;
use crate::time::WallTime;

/// The format that is written. All up to it are read.
pub const BUNDLE_FORMAT: u32 = 2;

/// Changes in one line: as many as somebody can do without. The first stands alone, since all others build on it.
const LINE_CHANGES_MAX: usize = 64;

/// Bytes of changes in one line that is written.
const LINE_BYTES_MAX: usize = 256 << 10;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleHeader {
    /// The format: [`BUNDLE_FORMAT`] or an earlier one. Its name tells what kind of file this is.
    pub spotter_bundle: u32,
    /// The hash of the meet's first change.
    pub root: ChangeHash,
    /// Where the bundle was made.
    pub location: LocationName,
    /// When, by the wall clock there.
    pub created: WallTime,
    /// How many changes follow.
    pub changes: usize,
    /// The number of the meet, if it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meet_id: Option<MeetId>,
    /// The relay it is live at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay: Option<String>,
}

/// Each of the other lines.
#[derive(Serialize, Deserialize)]
struct PackLine {
    /// How many changes it holds.
    n: usize,
    /// The pack.
    #[serde(with = "base64_text")]
    p: Vec<u8>,
}

/// Each of the other lines in format 1.
#[derive(Deserialize)]
struct ChangeLine {
    h: ChangeHash,
    c: ChangeBytes,
}

/// What a bundle brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// What the bundle says of itself.
    pub header: BundleHeader,
    /// Changes that were not known here.
    pub brought: usize,
    /// Changes that were.
    pub known: usize,
    /// Changes that nobody may accept, or that were set aside before.
    pub refused: usize,
    /// Changes built on others that are neither here nor in the bundle.
    pub waiting: usize,
    /// Damaged or missing lines: what was wrong with the first of them.
    pub damage: Option<String>,
}

/// Why a file is not taken in at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The first line does not say that this is a bundle.
    #[error("this is no bundle: {what}")]
    NotABundle {
        /// What is wrong with the first line.
        what: String,
    },
    /// The bundle is of a later format.
    #[error("this bundle has format {format}; this version reads formats up to {BUNDLE_FORMAT}")]
    LaterFormat {
        /// The format it names.
        format: u32,
    },
    /// The bundle does not hold the beginning of the meet, and neither does this replica.
    #[error("the bundle does not hold the beginning of the meet{}", .damage.as_deref().map(|damage| format!(": {damage}")).unwrap_or_default())]
    NoBeginning {
        /// What was wrong with its first damaged line.
        damage: Option<String>,
    },
}

/// Writes a bundle.
pub(crate) fn pack(header: &BundleHeader, changes: impl Iterator<Item = Change>) -> String {
    let changes: Vec<Change> = changes.collect();
    let mut text = json(header);
    let mut rest = &changes[..];
    while !rest.is_empty() {
        let most = if rest.len() == changes.len() {
            1
        } else {
            LINE_CHANGES_MAX
        };
        let (now, later) = rest.split_at(fitting(rest, most, LINE_BYTES_MAX));
        text.push('\n');
        text.push_str(&json(&PackLine {
            n: now.len(),
            p: spotter_pack::pack(now),
        }));
        rest = later;
    }
    text.push('\n');
    text
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("text keys and no failing serialiser")
}

/// A bundle as far as it can be read.
pub(crate) struct Read {
    pub(crate) header: BundleHeader,
    pub(crate) changes: Vec<Change>,
    pub(crate) damage: Option<String>,
}

/// Reads a bundle: every line that is whole, and what is wrong with the first that is not.
pub(crate) fn read(text: &str) -> Result<Read, BundleError> {
    read_within(text, BUNDLE_BYTES_MAX)
}

fn read_within(text: &str, bytes_max: usize) -> Result<Read, BundleError> {
    let mut lines = text.lines().enumerate();
    let first = lines.next().map_or("", |(_, line)| line);
    let header = read_header(first)?;
    let mut changes = Vec::new();
    let mut damage = None;
    let mut bytes = 0;
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let read = if header.spotter_bundle == 1 {
            read_change(line).map(|change| vec![change])
        } else {
            read_pack(line)
        };
        match read {
            Ok(read) => {
                bytes += read
                    .iter()
                    .map(|change| change.bytes().len())
                    .sum::<usize>();
                if bytes > bytes_max {
                    let what = format!("with it there are more than {bytes_max} bytes of changes");
                    damage.get_or_insert(format!("line {}: {what}", number + 1));
                    break;
                }
                changes.extend(read);
            }
            Err(what) => {
                damage.get_or_insert(format!("line {}: {what}", number + 1));
            }
        }
    }
    let (expected, found) = (header.changes, changes.len());
    if found < expected && damage.is_none() {
        damage = Some(format!(
            "the file is cut short: it holds {found} of {expected} changes"
        ));
    }
    Ok(Read {
        header,
        changes,
        damage,
    })
}

fn read_header(line: &str) -> Result<BundleHeader, BundleError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Format {
        spotter_bundle: u32,
    }
    let not_a_bundle = |error: serde_json::Error| BundleError::NotABundle {
        what: error.to_string(),
    };
    let Format {
        spotter_bundle: format,
    } = serde_json::from_str(line).map_err(not_a_bundle)?;
    if !(1..=BUNDLE_FORMAT).contains(&format) {
        return Err(BundleError::LaterFormat { format });
    }
    serde_json::from_str(line).map_err(not_a_bundle)
}

fn read_pack(line: &str) -> Result<Vec<Change>, String> {
    let PackLine { n, p } = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let bounds = Bounds {
        changes_max: PACKED_CHANGES_MAX,
        bytes_max: PACKED_BYTES_MAX,
    };
    let changes = spotter_pack::unpack(&p, bounds).map_err(|error| error.to_string())?;
    if changes.len() != n {
        return Err(format!("the pack holds {} changes, not {n}", changes.len()));
    }
    Ok(changes)
}

fn read_change(line: &str) -> Result<Change, String> {
    let ChangeLine { h, c } = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let change = Change::decode(c.as_ref()).map_err(|refusal| refusal.to_string())?;
    if change.hash() != h {
        return Err(format!("the change is {}, not {h}", change.hash()));
    }
    Ok(change)
}

/// Bytes as they stand in a line.
mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_bundle_beyond_all_measure_is_left_out_and_named() {
        for text in [
            include_str!("../tests/formats/bundle-1.jsonl"),
            include_str!("../tests/formats/bundle-2.jsonl"),
        ] {
            let bytes = |read: &Read| -> usize {
                let each = read.changes.iter().map(|change| change.bytes().len());
                each.sum()
            };
            let all = read(text).unwrap();
            assert_eq!(
                (all.damage.as_deref(), all.changes.len()),
                (None, all.header.changes)
            );
            let enough = read_within(text, bytes(&all)).unwrap();
            assert_eq!((enough.damage, enough.changes), (None, all.changes.clone()));
            for bytes_max in [0, bytes(&all) / 2, bytes(&all) - 1] {
                let part = read_within(text, bytes_max).unwrap();
                assert!(bytes(&part) <= bytes_max);
                assert!(all.changes.starts_with(&part.changes));
                let damage = part.damage.unwrap();
                assert!(damage.ends_with(&format!("more than {bytes_max} bytes of changes")));
            }
        }
    }
}
