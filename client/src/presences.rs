//! Where people are: one's own, to be said again and again, and the others', to be forgotten when nothing is heard.

use std::collections::BTreeMap;

use spotter_model::LocationName;
use spotter_relay_protocol::{SessionId, Whereabouts};

use crate::limits::{PRESENCE_AGAIN_MS, PRESENCE_EVERY_MS, PRESENCE_FORGOTTEN_MS, PRESENCES_MAX};
use crate::link_id::LinkId;
use crate::time::{Moment, Now, WallTime};

/// Whose people these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Those at another session of the relay.
    Session(SessionId),
    /// Those at a replica that exchanges changes with this one directly.
    Peer(LinkId),
}

/// Somebody who is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Present {
    /// Whose people.
    pub who: Who,
    /// Their location, if known.
    pub location: Option<LocationName>,
    /// What they look at.
    pub at: Whereabouts,
    /// Since when, by this device's clock, they have been there.
    pub since: WallTime,
}

impl Present {
    /// Whether two that were heard in two ways may be one.
    fn is_where(&self, other: &Self) -> bool {
        (&self.location, &self.at) == (&other.location, &other.at)
    }
}

/// One's own presence and the others'.
#[derive(Debug, Default)]
pub(crate) struct Presences {
    own: Option<Whereabouts>,
    /// Whether anybody here has ever asked to show or to see who is there.
    wanted: bool,
    /// Whether it must be said once more, be it that nobody is here.
    due: bool,
    said_at: Option<Moment>,
    others: BTreeMap<Who, (Present, Moment)>,
}

impl Presences {
    /// People here look at something else, or are gone.
    pub(crate) fn set(&mut self, at: Option<Whereabouts>) {
        self.due |= !self.wanted || self.own != at;
        self.wanted = true;
        self.own = at;
    }

    /// Somebody new listens.
    pub(crate) fn say_again(&mut self) {
        self.due |= self.wanted;
    }

    /// What to say now, if it is time to.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<Option<Whereabouts>> {
        if self.due_at().is_none_or(|at| now < at) {
            return None;
        }
        self.due = false;
        self.said_at = Some(now);
        Some(self.own.clone())
    }

    /// When there is something to say to those who listen.
    pub(crate) fn due_at(&self) -> Option<Moment> {
        let pause = if self.due {
            PRESENCE_AGAIN_MS
        } else if self.own.is_some() {
            PRESENCE_EVERY_MS
        } else {
            return None;
        };
        let said_at = self.said_at;
        Some(said_at.map_or(Moment::default(), |at| at.after_ms(pause)))
    }

    /// Somebody else has said where they are. Returns whether that is news.
    pub(crate) fn heard(
        &mut self,
        now: Now,
        who: Who,
        location: Option<LocationName>,
        at: Option<Whereabouts>,
    ) -> bool {
        let Some(at) = at else {
            return self.others.remove(&who).is_some();
        };
        if let Some((known, heard_at)) = self.others.get_mut(&who) {
            *heard_at = now.moment;
            let is_news = (&known.location, &known.at) != (&location, &at);
            (known.location, known.at) = (location, at);
            return is_news;
        }
        if self.others.len() >= PRESENCES_MAX {
            return false;
        }
        let present = Present {
            who,
            location,
            at,
            since: now.wall,
        };
        self.others.insert(who, (present, now.moment));
        // Whoever is new does not know of us.
        self.say_again();
        true
    }

    /// Forgets those of whom nothing has been heard for too long, and those who can no longer be heard. Returns who is gone.
    pub(crate) fn forget(&mut self, now: Moment, can_hear: impl Fn(Who) -> bool) -> Vec<Present> {
        let mut gone = Vec::new();
        self.others.retain(|who, (present, heard_at)| {
            let stays = now < heard_at.after_ms(PRESENCE_FORGOTTEN_MS) && can_hear(*who);
            if !stays {
                gone.push(present.clone());
            }
            stays
        });
        gone
    }

    /// When somebody is to be forgotten.
    pub(crate) fn forget_at(&self) -> Option<Moment> {
        let heard = self.others.values().map(|(_, heard_at)| *heard_at).min();
        heard.map(|at| at.after_ms(PRESENCE_FORGOTTEN_MS))
    }

    /// Everybody else who is there. Whoever is heard by the relay and directly is one, named as the relay does.
    pub(crate) fn others(&self) -> impl Iterator<Item = &Present> {
        let all = || self.others.values().map(|(present, _)| present);
        all().filter(move |present| match present.who {
            Who::Session(_) => true,
            Who::Peer(_) => {
                !all().any(|other| matches!(other.who, Who::Session(_)) && present.is_where(other))
            }
        })
    }

    /// The connection over which somebody is heard directly, be it beside the relay. Of several at one place whom the
    /// relay names, as many are as there are connections.
    pub(crate) fn directly(&self, present: &Present) -> Option<LinkId> {
        let there = || {
            let all = self.others.values().map(|(present, _)| present);
            all.filter(|other| present.is_where(other))
        };
        let link = |other: &Present| match other.who {
            Who::Session(_) => None,
            Who::Peer(link) => Some(link),
        };
        if let Some(link) = link(present) {
            return Some(link);
        }
        let sessions = there().filter(|other| link(other).is_none());
        let place = sessions.take_while(|other| other.who != present.who);
        there().filter_map(link).nth(place.count())
    }

    pub(crate) fn get(&self, who: Who) -> Option<&Present> {
        self.others.get(&who).map(|(present, _)| present)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_heard_both_ways_is_one() {
        let now = Now {
            moment: Moment::from_ms(1),
            wall: WallTime::default(),
        };
        let desk = LocationName::parse("desk").ok();
        let at = |entry| {
            Some(Whereabouts {
                entry: Some(entry),
                ..Whereabouts::default()
            })
        };
        let session = Who::Session(SessionId::from_bytes([1; 8]));
        let peer = Who::Peer(LinkId::Accepted(1));
        let mut presences = Presences::default();
        presences.heard(now, peer, desk.clone(), at(1));
        presences.heard(now, session, desk.clone(), at(1));
        let who = |presences: &Presences| -> Vec<Who> {
            presences.others().map(|present| present.who).collect()
        };
        assert_eq!(who(&presences), [session]);
        presences.heard(now, peer, desk, at(2));
        assert_eq!(who(&presences), [session, peer]);
    }

    #[test]
    fn of_two_at_one_place_as_many_are_heard_directly_as_there_are_connections() {
        let now = Now {
            moment: Moment::from_ms(1),
            wall: WallTime::default(),
        };
        let table = LocationName::parse("Platform 1").ok();
        let at = Some(Whereabouts::default());
        let sessions = [1, 2].map(|byte| Who::Session(SessionId::from_bytes([byte; 8])));
        let link = LinkId::Accepted(1);
        let mut presences = Presences::default();
        for who in [sessions[0], sessions[1], Who::Peer(link)] {
            presences.heard(now, who, table.clone(), at.clone());
        }
        let directly: Vec<(Who, Option<LinkId>)> = presences
            .others()
            .map(|present| (present.who, presences.directly(present)))
            .collect();
        assert_eq!(directly, [(sessions[0], Some(link)), (sessions[1], None)]);
    }
}
