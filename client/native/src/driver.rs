//! The one task that owns the client's machine: it tells the machine what happened and does what it asks for.
//!
//! Commands hold the driver and ask through it; while they wait for an answer, everything else goes on. The driver
//! decides nothing about the meet. Saving runs on a thread that may wait for the disk, sending in the tasks of the
//! connections, and neither waits for the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spotter_client::{
    Action, Answer, Ask, BatchId, Client, Config, Input, LinkId, News, Record, Reply, RequestId,
    Status,
};
use spotter_relay_protocol::Frame;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::chance;
use crate::clock::Clock;
use crate::contact::Contact;
use crate::failure::Failure;
use crate::limits::INBOX;
use crate::store::Store;
use crate::trust::{Distrust, Trust};
use crate::wire::{Told, Wire, listen};

/// Whoever hears the news.
pub(crate) type Listener = Box<dyn FnMut(&News)>;

/// A replica that is open for writing, and its connections.
pub(crate) struct Driver {
    dir: PathBuf,
    client: Client,
    clock: Clock,
    listener: Listener,
    disk: Disk,
    trust: Trust,
    /// Why the certificate of whoever was connected to last was not accepted.
    distrust: Option<Distrust>,
    wires: BTreeMap<LinkId, Wire>,
    inbox: mpsc::Receiver<Told>,
    told: mpsc::Sender<Told>,
    answers: BTreeMap<RequestId, Answer>,
    requests: u64,
    listeners: u64,
    /// As it was remembered when the replica was opened, and what was remembered last.
    contact: Option<Contact>,
    /// Whether this run has tried to reach the relay.
    has_connected: bool,
}

/// Where the store is.
enum Disk {
    Idle(Box<Store>),
    Saving(BatchId, JoinHandle<Saved>),
    /// The thread that had the store died, and with it the folder's lock.
    Lost,
}

/// The store on its way back from the disk, and what became of the batch.
struct Saved {
    store: Box<Store>,
    result: Result<(), String>,
}

impl Driver {
    /// Opens a replica's folder for writing, making it if need be.
    pub(crate) fn open(dir: &Path, listener: Listener) -> Result<Self, Failure> {
        let (store, records) = Store::open(dir)?;
        let (told, inbox) = mpsc::channel(INBOX);
        let mut driver = Self {
            dir: dir.to_owned(),
            client: Client::new(&Config::default(), chance::seed()?),
            clock: Clock::start(),
            listener,
            disk: Disk::Idle(Box::new(store)),
            trust: Trust::load(dir)?,
            distrust: None,
            wires: BTreeMap::new(),
            inbox,
            told,
            answers: BTreeMap::new(),
            requests: 0,
            listeners: 0,
            contact: Contact::load(dir),
            has_connected: false,
        };
        driver.step(Input::Opened { records });
        Ok(driver)
    }

    /// The machine, for reading.
    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// How the replica is doing now.
    pub(crate) fn status(&self) -> Status {
        self.client.status(self.clock.moment())
    }

    /// Asks, and waits for the answer while everything else goes on.
    pub(crate) async fn ask(&mut self, ask: Ask) -> Result<Reply, Failure> {
        let request = self.begin(ask);
        loop {
            if let Some(answer) = self.take_answer(request) {
                return Ok(answer?);
            }
            self.turn(None).await;
        }
    }

    /// Asks without waiting; the answer is fetched with [`Self::take_answer`].
    pub(crate) fn begin(&mut self, ask: Ask) -> RequestId {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.step(Input::Asked { request, ask });
        request
    }

    /// The answer to a request, once it is there.
    pub(crate) fn take_answer(&mut self, request: RequestId) -> Option<Answer> {
        self.answers.remove(&request)
    }

    /// Lets other replicas connect at an address; returns the one that was picked.
    pub(crate) async fn listen(&mut self, address: &str) -> Result<std::net::SocketAddr, Failure> {
        // Each listener numbers its connections in a range of its own, too large to be used up.
        let first = self.listeners << 32;
        self.listeners += 1;
        listen(address, first, self.told.clone()).await
    }

    /// Why the certificate of the relay was not accepted, if it was not since this was last asked.
    pub(crate) fn take_distrust(&mut self) -> Option<Distrust> {
        self.distrust.take()
    }

    /// Waits until something happens, or until the deadline, and deals with all that has happened by then.
    ///
    /// Safe to be given up at any moment: what was taken from a queue has been dealt with.
    pub(crate) async fn turn(&mut self, deadline: Option<Instant>) {
        let wakeup = self.client.next_wakeup();
        let wakeup = wakeup.map(|moment| self.clock.instant_of(moment));
        let until = [wakeup, deadline].into_iter().flatten().min();
        tokio::select! {
            (batch, saved) = self.disk.saved() => self.saved(batch, saved),
            Some(told) = self.inbox.recv() => self.hear(told),
            () = wait_until(until) => self.step(Input::Tick),
        }
        while let Ok(told) = self.inbox.try_recv() {
            self.hear(told);
        }
    }

