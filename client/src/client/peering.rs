//! Exchanging changes with other replicas, without a relay.
//!
//! Both sides do the same: say which meet, prove that they hold it, ask for what is missing, answer what is asked,
//! and from then on pass on whatever is new, wherever it came from. Admission guards both.

use spotter_model::{Change, ChangeHash, Meet};
use spotter_relay_protocol::{
    Frame, PACKED_CHANGES_MAX, PROTOCOL, PeerCaughtUp, PeerCode, PeerHello, PeerMessage, PeerProof,
    PeerPull, PeerRefused, PeerRelay, PeerUpdate, ProtocolError, pack_in_common, packs_understood,
};

use crate::action::Action;
use crate::ask::{Problem, RequestId};
use crate::backoff::Backoff;
use crate::client::Client;
use crate::client::admitting::{bytes_of, fitting};
use crate::limits::{
    CHALLENGE_DIGITS, MESSAGE_BYTES_MAX, MESSAGE_CHANGES_MAX, PACKED_PEER_BYTES_MAX, PEERS_MAX,
    PROVING_MS,
};
use crate::line::Silence;
use crate::link_id::LinkId;
use crate::news::News;
use crate::peers::{Dial, Dialling, Exchange, Peer, Stage};
use crate::proof::{Secret, challenge};
use crate::record::Origin;
use crate::time::Now;

impl Client {
    pub(super) fn dial_peer(&mut self, now: Now, request: RequestId, address: String) {
        let waiting = self.peers.dials.len();
        if waiting >= PEERS_MAX && !self.peers.dials.contains_key(&address) {
            return self.answer(request, Err(Problem::TooMany { waiting }));
        }
        self.peers.dials.entry(address).or_insert_with(|| Dial {
            state: Dialling::At(now.moment),
            backoff: Backoff::default(),
        });
        self.done(request);
    }

    pub(super) fn forget_peer(&mut self, request: RequestId, address: &str) {
        if let Some(Dial {
            state: Dialling::On(link),
            ..
        }) = self.peers.dials.remove(address)
        {
            self.actions.push(Action::Disconnect { link });
            self.peers.peers.remove(&link);
        }
        self.done(request);
    }

    /// Looks after the connections: begins those that are due, gives up those that are silent or unproved.
    pub(super) fn watch_peers(&mut self, now: Now) {
        let due: Vec<String> = self
            .peers
            .dials
            .iter()
            .filter(|(_, dial)| matches!(dial.state, Dialling::At(at) if now.moment >= at))
            .map(|(address, _)| address.clone())
            .collect();
        for address in due {
            self.dial(address);
        }
        let links: Vec<LinkId> = self.peers.peers.keys().copied().collect();
        for link in links {
            self.listen_to_peer(now, link);
        }
    }

    fn dial(&mut self, address: String) {
        self.peers.dialled += 1;
        let link = LinkId::Dialled(self.peers.dialled);
        if let Some(dial) = self.peers.dials.get_mut(&address) {
            dial.state = Dialling::On(link);
            self.actions.push(Action::Connect { link, address });
        }
    }

    fn listen_to_peer(&mut self, now: Now, link: LinkId) {
        let Some(peer) = self.peers.peers.get_mut(&link) else {
            return;
        };
        let unproved = !peer.is_proven() && now.moment >= peer.line.since.after_ms(PROVING_MS);
        match peer.line.listen(now.moment) {
            Silence::Dead => self.leave_peer(now, link, "nothing was heard for a minute"),
            _ if unproved => self.leave_peer(now, link, "it did not prove that it holds this meet"),
            Silence::Ask => self.actions.push(Action::Ping { link }),
            Silence::Bearable => {}
        }
    }

    pub(super) fn peer_connected(&mut self, now: Now, link: LinkId) {
        let root = self
            .replica
            .shared()
            .filter(|meet| !meet.is_empty())
            .map(Meet::root);
        let (Some(root), true) = (root, self.peers.peers.len() < PEERS_MAX) else {
            return self.leave_peer(now, link, "there is no meet here to exchange yet");
        };
        let challenge = challenge(&mut self.rng);
        let hello = PeerHello {
            protocol: PROTOCOL,
            root,
            challenge: challenge.clone(),
            packs: if self.peers.plain {
                Vec::new()
            } else {
                packs_understood()
            },
            presence: true,
        };
        self.peers
            .peers
            .insert(link, Peer::new(link, now.moment, challenge));
        self.say_to_peer(link, &PeerMessage::Hello(hello));
    }

    pub(super) fn say_to_peer(&mut self, link: LinkId, message: &PeerMessage) {
        let frame = message.encode().into();
        self.actions.push(Action::Send { link, frame });
    }

