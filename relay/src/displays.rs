//! Displays: scoreboards and overlays that read a meet and do nothing else. They are no members: nobody joins with a
//! display key, a display has no session and no location, and what it is told goes through the process that shows it.

use core::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use spotter_relay_protocol::{
    AddDisplayKey, CloseReason, DisplayKey, DisplayKeyId, DisplayKeyShown, DisplayKeys, JoinCode,
    JoinRejected, MeetId, Password, RelayMessage,
};

use crate::action::Action;
use crate::hashing::{HashFor, Job};
use crate::hex::Hex;
use crate::house::{House, rejected, rejected_for_now};
use crate::input::{DisplayBy, LinkId};
use crate::join::busy;
use crate::keeping::AuthEdit;
use crate::key::{Purpose, RelayKey};
use crate::link::{Links, Member};
use crate::machine::{Opener, Relay};
use crate::meet::Meet;
use crate::records::DisplayKeyRecord;

/// The right by which a display reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// A key with this hash.
    Key(Hex<32>),
    /// The meet's password.
    Password,
}

impl Relay {
    /// Somebody wants to read a meet.
    pub(crate) fn display_opened(
        &mut self,
        link: LinkId,
        address: IpAddr,
        meet: MeetId,
        by: DisplayBy,
    ) {
        let now = self.house.now;
        self.house.links.open_display(link, address, meet, now);
        if let Some(retry_after_ms) = self.house.leaving {
            let reason = "the relay is about to stop";
            let leaving = rejected_for_now(JoinCode::GoingAway, reason, retry_after_ms);
            return self.house.refuse_display(link, leaving);
        }
        if self.house.links.displays() > self.house.limits.displays_max {
            return self.house.too_many_displays(link);
        }
        match by {
            DisplayBy::Key(key) if is_ours(&key, meet, &self.house.key) => {
                self.open_for(meet, Opener::Display(link, Right::Key(hash(&key))));
            }
            DisplayBy::Key(_) => {
                if self.may_guess(link, meet) {
                    self.display_wrong(link, meet);
                }
            }
            DisplayBy::Password(password) => self.display_offers(link, meet, password),
        }
    }

    fn display_offers(&mut self, link: LinkId, meet: MeetId, password: Password) {
        if !self.may_guess(link, meet) {
            return;
        }
        if !self.hashing.has_room(self.house.limits.hash_queue_max) {
            return self.house.refuse_display(link, busy());
        }
        let purpose = HashFor::Display { meet };
        self.hashing.push(Job {
            link,
            password,
            purpose,
        });
    }

    /// scrypt has answered for a display.
    pub(crate) fn display_password_checked(&mut self, link: LinkId, meet: MeetId, is_right: bool) {
        let Some(block) = self.house.links.get(link).map(|link| link.block) else {
            return;
        };
        if is_right {
            self.house.guesses.succeeded(meet, block);
            self.open_for(meet, Opener::Display(link, Right::Password));
        } else {
            self.display_wrong(link, meet);
        }
    }

    /// What a display offered opens nothing; whether the meet exists is not told.
    fn display_wrong(&mut self, link: LinkId, meet: MeetId) {
        let (limits, now) = (self.house.limits.clone(), self.house.now);
        if let Some(block) = self.house.links.get(link).map(|link| link.block) {
            self.house.guesses.failed(meet, block, &limits, now);
        }
        let reason = "wrong meet id, display key or password";
        let wrong = rejected(JoinCode::WrongMeetOrPassword, reason);
        self.house.refuse_display(link, wrong);
    }

    /// The meet that a display wants is in memory.
    pub(crate) fn display_found(&mut self, link: LinkId, id: MeetId, right: Right) {
        let Some(meet) = self.meets.get_mut(&id) else {
            return;
        };
        // It may have left while the meet was looked up.
        if !self.house.links.is_display(link) {
            return;
        }
        if !meet.grants(right) {
            let reason = "the display key was revoked; ask for another";
            let revoked = rejected(JoinCode::SessionRevoked, reason);
            return self.house.refuse_display(link, revoked);
        }
        if meet.displays.len() >= self.house.limits.displays_per_meet_max {
            return self.house.too_many_displays(link);
        }
        meet.displays.insert(link, right);
        self.house.links.out.push(Action::DisplayAdmitted {
            link,
            meet: id,
            root: meet.root,
            log_id: meet.log_id,
            finished: meet.finished,
        });
    }

    /// The meet that a display wants is not there. A key that this relay made proves that it once was.
    pub(crate) fn display_not_found(&mut self, link: LinkId, meet: MeetId, right: Right) {
        match right {
            Right::Key(_) => {
                let reason = "the relay has lost this meet; it is back as soon as a member returns";
                let wait = self.house.limits.storage_retry_ms;
                let lost = rejected_for_now(JoinCode::TicketWanted, reason, wait);
                self.house.refuse_display(link, lost);
            }
            Right::Password => self.display_wrong(link, meet),
        }
    }

