//! One meet that somebody is connected to. A meet nobody is connected to is not here at all.

use std::collections::BTreeMap;
use std::fmt;

use spotter_model::ChangeHash;
use spotter_relay_protocol::{
    CloseReason, Frame, JoinCode, JoinRejected, LogId, MeetId, MeetJoined, Position, RelayMessage,
    SessionId, SessionToken,
};

use crate::action::{Action, ReadId};
use crate::answers::Deferred;
use crate::batch::{Inflight, Run};
use crate::catch_up::Flow;
use crate::displays::Right;
use crate::event::Event;
use crate::feed::Feed;
use crate::house::{House, rejected, rejected_for_now};
use crate::input::{LinkId, LogSlice, OpenedMeet, StoreTrouble};
use crate::keeping::Keeping;
use crate::link::{Member, State};
use crate::log::{MeetLog, Stage};
use crate::presence::Spoken;
use crate::rate::Bucket;
use crate::token::{self, Grants};
use crate::waiting::Waiting;

/// A meet in memory.
pub(crate) struct Meet {
    pub(crate) id: MeetId,
    pub(crate) root: ChangeHash,
    pub(crate) log_id: LogId,
    pub(crate) finished: bool,
    pub(crate) keeping: Keeping,
    pub(crate) log: MeetLog,
    /// Everyone who has joined.
    pub(crate) readers: BTreeMap<LinkId, Reader>,
    /// Those who read and do nothing else, and by what right.
    pub(crate) displays: BTreeMap<LinkId, Right>,
    /// What they are told, once for the whole process.
    pub(crate) feed: Option<Feed>,
    /// Those who may join and wait for the log to be read.
    guests: Vec<Guest>,
    pub(crate) waiting: Waiting,
    /// Admitted and numbered, not yet handed to the store.
    pub(crate) pending: Vec<Run>,
    pub(crate) pending_bytes: usize,
    pub(crate) inflight: Option<Inflight>,
    /// Answers by the position they rest on; all beyond what is durable.
    pub(crate) deferred: BTreeMap<u64, Vec<Deferred>>,
    /// How long the log was when a pack of it could not be kept.
    pub(crate) pack_failed_at: Option<u64>,
    /// How many sessions beside others may be given now; full before the first.
    beside: Option<Bucket>,
}

/// Somebody who has joined.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) session: SessionId,
    pub(crate) device: SessionId,
    pub(crate) flow: Flow,
    /// Present once it has said where its people are; only then is it told where others are.
    pub(crate) spoken: Option<Box<Spoken>>,
}

impl Reader {
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.flow, Flow::Live)
    }
}

/// Somebody whose right to join has been established.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub(crate) link: LinkId,
    pub(crate) grants: Grants,
    pub(crate) token: SessionToken,
    pub(crate) by: By,
    pub(crate) known: Known,
}

/// What established it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The password.
    Password,
    /// The token of the session that goes on.
    Token,
    /// The token of another session of the same device.
    Another,
}

/// What somebody who joins says it holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) position: Option<Position>,
    pub(crate) heads: Option<Vec<ChangeHash>>,
    /// The epoch of the roster and the ticket.
    pub(crate) epoch: Option<u64>,
}

impl Meet {
    /// A meet that was just made, with nothing in its log.
    pub(crate) fn new(id: MeetId, root: ChangeHash, log_id: LogId, keeping: Keeping) -> Self {
        Self {
            id,
            root,
            log_id,
            finished: false,
            keeping,
            log: MeetLog::empty(root),
            readers: BTreeMap::new(),
            displays: BTreeMap::new(),
            feed: None,
            guests: Vec::new(),
            waiting: Waiting::default(),
            pending: Vec::new(),
            pending_bytes: 0,
            inflight: None,
            deferred: BTreeMap::new(),
            pack_failed_at: None,
            beside: None,
        }
    }

    /// A meet that the store has found; its log is read from now on.
    pub(crate) fn found(house: &mut House, id: MeetId, opened: OpenedMeet) -> Self {
        let keeping = Keeping::new(opened.root, opened.records);
        let mut meet = Self::new(id, opened.root, opened.log_id, keeping);
        meet.finished = opened.finished;
        if opened.end > 0 {
            meet.read_on(house);
        }
        meet
    }

    /// The store has found the meet again after an append failed.
    pub(crate) fn found_again(&mut self, house: &mut House, opened: &OpenedMeet) {
        // An answer to a question of before the meet was last let go of says nothing new.
        if self.log.stage != Stage::Reopening {
            return;
        }
        if (opened.log_id, opened.root) != (self.log_id, self.root) {
            let words = "another meet lies under this id now".to_owned();
            return self.fail(house, &StoreTrouble::Damaged(words));
        }
        self.read_on(house);
    }

