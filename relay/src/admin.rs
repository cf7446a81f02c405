//! What the initiator may change while the meet runs: locations, the password, who has a session.

use spotter_relay_protocol::{
    AdminCode, ChangePassword, CloseReason, DisplayKeyAdded, Done, Frame, InvalidSession, MeetId,
    Password, RelayMessage, RosterChanged, SessionCode, SessionId, SessionShown, Sessions,
    SetLocation,
};

use crate::action::SaveId;
use crate::event::Event;
use crate::hashing::{HashFor, Job};
use crate::hex::Hex;
use crate::house::House;
use crate::input::{LinkId, StoreTrouble};
use crate::keeping::{AuthEdit, Edit};
use crate::link::Member;
use crate::machine::Relay;
use crate::meet::Meet;
use crate::records::ScryptParams;

impl Relay {
    /// Adds a location, or gives it another priority or name.
    pub(crate) fn set_location(&mut self, link: LinkId, member: &Member, message: SetLocation) {
        let SetLocation {
            location_name: name,
            priority,
            new_name,
            ..
        } = message;
        self.edit(
            link,
            member,
            "SET_LOCATION",
            AuthEdit::SetLocation {
                name,
                priority,
                new_name,
            },
        );
    }

    /// Ends a session, and with it all of its device.
    pub(crate) fn revoke_session(&mut self, link: LinkId, member: &Member, session: SessionId) {
        self.edit(link, member, "REVOKE_SESSION", AuthEdit::Revoke(session));
    }

    pub(crate) fn edit(
        &mut self,
        link: LinkId,
        member: &Member,
        request: &'static str,
        what: AuthEdit,
    ) {
        let asker = Some((link, member.session, request));
        if let Some(meet) = self.meets.get_mut(&member.meet) {
            meet.keeping
                .edit(&mut self.house, member.meet, Edit { what, asker });
        }
    }

    /// The initiator wants another password; first the old one is checked, or a forgotten laptop could lock all out.
    pub(crate) fn change_password(
        &mut self,
        link: LinkId,
        member: &Member,
        message: ChangePassword,
    ) {
        let (limits, now) = (self.house.limits.clone(), self.house.now);
        let Some(block) = self.house.links.get(link).map(|link| link.block) else {
            return;
        };
        if let Err(wait) = self.house.guesses.may_try(member.meet, block, &limits, now) {
            let reason = "too many wrong passwords from this address";
            let code = AdminCode::TooManyAttempts;
            return self
                .house
                .refuse_for_now(link, "CHANGE_PASSWORD", code, reason, Some(wait));
        }
        if !self.hashing.has_room(limits.hash_queue_max) {
            return self.password_busy(link);
        }
        let purpose = HashFor::OldPassword {
            meet: member.meet,
            new: message.new_password,
        };
        self.hashing.push(Job {
            link,
            password: message.old_password,
            purpose,
        });
    }

    pub(crate) fn password_busy(&mut self, link: LinkId) {
        let reason = "too many passwords are waiting to be checked";
        self.house.refuse_for_now(
            link,
            "CHANGE_PASSWORD",
            AdminCode::Busy,
            reason,
            Some(15_000),
        );
    }

    pub(crate) fn old_password_checked(
        &mut self,
        link: LinkId,
        meet: MeetId,
        new: Password,
        is_right: bool,
    ) {
        let (limits, now) = (self.house.limits.clone(), self.house.now);
        let Some(block) = self.house.links.get(link).map(|link| link.block) else {
            return;
        };
        if is_right {
            self.house.guesses.succeeded(meet, block);
            self.hashing.push(Job {
                link,
                password: new,
                purpose: HashFor::NewPassword { meet },
            });
        } else {
            self.house.guesses.failed(meet, block, &limits, now);
            self.house.refuse(
                link,
                "CHANGE_PASSWORD",
                AdminCode::WrongPassword,
                "the old password is wrong",
            );
        }
    }

    pub(crate) fn set_password(
        &mut self,
        link: LinkId,
        meet: MeetId,
        salt: Hex<16>,
        scrypt: ScryptParams,
        verifier: Hex<32>,
    ) {
        if let Some(member) = self
            .house
            .links
            .member(link)
            .filter(|member| member.meet == meet)
            .cloned()
        {
            self.edit(
                link,
                &member,
                "CHANGE_PASSWORD",
                AuthEdit::Password {
                    salt,
                    scrypt,
                    verifier,
                },
            );
        }
    }

