//! Connections: what each is at the moment, what it still owes the wire, and when it was last heard.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use spotter_model::LocationName;
use spotter_model::planted::{self, Bug};
use spotter_relay_protocol::{CloseReason, Frame, MeetId, PACK_FORMAT, RelayMessage, SessionId};

use crate::action::Action;
use crate::event::Event;
use crate::guesses::AddressBlock;
use crate::hex::Hex;
use crate::input::LinkId;
use crate::limits::Limits;
use crate::rate::{Bucket, Rate};
use crate::time::Timestamp;

/// One connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) block: AddressBlock,
    pub(crate) address: core::net::IpAddr,
    pub(crate) state: State,
    /// Whether messages to it may be packed: its last first message said that it understands packs.
    pub(crate) packs: bool,
    /// Attempts to join that were rejected.
    pub(crate) rejections: u32,
    pub(crate) bytes: Bucket,
    pub(crate) ops: Bucket,
    pub(crate) messages: Bucket,
    /// Bytes of messages sent and not yet gone.
    outstanding: usize,
    heard_at: Timestamp,
    /// Whether a ping is on its way since then.
    pinged: bool,
    /// When this link is next looked at; the entry of the same time in `Links::alarms`.
    alarm: Timestamp,
}

/// What a connection is at the moment.
#[derive(Debug)]
pub(crate) enum State {
    /// Nobody has joined on it yet.
    Fresh {
        /// When it is closed if nobody does.
        until: Timestamp,
    },
    /// A join is under way and will be answered.
    Asking {
        /// The meet it is about, if it has a name already.
        meet: Option<MeetId>,
    },
    /// It carries a session.
    Member(Member),
    /// It is no connection: a display in the relay's own process asks to read the meet, or does.
    Display {
        /// Which meet.
        meet: MeetId,
    },
    /// It is being closed; nothing is said or heard on it any more.
    Closing,
}

/// Who sits at the other end.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) meet: MeetId,
    pub(crate) session: SessionId,
    /// The session that the device opened with the password.
    pub(crate) device: SessionId,
    /// By the name it had when the session was opened.
    pub(crate) location: LocationName,
    pub(crate) token_hash: Hex<32>,
    pub(crate) initiator: bool,
    /// Seconds since 1970.
    pub(crate) expires_at: i64,
}

impl Member {
    /// When the session is over, and the connection with it.
    fn session_ends(&self) -> Timestamp {
        // Correct: no connection outlives its session.
        if planted::is(Bug::ExpiredGoesOn) {
            return Timestamp::from_millis(u64::MAX);
        }
        let seconds = u64::try_from(self.expires_at).unwrap_or(0);
        Timestamp::from_millis(seconds.saturating_mul(1_000))
    }
}

/// All connections, and everything that goes out on them.
#[derive(Debug)]
pub(crate) struct Links {
    links: BTreeMap<LinkId, Link>,
    per_block: BTreeMap<AddressBlock, usize>,
    /// How many of `links` are displays.
    displays: usize,
    alarms: BTreeSet<(Timestamp, LinkId)>,
    /// Connections that stopped being members or askers in this step, for the meets to hear of.
    pub(crate) gone: Vec<(LinkId, State)>,
    /// What this step asks the shell to do.
    pub(crate) out: Vec<Action>,
    pub(crate) limits: Arc<Limits>,
}

/// What a link that was looked at needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    Ping,
    Close(CloseReason),
    SessionExpired,
}