    /// Whether nothing would be lost by letting go of this meet.
    pub(crate) fn is_idle(&self) -> bool {
        self.readers.is_empty()
            && self.displays.is_empty()
            && self.guests.is_empty()
            && self.pending.is_empty()
            && self.inflight.is_none()
            && !self.keeping.is_saving()
    }

    /// Whether nothing is on its way to the disk.
    pub(crate) fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.inflight.is_none() && !self.keeping.is_saving()
    }

    pub(crate) fn session_of(&self, link: LinkId) -> Option<SessionId> {
        self.readers.get(&link).map(|reader| reader.session)
    }

    /// Somebody may join: now, or as soon as the log has been read.
    pub(crate) fn welcome(&mut self, house: &mut House, guest: Guest) {
        if self.log.is_awake() {
            self.let_in(house, guest);
        } else {
            self.guests.push(guest);
        }
    }

    /// A link is gone.
    pub(crate) fn forget(&mut self, house: &mut House, link: LinkId) {
        self.guests.retain(|guest| guest.link != link);
        self.display_left(house, link);
        self.waiting.forget(link);
        if let Some(reader) = self.readers.remove(&link) {
            self.presence_ends(house, link, reader);
            house.links.event(Event::Left {
                meet: self.id,
                link: link.into(),
            });
        }
    }

    /// The store has read a slice, for waking or for a reader.
    pub(crate) fn log_read(
        &mut self,
        house: &mut House,
        read: ReadId,
        outcome: Result<LogSlice, StoreTrouble>,
    ) {
        let waking = self.log.stage == Stage::Waking(read);
        let reader = self.reader_of(read);
        let feeding = self.feed.as_ref().is_some_and(|feed| feed.reads(read));
        if !waking && !feeding && reader.is_none() {
            return;
        }
        match outcome {
            Err(trouble) => self.fail(house, &trouble),
            Ok(slice) if waking => self.wake(house, &slice),
            Ok(slice) if slice.changes.is_empty() => {
                self.fail(
                    house,
                    &StoreTrouble::Damaged("the log ends before what was acknowledged".into()),
                );
            }
            Ok(slice) if feeding => self.feed_slice(house, slice),
            Ok(slice) => {
                if let Some(link) = reader {
                    self.relay_slice(house, link, slice);
                }
            }
        }
    }

    /// Those who were about to join, who are somebody else's business from now on.
    pub(crate) fn give_up_guests(&mut self) -> Vec<Guest> {
        std::mem::take(&mut self.guests)
    }

    /// Tells members, and those about to be, that the meet cannot be served.
    pub(crate) fn fail(&mut self, house: &mut House, trouble: &StoreTrouble) {
        for guest in self.give_up_guests() {
            house.reject_join(guest.link, trouble_rejection(house, trouble));
        }
        self.send_away(house, trouble);
    }

    /// Sends one text to every member.
    pub(crate) fn tell_all(&self, house: &mut House, message: &RelayMessage) {
        let frame = Frame::from(message.encode());
        for &link in self.readers.keys() {
            house.links.send_frame(link, frame.clone());
        }
    }

    fn read_on(&mut self, house: &mut House) {
        let read = ReadId(house.number());
        self.log.stage = Stage::Waking(read);
        let (meet, after) = (self.id, self.log.end());
        let bytes_max = house.limits.waking_slice_bytes;
        house.links.out.push(Action::ReadLog {
            meet,
            read,
            after,
            bytes_max,
        });
    }

    fn wake(&mut self, house: &mut House, slice: &LogSlice) {
        if let Err(words) = self.log.take_in(&slice.changes) {
            return self.fail(house, &StoreTrouble::Damaged(words));
        }
        if self.log.end() < slice.end {
            if slice.changes.is_empty() {
                let words = format!(
                    "the log ends after {} of {} changes",
                    self.log.end(),
                    slice.end
                );
                return self.fail(house, &StoreTrouble::Damaged(words));
            }
            return self.read_on(house);
        }
        if let Err(words) = self.log.woken() {
            return self.fail(house, &StoreTrouble::Damaged(words));
        }
        for guest in std::mem::take(&mut self.guests) {
            self.let_in(house, guest);
        }
        let behind: Vec<LinkId> = self.readers.keys().copied().collect();
        for link in behind {
            self.pump(house, link);
        }
        self.feed_on(house);
    }

    fn let_in(&mut self, house: &mut House, guest: Guest) {
        let link = guest.link;
        if !house
            .links
            .get(link)
            .is_some_and(|link| matches!(link.state, State::Asking { .. }))
        {
            return;
        }
        if self.readers.len() >= house.limits.links_per_meet_max {
            let wait = house.limits.storage_retry_ms;
            let full = rejected_for_now(JoinCode::Full, "too many connections to this meet", wait);
            return house.reject_join(link, full);
        }
        let Some(entry) = self
            .keeping
            .auth()
            .roster
            .find(&guest.grants.location)
            .cloned()
        else {
            let reason = format!(
                "there is no location {:?} in this meet",
                guest.grants.location.as_str()
            );
            return house.reject_join(link, rejected(JoinCode::UnknownLocation, reason));
        };
        let device = guest.grants.device();
        if guest.by == By::Another
            && let Err(full) = self.may_add_beside(house, device)
        {
            return house.reject_join(link, full);
        }
        // The client has opened a second connection because it gave up the first: a session has one link.
        let session = guest.grants.session_id;
        let replaced = self
            .readers
            .iter()
            .filter(|(_, reader)| reader.session == session);
        let replaced: Vec<LinkId> = replaced.map(|(link, _)| *link).collect();
        for link in replaced {
            house.links.close(link, CloseReason::Replaced);
        }
        let connected = self.readers.values().map(|reader| reader.session).collect();
        self.keeping.add_session(
            house,
            self.id,
            guest.grants.to_record(&guest.token),
            &connected,
        );
        let member = Member {
            meet: self.id,
            session,
            device,
            token_hash: token::hash(&guest.token),
            location: guest.grants.location.clone(),
            initiator: guest.grants.initiator,
            expires_at: guest.grants.expires,
        };
        house.links.turn(link, State::Member(member), house.now);
        self.readers.insert(
            link,
            Reader {
                session,
                device,
                flow: Flow::Live,
                spoken: None,
            },
        );
        // Who returns and says which epoch it knows is not told again what it holds.
        let epoch = self.keeping.auth().epoch;
        let returns = guest.by == By::Token && guest.known.epoch.is_some();
        let news = !(returns && guest.known.epoch == Some(epoch));
        let joined = MeetJoined {
            meet_id: self.id,
            session_token: (!returns).then_some(guest.token),
            session_expires_at: guest.grants.expires,
            location_name: entry.location_name,
            priority: entry.priority,
            initiator: guest.grants.initiator,
            root: self.root,
            log_id: self.log_id,
            server_seq_num: self.log.durable(),
            roster: news.then(|| self.keeping.auth().roster.clone()),
            ticket: news.then(|| self.keeping.ticket(guest.grants.initiator, &house.key)),
            epoch,
            finished: self.finished,
            pack: house.links.pack_agreed(link),
        };
        house.links.event(Event::Joined {
            meet: self.id,
            link: link.into(),
            session,
            location: joined.location_name.to_string(),
            resumed: guest.by != By::Password,
        });
        house.links.send(link, &RelayMessage::MeetJoined(joined));
        self.plan(house, link, guest.known);
    }
}

