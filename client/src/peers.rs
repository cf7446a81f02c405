//! Connections with other replicas, and the addresses to keep dialling.

use std::collections::BTreeMap;

use spotter_model::ChangeHash;

use crate::backoff::Backoff;
use crate::limits::PROVING_MS;
use crate::line::Line;
use crate::link_id::LinkId;
use crate::proof::Role;
use crate::time::Moment;

/// All of them.
#[derive(Debug)]
pub(crate) struct Peers {
    pub(crate) peers: BTreeMap<LinkId, Peer>,
    pub(crate) dials: BTreeMap<String, Dial>,
    pub(crate) dialled: u64,
    /// Packs are not wanted, or one of this run could not be read.
    pub(crate) plain: bool,
}

/// An address to hold a connection with.
#[derive(Debug)]
pub(crate) struct Dial {
    pub(crate) state: Dialling,
    pub(crate) backoff: Backoff,
}

/// Where an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialling {
    /// Not connected; when to try.
    At(Moment),
    /// Connected, or on the way.
    On(LinkId),
}

/// A connection that stands.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) line: Line,
    pub(crate) role: Role,
    pub(crate) challenge: String,
    /// Whether what is sent may be packed.
    pub(crate) packs: bool,
    /// Whether it wants to be told where people are.
    pub(crate) presence: bool,
    pub(crate) stage: Stage,
}

/// How far the two have got.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Our hello is said, theirs is awaited.
    Greeting,
    /// Our proof is given, theirs is awaited.
    Proving { their_challenge: String },
    /// Both have proved that they hold the meet.
    Exchanging(Exchange),
}

/// What holds while changes are exchanged.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    /// Whether the other side has asked once, and so follows what is new.
    pub(crate) follows: bool,
    /// Heads of the other side when it last said that it was through.
    pub(crate) theirs: Vec<ChangeHash>,
    /// How many changes were here at our last question: another one needs progress.
    pub(crate) asked_at_len: Option<usize>,
}

impl Peer {
    pub(crate) fn new(link: LinkId, now: Moment, challenge: String) -> Self {
        let role = match link {
            LinkId::Accepted(_) => Role::Accepted,
            LinkId::Dialled(_) | LinkId::Relay(_) => Role::Dialled,
        };
        Self {
            line: Line::new(link, now),
            role,
            challenge,
            packs: false,
            presence: false,
            stage: Stage::Greeting,
        }
    }

    /// What holds while changes are exchanged, if they are.
    pub(crate) fn exchange_mut(&mut self) -> Option<&mut Exchange> {
        match &mut self.stage {
            Stage::Exchanging(exchange) => Some(exchange),
            Stage::Greeting | Stage::Proving { .. } => None,
        }
    }

    /// Whether the other side has proved that it holds the meet.
    pub(crate) fn is_proven(&self) -> bool {
        matches!(self.stage, Stage::Exchanging(_))
    }

    /// Both challenges, the dialling side's first.
    pub(crate) fn challenges<'a>(&'a self, theirs: &'a str) -> (&'a str, &'a str) {
        match self.role {
            Role::Dialled => (&self.challenge, theirs),
            Role::Accepted => (theirs, &self.challenge),
        }
    }

    fn next_wakeup(&self) -> Moment {
        let listen = self.line.next_wakeup();
        if self.is_proven() {
            listen
        } else {
            listen.min(self.line.since.after_ms(PROVING_MS))
        }
    }
}

impl Peers {
    pub(crate) fn new(plain: bool) -> Self {
        Self {
            peers: BTreeMap::new(),
            dials: BTreeMap::new(),
            dialled: 0,
            plain,
        }
    }

    /// How many have proved that they hold the meet.
    pub(crate) fn proven(&self) -> usize {
        self.peers.values().filter(|peer| peer.is_proven()).count()
    }

    /// Notes a sign of life.
    pub(crate) fn heard(&mut self, now: Moment, link: LinkId) {
        if let Some(peer) = self.peers.get_mut(&link) {
            peer.line.heard(now);
        }
    }

    /// When some connection or address wants attention.
    pub(crate) fn next_wakeup(&self) -> Option<Moment> {
        let dials = self.dials.values().filter_map(|dial| match dial.state {
            Dialling::At(at) => Some(at),
            Dialling::On(_) => None,
        });
        dials
            .chain(self.peers.values().map(Peer::next_wakeup))
            .min()
    }
}