impl Links {
    pub(crate) fn new(limits: Arc<Limits>) -> Self {
        Self {
            links: BTreeMap::new(),
            per_block: BTreeMap::new(),
            displays: 0,
            alarms: BTreeSet::new(),
            gone: Vec::new(),
            out: Vec::new(),
            limits,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.links.len() - self.displays
    }

    /// How many displays there are, which are no connections.
    pub(crate) fn displays(&self) -> usize {
        self.displays
    }

    pub(crate) fn ids(&self) -> Vec<LinkId> {
        self.links.keys().copied().collect()
    }

    pub(crate) fn get(&self, id: LinkId) -> Option<&Link> {
        self.links.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: LinkId) -> Option<&mut Link> {
        self.links.get_mut(&id)
    }

    pub(crate) fn member(&self, id: LinkId) -> Option<&Member> {
        match &self.links.get(&id)?.state {
            State::Member(member) => Some(member),
            State::Fresh { .. } | State::Asking { .. } | State::Display { .. } | State::Closing => {
                None
            }
        }
    }

    /// Takes a new connection in, or turns it away if there are too many.
    pub(crate) fn open(&mut self, id: LinkId, address: core::net::IpAddr, now: Timestamp) {
        let block = AddressBlock::of(address);
        let from_here = self.per_block.entry(block).or_default();
        *from_here += 1;
        let full =
            *from_here > self.limits.links_per_address_max || self.len() >= self.limits.links_max;
        let until = now.after_ms(self.limits.join_within_ms);
        let mut link = self.link(address, State::Fresh { until }, now);
        link.alarm = until;
        self.links.insert(id, link);
        self.alarms.insert((until, id));
        if full {
            self.close(id, CloseReason::Full);
        }
    }

    /// Takes a display in. Nothing is ever said on it, it is never pinged, and it takes nobody's place.
    pub(crate) fn open_display(
        &mut self,
        id: LinkId,
        address: core::net::IpAddr,
        meet: MeetId,
        now: Timestamp,
    ) {
        let link = self.link(address, State::Display { meet }, now);
        if self.links.insert(id, link).is_none() {
            self.displays += 1;
        }
    }

    /// A link that has just come, with everything it may use.
    fn link(&self, address: core::net::IpAddr, state: State, now: Timestamp) -> Link {
        Link {
            block: AddressBlock::of(address),
            address,
            state,
            packs: false,
            rejections: 0,
            bytes: Bucket::full(self.limits.bytes_rate(), now),
            ops: Bucket::full(self.limits.ops_rate(), now),
            messages: Bucket::full(self.limits.messages_rate(), now),
            outstanding: 0,
            heard_at: now,
            pinged: false,
            alarm: now,
        }
    }

    /// Whether this is a display.
    pub(crate) fn is_display(&self, id: LinkId) -> bool {
        self.links
            .get(&id)
            .is_some_and(|link| matches!(link.state, State::Display { .. }))
    }

    /// Forgets a connection that is gone.
    pub(crate) fn forget(&mut self, id: LinkId) {
        let Some(link) = self.links.remove(&id) else {
            return;
        };
        if matches!(link.state, State::Display { .. }) {
            self.displays -= 1;
            self.gone.push((id, link.state));
            return;
        }
        self.alarms.remove(&(link.alarm, id));
        if let Some(from_there) = self.per_block.get_mut(&link.block) {
            *from_there -= 1;
            if *from_there == 0 {
                self.per_block.remove(&link.block);
            }
        }
        self.gone.push((id, link.state));
    }

    /// Somebody is there.
    pub(crate) fn heard(&mut self, id: LinkId, now: Timestamp) {
        if let Some(link) = self.links.get_mut(&id) {
            link.heard_at = now;
            link.pinged = false;
        }
    }

    /// Gives a connection another state, and looks at it again when that state asks for it.
    pub(crate) fn turn(&mut self, id: LinkId, state: State, now: Timestamp) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        // A display stays one until it is forgotten.
        if matches!(link.state, State::Display { .. }) {
            return;
        }
        link.state = state;
        let alarm = link.next_alarm(&self.limits);
        self.set_alarm(id, alarm.max(now));
    }

    /// Sends a message to one connection.
    pub(crate) fn send(&mut self, id: LinkId, message: &RelayMessage) {
        let text = if self.takes_packs(id) {
            message.encode_compact()
        } else {
            message.encode()
        };
        self.send_frame(id, text.into());
    }

    /// Whether messages to this connection may be packed.
    pub(crate) fn takes_packs(&self, id: LinkId) -> bool {
        self.links.get(&id).is_some_and(|link| link.packs)
    }

    /// The format of packs to name to this connection.
    pub(crate) fn pack_agreed(&self, id: LinkId) -> Option<u32> {
        self.takes_packs(id).then(|| PACK_FORMAT.into())
    }

