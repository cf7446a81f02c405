//! A bundle: a whole meet as a file that people carry.
//!
//! Lines of JSON. The first names the format, the meet, the location it was made at and when, and how many changes
//! follow; each of the others is one change with its hash. It is text so that a stranger can see what it is, and each
//! line stands for itself so that damage to one costs that one. A bundle holds the meet's nonce: whoever has it has
//! the meet.

use serde::{Deserialize, Serialize};
use spotter_model::{Change, ChangeHash, LocationName};
use spotter_relay_protocol::{ChangeBytes, MeetId};

use crate::time::WallTime;

/// The only format so far.
pub const BUNDLE_FORMAT: u32 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleHeader {
    /// Always [`BUNDLE_FORMAT`] so far. Its name tells what kind of file this is.
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
struct Line {
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
    #[error("this bundle has format {format}; this version reads format {BUNDLE_FORMAT}")]
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
    let mut text = json(header);
    for change in changes {
        text.push('\n');
        text.push_str(&json(&Line {
            h: change.hash(),
            c: ChangeBytes::new(std::sync::Arc::clone(change.bytes())),
        }));
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
    let mut lines = text.lines().enumerate();
    let first = lines.next().map_or("", |(_, line)| line);
    let header = read_header(first)?;
    let mut changes = Vec::new();
    let mut damage = None;
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        match read_line(line) {
            Ok(change) => changes.push(change),
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
    if format != BUNDLE_FORMAT {
        return Err(BundleError::LaterFormat { format });
    }
    serde_json::from_str(line).map_err(not_a_bundle)
}

fn read_line(line: &str) -> Result<Change, String> {
    let Line { h, c } = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let change = Change::decode(c.as_ref()).map_err(|refusal| refusal.to_string())?;
    if change.hash() != h {
        return Err(format!("the change is {}, not {h}", change.hash()));
    }
    Ok(change)
}