impl Meet {
    /// Whether a device may have one more session, and just now; if not, what to answer.
    fn may_add_beside(&mut self, house: &House, device: SessionId) -> Result<(), JoinRejected> {
        let same = self.readers.values();
        let connected = same.filter(|reader| reader.device == device).count();
        if connected >= house.limits.sessions_per_device_max {
            let reason = "too many connections of this device to this meet";
            let wait = house.limits.storage_retry_ms;
            return Err(rejected_for_now(JoinCode::Full, reason, wait));
        }
        let (rate, now) = (house.limits.beside_rate(), house.now);
        let bucket = self.beside.get_or_insert_with(|| Bucket::full(rate, now));
        bucket.take(1, rate, now).map_err(|wait| {
            let reason = "too many further sessions of devices were asked for just now";
            rejected_for_now(JoinCode::Busy, reason, wait)
        })
    }
}

/// What somebody is told who cannot join because of the disk.
pub(crate) fn trouble_rejection(
    house: &House,
    trouble: &StoreTrouble,
) -> spotter_relay_protocol::JoinRejected {
    let wait = house.limits.storage_retry_ms;
    match trouble {
        StoreTrouble::Damaged(_) => {
            let reason = "the meet's files are damaged and wait for the operator; your edits are safe with you";
            rejected_for_now(JoinCode::MeetDamaged, reason, 12 * wait)
        }
        StoreTrouble::Unavailable(_) => rejected_for_now(
            JoinCode::StorageTrouble,
            "the relay cannot use its disk just now",
            wait,
        ),
    }
}

impl fmt::Debug for Meet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meet")
            .field("id", &self.id)
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}