    /// Sends a message that others get too. Whoever has too much of it outstanding is too slow, and is closed.
    pub(crate) fn send_frame(&mut self, id: LinkId, frame: Frame) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if matches!(link.state, State::Closing | State::Display { .. }) {
            return;
        }
        if link.outstanding + frame.len() > self.limits.outstanding_bytes_max.max(frame.len()) {
            self.close(id, CloseReason::SlowReader);
            return;
        }
        link.outstanding += frame.len();
        self.out.push(Action::Send { link: id, frame });
    }

    /// Bytes have left the process.
    pub(crate) fn sent(&mut self, id: LinkId, bytes: usize) {
        if let Some(link) = self.links.get_mut(&id) {
            link.outstanding = link.outstanding.saturating_sub(bytes);
        }
    }

    /// Whether a connection has room for the next slice.
    pub(crate) fn has_room(&self, id: LinkId) -> bool {
        self.links
            .get(&id)
            .is_some_and(|link| link.outstanding < self.limits.catch_up_below_bytes)
    }

    /// Whether so little is on its way to a connection that what nobody needs may be added.
    pub(crate) fn is_nearly_idle(&self, id: LinkId) -> bool {
        self.links
            .get(&id)
            .is_some_and(|link| link.outstanding < self.limits.presence_below_bytes)
    }

    /// Closes a connection; nothing more is said on it.
    pub(crate) fn close(&mut self, id: LinkId, reason: CloseReason) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        match link.state {
            State::Closing => return,
            State::Display { .. } => {
                self.out.push(Action::DisplayEnded { link: id, reason });
                return self.forget(id);
            }
            State::Fresh { .. } | State::Asking { .. } | State::Member(_) => {}
        }
        let before = std::mem::replace(&mut link.state, State::Closing);
        self.gone.push((id, before));
        self.out.push(Action::Event(Event::Closed {
            link: id.into(),
            reason,
        }));
        self.out.push(Action::Close { link: id, reason });
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.out.push(Action::Event(event));
    }

    pub(crate) fn next_alarm(&self) -> Option<Timestamp> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// The connections to look at now, and what each needs.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<(LinkId, Due)> {
        let mut due = Vec::new();
        while let Some(&(at, id)) = self.alarms.first() {
            if at > now {
                break;
            }
            self.alarms.pop_first();
            let Some(link) = self.links.get_mut(&id) else {
                continue;
            };
            let need = link.need(&self.limits, now);
            link.pinged |= need == Due::Ping;
            // Also after a ping it is looked at as often, since what is heard does not move the alarm.
            let again = now.after_ms(self.limits.ping_every_ms);
            link.alarm = link
                .next_alarm(&self.limits)
                .min(again)
                .max(now.after_ms(1));
            self.alarms.insert((link.alarm, id));
            due.push((id, need));
        }
        due
    }

    fn set_alarm(&mut self, id: LinkId, alarm: Timestamp) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        self.alarms.remove(&(link.alarm, id));
        link.alarm = alarm;
        self.alarms.insert((alarm, id));
    }
}

impl Link {
    fn need(&self, limits: &Limits, now: Timestamp) -> Due {
        match &self.state {
            State::Closing => return Due::Nothing,
            State::Fresh { until } if *until <= now => return Due::Close(CloseReason::NotJoined),
            State::Member(member) if member.session_ends() <= now => {
                return Due::SessionExpired;
            }
            State::Display { .. } => return Due::Nothing,
            State::Fresh { .. } | State::Asking { .. } | State::Member(_) => {}
        }
        let quiet = now.ms_since(self.heard_at);
        if quiet >= limits.silent_ms_max {
            Due::Close(CloseReason::Silent)
        } else if quiet >= limits.ping_every_ms && !self.pinged {
            Due::Ping
        } else {
            Due::Nothing
        }
    }

    fn next_alarm(&self, limits: &Limits) -> Timestamp {
        let quiet_for = if self.pinged {
            limits.silent_ms_max
        } else {
            limits.ping_every_ms
        };
        let silence = self.heard_at.after_ms(quiet_for);
        match &self.state {
            State::Fresh { until } => silence.min(*until),
            State::Member(member) => silence.min(member.session_ends()),
            State::Asking { .. } => silence,
            State::Display { .. } | State::Closing => self.heard_at.after_ms(limits.session_ms),
        }
    }
}

impl Limits {
    pub(crate) const fn bytes_rate(&self) -> Rate {
        Rate {
            per_second: self.bytes_per_second,
            burst: self.bytes_burst,
        }
    }

    pub(crate) const fn ops_rate(&self) -> Rate {
        Rate {
            per_second: self.ops_per_second,
            burst: self.ops_burst,
        }
    }

    pub(crate) const fn beside_rate(&self) -> Rate {
        Rate {
            per_second: self.beside_per_second,
            burst: self.beside_burst,
        }
    }

    pub(crate) const fn messages_rate(&self) -> Rate {
        Rate {
            per_second: self.messages_per_second,
            burst: self.messages_burst,
        }
    }
}