    /// Gives changes to another replica, packed if it understands that.
    fn give_to_peer(&mut self, link: LinkId, changes: &[Change]) {
        let relay = relay_of(changes);
        let packs = self.takes_packs(link);
        match packs.then(|| relay.packed().ok()).flatten() {
            Some(frame) => self.actions.push(Action::Send { link, frame }),
            None => self.say_to_peer(link, &PeerMessage::Relay(relay)),
        }
    }

    fn takes_packs(&self, link: LinkId) -> bool {
        self.peers.peers.get(&link).is_some_and(|peer| peer.packs)
    }

    pub(super) fn peer_left(&mut self, now: Now, link: LinkId, why: &str) {
        let peer = self.peers.peers.remove(&link);
        if peer.is_some_and(|peer| peer.is_proven()) {
            self.tell(News::PeerLeft {
                link,
                why: why.to_owned(),
            });
        }
        for dial in self
            .peers
            .dials
            .values_mut()
            .filter(|dial| dial.state == Dialling::On(link))
        {
            let pause = dial.backoff.next_pause_ms(&mut self.rng);
            dial.state = Dialling::At(now.moment.after_ms(pause));
        }
    }

    fn leave_peer(&mut self, now: Now, link: LinkId, why: &str) {
        self.actions.push(Action::Disconnect { link });
        self.peer_left(now, link, why);
    }

    fn refuse_peer(&mut self, now: Now, link: LinkId, code: PeerCode, reason: &str) {
        let refused = PeerRefused {
            code,
            reason: reason.to_owned(),
        };
        self.say_to_peer(link, &PeerMessage::Refused(refused));
        self.leave_peer(now, link, reason);
    }

    pub(super) fn peer_said(&mut self, now: Now, link: LinkId, frame: &Frame) {
        self.peers.heard(now.moment, link);
        let Some(peer) = self.peers.peers.get(&link) else {
            return;
        };
        let message = match PeerMessage::read(frame) {
            Ok(message) => message,
            Err(ProtocolError::UnknownMessageType { .. }) => return,
            Err(error) => {
                self.peers.plain |= matches!(frame, Frame::Packed(_));
                return self.leave_peer(now, link, &format!("it makes no sense: {error}"));
            }
        };
        match (&peer.stage, message) {
            (_, PeerMessage::Refused(refused)) => self.leave_peer(now, link, &refused.reason),
            (Stage::Greeting, PeerMessage::Hello(hello)) => self.peer_greeted(now, link, hello),
            (Stage::Proving { .. }, PeerMessage::Proof(proof)) => {
                self.peer_proved(now, link, &proof)
            }
            (Stage::Exchanging(_), PeerMessage::Pull(pull)) => self.peer_asked(link, &pull.heads),
            (Stage::Exchanging(_), PeerMessage::Relay(relay)) => self.peer_gave(now, link, relay),
            (Stage::Exchanging(_), PeerMessage::CaughtUp(caught_up)) => {
                self.peer_is_through(link, caught_up.heads)
            }
            (Stage::Exchanging(_), PeerMessage::Presence(said)) => {
                self.peer_is_present(now, link, said);
            }
            (Stage::Greeting | Stage::Proving { .. } | Stage::Exchanging(_), _) => {
                self.refuse_peer(
                    now,
                    link,
                    PeerCode::OutOfOrder,
                    "the words came in the wrong order",
                );
            }
        }
    }

    fn peer_greeted(&mut self, now: Now, link: LinkId, hello: PeerHello) {
        if hello.challenge.len() != CHALLENGE_DIGITS {
            return self.leave_peer(now, link, "its challenge is not 16 bytes in hexadecimal");
        }
        let ours = self.replica.shared();
        if ours.is_none_or(|meet| meet.root() != hello.root) {
            return self.refuse_peer(
                now,
                link,
                PeerCode::OtherMeet,
                "this replica holds another meet",
            );
        }
        let secret = ours.and_then(Secret::of);
        let (Some(secret), Some(peer)) = (secret, self.peers.peers.get_mut(&link)) else {
            return self.leave_peer(now, link, "the meet's beginning holds no secret");
        };
        peer.presence = hello.presence;
        peer.packs = !self.peers.plain && pack_in_common(&hello.packs).is_some();
        let (dialled, accepted) = peer.challenges(&hello.challenge);
        let proof = secret.prove(peer.role, dialled, accepted);
        peer.stage = Stage::Proving {
            their_challenge: hello.challenge,
        };
        self.say_to_peer(link, &PeerMessage::Proof(PeerProof { proof }));
    }

