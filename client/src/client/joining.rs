//! The way to the door of a live meet: making one, joining one, coming back.

use spotter_model::{Author, Meet};
use spotter_relay_protocol::{
    ClientMessage, CreateMeet, HEADS_WHEN_JOINING_MAX, JoinBy, JoinMeet, MeetId, PROTOCOL,
    Password, RecoverMeet, RosterEntry, packs_understood,
};

use crate::ask::{GoLive, Join, Problem, RequestId};
use crate::client::Client;
use crate::record::Membership;
use crate::relay_link::{Entry, Knock, RelayState};
use crate::status::OfflineReason;
use crate::time::Now;

impl Client {
    pub(super) fn go_live(&mut self, now: Now, request: RequestId, go_live: GoLive) {
        if let Err(problem) = self.prepare_going_live(now, &go_live) {
            return self.answer(request, Err(problem));
        }
        self.enter(Entry::GoLive { request, go_live });
    }

    fn prepare_going_live(&mut self, now: Now, go_live: &GoLive) -> Result<(), Problem> {
        let seat = go_live
            .roster
            .iter()
            .find(|(name, _)| *name == go_live.location);
        let Some((location, priority)) = seat else {
            let location = go_live.location.clone();
            return Err(Problem::NotInRoster { location });
        };
        let author = Author {
            location: location.clone(),
            priority: *priority,
        };
        match &self.replica.membership {
            Some(membership) if !go_live.again => Err(Problem::AlreadyLive {
                meet_id: membership.meet_id,
            }),
            Some(_) | None => self.share(now, author),
        }
    }

    pub(super) fn join(&mut self, request: RequestId, join: Join) {
        if self.replica.is_draft() {
            return self.answer(request, Err(Problem::HoldsMeet));
        }
        self.enter(Entry::Join { request, join });
    }

    pub(super) fn password(&mut self, request: RequestId, password: Password) {
        if self.replica.membership.is_none() {
            return self.answer(request, Err(Problem::NoPasswordWanted));
        }
        self.enter(Entry::Password { request, password });
    }

    /// Another replica on this device has a session. Whoever has none here, for the same location of the same meet, asks for one
    /// beside it; but not twice with a session that the relay has refused.
    pub(super) fn borrow(&mut self, now: Now, request: RequestId, lent: Membership) {
        self.done(request);
        let refused = self.relay.refused.as_ref();
        if lent.session.as_ref().map(|session| &session.token) == refused {
            return;
        }
        let membership = match &self.replica.membership {
            None if self.replica.shared().is_some() => {
                self.relay.wanted = true;
                lent
            }
            Some(known)
                if known.session.is_none()
                    && known.meet_id == lent.meet_id
                    && known.author.location == lent.author.location =>
            {
                Membership {
                    session: lent.session,
                    ..known.clone()
                }
            }
            None | Some(_) => return,
        };
        self.become_member(membership);
        if let RelayState::Offline { retry_at, why } = &mut self.relay.state {
            (*why, *retry_at) = (OfflineReason::NoRelay, Some(now.moment));
        }
    }

    /// Leaves whatever connection there is for one that does what a person wants.
    fn enter(&mut self, entry: Entry) {
        if let Some(earlier) = self.relay.entry.take() {
            self.answer(earlier.request(), Err(Problem::Superseded));
        }
        self.drop_relay(OfflineReason::NotWanted, None);
        self.relay.wanted = true;
        self.relay.recover = false;
        self.relay.entry = Some(entry);
    }

    /// Says the first word as soon as the connection stands. A meet that is about to be made must be on disk
    /// before: a relay that keeps a meet whose beginning nobody has would keep it for ever.
    pub(super) fn knock(&mut self) {
        let RelayState::Joining { knock, .. } = &self.relay.state else {
            return;
        };
        let going_live = matches!(self.relay.entry, Some(Entry::GoLive { .. }));
        if *knock != Knock::Connected || (going_live && !self.keeper.is_idle()) {
            return;
        }
        let Some(word) = self.first_word() else {
            let why = OfflineReason::NoRelay;
            return self.drop_relay(why, None);
        };
        self.say(&word);
        if let RelayState::Joining { knock, .. } = &mut self.relay.state {
            *knock = Knock::Said;
        }
    }

    pub(super) fn first_word(&self) -> Option<ClientMessage> {
        match &self.relay.entry {
            Some(Entry::GoLive { go_live, .. }) => self.word_to_create(go_live),
            Some(Entry::Join { join, .. }) => {
                let by = JoinBy::Password {
                    location_name: join.location.clone(),
                    password: join.password.clone(),
                };
                let known = self
                    .replica
                    .membership
                    .as_ref()
                    .filter(|m| m.meet_id == join.meet_id);
                Some(self.word_to_join(join.meet_id, by, known))
            }
            Some(Entry::Password { password, .. }) => {
                let membership = self.replica.membership.as_ref()?;
                let by = JoinBy::Password {
                    location_name: membership.author.location.clone(),
                    password: password.clone(),
                };
                Some(self.word_to_join(membership.meet_id, by, Some(membership)))
            }
            None => {
                let membership = self.replica.membership.as_ref()?;
                let session = membership.session.as_ref()?;
                let by = if session.borrowed {
                    JoinBy::Another(session.token.clone())
                } else {
                    JoinBy::Token(session.token.clone())
                };
                Some(self.word_to_join(membership.meet_id, by, Some(membership)))
            }
        }
    }

    fn word_to_create(&self, go_live: &GoLive) -> Option<ClientMessage> {
        let seats = go_live.roster.iter().map(|(name, priority)| RosterEntry {
            location_name: name.clone(),
            priority: *priority,
            renamed_from: Vec::new(),
        });
        Some(ClientMessage::CreateMeet(CreateMeet {
            protocol: PROTOCOL,
            this_location_name: go_live.location.clone(),
            password: go_live.password.clone(),
            locations: seats.collect(),
            root: self.replica.shared_root()?,
            packs: self.packs(),
        }))
    }

    fn word_to_join(
        &self,
        meet_id: MeetId,
        by: JoinBy,
        known: Option<&Membership>,
    ) -> ClientMessage {
        if let Some(membership) = known.filter(|_| self.relay.recover) {
            return ClientMessage::RecoverMeet(RecoverMeet {
                protocol: PROTOCOL,
                ticket: membership.ticket.clone(),
                by,
                packs: self.packs(),
            });
        }
        // A relay that has forgotten the meet could not tell whether the password is right without it.
        let (ticket, epoch) = match &by {
            JoinBy::Password { .. } => (known.map(|membership| membership.ticket.clone()), None),
            JoinBy::Token(_) => (None, known.map(|membership| membership.epoch)),
            JoinBy::Another(_) => (None, None),
        };
        let heads = self.replica.shared().map(Meet::heads).unwrap_or_default();
        ClientMessage::JoinMeet(JoinMeet {
            protocol: PROTOCOL,
            meet_id,
            by,
            ticket,
            position: known.and_then(|_| self.replica.track.position()),
            heads: (!heads.is_empty() && heads.len() <= HEADS_WHEN_JOINING_MAX).then_some(heads),
            epoch,
            packs: self.packs(),
        })
    }

    /// The formats of packs to name.
    fn packs(&self) -> Vec<u32> {
        if self.relay.plain {
            Vec::new()
        } else {
            packs_understood()
        }
    }
}
