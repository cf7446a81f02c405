//! How two replicas prove to each other that they hold the same meet.
//!
//! The genesis change holds sixteen random bytes that only holders of the meet know. Each side names a challenge and
//! answers the other's with an HMAC keyed by them. The roles are part of it, so that nobody can prove anything by
//! repeating what it was told.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_core::Rng;
use sha2::Sha256;
use spotter_model::{Meet, ObjectId, OpAction, Scalar};

/// Which side of a connection a proof is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The side that opened the connection.
    Dialled,
    /// The side that accepted it.
    Accepted,
}

impl Role {
    /// The other side.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Dialled => Self::Accepted,
            Self::Accepted => Self::Dialled,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Dialled => "dialled",
            Self::Accepted => "accepted",
        }
    }
}

/// What only holders of a meet know.
pub(crate) struct Secret(String);

impl Secret {
    /// Reads the nonce in a meet's first change, as the text that stands there.
    pub(crate) fn of(meet: &Meet) -> Option<Self> {
        let genesis = meet.change(&meet.root())?;
        let nonce = genesis
            .ops()
            .iter()
            .find(|op| op.object == ObjectId::Root && op.key == "nonce")?;
        match &nonce.action {
            OpAction::Set(Scalar::Text(nonce)) => Some(Self(nonce.clone())),
            OpAction::Set(_) | OpAction::MakeMap => None,
        }
    }

    /// The proof of one side.
    pub(crate) fn prove(&self, role: Role, dialled: &str, accepted: &str) -> String {
        hex(&self.mac(role, dialled, accepted).finalize().into_bytes())
    }

    /// Whether a proof is right, in a time that does not tell how nearly.
    pub(crate) fn verify(&self, role: Role, dialled: &str, accepted: &str, proof: &str) -> bool {
        let mac = self.mac(role, dialled, accepted);
        unhex(proof).is_some_and(|proof| mac.verify_slice(&proof).is_ok())
    }

    fn mac(&self, role: Role, dialled: &str, accepted: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes())
            .expect("an HMAC takes a key of any length");
        for part in ["spotter-peer-1", role.word(), dialled, accepted] {
            mac.update(part.as_bytes());
            mac.update(b"\n");
        }
        mac
    }
}

/// Sixteen random bytes in hex.
pub(crate) fn challenge(rng: &mut impl Rng) -> String {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    hex(&bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect();
    let digits = digits?;
    (digits.len() == 64).then(|| {
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(nonce: &str) -> Secret {
        Secret(nonce.to_owned())
    }

    #[test]
    fn only_who_knows_the_nonce_proves_anything() {
        let proof = secret("00").prove(Role::Dialled, "a", "b");
        assert!(secret("00").verify(Role::Dialled, "a", "b", &proof));
        assert!(!secret("01").verify(Role::Dialled, "a", "b", &proof));
    }

    #[test]
    fn a_proof_holds_for_one_side_and_one_connection() {
        let proof = secret("00").prove(Role::Dialled, "a", "b");
        assert!(!secret("00").verify(Role::Accepted, "a", "b", &proof));
        assert!(!secret("00").verify(Role::Dialled, "a", "c", &proof));
        assert!(!secret("00").verify(Role::Dialled, "a", "b", ""));
        assert!(!secret("00").verify(Role::Dialled, "a", "b", "zz"));
    }
}