    fn peer_proved(&mut self, now: Now, link: LinkId, proof: &PeerProof) {
        let secret = self.replica.shared().and_then(Secret::of);
        let Some(peer) = self.peers.peers.get_mut(&link) else {
            return;
        };
        let Stage::Proving { their_challenge } = &peer.stage else {
            return;
        };
        let (dialled, accepted) = peer.challenges(their_challenge);
        let theirs = peer.role.other();
        if !secret.is_some_and(|secret| secret.verify(theirs, dialled, accepted, &proof.proof)) {
            return self.refuse_peer(now, link, PeerCode::WrongProof, "the proof is wrong");
        }
        peer.stage = Stage::Exchanging(Exchange::default());
        for dial in self
            .peers
            .dials
            .values_mut()
            .filter(|dial| dial.state == Dialling::On(link))
        {
            dial.backoff.forget();
        }
        self.tell(News::PeerJoined { link });
        self.presences.say_again();
        self.ask_peer(link);
    }

    /// Asks for what is not an ancestor of what is here, unless the last question brought nothing.
    fn ask_peer(&mut self, link: LinkId) {
        let (Some(meet), Some(peer)) = (self.replica.shared(), self.peers.peers.get_mut(&link))
        else {
            return;
        };
        let Some(exchange) = peer.exchange_mut() else {
            return;
        };
        if exchange.asked_at_len.replace(meet.len()) == Some(meet.len()) {
            return;
        }
        let heads = meet.heads();
        self.say_to_peer(link, &PeerMessage::Pull(PeerPull { heads }));
    }

    /// Answers with as much as fits into one message, and with what is here altogether: whoever still lacks
    /// something asks again.
    fn peer_asked(&mut self, link: LinkId, heads: &[ChangeHash]) {
        let Some(meet) = self.replica.shared() else {
            return;
        };
        let lacking: Vec<Change> = meet
            .beyond(heads)
            .iter()
            .filter_map(|hash| meet.change(hash))
            .collect();
        let slice = &lacking[..self.fitting_for(link, &lacking)];
        let heads = meet.heads();
        if let Some(exchange) = self.peers.peers.get_mut(&link).and_then(Peer::exchange_mut) {
            exchange.follows = true;
        }
        if !slice.is_empty() {
            self.give_to_peer(link, slice);
        }
        self.say_to_peer(link, &PeerMessage::CaughtUp(PeerCaughtUp { heads }));
    }

    fn peer_gave(&mut self, now: Now, link: LinkId, relay: PeerRelay) {
        let mut changes = Vec::with_capacity(relay.updates_relayed.len());
        for update in relay.updates_relayed {
            match update.change.into_change() {
                Ok(change) => changes.push(change),
                Err(refusal) => {
                    return self.leave_peer(
                        now,
                        link,
                        &format!("it sent a change that cannot be read: {refusal}"),
                    );
                }
            }
        }
        let arrived = self.take_in(changes, Origin::Peer);
        self.keep_changes(Origin::Peer, &arrived.admitted, None);
        for change in &arrived.admitted {
            self.queue(&change.hash());
        }
        self.pass_on(&arrived.admitted, Some(link));
        if arrived.waiting > 0 {
            self.ask_peer(link);
        }
    }

    fn peer_is_through(&mut self, link: LinkId, heads: Vec<ChangeHash>) {
        let Some(meet) = self.replica.shared() else {
            return;
        };
        let lacking = heads.iter().any(|head| !meet.contains(head));
        if let Some(exchange) = self.peers.peers.get_mut(&link).and_then(Peer::exchange_mut) {
            exchange.theirs = heads;
        }
        if lacking {
            self.ask_peer(link);
        }
    }

    /// Passes on what joined the document in this step to every peer that follows and has not sent it itself.
    pub(super) fn pass_on_to_peers(&mut self) {
        let fresh = std::mem::take(&mut self.fresh);
        let Some(meet) = self.replica.shared().filter(|_| !fresh.is_empty()) else {
            return;
        };
        let mut news: Vec<(LinkId, Vec<Change>)> = Vec::new();
        for (link, peer) in &mut self.peers.peers {
            if peer.exchange_mut().is_some_and(|exchange| exchange.follows) {
                let from_others = fresh.iter().filter(|(_, from)| *from != Some(*link));
                let changes = from_others.filter_map(|(hash, _)| meet.change(hash));
                news.push((*link, changes.collect()));
            }
        }
        for (link, changes) in news {
            let mut rest = &changes[..];
            while !rest.is_empty() {
                let (now, later) = rest.split_at(self.fitting_for(link, rest));
                self.give_to_peer(link, now);
                rest = later;
            }
        }
    }

    /// How many of these changes go into one message to a peer.
    fn fitting_for(&self, link: LinkId, changes: &[Change]) -> usize {
        if self.takes_packs(link) {
            fitting(changes, PACKED_CHANGES_MAX, PACKED_PEER_BYTES_MAX)
        } else {
            fitting(changes, MESSAGE_CHANGES_MAX, MESSAGE_BYTES_MAX)
        }
    }
}

fn relay_of(changes: &[Change]) -> PeerRelay {
    let updates = changes.iter().map(|change| PeerUpdate {
        change: bytes_of(change),
    });
    PeerRelay {
        updates_relayed: updates.collect(),
    }
}