    /// Shows who may come back without the password: devices, each with as many sessions as it has.
    pub(crate) fn list_sessions(&mut self, link: LinkId, member: &Member) {
        let Some(meet) = self.meets.get(&member.meet) else {
            return;
        };
        let now = self.house.now.as_seconds();
        let mut sessions: Vec<SessionShown> = Vec::new();
        for session in meet.keeping.sessions() {
            let device = session.device();
            let shown = sessions.iter().any(|shown| shown.session_id == device);
            if shown || session.expires_at <= now {
                continue;
            }
            let mut connected = meet.readers.values();
            sessions.push(SessionShown {
                session_id: device,
                location_name: session.location_name.clone(),
                initiator: session.initiator,
                issued_at: session.issued_at,
                expires_at: session.expires_at,
                connected: connected.any(|reader| reader.device == device),
                this_one: device == member.device,
            });
        }
        self.house
            .links
            .send(link, &RelayMessage::Sessions(Sessions { sessions }));
    }

    /// The store has answered `SaveRecords`.
    pub(crate) fn records_saved(
        &mut self,
        id: MeetId,
        save: SaveId,
        outcome: &Result<(), StoreTrouble>,
    ) {
        let Some(meet) = self.meets.get_mut(&id) else {
            return;
        };
        if let Err(StoreTrouble::Damaged(words) | StoreTrouble::Unavailable(words)) = outcome {
            self.house.links.event(Event::MeetTrouble {
                meet: id,
                trouble: words.clone(),
                damaged: false,
            });
        }
        let Some(saved) = meet
            .keeping
            .saved(&mut self.house, id, save, outcome.is_ok())
        else {
            return;
        };
        if saved.auth_changed {
            meet.end_revoked(&mut self.house.links);
            meet.end_displays_without_key(&mut self.house.links);
            meet.tell_roster(&mut self.house);
        }
        for edit in saved.edits {
            let Some((link, session, request)) = edit.asker else {
                continue;
            };
            if saved.durable {
                self.house.links.event(Event::Administered {
                    meet: id,
                    request,
                    session,
                });
                let done = match edit.what {
                    AuthEdit::AddDisplayKey { record, key } => {
                        RelayMessage::DisplayKeyAdded(DisplayKeyAdded {
                            key_id: record.key_id,
                            display_key: key,
                        })
                    }
                    AuthEdit::SetLocation { .. }
                    | AuthEdit::Password { .. }
                    | AuthEdit::Rehash { .. }
                    | AuthEdit::Revoke(_)
                    | AuthEdit::RevokeDisplayKey { .. }
                    | AuthEdit::Unite(_) => RelayMessage::Done(Done {
                        request: request.into(),
                    }),
                };
                self.house.links.send(link, &done);
            } else {
                self.not_kept(link, request);
            }
        }
    }
}

impl Meet {
    /// Tells everyone what may be joined now; the initiator's sessions get the initiator's ticket.
    fn tell_roster(&self, house: &mut House) {
        let auth = self.keeping.auth();
        let [member, initiator]: [Frame; 2] = [false, true].map(|initiator| {
            let roster = RosterChanged {
                locations: auth.roster.clone(),
                epoch: auth.epoch,
                ticket: self.keeping.ticket(initiator, &house.key),
            };
            RelayMessage::RosterChanged(roster).encode().into()
        });
        for &link in self.readers.keys() {
            let is_initiator = house
                .links
                .member(link)
                .is_some_and(|member| member.initiator);
            let frame = if is_initiator { &initiator } else { &member };
            house.links.send_frame(link, frame.clone());
        }
    }

    /// Ends the connections of devices whose sessions have been revoked.
    fn end_revoked(&self, links: &mut crate::link::Links) {
        let revoked = self
            .readers
            .iter()
            .filter(|(_, reader)| self.keeping.is_revoked(reader.device));
        for link in revoked.map(|(link, _)| *link).collect::<Vec<_>>() {
            links.send(
                link,
                &RelayMessage::InvalidSession(InvalidSession {
                    session_token: None,
                    code: SessionCode::SessionRevoked,
                    reason: "the initiator ended this session; join with the password".into(),
                }),
            );
            links.close(link, CloseReason::SessionEnded);
        }
    }
}
