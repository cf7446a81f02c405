//! The relay: one door in, one door out. `step` only dispatches; each idea has a file of its own.

use std::collections::BTreeMap;
use std::mem;

use spotter_relay_protocol::{CloseReason, MeetId, SessionCode, SessionId};

use crate::action::{Action, SaveId};
use crate::create::Creating;
use crate::displays::Right;
use crate::hashing::Hashing;
use crate::house::House;
use crate::input::{Input, LinkId};
use crate::key::RelayKey;
use crate::limits::Limits;
use crate::link::{Due, State};
use crate::meet::{Guest, Meet};
use crate::records::ScryptParams;
use crate::recovery::Recovering;
use crate::ticket::Claim;
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
    pub(crate) house: House,
    /// Meets that somebody is connected to, or is about to be.
    pub(crate) meets: BTreeMap<MeetId, Meet>,
    /// Who goes on once a meet has been looked up; one lookup each.
    pub(crate) opening: BTreeMap<MeetId, Vec<Opener>>,
    /// Meets that the store is making.
    pub(crate) creating: BTreeMap<MeetId, Creating>,
    /// Lost meets that the store is making anew.
    pub(crate) recovering: BTreeMap<MeetId, Recovering>,
    pub(crate) hashing: Hashing,
    /// Publications and finishings under way.
    pub(crate) errands: BTreeMap<SaveId, Errand>,
    pub(crate) drained: bool,
}

/// Who waits for a meet to be looked up.
#[derive(Debug)]
pub(crate) enum Opener {
    /// The password check at the head of the queue.
    Hash,
    /// Somebody with a right to join, and the ticket they brought.
    Guest(Box<Guest>, Option<Box<Claim>>),
    /// A display, and the right it claims.
    Display(LinkId, Right),
}

/// Something the store does for one member.
#[derive(Debug)]
pub(crate) enum Errand {
    Publish {
        link: LinkId,
        meet: MeetId,
        session: SessionId,
    },
    Finish {
        link: LinkId,
        meet: MeetId,
    },
}

impl Errand {
    fn meet(&self) -> MeetId {
        match self {
            Self::Publish { meet, .. } | Self::Finish { meet, .. } => *meet,
        }
    }
}

impl Relay {
    /// A relay nobody is connected to. `seed` must be fresh randomness in production; the same seed and the same
    /// inputs give the same actions.
    pub fn new(config: Config, key: RelayKey, seed: [u8; 32]) -> Self {
        Self {
            house: House::new(config.limits, config.scrypt, key, seed),
            meets: BTreeMap::new(),
            opening: BTreeMap::new(),
            creating: BTreeMap::new(),
            recovering: BTreeMap::new(),
            hashing: Hashing::default(),
            errands: BTreeMap::new(),
            drained: false,
        }
    }

    /// Takes in one thing that happened and returns what the shell should now do, in order.
    #[must_use]
    pub fn step(&mut self, now: Timestamp, input: Input) -> Vec<Action> {
        self.house.now = self.house.now.max(now);
        let concerned = self.meet_of(&input);
        match input {
            Input::Connected { link, address } => self.connected(link, address),
            Input::Received { link, heard } => self.received(link, heard),
            Input::Unpacked { link, unpacked } => self.unpacked(link, unpacked),
            Input::Unreadable { link, reason } => self.no_message(link, reason),
            Input::Heard { link } => self.house.links.heard(link, self.house.now),
            Input::Sent { link, bytes } => self.sent(link, bytes),
            Input::Disconnected { link } => self.house.links.forget(link),
            Input::PasswordHashed { job, hash } => self.password_hashed(job, hash),
            Input::MeetCreated { meet, outcome } => self.meet_created(meet, outcome),
            Input::MeetOpened { meet, outcome } => self.meet_opened(meet, outcome),
            Input::LogRead {
                meet,
                read,
                outcome,
            } => {
                self.in_meet(meet, |meet, house| meet.log_read(house, read, outcome));
            }
            Input::LogPacked {
                meet,
                read,
                outcome,
            } => {
                self.in_meet(meet, |meet, house| meet.log_packed(house, read, outcome));
            }
            Input::PackKept { meet, outcome } => {
                self.house.packing = None;
                self.in_meet(meet, |meet, house| meet.pack_kept(house, &outcome));
            }
            Input::Appended { meet, batch } => {
                self.in_meet(meet, |meet, house| meet.appended(house, batch))
            }
            Input::AppendFailed {
                meet,
                batch,
                trouble,
            } => {
                self.in_meet(meet, |meet, house| {
                    meet.append_failed(house, batch, &trouble)
                });
            }
            Input::RecordsSaved {
                meet,
                save,
                outcome,
            } => self.records_saved(meet, save, &outcome),
            Input::PublicationSaved { save, outcome, .. }
            | Input::MeetFinished { save, outcome, .. } => {
                self.errand_done(save, &outcome);
            }
            Input::DisplayOpened {
                link,
                address,
                meet,
                by,
            } => self.display_opened(link, address, meet, by),
            Input::FeedOpened { meet, known } => {
                self.feed_opened(meet, known);
            }
            Input::FeedTaken { meet } => self.in_meet(meet, Meet::feed_taken),
            Input::Tick => self.tick(),
            Input::Reconfigured { config } => self.house.reconfigure(*config),
            Input::Drain { retry_after_ms } => self.drain(retry_after_ms),
        }
        self.begin_hashing();
        self.clean_up(concerned);
        mem::take(&mut self.house.links.out)
    }

