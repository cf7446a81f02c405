//! Displays in the relay's process: who may read a meet is asked of the machine, and what they read is fed by it.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::StatusCode;
use spotter_display_server::{Counts, Credential, Gate, Pass, Refusal, Setup, Stage, StageRef};
use spotter_model::ChangeHash;
use spotter_relay::{Action, DisplayBy, FeedSlice, Input, LinkId};
use spotter_relay_protocol::{CloseReason, JoinCode, JoinRejected, MeetId};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

use crate::driver::Told;
use crate::limits::{DISPLAYED_MEETS, RETRY_FULL_MS};
use crate::metrics::Metrics;

/// Whoever is told whether somebody may read.
pub(crate) type Asking = oneshot::Sender<Result<Pass, Refusal>>;

/// The way from the door to the machine.
pub(crate) struct RelayGate {
    inbox: mpsc::Sender<Told>,
    /// The numbers of connections, of which displays have some.
    next_link: Arc<AtomicU64>,
}

impl RelayGate {
    pub(crate) fn new(inbox: mpsc::Sender<Told>, next_link: Arc<AtomicU64>) -> Self {
        Self { inbox, next_link }
    }
}

impl Gate for RelayGate {
    async fn admit(&self, address: IpAddr, meet: MeetId, by: Credential) -> Result<Pass, Refusal> {
        let link = LinkId(self.next_link.fetch_add(1, Ordering::Relaxed));
        let by = match by {
            Credential::Key(key) => DisplayBy::Key(key),
            Credential::Password(password) => DisplayBy::Password(password),
        };
        let (asking, answered) = oneshot::channel();
        let input = Input::DisplayOpened {
            link,
            address,
            meet,
            by,
        };
        let told = Told::DisplayOpened {
            link,
            input,
            asking,
        };
        self.inbox.send(told).await.map_err(|_| stopping())?;
        answered.await.unwrap_or_else(|_| Err(stopping()))
    }
}

/// The meets that are on display, and who reads them.
pub(crate) struct Stages {
    inbox: mpsc::Sender<Told>,
    setup: Setup,
    asking: BTreeMap<LinkId, Asking>,
    passes: BTreeMap<LinkId, watch::Sender<Option<CloseReason>>>,
    meets: BTreeMap<MeetId, OnStage>,
    /// What the machine is to be told next.
    next: VecDeque<Input>,
}

/// A meet on display.
struct OnStage {
    stage: StageRef,
    slices: mpsc::Sender<FeedSlice>,
}

impl Stages {
    pub(crate) fn new(inbox: mpsc::Sender<Told>, setup: Setup) -> Self {
        Self {
            inbox,
            setup,
            asking: BTreeMap::new(),
            passes: BTreeMap::new(),
            meets: BTreeMap::new(),
            next: VecDeque::new(),
        }
    }

    /// What the machine is to be told, if anything.
    pub(crate) fn next_input(&mut self) -> Option<Input> {
        self.next.pop_front()
    }

    /// How many meets are on display.
    pub(crate) fn meets(&self) -> usize {
        self.meets.len()
    }

    pub(crate) fn asked(&mut self, link: LinkId, asking: Asking) {
        self.asking.insert(link, asking);
    }

    /// A display has left by itself.
    pub(crate) fn left(&mut self, link: LinkId) {
        self.asking.remove(&link);
        self.passes.remove(&link);
    }

    /// Does what the machine asks for; anything else is not for displays.
    pub(crate) fn perform(&mut self, action: Action) {
        match action {
            Action::DisplayAdmitted {
                link, meet, root, ..
            } => self.admitted(link, meet, root),
            Action::DisplayRefused { link, rejection } => {
                if let Some(asking) = self.asking.remove(&link) {
                    let _ = asking.send(Err(refusal(rejection)));
                }
            }
            Action::DisplayEnded { link, reason } => {
                if let Some(ended) = self.passes.remove(&link) {
                    ended.send_replace(Some(reason));
                }
            }
            Action::FeedSlice { meet, slice } => {
                if let Some(on_stage) = self.meets.get(&meet) {
                    // One is on its way at a time. Where a stage is gone, the next display opens another.
                    let _ = on_stage.slices.try_send(slice);
                }
            }
            Action::FeedEnded { meet } => {
                self.meets.remove(&meet);
            }
            // A meet that was declared finished goes on being shown.
            Action::FeedFinished { .. }
            | Action::Send { .. }
            | Action::Close { .. }
            | Action::Ping { .. }
            | Action::Unpack { .. }
            | Action::HashPassword { .. }
            | Action::CreateMeet { .. }
            | Action::OpenMeet { .. }
            | Action::ReadLog { .. }
            | Action::PackLog { .. }
            | Action::KeepPack { .. }
            | Action::Append { .. }
            | Action::SaveRecords { .. }
            | Action::SavePublication { .. }
            | Action::FinishMeet { .. }
            | Action::CloseMeet { .. }
            | Action::Event(_)
            | Action::Drained => {}
        }
    }

