//! Things that only the relay can do: roster, password, sessions, finishing, publishing.

use spotter_relay_protocol::{
    AddDisplayKey, ChangePassword, ClientMessage, DisplayKeyAdded, DisplayKeys, Done, FinishMeet,
    ListDisplayKeys, ListSessions, PublishMeet, Refused, RevokeDisplayKey, RevokeSession,
    RosterChanged, Sessions, SetLocation,
};

use crate::ask::{Answer, Problem, Reply, RequestId, Word};
use crate::client::Client;
use crate::limits::WORDS_WAITING_MAX;
use crate::news::News;
use crate::record::Record;
use crate::time::Now;

impl Client {
    pub(super) fn word(&mut self, now: Now, request: RequestId, word: Word) {
        if self.relay.inside().is_none() {
            let why = self.link_state(now.moment).to_string();
            return self.answer(request, Err(Problem::Offline { why }));
        }
        let waiting = self.words.len();
        if waiting >= WORDS_WAITING_MAX {
            return self.answer(request, Err(Problem::TooMany { waiting }));
        }
        let message = message_for(word);
        self.words.push(message.msg_type(), request);
        self.say(&message);
    }

    pub(super) fn word_done(&mut self, done: &Done) {
        self.answer_word(&done.request, Ok(Reply::Done));
    }

    pub(super) fn sessions_listed(&mut self, sessions: Sessions) {
        self.answer_word("LIST_SESSIONS", Ok(Reply::Sessions(sessions.sessions)));
    }

    pub(super) fn display_key_added(&mut self, added: DisplayKeyAdded) {
        let reply = Reply::DisplayKeyAdded {
            key_id: added.key_id,
            key: added.display_key,
        };
        self.answer_word("ADD_DISPLAY_KEY", Ok(reply));
    }

    pub(super) fn display_keys_listed(&mut self, list: DisplayKeys) {
        self.answer_word("LIST_DISPLAY_KEYS", Ok(Reply::DisplayKeys(list.keys)));
    }

    pub(super) fn published(&mut self) {
        self.answer_word("PUBLISH_MEET", Ok(Reply::Done));
    }

    pub(super) fn word_refused(&mut self, refused: Refused) {
        let problem = Problem::Rejected {
            code: refused.code.to_string(),
            reason: refused.reason,
        };
        self.answer_word(&refused.request, Err(problem));
    }

    fn answer_word(&mut self, word: &str, answer: Answer) {
        if let Some(request) = self.words.take(word) {
            self.answer(request, answer);
        }
    }

    pub(super) fn roster_changed(&mut self, changed: RosterChanged) {
        let Some(membership) = &mut self.replica.membership else {
            return;
        };
        if changed.epoch < membership.epoch {
            return;
        }
        membership.roster = changed.locations.clone();
        membership.epoch = changed.epoch;
        membership.ticket = changed.ticket.clone();
        self.keep(Record::Roster {
            roster: changed.locations.clone(),
            epoch: changed.epoch,
            ticket: changed.ticket,
        });
        self.tell(News::Roster(changed.locations));
    }

    pub(super) fn meet_finished(&mut self) {
        let Some(membership) = &mut self.replica.membership else {
            return;
        };
        if !std::mem::replace(&mut membership.finished, true) {
            self.keep(Record::Finished {});
            self.tell(News::Finished);
        }
    }
}

fn message_for(word: Word) -> ClientMessage {
    let session_token = None;
    match word {
        Word::SetLocation {
            location,
            priority,
            new_name,
        } => ClientMessage::SetLocation(SetLocation {
            session_token,
            location_name: location,
            priority,
            new_name,
        }),
        Word::ChangePassword { old, new } => ClientMessage::ChangePassword(ChangePassword {
            session_token,
            old_password: old,
            new_password: new,
        }),
        Word::ListSessions => ClientMessage::ListSessions(ListSessions { session_token }),
        Word::RevokeSession { session_id } => ClientMessage::RevokeSession(RevokeSession {
            session_token,
            session_id,
        }),
        Word::FinishMeet => ClientMessage::FinishMeet(FinishMeet { session_token }),
        Word::AddDisplayKey { label } => ClientMessage::AddDisplayKey(AddDisplayKey {
            session_token,
            label,
        }),
        Word::ListDisplayKeys => ClientMessage::ListDisplayKeys(ListDisplayKeys { session_token }),
        Word::RevokeDisplayKey { key_id } => ClientMessage::RevokeDisplayKey(RevokeDisplayKey {
            session_token,
            key_id,
        }),
        Word::Publish {
            return_email,
            opl_csv,
        } => ClientMessage::PublishMeet(PublishMeet {
            session_token,
            return_email,
            opl_csv,
        }),
    }
}
