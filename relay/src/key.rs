//! The relay's key: 32 bytes that lie outside the data, and everything that is sealed with them.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The key under which verifiers, tokens and tickets are sealed. Whoever has it and the data can forge them all.
#[derive(Clone)]
pub struct RelayKey([u8; 32]);

impl RelayKey {
    /// Takes the key's bytes, which the shell keeps in a file of its own.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Seals `parts` for one purpose; a seal for one purpose is none for another.
    pub(crate) fn seal(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(purpose.label());
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Whether `seal` is ours, compared in constant time.
    pub(crate) fn is_sealed(&self, purpose: Purpose, parts: &[&[u8]], seal: &[u8]) -> bool {
        self.seal(purpose, parts).ct_eq(seal).into()
    }
}

impl fmt::Debug for RelayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹redacted›")
    }
}

impl PartialEq for RelayKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for RelayKey {}

/// What a seal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// What verifies a password.
    Verifier,
    /// A session token.
    Token,
    /// A recovery ticket.
    Ticket,
    /// A display key.
    DisplayKey,
    /// The salt an unknown meet would have, so that it costs the same to guess at as a known one.
    DummySalt,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Verifier => b"spotter verifier 1",
            Self::Token => b"spotter token 1",
            Self::Ticket => b"spotter ticket 1",
            Self::DisplayKey => b"spotter display key 1",
            Self::DummySalt => b"spotter dummy salt 1",
        }
    }
}
