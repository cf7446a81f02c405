//! What every part of the relay shares: the connections, the key, the generator, and what time it is.

use std::sync::Arc;

use spotter_relay_protocol::{
    AdminCode, CloseReason, JoinCode, JoinRejected, MeetId, Refused, RelayMessage, SessionToken,
};

use crate::draw::Draw;
use crate::event::Event;
use crate::guesses::Guesses;
use crate::input::LinkId;
use crate::key::RelayKey;
use crate::limits::Limits;
use crate::link::{Links, State};
use crate::machine::Config;
use crate::records::ScryptParams;
use crate::time::Timestamp;
use crate::token::{self, Grants};
use crate::unpacking::Unpacking;

/// The relay without its meets.
#[derive(Debug)]
pub(crate) struct House {
    /// The moment of the present step.
    pub(crate) now: Timestamp,
    pub(crate) links: Links,
    pub(crate) limits: Arc<Limits>,
    pub(crate) scrypt: ScryptParams,
    pub(crate) key: RelayKey,
    pub(crate) draw: Draw,
    pub(crate) guesses: Guesses,
    /// The meet whose log is being packed to be kept, if one is: one at a time, since it costs a core for a while.
    pub(crate) packing: Option<MeetId>,
    /// The packs that the shell is unpacking.
    pub(crate) unpacking: Unpacking,
    /// When clients should come back; present once the relay is stopping.
    pub(crate) leaving: Option<u64>,
    last_number: u64,
}

impl House {
    pub(crate) fn new(limits: Limits, scrypt: ScryptParams, key: RelayKey, seed: [u8; 32]) -> Self {
        let limits = Arc::new(limits);
        Self {
            now: Timestamp::default(),
            links: Links::new(Arc::clone(&limits)),
            limits,
            scrypt,
            key,
            draw: Draw::new(seed),
            guesses: Guesses::default(),
            packing: None,
            unpacking: Unpacking::default(),
            leaving: None,
            last_number: 0,
        }
    }

    /// Goes by other limits from now on.
    pub(crate) fn reconfigure(&mut self, config: Config) {
        self.limits = Arc::new(config.limits);
        self.links.limits = Arc::clone(&self.limits);
        self.scrypt = config.scrypt;
    }

    /// A number never given before: for jobs, reads, batches and saves.
    pub(crate) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Seals what a new session is granted.
    pub(crate) fn issue_token(&mut self, grants: &Grants) -> SessionToken {
        let random = self.draw.bytes();
        token::issue(grants, random, &self.key)
    }

    /// When a session begun now will end, in seconds since 1970.
    pub(crate) fn session_end(&self) -> i64 {
        self.now.after_ms(self.limits.session_ms).as_seconds()
    }

    /// Tells somebody that they are not in a meet. They may try again on the same connection, a few times.
    pub(crate) fn reject_join(&mut self, link: LinkId, rejection: JoinRejected) {
        let now = self.now;
        let until = now.after_ms(self.limits.join_within_ms);
        if self.links.is_display(link) {
            return self.refuse_display(link, rejection);
        }
        let Some(asker) = self.links.get_mut(link) else {
            return;
        };
        asker.rejections += 1;
        let (address, enough) = (
            asker.address,
            asker.rejections >= self.limits.rejections_per_link_max,
        );
        self.links.event(Event::JoinRejected {
            address,
            code: rejection.code.to_string(),
        });
        self.links
            .send(link, &RelayMessage::JoinRejected(rejection));
        if enough {
            self.links.close(link, CloseReason::NotJoined);
        } else if self
            .links
            .get(link)
            .is_some_and(|link| !matches!(link.state, State::Closing))
        {
            self.links.turn(link, State::Fresh { until }, now);
        }
    }

    /// Tells a member that a word was not followed.
    pub(crate) fn refuse(
        &mut self,
        link: LinkId,
        request: &str,
        code: AdminCode,
        reason: impl Into<String>,
    ) {
        self.refuse_for_now(link, request, code, reason, None);
    }

    /// Tells a member that a word was not followed, and when it might be.
    pub(crate) fn refuse_for_now(
        &mut self,
        link: LinkId,
        request: &str,
        code: AdminCode,
        reason: impl Into<String>,
        retry_after_ms: Option<u64>,
    ) {
        let refused = Refused {
            request: request.to_owned(),
            code,
            reason: reason.into(),
            retry_after_ms,
        };
        self.links.send(link, &RelayMessage::Refused(refused));
    }
}

/// A rejection that will stay one until somebody does something about it.
pub(crate) fn rejected(code: JoinCode, reason: impl Into<String>) -> JoinRejected {
    JoinRejected {
        code,
        reason: reason.into(),
        retry_after_ms: None,
    }
}

/// A rejection that time will cure.
pub(crate) fn rejected_for_now(
    code: JoinCode,
    reason: impl Into<String>,
    retry_after_ms: u64,
) -> JoinRejected {
    JoinRejected {
        code,
        reason: reason.into(),
        retry_after_ms: Some(retry_after_ms),
    }
}
