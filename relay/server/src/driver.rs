//! The one task that owns the machine: it tells the machine what happened and has done what it answers.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use spotter_relay::{Action, Input, LinkId, Relay};
use spotter_relay_protocol::{CloseReason, Frame};
use tokio::sync::mpsc;
use tokio::time::sleep_until;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::clock::{self, Clock};
use crate::diagnostics;
use crate::displays::{Asking, Stages};
use crate::hasher::Hasher;
use crate::limits::{REMINDED_LATE, TOLD_TOGETHER};
use crate::metrics::Metrics;
use crate::orders::{LinkHandle, Order};
use crate::packs::Packs;
use crate::storage::Storage;
use crate::unpacking::{Pause, Unpacker};

/// What the driver is told.
#[derive(Debug)]
pub(crate) enum Told {
    /// A connection has completed its upgrade.
    Connected {
        link: LinkId,
        address: IpAddr,
        handle: LinkHandle,
    },
    /// Somebody asks whether they may read a meet.
    DisplayOpened {
        link: LinkId,
        input: Input,
        asking: Asking,
    },
    /// Nobody reads by this right any more.
    DisplayLeft { link: LinkId },
    /// A connection has brought something packed, and is paused until that is dealt with.
    Packed { input: Input, pause: Pause },
    /// Anything else that the machine wants to know.
    Happened(Input),
    /// Several such things at once.
    Done(Vec<Input>),
}

/// The machine and everything it acts through.
pub(crate) struct Driver {
    pub(crate) relay: Relay,
    pub(crate) clock: Clock,
    pub(crate) inbox: mpsc::Receiver<Told>,
    pub(crate) storage: Storage,
    pub(crate) packs: Packs,
    pub(crate) unpacker: Unpacker,
    /// The pause of the connection whose message is being told to the machine.
    pub(crate) pause: Option<Pause>,
    pub(crate) hasher: Hasher,
    pub(crate) stages: Stages,
    pub(crate) links: BTreeMap<LinkId, LinkHandle>,
    /// The message that was said last as text, and packed: one that goes to many is made into a payload once.
    pub(crate) said_last: [Option<(Frame, Message)>; 2],
    pub(crate) drained: bool,
    pub(crate) metrics: Arc<Metrics>,
}

impl Driver {
    /// Runs until the machine has been drained and every connection is gone.
    pub(crate) async fn run(mut self) {
        let mut told = Vec::new();
        // One timer, which is moved when the machine names another moment, and not for every message.
        let mut alarm = pin!(sleep_until(clock::after(Duration::ZERO)));
        let mut set_for = None;
        while !(self.drained && self.links.is_empty()) {
            let wakeup = self.relay.next_wakeup();
            if wakeup != set_for {
                set_for = wakeup;
                if let Some(at) = wakeup {
                    let moment = self.clock.instant_of(at) + REMINDED_LATE;
                    alarm.as_mut().reset(moment);
                }
            }
            tokio::select! {
                count = self.inbox.recv_many(&mut told, TOLD_TOGETHER) => {
                    if count == 0 {
                        return;
                    }
                    told.drain(..).for_each(|told| self.told(told));
                    self.metrics.stands(&self.relay, self.stages.meets());
                }
                () = &mut alarm, if set_for.is_some() => {
                    set_for = None;
                    self.step(Input::Tick);
                }
            }
        }
    }

    fn told(&mut self, told: Told) {
        match told {
            Told::Connected {
                link,
                address,
                handle,
            } => {
                self.links.insert(link, handle);
                self.step(Input::Connected { link, address });
            }
            Told::DisplayOpened {
                link,
                input,
                asking,
            } => {
                self.stages.asked(link, asking);
                self.step(input);
            }
            Told::DisplayLeft { link } => {
                self.stages.left(link);
                self.step(Input::Disconnected { link });
            }
            Told::Happened(input) => {
                if let Input::Disconnected { link } = &input {
                    self.links.remove(link);
                }
                self.counted(&input);
                self.step(input);
            }
            Told::Packed { input, pause } => {
                self.counted(&input);
                self.pause = Some(pause);
                self.step(input);
                self.pause = None;
            }
            Told::Done(inputs) => inputs.into_iter().for_each(|input| self.step(input)),
        }
    }

    fn counted(&self, input: &Input) {
        if let Input::Received { heard, .. } = input {
            self.metrics.received(heard.len());
        }
    }

    fn step(&mut self, input: Input) {
        let mut input = Some(input);
        while let Some(next) = input {
            for action in self.relay.step(self.clock.now(), next) {
                self.perform(action);
            }
            input = self.stages.next_input();
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Send { link, frame } => {
                self.metrics.sent(frame.len());
                let said = self.payload(frame);
                self.order(link, Order::Say(said));
            }
            Action::Close { link, reason } => self.order(link, Order::Close(reason)),
            Action::Ping { link } => self.order(link, Order::Ping),
            Action::Unpack { link, meet, init } => {
                self.unpacker.unpack(link, meet, init, self.pause.take());
            }
            Action::PackLog { meet, .. } | Action::KeepPack { meet, .. } => {
                self.packs.perform(meet, action);
            }
            Action::HashPassword {
                job,
                salt,
                params,
                password,
            } => self.hasher.hash(job, salt, params, password),
            Action::Event(event) => {
                self.metrics.happened(&event);
                diagnostics::tell(&event);
            }
            Action::Drained => self.drained = true,
            shown @ (Action::DisplayAdmitted { .. }
            | Action::DisplayRefused { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }) => self.stages.perform(shown),
            stored @ (Action::CreateMeet { .. }
            | Action::OpenMeet { .. }
            | Action::ReadLog { .. }
            | Action::Append { .. }
            | Action::SaveRecords { .. }
            | Action::SavePublication { .. }
            | Action::FinishMeet { .. }
            | Action::CloseMeet { .. }) => self.storage.perform(stored),
        }
    }

    /// Hands an order to a connection. One that has too many waiting is not reading and is cut off.
    fn order(&mut self, link: LinkId, order: Order) {
        let Some(handle) = self.links.get(&link) else {
            return;
        };
        if handle.give(order).is_err() {
            tracing::debug!(link = link.0, reason = %CloseReason::SlowReader.as_str(), "cut off");
            self.metrics.cut_off();
            self.links.remove(&link);
        }
    }

    fn payload(&mut self, frame: Frame) -> Message {
        let kind = usize::from(matches!(frame, Frame::Packed(_)));
        if let Some((last, payload)) = &self.said_last[kind]
            && last.is_same(&frame)
        {
            return payload.clone();
        }
        let payload = match &frame {
            Frame::Text(text) => Message::text(&**text),
            Frame::Packed(bytes) => Message::Binary(Bytes::copy_from_slice(bytes)),
        };
        self.said_last[kind] = Some((frame, payload.clone()));
        payload
    }
}
