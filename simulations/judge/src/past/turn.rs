//! Devices that share a session: copies, which take turns at the relay.
//!
//! A connection with a session takes the place of the one there was. Whoever lost its place comes back after a pause, of up to
//! half a minute when it has been sent away again and again, and takes it back. Between two turns a copy hears nothing and
//! hands in nothing, and the world may end meanwhile.

use spotter_sim_plan::DeviceNumber;

use super::{Device, Past, Writes};

/// How long after its last turn a copy may wait for the next, in milliseconds: two of the longest pauses, for it may be sent away
/// before it has caught up.
const NEXT_TURN_WITHIN: u64 = 60_000;

/// How long it takes at most to hand in what a device has, in milliseconds.
const HANDED_IN_WITHIN: u64 = 1_000;

/// A time in which a device was live.
#[derive(Clone, Debug)]
pub(crate) struct Stay {
    /// What the relay's log had when the connection began: all of it was there, or the device would not have been live.
    had: Writes,
    since: u64,
    until: Option<u64>,
}

/// A copy between two turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting<'p> {
    /// What it must hold: the relay's log as it was when its last turn began.
    pub(crate) knows: &'p Writes,
    /// Whether its last turn was too short to hand in what it has, and it says that it still has to.
    pub(crate) has_to_send: bool,
}

impl Past<'_> {
    /// Whether another device goes by the same session, as copies do: each connection takes the place of the other's.
    pub(crate) fn shares_session(&self, device: DeviceNumber) -> bool {
        let session = self.device(device).and_then(|state| state.session);
        let mut others = self.devices().filter(|(number, _)| *number != device);
        session.is_some() && others.any(|(_, other)| other.session == session)
    }

    /// What may be said of a device that waits for its next turn; `None` if it does not, or has waited for too long.
    pub(crate) fn waiting(&self, device: DeviceNumber, now: u64) -> Option<Waiting<'_>> {
        let state = self
            .device(device)
            .filter(|_| self.shares_session(device))?;
        let stay = state.stay.as_ref()?;
        let until = stay.until.filter(|until| now <= until + NEXT_TURN_WITHIN)?;
        let not_sent = state.status.map_or(0, |status| status.not_sent);
        Some(Waiting {
            knows: &stay.had,
            has_to_send: not_sent > 0 && until <= stay.since + HANDED_IN_WITHIN,
        })
    }
}

impl Device<'_> {
    /// Notes that it says whether it is live.
    pub(super) fn note_stay(&mut self, at: u64, is_live: bool) {
        let was_live = self.status.is_some_and(|status| status.link == "live");
        match (was_live, is_live) {
            (false, true) => {
                self.stay = Some(Stay {
                    had: self.log_had.clone(),
                    since: at,
                    until: None,
                });
            }
            (true, false) => {
                if let Some(stay) = &mut self.stay {
                    stay.until = Some(at);
                }
            }
            (true, true) | (false, false) => {}
        }
    }
}
