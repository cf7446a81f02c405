//! What has to hold wherever bytes enter, whatever the bytes: a check for each such place. A fuzzer looks for bytes that
//! break one; the suite tries what the fuzzer begins with, and every crasher that was ever found.

pub mod admission;
pub mod bundle;
pub mod change;
pub mod cold;
pub mod log;
pub mod message;
pub mod records;
pub mod seeds;
pub mod unpack;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use spotter_model::Change;

/// Magic bytes and checksum of a change.
pub const CHECKED: usize = 8;

/// A change's bytes from what stands behind its checksum, whatever that is.
pub fn with_checksum(behind: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83];
    bytes.extend_from_slice(&Sha256::digest(behind)[..4]);
    bytes.extend_from_slice(behind);
    bytes
}

/// How many changes of the golden meet the target `admission` has not seen.
pub const UNSEEN: usize = 12;

/// Changes and pack of a golden file.
pub struct Golden {
    /// The changes.
    pub changes: Vec<Change>,
    /// The same, packed.
    pub pack: Vec<u8>,
}

impl Golden {
    /// Reads one by the text of its file.
    pub fn read(text: &str) -> Self {
        let golden: Value = serde_json::from_str(text).expect("a golden file is JSON");
        let bytes = |value: &Value| {
            let text = value.as_str().expect("a golden file holds base64");
            STANDARD.decode(text).expect("a golden file holds base64")
        };
        let changes = golden["changes"].as_array().expect("changes are a list");
        Self {
            changes: changes
                .iter()
                .map(|change| Change::decode(&bytes(change)).expect("a golden change is one"))
                .collect(),
            pack: bytes(&golden["pack"]),
        }
    }

    /// The meet of the golden files.
    pub fn meet() -> Self {
        Self::read(include_str!("../../crdt-model/pack/golden/meet.json"))
    }
}
