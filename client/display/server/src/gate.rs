//! Who may read: asked of the program that embeds this.

use std::fmt;
use std::net::IpAddr;

use hyper::StatusCode;
use spotter_relay_protocol::{CloseReason, DisplayKey, MeetId, Password};
use tokio::sync::watch;

use crate::stage::Stage;

/// By what right somebody wants to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A key that was made for displays.
    Key(DisplayKey),
    /// The meet's password.
    Password(Password),
}

/// Lets people read meets.
pub trait Gate: Send + Sync + 'static {
    /// Answers whether whoever comes from this address may read the meet.
    fn admit(
        &self,
        from: IpAddr,
        meet: MeetId,
        by: Credential,
    ) -> impl Future<Output = Result<Pass, Refusal>> + Send;
}

/// Why somebody may not read, or not now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// A word for programs.
    pub code: String,
    /// Words for people.
    pub reason: String,
    /// When to try again.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// A refusal for good.
    pub fn new(status: StatusCode, code: &str, reason: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            reason: reason.into(),
            retry_after_ms: None,
        }
    }

    /// A refusal for now.
    #[must_use]
    pub fn until(self, retry_after_ms: u64) -> Self {
        Self {
            retry_after_ms: Some(retry_after_ms),
            ..self
        }
    }
}

/// The right to read one meet, for as long as it is held.
pub struct Pass {
    pub(crate) stage: Stage,
    pub(crate) ended: watch::Receiver<Option<CloseReason>>,
    leave: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Pass {
    /// A pass for what is on this stage. Whoever gave it says through `ended` when it holds no longer, and is told through
    /// `leave` that it is not needed any more.
    pub fn new(
        stage: Stage,
        ended: watch::Receiver<Option<CloseReason>>,
        leave: impl FnOnce() + Send + Sync + 'static,
    ) -> Self {
        Self {
            stage,
            ended,
            leave: Some(Box::new(leave)),
        }
    }

    /// Why it holds no longer, if it does not.
    pub(crate) fn ended(&self) -> Option<CloseReason> {
        // A giver that is gone gives nothing.
        let is_gone = self.ended.has_changed().is_err();
        let ended = *self.ended.borrow();
        ended.or_else(|| is_gone.then_some(CloseReason::GoingAway))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(leave) = self.leave.take() {
            leave();
        }
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("ended", &self.ended())
            .finish_non_exhaustive()
    }
}
