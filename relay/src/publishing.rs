//! Handing in results and closing the meet: what the store does once for one member, and then it is done.

use std::sync::Arc;

use spotter_relay_protocol::{
    AdminCode, Done, EMAIL_BYTES_MAX, MeetFinished, OPL_CSV_BYTES_MAX, PublishAck, PublishMeet,
    RelayMessage,
};

use crate::action::{Action, Publication, SaveId};
use crate::event::Event;
use crate::input::{LinkId, StoreTrouble};
use crate::link::Member;
use crate::machine::{Errand, Relay};

impl Relay {
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
                    if meet.feed.is_some() {
                        let finished = Action::FeedFinished { meet: meet.id };
                        self.house.links.out.push(finished);
                    }
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

    /// Tells a member that the disk did not take what was asked for.
    pub(crate) fn not_kept(&mut self, link: LinkId, request: &str) {
        let (reason, wait) = (
            "the relay could not write to its disk",
            self.house.limits.storage_retry_ms,
        );
        self.house
            .refuse_for_now(link, request, AdminCode::StorageTrouble, reason, Some(wait));
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
