//! The relay's answer at the door: let in, turned away, or asked for more.

use spotter_model::planted::{self, Bug};
use spotter_model::{Author, ChangeHash, Meet};
use spotter_relay_protocol::{
    Chain, JoinCode, JoinRejected, LogId, MeetCreated, MeetJoined, Position, SessionToken,
    pack_in_common,
};

use crate::ask::{Problem, Reply, RequestId};
use crate::client::Client;
use crate::news::News;
use crate::record::{Membership, Record, Session};
use crate::relay_link::{Entry, Inside, Knock, RelayState};
use crate::replica::Held;
use crate::status::OfflineReason;
use crate::time::{Now, WallTime};

impl Client {
    pub(super) fn join_rejected(&mut self, now: Now, rejected: JoinRejected) {
        if !self.is_knocking() {
            return;
        }
        let JoinRejected {
            code,
            reason,
            retry_after_ms,
        } = rejected;
        match code {
            JoinCode::TicketWanted if !self.relay.recover && self.can_recover() => {
                self.relay.recover = true;
                if let Some(word) = self.first_word() {
                    self.say(&word);
                }
            }
            JoinCode::SessionExpired | JoinCode::SessionRevoked | JoinCode::SessionUnknown
                if self.relay.entry.is_none() =>
            {
                self.session_over(reason);
            }
            // Said twice: the ticket is on its way.
            JoinCode::TicketWanted if self.relay.recover => {}
            JoinCode::Busy
            | JoinCode::Full
            | JoinCode::StorageTrouble
            | JoinCode::MeetDamaged
            | JoinCode::GoingAway
            | JoinCode::TooManyAttempts
                if self.relay.entry.is_none() =>
            {
                let why = OfflineReason::Refused {
                    code: code.to_string(),
                    reason,
                };
                match retry_after_ms {
                    Some(ms) => self.come_back_after(now, why, ms),
                    None => self.give_up(now, why),
                }
            }
            JoinCode::TicketWanted
            | JoinCode::SessionExpired
            | JoinCode::SessionRevoked
            | JoinCode::SessionUnknown
            | JoinCode::Busy
            | JoinCode::Full
            | JoinCode::StorageTrouble
            | JoinCode::MeetDamaged
            | JoinCode::GoingAway
            | JoinCode::TooManyAttempts
            | JoinCode::WrongMeetOrPassword
            | JoinCode::UnknownLocation
            | JoinCode::TicketRefused
            | JoinCode::BadRoster
            | JoinCode::ProtocolTooOld
            | JoinCode::ProtocolTooNew
            | JoinCode::Other(_) => self.turned_away(now, code.to_string(), reason),
        }
    }

    /// Whether there is a ticket for the meet at whose door this client stands.
    fn can_recover(&self) -> bool {
        let wanted = match &self.relay.entry {
            Some(Entry::GoLive { .. }) => return false,
            Some(Entry::Join { join, .. }) => Some(join.meet_id),
            Some(Entry::Password { .. }) | None => None,
        };
        let membership = self.replica.membership.as_ref();
        membership.is_some_and(|m| wanted.is_none_or(|wanted| wanted == m.meet_id))
    }

    fn turned_away(&mut self, now: Now, code: String, reason: String) {
        let mut retry_at = None;
        if let Some(entry) = self.relay.entry.take() {
            let problem = Problem::Rejected {
                code: code.clone(),
                reason: reason.clone(),
            };
            self.answer(entry.request(), Err(problem));
            // A session that still stands is worth going back to after a vain attempt at something else.
            let session = self
                .replica
                .membership
                .as_ref()
                .and_then(|m| m.session.as_ref());
            let pause = self.relay.backoff.next_pause_ms(&mut self.rng);
            retry_at = session.map(|_| now.moment.after_ms(pause));
        }
        self.relay.recover = false;
        self.drop_relay(OfflineReason::Refused { code, reason }, retry_at);
    }

    pub(super) fn session_over(&mut self, reason: String) {
        if let Some(membership) = &mut self.replica.membership
            && let Some(session) = membership.session.take()
        {
            self.relay.refused = Some(session.token);
            self.keep(Record::SessionEnded {});
        }
        self.relay.recover = false;
        self.drop_relay(
            OfflineReason::PasswordWanted {
                reason: reason.clone(),
            },
            None,
        );
        self.tell(News::PasswordWanted { reason });
    }

