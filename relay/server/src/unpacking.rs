//! Unpacks what clients offer, beside everything else: a pack of 300 bytes can take a thread a tenth of a second, and the
//! tasks of the connections share theirs with the driver, and so with every meet.
//!
//! Whoever sent a pack is not listened to until it is dealt with. So what a connection says stays in order, and no
//! connection has two packs waiting; what it sends meanwhile waits in the network.

use std::sync::Arc;

use spotter_relay::{Input, LinkId};
use spotter_relay_protocol::{MeetId, PackedInit};
use tokio::sync::{mpsc, oneshot};

use crate::driver::Told;
use crate::limits::UNPACKING_THREADS;
use crate::metrics::Metrics;
use crate::turns::Turns;

/// Held while a pack is dealt with that a connection has brought. Once it is dropped the connection is listened to again.
#[derive(Debug)]
pub(crate) struct Pause(oneshot::Sender<()>);

/// The connection's end of a pause; ready when the pause is over.
pub(crate) type PauseOver = oneshot::Receiver<()>;

impl Pause {
    pub(crate) fn begin() -> (Self, PauseOver) {
        let (pause, over) = oneshot::channel();
        (Self(pause), over)
    }

    /// Whether the connection is gone.
    fn is_pointless(&self) -> bool {
        self.0.is_closed()
    }
}

/// Hands unpacking to its threads. Clones share them.
#[derive(Clone)]
pub(crate) struct Unpacker {
    inbox: mpsc::Sender<Told>,
    metrics: Arc<Metrics>,
    turns: Turns<Offer>,
}

#[derive(Debug)]
struct Offer {
    link: LinkId,
    init: PackedInit,
    pause: Option<Pause>,
}

impl Unpacker {
    pub(crate) fn new(inbox: mpsc::Sender<Told>, metrics: Arc<Metrics>) -> Self {
        Self {
            inbox,
            metrics,
            turns: Turns::of_threads(UNPACKING_THREADS),
        }
    }

    /// Has an offer to a meet unpacked when its turn comes.
    pub(crate) fn unpack(
        &self,
        link: LinkId,
        meet: MeetId,
        init: PackedInit,
        pause: Option<Pause>,
    ) {
        if self.turns.add(meet, Offer { link, init, pause }) {
            tokio::spawn(self.clone().work_off());
        }
    }

    async fn work_off(self) {
        while let Some(Offer { link, init, pause }) = self.turns.next() {
            let unpacked = if pause.as_ref().is_some_and(Pause::is_pointless) {
                PackedInit::given_up()
            } else {
                self.metrics.unpacked();
                let unpacked = tokio::task::spawn_blocking(move || init.unpack()).await;
                unpacked.unwrap_or_else(|bug| {
                    tracing::error!(%bug, "unpacking an offer");
                    PackedInit::given_up()
                })
            };
            let told = Told::Happened(Input::Unpacked { link, unpacked });
            let _ = self.inbox.send(told).await;
            // Only now: what the connection says next must come behind.
            drop(pause);
        }
    }
}