    fn admitted(&mut self, link: LinkId, meet: MeetId, root: ChangeHash) {
        let Some(asking) = self.asking.remove(&link) else {
            return self.next.push_back(Input::Disconnected { link });
        };
        let Some(stage) = self.stage(meet, root) else {
            let reason = "this relay shows as many meets as it may";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let _ = asking.send(Err(
                Refusal::new(status, "full", reason).until(RETRY_FULL_MS)
            ));
            return self.next.push_back(Input::Disconnected { link });
        };
        let (ended, watching) = watch::channel(None);
        self.passes.insert(link, ended);
        let inbox = self.inbox.clone();
        let leave = move || {
            // Outside of a runtime nobody is left to be told.
            if let Ok(runtime) = Handle::try_current() {
                runtime.spawn(async move {
                    let _ = inbox.send(Told::DisplayLeft { link }).await;
                });
            }
        };
        // Whoever gave up waiting lets go of the pass by that.
        let _ = asking.send(Ok(Pass::new(stage, watching, leave)));
    }

    /// The stage of a meet; a new one is fed from the beginning of the log.
    fn stage(&mut self, meet: MeetId, root: ChangeHash) -> Option<Stage> {
        let known = self.meets.get(&meet);
        if let Some(stage) = known.and_then(|on_stage| on_stage.stage.upgrade()) {
            return Some(stage);
        }
        self.meets
            .retain(|_, on_stage| on_stage.stage.upgrade().is_some());
        if self.meets.len() >= DISPLAYED_MEETS {
            return None;
        }
        let stage = Stage::open(self.setup);
        let (slices, given) = mpsc::channel(1);
        let on_stage = OnStage {
            stage: stage.downgrade(),
            slices,
        };
        tokio::spawn(feed(
            (meet, root),
            stage.downgrade(),
            given,
            self.inbox.clone(),
        ));
        self.meets.insert(meet, on_stage);
        let known = None;
        self.next.push_back(Input::FeedOpened { meet, known });
        Some(stage)
    }
}

/// Hands slices to a stage for as long as somebody needs it.
async fn feed(
    (meet, root): (MeetId, ChangeHash),
    stage: StageRef,
    mut slices: mpsc::Receiver<FeedSlice>,
    inbox: mpsc::Sender<Told>,
) {
    while let Some(slice) = slices.recv().await {
        let Some(stage) = stage.upgrade() else {
            return;
        };
        if slice.after == 0 {
            stage.begin(root).await;
        }
        let caught_up = slice.reached.server_seq_num >= slice.end;
        let changes = slice.changes.into_iter();
        // The machine has read each of them before it was stored.
        let changes = changes.filter_map(|change| change.into_change().ok());
        stage.changes(changes.collect(), caught_up).await;
        drop(stage);
        let taken = Told::Happened(Input::FeedTaken { meet });
        if inbox.send(taken).await.is_err() {
            return;
        }
    }
}

/// What the machine says, as an answer over HTTP.
fn refusal(rejection: JoinRejected) -> Refusal {
    let status = match &rejection.code {
        JoinCode::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
        JoinCode::Busy
        | JoinCode::Full
        | JoinCode::MeetDamaged
        | JoinCode::StorageTrouble
        | JoinCode::GoingAway
        | JoinCode::TicketWanted => StatusCode::SERVICE_UNAVAILABLE,
        JoinCode::WrongMeetOrPassword
        | JoinCode::UnknownLocation
        | JoinCode::SessionExpired
        | JoinCode::SessionRevoked
        | JoinCode::SessionUnknown
        | JoinCode::TicketRefused
        | JoinCode::BadRoster
        | JoinCode::ProtocolTooOld
        | JoinCode::ProtocolTooNew
        | JoinCode::Other(_) => StatusCode::FORBIDDEN,
    };
    let refusal = Refusal::new(status, rejection.code.as_str(), rejection.reason);
    match rejection.retry_after_ms {
        Some(ms) => refusal.until(ms),
        None => refusal,
    }
}

fn stopping() -> Refusal {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    Refusal::new(status, "going-away", "the relay is stopping").until(RETRY_FULL_MS)
}

/// Displays are counted apart from connections of members.
impl Counts for Metrics {
    fn answered(&self, status: u16) {
        self.display_answered(status);
    }

    fn opened(&self) {
        self.display_opened();
    }

    fn closed(&self, why: &'static str) {
        self.display_closed(why);
    }

    fn sent(&self, bytes: usize) {
        self.display_sent(bytes);
    }
}
