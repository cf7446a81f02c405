//! What the initiator may change while the meet runs, and what every member may hand in.

use std::sync::Arc;

use spotter_relay_protocol::{
    AdminCode, ChangePassword, CloseReason, Done, EMAIL_BYTES_MAX, InvalidSession, MeetFinished,
    MeetId, OPL_CSV_BYTES_MAX, Password, PublishAck, PublishMeet, RelayMessage, RosterChanged,
    SessionCode, SessionId, SessionShown, Sessions, SetLocation,
};

use crate::action::{Action, Publication, SaveId};
use crate::event::Event;
use crate::hashing::{HashFor, Job};
use crate::hex::Hex;
use crate::input::{LinkId, StoreTrouble};
use crate::keeping::{AuthEdit, Edit};
use crate::link::Member;
use crate::machine::{Errand, Relay};
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

    /// Ends a session.
    pub(crate) fn revoke_session(&mut self, link: LinkId, member: &Member, session: SessionId) {
        self.edit(link, member, "REVOKE_SESSION", AuthEdit::Revoke(session));
    }

    fn edit(&mut self, link: LinkId, member: &Member, request: &'static str, what: AuthEdit) {
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

    /// Shows who may come back without the password.
    pub(crate) fn list_sessions(&mut self, link: LinkId, member: &Member) {
        let Some(meet) = self.meets.get(&member.meet) else {
            return;
        };
        let now = self.house.now.as_seconds();
        let shown = meet
            .keeping
            .sessions()
            .iter()
            .filter(|session| session.expires_at > now);
        let sessions = shown
            .map(|session| SessionShown {
                session_id: session.session_id,
                location_name: session.location_name.clone(),
                initiator: session.initiator,
                issued_at: session.issued_at,
                expires_at: session.expires_at,
                connected: meet
                    .readers
                    .values()
                    .any(|reader| reader.session == session.session_id),
                this_one: session.session_id == member.session,
            })
            .collect();
        self.house
            .links
            .send(link, &RelayMessage::Sessions(Sessions { sessions }));
    }

    /// Closes the meet; what was finished before stays so.
    pub(crate) fn finish_meet(&mut self, link: LinkId, member: &Member) {
        let save = SaveId(self.house.number());
        self.errands.insert(
            save,
            Errand::Finish {
                link,
                meet: member.meet,
            },
        );
        self.house.links.out.push(Action::FinishMeet {
            meet: member.meet,
            save,
        });
    }

    /// Keeps the results somebody hands in. Any member may; the publication says who did.
    pub(crate) fn publish(&mut self, link: LinkId, member: &Member, message: PublishMeet) {
        if let Err(reason) = check_results(&message) {
            return self
                .house
                .refuse(link, "PUBLISH_MEET", AdminCode::BadValue, reason);
        }
        let Some(meet) = self.meets.get(&member.meet) else {
            return;
        };
        let publication = Arc::new(Publication {
            received_at: self.house.now.as_seconds(),
            by: member.session,
            server_seq_num: meet.log.durable(),
            heads: meet.log.durable_heads(),
            return_email: message.return_email,
            opl_csv: message.opl_csv,
        });
        let save = SaveId(self.house.number());
        self.errands.insert(
            save,
            Errand::Publish {
                link,
                meet: member.meet,
                session: member.session,
            },
        );
        self.house.links.out.push(Action::SavePublication {
            meet: member.meet,
            save,
            publication,
        });
    }

    /// The store has answered `SavePublication` or `FinishMeet`.
    pub(crate) fn errand_done(&mut self, save: SaveId, outcome: &Result<(), StoreTrouble>) {
        let Some(errand) = self.errands.remove(&save) else {
            return;
        };
        let durable = outcome.is_ok();
        match errand {
            Errand::Publish {
                link,
                meet,
                session,
            } if durable => {
                self.house.links.event(Event::Published { meet, session });
                self.house
                    .links
                    .send(link, &RelayMessage::PublishAck(PublishAck {}));
            }
            Errand::Publish { link, .. } => self.not_kept(link, "PUBLISH_MEET"),
            Errand::Finish { link, meet } if durable => {
                self.house.links.event(Event::Finished { meet });
                if let Some(meet) = self.meets.get_mut(&meet) {
                    meet.finished = true;
                    meet.tell_all(
                        &mut self.house,
                        &RelayMessage::MeetFinished(MeetFinished {}),
                    );
                }
                self.house.links.send(
                    link,
                    &RelayMessage::Done(Done {
                        request: "FINISH_MEET".into(),
                    }),
                );
            }
            Errand::Finish { link, .. } => self.not_kept(link, "FINISH_MEET"),
        }
    }

    fn not_kept(&mut self, link: LinkId, request: &str) {
        let (reason, wait) = (
            "the relay could not write to its disk",
            self.house.limits.storage_retry_ms,
        );
        self.house
            .refuse_for_now(link, request, AdminCode::StorageTrouble, reason, Some(wait));
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
            let auth = meet.keeping.auth();
            let roster = RosterChanged {
                locations: auth.roster.clone(),
                epoch: auth.epoch,
                ticket: meet.keeping.ticket().clone(),
            };
            meet.tell_all(&mut self.house, &RelayMessage::RosterChanged(roster));
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
                self.house.links.send(
                    link,
                    &RelayMessage::Done(Done {
                        request: request.into(),
                    }),
                );
            } else {
                self.not_kept(link, request);
            }
        }
    }
}

