//! What the relay says: one line for each word.

use spotter_relay_protocol::{Frame, InvalidSession, ProtocolError, RelayMessage, SessionCode};

use crate::client::Client;
use crate::status::OfflineReason;
use crate::time::Now;

impl Client {
    pub(super) fn relay_said(&mut self, now: Now, frame: &Frame) {
        let message = match RelayMessage::read(frame) {
            Ok(message) => message,
            // A later relay may have more to say; what matters here is said in words that are known.
            Err(ProtocolError::UnknownMessageType { .. }) => return,
            Err(error) => {
                // Whatever is wrong with a pack, the same changes can be had as text.
                self.relay.plain |= matches!(frame, Frame::Packed(_));
                return self.nonsense(now, error.to_string());
            }
        };
        match message {
            RelayMessage::MeetCreated(created) => self.meet_created(now, created),
            RelayMessage::MeetJoined(joined) => self.meet_joined(now, joined),
            RelayMessage::JoinRejected(rejected) => self.join_rejected(now, rejected),
            RelayMessage::UpdateAck(ack) => self.acknowledged(now, &ack),
            RelayMessage::UpdateRejected(rejected) => self.rejected(now, rejected),
            RelayMessage::UpdateRelay(relay) => self.relayed(now, relay),
            RelayMessage::CaughtUp(caught_up) => self.caught_up(now, caught_up),
            RelayMessage::ServerPull(pull) => self.relay_asks(&pull.heads),
            RelayMessage::RosterChanged(changed) => self.roster_changed(changed),
            RelayMessage::Sessions(sessions) => self.sessions_listed(sessions),
            RelayMessage::DisplayKeyAdded(added) => self.display_key_added(added),
            RelayMessage::DisplayKeys(list) => self.display_keys_listed(list),
            RelayMessage::Presence(relayed) => self.presence_relayed(now, relayed),
            RelayMessage::PublishAck(_) => self.published(),
            RelayMessage::Done(done) => self.word_done(&done),
            RelayMessage::Refused(refused) if refused.request == "CLIENT_PULL" => {
                self.pull_later(now, refused.retry_after_ms);
            }
            RelayMessage::Refused(refused) => self.word_refused(refused),
            RelayMessage::MeetFinished(_) => self.meet_finished(),
            RelayMessage::GoingAway(going) => {
                let why = OfflineReason::GoingAway {
                    reason: going.reason,
                };
                self.come_back_after(now, why, going.retry_after_ms);
            }
            RelayMessage::Malformed(malformed) => {
                // Perhaps it was a pack: the next connection does without.
                self.relay.plain |= self.relay.inside().is_some_and(|inside| inside.packs);
                self.nonsense(
                    now,
                    format!("it could not read a message of ours: {}", malformed.err_msg),
                );
            }
            RelayMessage::UnknownMessageType(unknown) if unknown.unknown_type == "PRESENCE" => {
                if let Some(inside) = self.relay.inside_mut() {
                    inside.knows_presence = false;
                }
            }
            RelayMessage::UnknownMessageType(unknown) => {
                self.fault(format!(
                    "the relay does not know the word {}",
                    unknown.unknown_type
                ));
            }
            RelayMessage::InvalidSession(invalid) => self.invalid_session(now, invalid),
        }
    }

    fn invalid_session(&mut self, now: Now, invalid: InvalidSession) {
        match invalid.code {
            SessionCode::SessionExpired | SessionCode::SessionRevoked => {
                self.session_over(invalid.reason)
            }
            SessionCode::NotJoined | SessionCode::OtherSession | SessionCode::Other(_) => {
                self.nonsense(now, invalid.reason);
            }
        }
    }

    /// The relay said something that cannot be meant: start over with a new connection.
    pub(super) fn nonsense(&mut self, now: Now, what: impl Into<String>) {
        let what = what.into();
        self.fault(format!("the relay makes no sense: {what}"));
        self.give_up(now, OfflineReason::Nonsense { what });
    }
}
