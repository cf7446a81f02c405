//! Attacks: what somebody without a password, or a member that lost its mind, sends to a relay.

use spotter_sim_plan::RelayNumber;

use super::World;
use crate::line::{LineNumber, Parcel};

impl World<'_> {
    pub(super) fn attack(&mut self, _relay: RelayNumber, _member: bool, _with: &str) {}

    pub(super) fn at_attacker(&mut self, _number: LineNumber, _relay: usize, _parcel: &Parcel) {}
}
