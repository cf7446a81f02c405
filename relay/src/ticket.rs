//! Recovery tickets: everything a relay must know to take a meet back, sealed by its key, kept by every member.
//! Because the verifier in it is peppered by the same key, a stolen ticket does not help to guess the password.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use spotter_model::ChangeHash;
use spotter_relay_protocol::{SessionId, Ticket};

use crate::key::{Purpose, RelayKey};
use crate::records::AuthRecord;

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    /// The hash of the meet's genesis.
    pub(crate) root: ChangeHash,
    /// Whether whoever brings it, and knows the password, is the initiator.
    #[serde(default)]
    pub(crate) initiator: bool,
    /// Who may join.
    pub(crate) auth: AuthRecord,
}

impl Claim {
    /// Whether it says that this session may not return.
    pub(crate) fn revokes(&self, session: SessionId) -> bool {
        self.auth
            .revoked
            .iter()
            .any(|revoked| revoked.session_id == session)
    }
}

const SEAL_BYTES: usize = 32;

/// Makes a ticket's text.
pub(crate) fn issue(
    root: ChangeHash,
    auth: &AuthRecord,
    initiator: bool,
    key: &RelayKey,
) -> Ticket {
    let claim = Claim {
        root,
        initiator,
        auth: auth.clone(),
    };
    let json = serde_json::to_vec(&claim).expect("claims have text keys and no failing serialiser");
    let seal = key.seal(Purpose::Ticket, &[&json]);
    let text = URL_SAFE_NO_PAD.encode([json.as_slice(), &seal].concat());
    Ticket::parse(&text)
        .expect("roster and revocations are bounded and base64url has a ticket's characters")
}

/// What a ticket says, if this relay's key has sealed it.
pub(crate) fn verify(ticket: &Ticket, key: &RelayKey) -> Option<Box<Claim>> {
    let bytes = URL_SAFE_NO_PAD.decode(ticket.expose()).ok()?;
    let (json, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_BYTES)?)?;
    if !key.is_sealed(Purpose::Ticket, &[json], seal) {
        return None;
    }
    let claim: Claim = serde_json::from_slice(json).ok()?;
    claim.auth.scrypt.is_sound().then(|| Box::new(claim))
}

#[cfg(test)]
mod tests {
    use spotter_model::{LocationName, Priority};
    use spotter_relay_protocol::{
        DISPLAY_KEYS_MAX, DisplayKeyId, DisplayLabel, FORMER_NAMES_MAX, LOCATIONS_MAX, REVOKED_MAX,
        Roster, RosterEntry,
    };

    use super::*;
    use crate::hex::Hex;
    use crate::records::{DisplayKeyRecord, RECORDS_FORMAT, Revoked, ScryptParams};

    fn largest() -> AuthRecord {
        // Quotes take two bytes in JSON, but four-byte characters four.
        let name = |n: usize| LocationName::parse(&format!("{}{n:03}", "🏋".repeat(61))).unwrap();
        let entry = |n: usize| RosterEntry {
            location_name: name(n),
            priority: Priority::new(1_000_000).unwrap(),
            renamed_from: (1..=FORMER_NAMES_MAX)
                .map(|former| name(former * 100 + n))
                .collect(),
        };
        AuthRecord {
            format: RECORDS_FORMAT,
            meet_id: "123-456-789".parse().unwrap(),
            salt: Hex([1; 16]),
            scrypt: ScryptParams::STRONG,
            verifier: Hex([2; 32]),
            roster: Roster::new((0..LOCATIONS_MAX).map(entry).collect()).unwrap(),
            epoch: u64::MAX,
            revoked: (0..REVOKED_MAX)
                .map(|_| Revoked {
                    session_id: SessionId::from_bytes([255; 8]),
                    expires_at: i64::MAX,
                })
                .collect(),
            display_keys: (0..DISPLAY_KEYS_MAX)
                .map(|n| DisplayKeyRecord {
                    key_id: DisplayKeyId::from_bytes([255; 8]),
                    key_hash: Hex([3; 32]),
                    label: DisplayLabel::parse(name(n).as_str()).unwrap(),
                    location_name: name(n),
                    since: i64::MAX,
                })
                .collect(),
            recovered: true,
            created_at: i64::MAX,
        }
    }

    #[test]
    fn the_largest_ticket_still_fits_its_bound_and_verifies_under_its_key_only() {
        let (root, key) = (ChangeHash::new([3; 32]), RelayKey::from_bytes([1; 32]));
        let ticket = issue(root, &largest(), true, &key);
        assert_eq!(
            verify(&ticket, &key),
            Some(Box::new(Claim {
                root,
                initiator: true,
                auth: largest()
            }))
        );
        assert_eq!(verify(&ticket, &RelayKey::from_bytes([2; 32])), None);
        assert_eq!(verify(&Ticket::parse("AAAA").unwrap(), &key), None);
    }

    #[test]
    fn a_ticket_is_no_token_although_one_key_seals_both() {
        let key = RelayKey::from_bytes([1; 32]);
        assert_ne!(
            key.seal(Purpose::Ticket, &[b"x"]),
            key.seal(Purpose::Token, &[b"x"])
        );
        assert_ne!(
            key.seal(Purpose::Token, &[b"ab", b"c"]),
            key.seal(Purpose::Token, &[b"a", b"bc"])
        );
    }
}
