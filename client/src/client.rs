//! The client itself: one door in, one door out, and what it holds between two steps.

mod admitting;
mod carrying;
mod catching_up;
mod editing;
mod entering;
mod joining;
mod linking;
mod listening;
mod offering;
mod opening;
mod peering;
mod presenting;
mod receiving;
mod redoing;
mod sending;
mod settling;
mod telling;
mod undoing;
mod wording;

pub(crate) use admitting::fitting;

use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng as _;
use spotter_model::{ChangeHash, Meet};

use crate::action::Action;
use crate::ask::{Answer, Ask, Problem, Reply, RequestId};
use crate::input::Input;
use crate::keeper::Keeper;
use crate::link_id::LinkId;
use crate::news::News;
use crate::outbox::Outbox;
use crate::peers::Peers;
use crate::presences::Presences;
use crate::record::Record;
use crate::relay_link::RelayLink;
use crate::replica::Replica;
use crate::status::{LinkState, PutOff};
use crate::time::{Moment, Now};
use crate::words::Words;

/// How a client behaves, decided once by whoever runs it.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Whether to hold a connection to the relay from the beginning; [`Ask::StayConnected`] changes it, and
    /// going live or joining turns it on.
    pub stay_connected: bool,
    /// Whether to speak as the simplest clients do, without packs.
    pub plain: bool,
    /// Whether nobody watches: then [`News::Meet`] is never told, and what changes do to the screen is found out when
    /// somebody reads or edits.
    pub unwatched: bool,
}

/// A replica's machine. See the [package](crate) for how it is driven.
pub struct Client {
    rng: ChaCha8Rng,
    opened: Opened,
    replica: Replica,
    keeper: Keeper,
    outbox: Outbox,
    relay: RelayLink,
    peers: Peers,
    words: Words,
    presences: Presences,
    /// Requests that wait until everything is exchanged.
    syncs: Vec<RequestId>,
    /// Changes that joined the document in this step and where they came from, to be passed on to peers.
    fresh: Vec<(ChangeHash, Option<LinkId>)>,
    /// Whether nobody hears what happens in the meet.
    unwatched: bool,
    /// The state of the link as last told.
    told: Option<LinkState>,
    /// Why the relay takes nothing for long, as last told.
    told_put_off: Option<PutOff>,
    /// What this step has asked for so far.
    actions: Vec<Action>,
}

/// Whether the local store has been read.
#[derive(Debug, PartialEq)]
enum Opened {
    NotYet,
    Yes,
    /// It could not be understood; nothing is done with it.
    Broken {
        why: String,
    },
}

impl Client {
    /// A client that has not read its local store yet.
    ///
    /// The seed must be fresh from the system's randomness at every start: actors are drawn from it, and two
    /// processes that write as one actor would make a meet that nobody can put together.
    pub fn new(config: &Config, seed: [u8; 32]) -> Self {
        Self {
            rng: ChaCha8Rng::from_seed(seed),
            opened: Opened::NotYet,
            replica: Replica::default(),
            keeper: Keeper::default(),
            outbox: Outbox::default(),
            relay: RelayLink::new(config.stay_connected, config.plain),
            peers: Peers::new(config.plain),
            words: Words::default(),
            presences: Presences::default(),
            syncs: Vec::new(),
            fresh: Vec::new(),
            unwatched: config.unwatched,
            told: None,
            told_put_off: None,
            actions: Vec::new(),
        }
    }

    /// Takes in one thing that happened and returns what the shell should now do, in order.
    #[must_use]
    pub fn step(&mut self, now: Now, input: Input) -> Vec<Action> {
        match input {
            Input::Opened { records } => self.opened(records),
            Input::Asked { request, ask } => self.asked(now, request, ask),
            Input::Connected { link } => self.connected(now, link),
            Input::Received { link, frame } => self.received(now, link, &frame),
            Input::Heard { link } => self.heard(now, link),
            Input::Disconnected { link, why } => self.disconnected(now, link, why),
            Input::Saved { batch } => self.saved(batch),
            Input::SaveFailed { batch, why } => self.save_failed(now, batch, why),
            Input::Tick => {}
        }
        self.settle(now);
        std::mem::take(&mut self.actions)
    }

    /// When the client next wants to be stepped even if nothing happens.
    pub fn next_wakeup(&self) -> Option<Moment> {
        let own = [
            self.keeper.next_wakeup(),
            self.relay_wakeup(),
            self.peers.next_wakeup(),
            self.presence_wakeup(),
        ];
        own.into_iter().flatten().min()
    }

    /// The meet on this device, for reading. Edits go through [`Ask::Edit`], or they would be neither saved nor
    /// sent.
    pub fn meet(&mut self) -> Option<&mut Meet> {
        let meet = self.replica.meet_mut()?;
        meet.look_up();
        Some(meet)
    }

    /// The shared meet on this device as it was received, for counting and comparing changes. Costs nothing, since it
    /// is not found out what they did to the screen; [`Self::meet`] does that.
    pub fn held(&self) -> Option<&Meet> {
        self.replica.shared()
    }

    fn asked(&mut self, now: Now, request: RequestId, ask: Ask) {
        if let Some(problem) = self.not_open() {
            return self.answer(request, Err(problem));
        }
        match ask {
            Ask::NewMeet { date } => self.new_meet(now, request, &date),
            Ask::Import { saved_json } => self.import(now, request, &saved_json),
            Ask::Edit(edit) => self.edit(now, request, &edit),
            Ask::Undo => self.undo(now, request),
            Ask::MakeAgain { change } => self.make_again(request, change),
            Ask::GoLive(go_live) => self.go_live(now, request, go_live),
            Ask::Join(join) => self.join(request, join),
            Ask::Password(password) => self.password(request, password),
            Ask::Borrow(lent) => self.borrow(now, request, *lent),
            Ask::StayConnected(wanted) => self.stay_connected(now, request, wanted),
            Ask::Sync => self.syncs.push(request),
            Ask::DialPeer { address } => self.dial_peer(now, request, address),
            Ask::ForgetPeer { address } => self.forget_peer(request, &address),
            Ask::PackBundle { author } => self.pack_bundle(now, request, author),
            Ask::UnpackBundle { text, author } => self.unpack_bundle(request, &text, author),
            Ask::Present(at) => {
                self.presences.set(at);
                self.done(request);
            }
            Ask::Word(word) => self.word(now, request, word),
        }
    }

    fn not_open(&self) -> Option<Problem> {
        match &self.opened {
            Opened::Yes => None,
            Opened::NotYet => Some(Problem::NotOpen { why: None }),
            Opened::Broken { why } => Some(Problem::NotOpen {
                why: Some(why.clone()),
            }),
        }
    }

    fn keep(&mut self, record: Record) {
        self.keeper.keep(record);
    }

    fn answer(&mut self, request: RequestId, answer: Answer) {
        self.actions.push(Action::Answer { request, answer });
    }

    fn done(&mut self, request: RequestId) {
        self.answer(request, Ok(Reply::Done));
    }

    fn tell(&mut self, news: News) {
        self.actions.push(Action::Tell(news));
    }

    fn fault(&mut self, what: impl Into<String>) {
        self.tell(News::Fault { what: what.into() });
    }
}