    /// Whether an answer to the first word is awaited; one that comes twice says nothing new.
    fn is_knocking(&self) -> bool {
        matches!(
            &self.relay.state,
            RelayState::Joining {
                knock: Knock::Said,
                ..
            }
        )
    }

    pub(super) fn meet_created(&mut self, now: Now, created: MeetCreated) {
        if !self.is_knocking() {
            return;
        }
        let Some(Entry::GoLive { request, go_live }) = self.relay.entry.take() else {
            return self.nonsense(
                now,
                "it answered a question that was not asked: MEET_CREATED",
            );
        };
        let membership = Membership {
            relay: go_live.relay,
            meet_id: created.meet_id,
            author: Author {
                location: created.location_name,
                priority: created.priority,
            },
            initiator: created.initiator,
            session: Some(Session {
                token: created.session_token,
                expires_at: WallTime::from_unix_seconds(created.session_expires_at),
                borrowed: false,
            }),
            roster: created.roster,
            epoch: created.epoch,
            ticket: created.ticket,
            finished: false,
        };
        self.become_member(membership);
        self.come_in(created.log_id, created.pack);
        self.replica.track.begin(Some(start_of(created.log_id)));
        self.refill_outbox(&[]);
        self.become_live(now);
        self.answer_joined(Some(request));
    }

    pub(super) fn meet_joined(&mut self, now: Now, joined: MeetJoined) {
        if !self.is_knocking() {
            return;
        }
        if let Err(problem) = self.check_root(joined.root) {
            return self.another_meet(problem);
        }
        if self.is_lenders(joined.session_token.as_ref()) {
            let reason = "this relay is older and gives no session to a further tab".to_owned();
            return self.session_over(reason);
        }
        let entry = self.relay.entry.take();
        let relay = match &entry {
            Some(Entry::Join { join, .. }) => Some(join.relay.clone()),
            Some(Entry::GoLive { .. } | Entry::Password { .. }) | None => None,
        };
        let known = self.replica.membership.as_ref();
        let Some(relay) = relay.or_else(|| known.map(|m| m.relay.clone())) else {
            return self.nonsense(
                now,
                "it answered a question that was not asked: MEET_JOINED",
            );
        };
        let same_meet = known.is_some_and(|m| m.meet_id == joined.meet_id);
        let ticket_is_newer = same_meet && known.is_some_and(|m| m.epoch > joined.epoch);
        if ticket_is_newer && !self.relay.recover {
            return self.offer_newer_ticket(now, entry);
        }
        let Some(membership) = membership_of(relay, &joined, known) else {
            return self.nonsense(now, "it left out what we do not hold: MEET_JOINED");
        };
        if std::mem::take(&mut self.relay.recover) {
            self.tell(News::RelayRestored);
        }
        self.become_member(membership);
        self.come_in(joined.log_id, joined.pack);
        self.find_place(&joined);
        self.answer_joined(entry.map(|entry| entry.request()));
    }

    /// Whether a session of our own was asked for, and what came is the one that was borrowed.
    fn is_lenders(&self, token: Option<&SessionToken>) -> bool {
        let membership = self.replica.membership.as_ref();
        let session = membership.and_then(|membership| membership.session.as_ref());
        session.is_some_and(|session| {
            let asked = session.borrowed && self.relay.entry.is_none();
            asked && token.is_none_or(|token| *token == session.token)
        })
    }

    /// The relay knows an older roster or password than we do: it is given our ticket, on a new connection.
    fn offer_newer_ticket(&mut self, now: Now, entry: Option<Entry>) {
        let why = "offering the relay the newer recovery ticket".to_owned();
        self.drop_relay(OfflineReason::Broken { why }, Some(now.moment));
        self.relay.recover = true;
        self.relay.entry = entry;
    }

    fn check_root(&self, theirs: ChangeHash) -> Result<(), Problem> {
        match &self.replica.document {
            Held::Empty => Ok(()),
            Held::Draft(_) => Err(Problem::HoldsMeet),
            Held::Shared(meet) if meet.root() == theirs => Ok(()),
            Held::Shared(meet) => Err(Problem::OtherMeet {
                ours: meet.root(),
                theirs,
            }),
        }
    }