    /// When the relay next wants to be stepped even if nothing happens.
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        self.house.links.next_alarm()
    }

    /// How many connections there are.
    pub fn links(&self) -> usize {
        self.house.links.len()
    }

    /// How many displays there are, which are no connections.
    pub fn displays(&self) -> usize {
        self.house.links.displays()
    }

    /// How many meets are in memory: those that somebody is connected to.
    pub fn meets(&self) -> usize {
        self.meets.len()
    }

    /// How many password checks have been asked for and are not done.
    pub fn password_checks(&self) -> usize {
        self.hashing.len()
    }

    /// Lets something happen to a meet, if it is in memory.
    pub(crate) fn in_meet(&mut self, meet: MeetId, happen: impl FnOnce(&mut Meet, &mut House)) {
        if let Some(meet) = self.meets.get_mut(&meet) {
            happen(meet, &mut self.house);
        }
    }

    fn connected(&mut self, link: LinkId, address: core::net::IpAddr) {
        self.house.links.open(link, address, self.house.now);
        if let Some(retry_after_ms) = self.house.leaving {
            self.send_off(link, retry_after_ms);
            self.house.links.close(link, CloseReason::GoingAway);
        }
    }

    fn sent(&mut self, link: LinkId, bytes: usize) {
        self.house.links.sent(link, bytes);
        if let Some(member) = self.house.links.member(link) {
            self.in_meet(member.meet, |meet, house| meet.pump(house, link));
        }
    }

    fn tick(&mut self) {
        for (link, due) in self.house.links.due(self.house.now) {
            match due {
                Due::Nothing => {}
                Due::Ping => self.house.links.out.push(Action::Ping { link }),
                Due::Close(reason) => self.house.links.close(link, reason),
                Due::SessionExpired => {
                    let reason =
                        "the session has expired; join again with the password, nothing is lost";
                    self.invalid_session(link, None, SessionCode::SessionExpired, reason);
                    self.house.links.close(link, CloseReason::SessionEnded);
                }
            }
        }
    }

    /// The meet an input is about, noted before the input is taken in.
    fn meet_of(&self, input: &Input) -> Option<MeetId> {
        match input {
            Input::MeetCreated { meet, .. }
            | Input::MeetOpened { meet, .. }
            | Input::LogRead { meet, .. }
            | Input::LogPacked { meet, .. }
            | Input::PackKept { meet, .. }
            | Input::Appended { meet, .. }
            | Input::AppendFailed { meet, .. }
            | Input::RecordsSaved { meet, .. }
            | Input::PublicationSaved { meet, .. }
            | Input::MeetFinished { meet, .. }
            | Input::DisplayOpened { meet, .. }
            | Input::FeedOpened { meet, .. }
            | Input::FeedTaken { meet } => Some(*meet),
            Input::Connected { .. }
            | Input::Received { .. }
            | Input::Unpacked { .. }
            | Input::Unreadable { .. }
            | Input::Heard { .. }
            | Input::Sent { .. }
            | Input::Disconnected { .. }
            | Input::PasswordHashed { .. }
            | Input::Tick
            | Input::Reconfigured { .. }
            | Input::Drain { .. } => None,
        }
    }

    /// Tells meets of the connections they have lost, and lets go of meets that nobody is connected to.
    fn clean_up(&mut self, concerned: Option<MeetId>) {
        let mut concerned: Vec<MeetId> = concerned.into_iter().collect();
        for (link, state) in mem::take(&mut self.house.links.gone) {
            self.hashing.forget(link);
            let meet = match state {
                State::Member(member) => Some(member.meet),
                State::Display { meet } => Some(meet),
                State::Asking { meet } => meet,
                State::Fresh { .. } | State::Closing => None,
            };
            if let Some(meet) = meet {
                self.in_meet(meet, |meet, house| meet.forget(house, link));
                concerned.push(meet);
            }
        }
        concerned.extend(self.hashing.take_finished());
        for meet in concerned {
            self.let_go(meet);
        }
        if self.house.leaving.is_some() && !self.drained {
            self.finish_draining();
        }
    }

    fn let_go(&mut self, id: MeetId) {
        // A pack that is being made to be kept is made for those who join next, whoever has left.
        let is_idle = self.meets.get(&id).is_some_and(Meet::is_idle)
            && self.house.packing != Some(id)
            && !self.hashing.concerns(id)
            && !self.errands.values().any(|errand| errand.meet() == id);
        if is_idle {
            self.meets.remove(&id);
            self.house.links.out.push(Action::CloseMeet { meet: id });
        }
    }
}