    /// Makes a key. It is told once the disk has its hash.
    pub(crate) fn add_display_key(
        &mut self,
        link: LinkId,
        member: &Member,
        message: AddDisplayKey,
    ) {
        let key = make(self.house.draw.bytes(), member.meet, &self.house.key);
        let record = DisplayKeyRecord {
            key_id: DisplayKeyId::from_bytes(self.house.draw.bytes()),
            key_hash: hash(&key),
            label: message.label,
            location_name: member.location.clone(),
            since: self.house.now.as_seconds(),
        };
        let what = AuthEdit::AddDisplayKey { record, key };
        self.edit(link, member, "ADD_DISPLAY_KEY", what);
    }

    /// Shows which keys there are.
    pub(crate) fn list_display_keys(&mut self, link: LinkId, member: &Member) {
        let Some(meet) = self.meets.get(&member.meet) else {
            return;
        };
        let shown = |key: &DisplayKeyRecord| DisplayKeyShown {
            key_id: key.key_id,
            label: key.label.clone(),
            location_name: key.location_name.clone(),
            since: key.since,
        };
        let keys = meet.keeping.auth().display_keys.iter().map(shown).collect();
        let list = RelayMessage::DisplayKeys(DisplayKeys { keys });
        self.house.links.send(link, &list);
    }

    /// Ends a key.
    pub(crate) fn revoke_display_key(
        &mut self,
        link: LinkId,
        member: &Member,
        key_id: DisplayKeyId,
    ) {
        let only_of = (!member.initiator).then(|| member.location.clone());
        let what = AuthEdit::RevokeDisplayKey { key_id, only_of };
        self.edit(link, member, "REVOKE_DISPLAY_KEY", what);
    }
}

impl House {
    /// Tells a display that it may not read, and forgets it.
    pub(crate) fn refuse_display(&mut self, link: LinkId, rejection: JoinRejected) {
        self.links
            .out
            .push(Action::DisplayRefused { link, rejection });
        self.links.forget(link);
    }

    fn too_many_displays(&mut self, link: LinkId) {
        let wait = self.limits.storage_retry_ms;
        let full = rejected_for_now(JoinCode::Full, "too many displays", wait);
        self.refuse_display(link, full);
    }
}

impl Meet {
    fn grants(&self, right: Right) -> bool {
        match right {
            Right::Password => true,
            Right::Key(hash) => {
                let keys = &self.keeping.auth().display_keys;
                keys.iter().any(|key| key.key_hash == hash)
            }
        }
    }

    /// Ends the displays whose key has been revoked.
    pub(crate) fn end_displays_without_key(&self, links: &mut Links) {
        let ended = self
            .displays
            .iter()
            .filter(|(_, right)| !self.grants(**right));
        for link in ended.map(|(link, _)| *link).collect::<Vec<_>>() {
            links.close(link, CloseReason::SessionEnded);
        }
    }

    /// Ends all displays, and what they are told.
    pub(crate) fn end_displays(&mut self, house: &mut House, reason: CloseReason) {
        for link in std::mem::take(&mut self.displays).into_keys() {
            house.links.close(link, reason);
        }
        self.end_feed(house);
    }

    /// A display is gone; with the last one goes what they are told.
    pub(crate) fn display_left(&mut self, house: &mut House, link: LinkId) {
        if self.displays.remove(&link).is_some() && self.displays.is_empty() {
            self.end_feed(house);
        }
    }
}

const RANDOM_BYTES: usize = 16;
const SEAL_BYTES: usize = 16;

/// A key's text: random bytes, and half a seal over them and the meet's id. So a key that was never made is known as
/// such without looking for the meet, and whoever guesses learns nothing about which meets there are.
fn make(random: [u8; RANDOM_BYTES], meet: MeetId, key: &RelayKey) -> DisplayKey {
    let text = URL_SAFE_NO_PAD.encode([random, seal(&random, meet, key).0].concat());
    DisplayKey::parse(&text).expect("32 bytes are 43 characters of base64url")
}

fn is_ours(offered: &DisplayKey, meet: MeetId, key: &RelayKey) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(offered.expose()) else {
        return false;
    };
    let Some((random, rest)) = bytes.split_first_chunk::<RANDOM_BYTES>() else {
        return false;
    };
    let offered: Result<[u8; SEAL_BYTES], _> = rest.try_into();
    offered.is_ok_and(|offered| Hex(offered) == seal(random, meet, key))
}

fn seal(random: &[u8; RANDOM_BYTES], meet: MeetId, key: &RelayKey) -> Hex<SEAL_BYTES> {
    let whole = key.seal(Purpose::DisplayKey, &[meet.digits().as_bytes(), random]);
    Hex(std::array::from_fn(|at| whole[at]))
}

/// What the relay keeps of a key.
fn hash(key: &DisplayKey) -> Hex<32> {
    Hex(Sha256::digest(key.expose()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_its_meet_under_its_relays_key_only() {
        let (meet, ours) = (
            "123-456-789".parse().unwrap(),
            RelayKey::from_bytes([1; 32]),
        );
        let key = make([7; 16], meet, &ours);
        assert!(is_ours(&key, meet, &ours));
        assert!(!is_ours(&key, "123-456-780".parse().unwrap(), &ours));
        assert!(!is_ours(&key, meet, &RelayKey::from_bytes([2; 32])));
        let bytes = URL_SAFE_NO_PAD.decode(key.expose()).unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            let forged = DisplayKey::parse(&URL_SAFE_NO_PAD.encode(forged)).unwrap();
            assert!(!is_ours(&forged, meet, &ours), "byte {at}");
        }
    }
}
