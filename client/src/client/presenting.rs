//! Showing others where one's people are, and being shown where others' are. Nothing of it is saved or counted on.

use spotter_model::LocationName;
use spotter_relay_protocol::{
    ClientMessage, PeerMessage, PeerPresence, Presence, PresenceRelayed, Whereabouts,
};

use crate::client::Client;
use crate::link_id::LinkId;
use crate::news::News;
use crate::presences::{Present, Who};
use crate::time::{Moment, Now};

impl Client {
    /// Everybody else who is known to be there now, in a fixed order.
    pub fn presence(&self) -> impl Iterator<Item = &Present> {
        self.presences.others()
    }

    /// The connection over which one of [`Client::presence`] is heard directly, if any, be it beside the relay.
    pub fn heard_directly(&self, present: &Present) -> Option<LinkId> {
        self.presences.directly(present)
    }

    pub(super) fn presence_relayed(&mut self, now: Now, relayed: PresenceRelayed) {
        let who = Who::Session(relayed.session_id);
        self.presence_heard(now, who, Some(relayed.location_name), relayed.at);
    }

    pub(super) fn peer_is_present(&mut self, now: Now, link: LinkId, said: PeerPresence) {
        self.presence_heard(now, Who::Peer(link), said.location_name, said.at);
    }

    fn presence_heard(
        &mut self,
        now: Now,
        who: Who,
        location: Option<LocationName>,
        at: Option<Whereabouts>,
    ) {
        let before = self
            .presences
            .get(who)
            .and_then(|known| known.location.clone());
        if self.presences.heard(now, who, location.clone(), at.clone()) {
            let location = location.or(before);
            self.tell(News::Presence { who, location, at });
        }
    }

    /// Says again what is due, and forgets who is gone.
    pub(super) fn settle_presence(&mut self, now: Now) {
        let (relay, peers) = (&self.relay, &self.peers);
        let gone = self.presences.forget(now.moment, |who| match who {
            Who::Session(_) => relay.inside().is_some(),
            Who::Peer(link) => peers.peers.contains_key(&link),
        });
        for Present { who, location, .. } in gone {
            let at = None;
            self.tell(News::Presence { who, location, at });
        }
        let listeners: Vec<LinkId> = self.presence_listeners().collect();
        if listeners.is_empty() {
            return;
        }
        let Some(at) = self.presences.take_due(now.moment) else {
            return;
        };
        let location_name = self.replica.author().map(|author| author.location.clone());
        for link in listeners {
            match link {
                LinkId::Relay(_) => self.say(&ClientMessage::Presence(Presence {
                    session_token: None,
                    at: at.clone(),
                })),
                LinkId::Dialled(_) | LinkId::Accepted(_) => {
                    let presence = PeerPresence {
                        location_name: location_name.clone(),
                        at: at.clone(),
                    };
                    self.say_to_peer(link, &PeerMessage::Presence(presence));
                }
            }
        }
    }

    /// The relay, if it knows the word, and the peers that want to hear it.
    fn presence_listeners(&self) -> impl Iterator<Item = LinkId> {
        let inside = self.relay.inside().filter(|inside| inside.knows_presence);
        let relay = inside.map(|inside| inside.line.link).into_iter();
        let peers = self.peers.peers.iter();
        relay.chain(
            peers
                .filter(|(_, peer)| peer.is_proven() && peer.presence)
                .map(|(link, _)| *link),
        )
    }

    pub(super) fn presence_wakeup(&self) -> Option<Moment> {
        let listened_to = self.presence_listeners().next().is_some();
        let due = self.presences.due_at().filter(|_| listened_to);
        due.into_iter().chain(self.presences.forget_at()).min()
    }
}