impl Meet {
    /// Ends the connections of sessions that have been revoked.
    fn end_revoked(&self, links: &mut crate::link::Links) {
        let revoked = self
            .readers
            .iter()
            .filter(|(_, reader)| self.keeping.is_revoked(reader.session));
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

/// Whether results have the shape of results; what they say is nobody's business here.
fn check_results(message: &PublishMeet) -> Result<(), String> {
    let email = &message.return_email;
    if !is_email(email) {
        return Err("returnEmail is no e-mail address".into());
    }
    let csv = &message.opl_csv;
    if csv.len() > OPL_CSV_BYTES_MAX {
        return Err(format!(
            "oplCsv has {} bytes of at most {OPL_CSV_BYTES_MAX}",
            csv.len()
        ));
    }
    if !csv
        .lines()
        .next()
        .is_some_and(|header| header.contains(','))
    {
        return Err("oplCsv does not begin with a line of column names".into());
    }
    match csv
        .chars()
        .find(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
    {
        Some(control) => Err(format!("oplCsv contains the control character {control:?}")),
        None => Ok(()),
    }
}

/// A strict subset of what mail allows: nothing that could become a second header, argument or address.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_local =
        |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= EMAIL_BYTES_MAX
        && !local.is_empty()
        && local.bytes().all(is_local)
        && !local.starts_with(['.', '-'])
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_is_one_address_and_nothing_else() {
        for good in [
            "meetdirector@example.com",
            "o'neil+opl@lift.co.uk",
            "a@b-c.d",
        ] {
            assert!(is_email(good), "{good}");
        }
        let bad = [
            "",
            "a",
            "a@b",
            "@b.c",
            "a@.c",
            "a@b.",
            "a@b..c",
            "a b@c.d",
            "a@b.c\nBcc: x@y.z",
            "-rf@b.c",
            "a@b@c.d",
            "a..b@c.d",
            "<a@b.c>",
            "a@-b.c",
            "ä@b.c",
        ];
        for bad in bad {
            assert!(!is_email(bad), "{bad:?}");
        }
    }

    #[test]
    fn results_have_a_header_and_no_control_characters() {
        let check = |csv: &str| {
            check_results(&PublishMeet {
                session_token: None,
                return_email: "a@b.c".into(),
                opl_csv: csv.into(),
            })
        };
        assert_eq!(check("Name,Squat1Kg\nJane,-182.5\n"), Ok(()));
        assert!(check("").is_err());
        assert!(check("just text").is_err());
        assert_eq!(
            check("Name,Sex\n\0"),
            Err("oplCsv contains the control character '\\0'".into())
        );
    }
}
