//! Session tokens: 32 random bytes, what they grant, and the relay's seal over both. The relay keeps only a
//! hash, and can still honour a token after it has lost everything but its key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use spotter_model::{LocationName, Priority};
use spotter_relay_protocol::{MeetId, SessionId, SessionToken};

use crate::hex::Hex;
use crate::key::{Purpose, RelayKey};
use crate::records::SessionRecord;

/// What a token grants, readable by whoever holds it and changeable by nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Grants {
    pub(crate) meet: MeetId,
    pub(crate) session_id: SessionId,
    /// The session that this one was given beside, or whose device that one belonged to; absent in one that was opened with
    /// the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<SessionId>,
    pub(crate) location: LocationName,
    pub(crate) priority: Priority,
    pub(crate) initiator: bool,
    /// Seconds since 1970.
    pub(crate) issued: i64,
    /// Seconds since 1970.
    pub(crate) expires: i64,
}

const RANDOM_BYTES: usize = 32;
const SEAL_BYTES: usize = 32;

/// Makes a token's text.
pub(crate) fn issue(grants: &Grants, random: [u8; RANDOM_BYTES], key: &RelayKey) -> SessionToken {
    let grants =
        serde_json::to_vec(grants).expect("grants have text keys and no failing serialiser");
    let seal = key.seal(Purpose::Token, &[&random, &grants]);
    let text = URL_SAFE_NO_PAD.encode([random.as_slice(), &grants, &seal].concat());
    SessionToken::parse(&text).expect("grants are bounded and base64url has a token's characters")
}

/// What a token grants, if this relay's key has sealed it.
pub(crate) fn verify(token: &SessionToken, key: &RelayKey) -> Option<Grants> {
    let bytes = URL_SAFE_NO_PAD.decode(token.expose()).ok()?;
    let (random, rest) = bytes.split_at_checked(RANDOM_BYTES)?;
    let (grants, seal) = rest.split_at_checked(rest.len().checked_sub(SEAL_BYTES)?)?;
    if !key.is_sealed(Purpose::Token, &[random, grants], seal) {
        return None;
    }
    serde_json::from_slice(grants).ok()
}

/// What the relay keeps of a token.
pub(crate) fn hash(token: &SessionToken) -> Hex<32> {
    Hex(Sha256::digest(token.expose()).into())
}

impl Grants {
    /// The device: the session that was opened with the password, for it and for all that were given beside it.
    pub(crate) fn device(&self) -> SessionId {
        self.device.unwrap_or(self.session_id)
    }

    /// What a further session of the same device grants: the same, and not for longer.
    pub(crate) fn beside(&self, session_id: SessionId, now: i64) -> Self {
        Self {
            session_id,
            device: Some(self.device()),
            issued: now,
            ..self.clone()
        }
    }

    /// The session these grants are about, for the list.
    pub(crate) fn to_record(&self, token: &SessionToken) -> SessionRecord {
        SessionRecord {
            session_id: self.session_id,
            device: self.device,
            token_hash: hash(token),
            location_name: self.location.clone(),
            priority: self.priority,
            initiator: self.initiator,
            issued_at: self.issued,
            expires_at: self.expires,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants() -> Grants {
        Grants {
            meet: "123-456-789".parse().unwrap(),
            session_id: "0f1e2d3c4b5a6978".parse().unwrap(),
            device: Some("8796a5b4c3d2e1f0".parse().unwrap()),
            location: LocationName::parse(&"計".repeat(64)).unwrap(),
            priority: Priority::new(10).unwrap(),
            initiator: true,
            issued: 1_795_176_000,
            expires: 1_795_780_800,
        }
    }

    #[test]
    fn a_token_grants_what_was_sealed_and_nothing_under_another_key() {
        let key = RelayKey::from_bytes([1; 32]);
        let token = issue(&grants(), [7; 32], &key);
        assert_eq!(verify(&token, &key), Some(grants()));
        assert_eq!(verify(&token, &RelayKey::from_bytes([2; 32])), None);
    }

    #[test]
    fn no_changed_byte_of_a_token_goes_unnoticed() {
        let key = RelayKey::from_bytes([1; 32]);
        let bytes = URL_SAFE_NO_PAD
            .decode(issue(&grants(), [7; 32], &key).expose())
            .unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            let forged = SessionToken::parse(&URL_SAFE_NO_PAD.encode(forged)).unwrap();
            assert_eq!(verify(&forged, &key), None, "byte {at}");
        }
        for short in 0..70 {
            let token = SessionToken::parse(&"A".repeat(short + 1)).unwrap();
            assert_eq!(verify(&token, &key), None);
        }
    }
}