    /// Remembers how it stands with the relay, if that is not as before, for those who look meanwhile.
    pub(crate) fn remember_contact(&mut self) {
        let Some(contact) = self.contact_now() else {
            return;
        };
        let known = self.contact.as_ref();
        // Small, and only when the link changes: this is waited for, so that two of them cannot overtake each other.
        if !known.is_some_and(|known| known.says_what(&contact)) {
            contact.save(&self.dir);
            self.contact = Some(contact);
        }
    }

    /// How it stands with the relay, if this run has tried to reach it.
    fn contact_now(&self) -> Option<Contact> {
        let status = self.status();
        let tried = self.has_connected && status.meet_id.is_some();
        tried.then(|| Contact::of(&status, self.contact.as_ref()))
    }

    /// Closes connections and store in good order.
    pub(crate) async fn close(mut self) {
        if let Some(contact) = self.contact_now() {
            contact.save(&self.dir);
        }
        for wire in std::mem::take(&mut self.wires).into_values() {
            wire.close().await;
        }
        while matches!(self.disk, Disk::Saving(..)) {
            let (batch, saved) = self.disk.saved().await;
            self.saved(batch, saved);
        }
        if let Disk::Idle(store) = std::mem::replace(&mut self.disk, Disk::Lost) {
            let _ = spawn_blocking(move || store.close()).await;
        }
    }

    fn step(&mut self, input: Input) {
        let actions = self.client.step(self.clock.now(), input);
        for action in actions {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Save { batch, records } => self.save(batch, records),
            Action::Connect { link, address } => {
                tracing::info!(%link, address, "connecting");
                self.has_connected |= matches!(link, LinkId::Relay(_));
                let wire = Wire::connect(link, address, &self.trust, self.told.clone());
                self.wires.insert(link, wire);
            }
            Action::Disconnect { link } => {
                tracing::info!(%link, "closing");
                self.wires.remove(&link);
            }
            Action::Send { link, frame } => {
                tracing::trace!(%link, bytes = frame.len(), "sending");
                let message = match frame {
                    Frame::Text(text) => Message::text(&*text),
                    Frame::Packed(bytes) => Message::Binary(Bytes::copy_from_slice(&bytes)),
                };
                self.send(link, message);
            }
            Action::Ping { link } => self.send(link, Message::Ping(Bytes::new())),
            Action::Answer { request, answer } => {
                self.answers.insert(request, answer);
            }
            Action::Tell(news) => (self.listener)(&news),
        }
    }

    fn save(&mut self, batch: BatchId, records: Vec<Record>) {
        tracing::debug!(records = records.len(), "saving");
        match std::mem::replace(&mut self.disk, Disk::Lost) {
            Disk::Idle(mut store) => {
                let saving = spawn_blocking(move || {
                    let result = store.save(&records);
                    Saved { store, result }
                });
                self.disk = Disk::Saving(batch, saving);
            }
            // The machine has one batch with the shell at a time, so the store can only be lost.
            Disk::Saving(..) | Disk::Lost => self.saved(batch, None),
        }
    }

    fn saved(&mut self, batch: BatchId, saved: Option<Saved>) {
        let result = match saved {
            Some(saved) => {
                self.disk = Disk::Idle(saved.store);
                saved.result
            }
            None => {
                self.disk = Disk::Lost;
                Err("this process has lost its hold of the local store; start it again".to_owned())
            }
        };
        match result {
            Ok(()) => self.step(Input::Saved { batch }),
            Err(why) => self.step(Input::SaveFailed { batch, why }),
        }
    }

    fn send(&mut self, link: LinkId, message: Message) {
        let Some(wire) = self.wires.get(&link) else {
            return;
        };
        if !wire.send(message) {
            self.wires.remove(&link);
            let why = "the other side does not read what is sent".to_owned();
            self.step(Input::Disconnected { link, why });
        }
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::Accepted { link, socket } => {
                let wire = Wire::accepted(link, *socket, self.told.clone());
                self.wires.insert(link, wire);
                self.step(Input::Connected { link });
            }
            // Nothing is heard of a connection that was closed here, whatever was still on its way.
            Told::Connected { link }
            | Told::Received { link, .. }
            | Told::Heard { link }
            | Told::Disconnected { link, .. }
                if !self.wires.contains_key(&link) => {}
            Told::Connected { link } => self.step(Input::Connected { link }),
            Told::Received { link, frame } => {
                tracing::trace!(%link, bytes = frame.len(), "received");
                self.step(Input::Received { link, frame });
            }
            Told::Heard { link } => self.step(Input::Heard { link }),
            Told::Distrusted(distrust) => self.distrust = Some(distrust),
            Told::Disconnected { link, why } => {
                tracing::info!(%link, why, "disconnected");
                self.wires.remove(&link);
                self.step(Input::Disconnected { link, why });
            }
        }
    }
}

impl Disk {
    /// Waits for the batch that is being saved; for ever if there is none. Without a store, it is lost.
    async fn saved(&mut self) -> (BatchId, Option<Saved>) {
        match self {
            Self::Saving(batch, saving) => (*batch, saving.await.ok()),
            Self::Idle(_) | Self::Lost => std::future::pending().await,
        }
    }
}

async fn wait_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
