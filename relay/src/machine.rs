//! The relay: one door in, one door out.

use crate::action::Action;
use crate::input::Input;
use crate::key::RelayKey;
use crate::limits::Limits;
use crate::records::ScryptParams;
use crate::time::Timestamp;

/// How a relay is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What it allows.
    pub limits: Limits,
    /// How hard it hashes new passwords.
    pub scrypt: ScryptParams,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            scrypt: ScryptParams::STRONG,
        }
    }
}

/// The relay's machine.
#[derive(Debug)]
pub struct Relay {
    _config: Config,
    _key: RelayKey,
    _seed: [u8; 32],
}

impl Relay {
    /// A relay nobody is connected to. `seed` must be fresh randomness in production; the same seed and the same
    /// inputs give the same actions.
    pub fn new(config: Config, key: RelayKey, seed: [u8; 32]) -> Self {
        Self {
            _config: config,
            _key: key,
            _seed: seed,
        }
    }

    /// Takes in one thing that happened and returns what the shell should now do, in order.
    #[must_use]
    pub fn step(&mut self, _now: Timestamp, _input: Input) -> Vec<Action> {
        Vec::new()
    }

    /// When the relay next wants to be stepped even if nothing happens.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        None
    }
}
