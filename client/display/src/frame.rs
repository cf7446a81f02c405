//! The words of the feed. `schema.json` beside this package describes them to others.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of these words.
pub const FORMAT: u32 = 1;

/// One update: what turns the view of the revision before into the view of this one.
///
/// A reader deletes what is to be destroyed, then creates, then updates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// The version of the words, [`FORMAT`].
    pub version: u32,
    /// Which revision of the view this makes.
    pub revision: u64,
    /// The first revision of this run of the feed.
    pub epoch: u64,
    /// When the view became so.
    pub generated_at: String,
    /// What happened to the rows.
    pub lifters: Lifters,
    /// The platform, if anything but the rows themselves changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Map<String, Value>>,
}

/// What happened to rows. A row is known by its `id`, and an update holds all of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lifters {
    /// Rows that are new; each is among `update`, too.
    pub create: Vec<i64>,
    /// Rows that are new or have changed, whole.
    pub update: Vec<Value>,
    /// Rows that are gone. Older writers said `delete`.
    #[serde(alias = "delete")]
    pub destroy: Vec<i64>,
}

/// The whole view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The version of the words, [`FORMAT`].
    pub version: u32,
    /// Which revision of the view this is.
    pub revision: u64,
    /// The first revision of this run of the feed.
    pub epoch: u64,
    /// When the view became so.
    pub generated_at: String,
    /// When it was asked for.
    pub requested_at: String,
    /// All rows, as they stand on the board.
    pub lifters: Vec<Value>,
    /// Everything else.
    pub platform: Map<String, Value>,
}

/// What a reader and a server of the version check say to each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) struct Envelope<Data> {
    pub(crate) source: Source,
    pub(crate) action: Word,
    pub(crate) data: Data,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    Browser,
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    VersionCheck,
    AllLifters,
    UpdateLifters,
}

/// What a reader holds; `null` or nothing for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Checked {
    #[serde(default, alias = "revision")]
    pub(crate) version: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct All<'a> {
    pub(crate) version: u64,
    pub(crate) generated_at: &'a str,
    pub(crate) lifters: Vec<&'a Value>,
    pub(crate) platform: &'a Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Update<'a> {
    pub(crate) version: u64,
    pub(crate) generated_at: &'a str,
    pub(crate) lifters: &'a Lifters,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<&'a Map<String, Value>>,
}