    fn another_meet(&mut self, problem: Problem) {
        let reason = problem.to_string();
        if let Some(entry) = self.relay.entry.take() {
            self.answer(entry.request(), Err(problem));
        }
        let code = "other-meet".to_owned();
        self.drop_relay(OfflineReason::Refused { code, reason }, None);
    }

    pub(super) fn become_member(&mut self, mut membership: Membership) {
        if let Some(known) = &self.replica.membership
            && known.meet_id == membership.meet_id
            && known.epoch > membership.epoch
        {
            // The relay has just been given our ticket and has not written it down yet.
            membership.roster = known.roster.clone();
            membership.epoch = known.epoch;
            membership.ticket = known.ticket.clone();
        }
        if self.replica.author() != Some(&membership.author) {
            self.replica.pen = None;
            self.tell(News::WritesAs(membership.author.clone()));
        }
        if self.replica.membership.as_ref() != Some(&membership) {
            self.keep(Record::Joined(membership.clone()));
            self.replica.membership = Some(membership);
        }
    }

    fn come_in(&mut self, log_id: LogId, pack: Option<u32>) {
        let offline = RelayState::Offline {
            why: OfflineReason::NoRelay,
            retry_at: None,
        };
        if let RelayState::Joining { line, .. } = std::mem::replace(&mut self.relay.state, offline)
        {
            self.relay.state = RelayState::CatchingUp(Inside {
                line,
                log_id,
                packs: pack.is_some_and(|pack| pack_in_common(&[pack]).is_some()),
                knows_presence: true,
                may_send: true,
                missing: false,
                pull_at: None,
                pulled_at_len: None,
            });
            self.presences.say_again();
        }
    }

    /// Decides what our position is worth in the log of the relay.
    fn find_place(&mut self, joined: &MeetJoined) {
        if matches!(self.replica.document, Held::Empty) {
            self.keep(Record::Document {
                root: joined.root,
                draft: false,
            });
            self.replica.document = Held::Shared(Meet::open(joined.root));
        }
        let position = self.replica.track.position();
        let continues = position.is_some_and(|p| {
            // Correct: only a position in the very log of the relay is worth anything.
            (p.log_id == joined.log_id || planted::is(Bug::ResyncWithoutLogId))
                && p.server_seq_num <= joined.server_seq_num
        });
        let here = if continues {
            position
        } else {
            Some(start_of(joined.log_id))
        };
        self.replica.track.begin(here);
        if let Some(inside) = self.relay.inside_mut() {
            inside.may_send = continues;
        }
    }

    fn answer_joined(&mut self, request: Option<RequestId>) {
        let (Some(request), Some(membership)) = (request, &self.replica.membership) else {
            return;
        };
        let reply = Reply::Joined {
            meet_id: membership.meet_id,
            author: membership.author.clone(),
        };
        self.keeper.answer_when_saved(request, Ok(reply));
    }
}

/// What the relay said; what it left out, since we hold it, is as before.
fn membership_of(
    relay: String,
    joined: &MeetJoined,
    known: Option<&Membership>,
) -> Option<Membership> {
    let known = known.filter(|known| known.meet_id == joined.meet_id);
    let of_epoch = known.filter(|known| known.epoch == joined.epoch);
    let session = known.and_then(|known| known.session.as_ref());
    let token = joined.session_token.as_ref();
    let roster = joined.roster.as_ref();
    let ticket = joined.ticket.as_ref();
    Some(Membership {
        relay,
        meet_id: joined.meet_id,
        author: Author {
            location: joined.location_name.clone(),
            priority: joined.priority,
        },
        initiator: joined.initiator,
        session: Some(Session {
            token: token.or(session.map(|session| &session.token))?.clone(),
            expires_at: WallTime::from_unix_seconds(joined.session_expires_at),
            borrowed: false,
        }),
        roster: roster.or(of_epoch.map(|known| &known.roster))?.clone(),
        epoch: joined.epoch,
        ticket: ticket.or(of_epoch.map(|known| &known.ticket))?.clone(),
        finished: joined.finished,
    })
}

/// Before the first change of a log.
fn start_of(log_id: LogId) -> Position {
    Position {
        log_id,
        server_seq_num: 0,
        chain: Chain::START,
    }
}
