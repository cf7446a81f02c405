//! What a relay keeps about a meet beside its log: who may join (`auth.json`) and who has (`sessions.json`).
//! The field names are those of the files, which people read.

use std::fmt;

use serde::{Deserialize, Serialize};
use spotter_model::{LocationName, Priority};
use spotter_relay_protocol::{DisplayKeyId, DisplayLabel, MeetId, Roster, SessionId};

use crate::hex::Hex;

/// Both records of a meet. They are saved together, so that they never contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetRecords {
    /// `auth.json`
    pub auth: AuthRecord,
    /// `sessions.json`
    pub sessions: SessionsRecord,
}

/// Who may join. Without the relay's key, which lies elsewhere, the verifier verifies nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthRecord {
    /// The version of this file.
    pub format: u32,
    /// Whose record it is.
    pub meet_id: MeetId,
    /// scrypt's salt, drawn for this meet and password.
    pub salt: Hex<16>,
    /// How hard the password was hashed.
    pub scrypt: ScryptParams,
    /// HMAC, under the relay's key, of what scrypt made of the password.
    pub verifier: Hex<32>,
    /// The locations that may be joined.
    pub roster: Roster,
    /// Rises with every change of roster, password, revocations or display keys, so that the latest ticket is known as such.
    pub epoch: u64,
    /// Sessions that were ended before their time, until that time at least.
    pub revoked: Vec<Revoked>,
    /// The keys that displays may read the meet with, oldest first; absent in files from before there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display_keys: Vec<DisplayKeyRecord>,
    /// Whether the meet came back from a ticket; then older tickets may add what that one did not know.
    #[serde(default)]
    pub recovered: bool,
    /// When the meet went live, in seconds since 1970.
    pub created_at: i64,
}

/// A device whose sessions may not return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revoked {
    /// The device's session that was opened with the password; those that were given beside it end with it.
    pub session_id: SessionId,
    /// When its token expires by itself, in seconds since 1970.
    pub expires_at: i64,
}

/// A key that displays may read the meet with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisplayKeyRecord {
    /// Its name.
    pub key_id: DisplayKeyId,
    /// SHA-256 of the key; the key itself is kept nowhere.
    pub key_hash: Hex<32>,
    /// What it is for.
    pub label: DisplayLabel,
    /// The location that made it, by the name it had then.
    pub location_name: LocationName,
    /// When it was made, in seconds since 1970.
    pub since: i64,
}

/// How hard scrypt works: memory is `128 * r * 2^log_n` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScryptParams {
    /// Binary logarithm of the cost.
    pub log_n: u8,
    /// Block size.
    pub r: u32,
    /// Parallelism, done one after the other here.
    pub p: u32,
}

impl ScryptParams {
    /// The default: 128 MiB and about a second.
    pub const STRONG: Self = Self {
        log_n: 17,
        r: 8,
        p: 1,
    };
    /// For small machines: 32 MiB and half a second.
    pub const LOW_MEMORY: Self = Self {
        log_n: 15,
        r: 8,
        p: 3,
    };

    /// Whether `other` asks for more work.
    pub(crate) fn is_weaker_than(self, other: Self) -> bool {
        let work = |params: Self| u64::from(params.p) << params.log_n;
        work(self) < work(other)
    }

    /// Whether a record with these parameters may be used: at least 2^14 with p of 5, at most four times the default.
    pub fn is_sound(self) -> bool {
        let Self { log_n, r, p } = self;
        (14..=20).contains(&log_n)
            && r == 8
            && (1..=16).contains(&p)
            && (u64::from(p) << log_n) >= 5 << 14
            && (u64::from(p) << log_n) <= 4 << 17
    }
}

/// Who has joined and may return without the password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionsRecord {
    /// The version of this file.
    pub format: u32,
    /// The sessions, oldest first.
    pub sessions: Vec<SessionRecord>,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRecord {
    /// Its name.
    pub session_id: SessionId,
    /// The session opened with the password that this one was given beside; absent if it is that one itself, and in files
    /// from before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<SessionId>,
    /// SHA-256 of the token; the token itself is kept nowhere.
    pub token_hash: Hex<32>,
    /// The location it was opened as.
    pub location_name: LocationName,
    /// The priority that location had then.
    pub priority: Priority,
    /// Whether it may administer the meet.
    pub initiator: bool,
    /// When it was opened, in seconds since 1970.
    pub issued_at: i64,
    /// When it ends.
    pub expires_at: i64,
}

impl SessionRecord {
    /// The device it belongs to: the session that was opened with the password, for it and for all given beside it.
    pub fn device(&self) -> SessionId {
        self.device.unwrap_or(self.session_id)
    }
}

/// The version of both files that this relay writes.
pub(crate) const RECORDS_FORMAT: u32 = 1;

/// Why a record from the disk cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRecords(String);

impl std::error::Error for InvalidRecords {}

impl fmt::Display for InvalidRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl MeetRecords {
    /// Reads the two documents of a store.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn from_json(
        auth: serde_json::Value,
        sessions: serde_json::Value,
    ) -> Result<Self, InvalidRecords> {
        let auth: AuthRecord = read("auth.json", auth)?;
        let sessions: SessionsRecord = read("sessions.json", sessions)?;
        for (file, format) in [
            ("auth.json", auth.format),
            ("sessions.json", sessions.format),
        ] {
            if format != RECORDS_FORMAT {
                return Err(InvalidRecords(format!(
                    "{file} has format {format}, not {RECORDS_FORMAT}"
                )));
            }
        }
        if !auth.scrypt.is_sound() {
            return Err(InvalidRecords(
                "auth.json: scrypt parameters out of bounds".into(),
            ));
        }
        Ok(Self { auth, sessions })
    }
}

fn read<T: serde::de::DeserializeOwned>(
    file: &str,
    json: serde_json::Value,
) -> Result<T, InvalidRecords> {
    serde_json::from_value(json).map_err(|error| InvalidRecords(format!("{file}: {error}")))
}
