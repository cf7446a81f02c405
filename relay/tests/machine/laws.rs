//! Laws that hold whatever happens: random people, a random disk, and every promise checked after every step.

use std::collections::{BTreeMap, BTreeSet};

use quickcheck::{Arbitrary, Gen, quickcheck};
use spotter_model::{Change, ChangeHash};
use spotter_relay::*;
use spotter_relay_protocol::*;

use crate::desk::*;
use crate::writer::Writer;

/// One thing that somebody or the world does.
#[derive(Clone, Debug)]
enum Deed {
    Join(u8),
    Resume(u8),
    Leave(u8),
    Offer(u8, u8),
    Garbage(u8),
    Pull(u8),
    /// The disk answers the oldest append.
    DiskAnswers,
    /// The disk fails the oldest append, having kept it or not.
    DiskFails(bool),
    Pass(u16),
    Restart,
}

impl Arbitrary for Deed {
    fn arbitrary(g: &mut Gen) -> Self {
        let who = u8::arbitrary(g) % 4;
        match u8::arbitrary(g) % 20 {
            0 | 1 => Self::Join(who),
            2 | 3 => Self::Resume(who),
            4 => Self::Leave(who),
            5..=10 => Self::Offer(who, u8::arbitrary(g)),
            11 => Self::Garbage(who),
            12 => Self::Pull(who),
            13..=16 => Self::DiskAnswers,
            17 => Self::DiskFails(bool::arbitrary(g)),
            18 => Self::Pass(u16::arbitrary(g)),
            _ => Self::Restart,
        }
    }
}

/// The world the deeds happen in.
struct World {
    desk: Desk,
    seat: Seat,
    /// Who sits where, by person.
    seats: BTreeMap<u8, Seat>,
    connected: BTreeSet<LinkId>,
    writers: Vec<Writer>,
    made: Vec<Change>,
    acknowledged: BTreeMap<ChangeHash, u64>,
    next_link: u64,
}

quickcheck! {
    fn promises_hold_whatever_happens(deeds: Vec<Deed>) -> bool {
        let mut world = World::new();
        for deed in deeds {
            world.act(&deed);
            world.check(&deed);
        }
        world.end();
        true
    }

    fn the_same_inputs_give_the_same_actions(deeds: Vec<Deed>) -> bool {
        let [one, two] = [World::new(), World::new()].map(|mut world| {
            deeds.iter().for_each(|deed| world.act(deed));
            (format!("{:?}", world.desk.said), format!("{:?}", world.desk.store), world.desk.events)
        });
        one == two
    }
}

impl World {
    fn new() -> Self {
        let mut desk = Desk::with(Limits {
            slice_bytes: 512,
            waking_slice_bytes: 512,
            guesses_free: 1_000,
            ..Limits::default()
        });
        let (seat, genesis) = desk.live_meet();
        desk.holding = |action| matches!(action, Action::Append { .. });
        Self {
            seats: BTreeMap::from([(0, seat.clone())]),
            connected: BTreeSet::from([seat.link]),
            writers: (1..5).map(|actor| Writer::on(actor, &[&genesis])).collect(),
            acknowledged: BTreeMap::from([(genesis.hash(), 1)]),
            made: vec![genesis],
            next_link: 100,
            desk,
            seat,
        }
    }

    fn act(&mut self, deed: &Deed) {
        match deed {
            Deed::Join(who) => {
                self.enter(*who, |seat| join_message(seat.meet, "Weigh-in", PASSWORD))
            }
            Deed::Resume(who) => self.enter(*who, resume_message),
            Deed::Leave(who) => {
                if let Some(link) = self.link(*who) {
                    self.desk.disconnect(link);
                }
            }
            Deed::Offer(who, what) => self.offer(*who, *what),
            Deed::Garbage(who) => {
                if let Some(link) = self.link(*who) {
                    self.desk
                        .say_text(link, r#"{"msgType":"UPDATE_INIT","updates":[{}]}"#);
                }
            }
            Deed::Pull(who) => {
                if let Some(link) = self.link(*who) {
                    let from = PullFrom::Heads(vec![self.made[0].hash()]);
                    self.desk.say(
                        link,
                        &ClientMessage::ClientPull(ClientPull {
                            session_token: None,
                            from,
                        }),
                    );
                }
            }
            Deed::DiskAnswers => {
                if let Some(Action::Append {
                    meet,
                    batch,
                    entries,
                }) = self.desk.held.pop_front()
                {
                    self.desk.store.get_mut(&meet).unwrap().log.extend(entries);
                    self.desk.happen(Input::Appended { meet, batch });
                }
            }
            Deed::DiskFails(kept) => {
                if let Some(Action::Append {
                    meet,
                    batch,
                    entries,
                }) = self.desk.held.pop_front()
                {
                    if *kept {
                        self.desk.store.get_mut(&meet).unwrap().log.extend(entries);
                    }
                    let trouble = StoreTrouble::Unavailable("sync failed".into());
                    self.desk.happen(Input::AppendFailed {
                        meet,
                        batch,
                        trouble,
                    });
                }
            }
            Deed::Pass(millis) => self.desk.pass(u64::from(*millis)),
            Deed::Restart => {
                self.desk.restarted();
                self.desk.holding = |action| matches!(action, Action::Append { .. });
                self.connected.clear();
            }
        }
        let closed: Vec<LinkId> = self.desk.closed.keys().copied().collect();
        for link in closed {
            self.connected.remove(&link);
        }
    }

    fn enter(&mut self, who: u8, message: impl Fn(&Seat) -> ClientMessage) {
        self.next_link += 1;
        let link = self.desk.connect(self.next_link);
        let seat = self.seats.get(&who).unwrap_or(&self.seat).clone();
        self.desk.say(link, &message(&seat));
        if let Some(RelayMessage::MeetJoined(joined)) =
            self.desk.said.get(&link).and_then(|said| said.first())
        {
            let token = joined.session_token.clone().unwrap();
            self.seats.insert(
                who,
                Seat {
                    link,
                    token,
                    ..seat
                },
            );
            self.connected.insert(link);
        }
    }

    fn link(&self, who: u8) -> Option<LinkId> {
        self.seats
            .get(&who)
            .map(|seat| seat.link)
            .filter(|link| self.connected.contains(link))
    }

    /// Offers a new change, or one of before: known, waiting for others, or a twin.
    fn offer(&mut self, who: u8, what: u8) {
        let Some(link) = self.link(who) else { return };
        let change = match what % 4 {
            0 | 1 => {
                let change = self.writers[usize::from(who)].write(&what.to_string());
                self.made.push(change.clone());
                change
            }
            2 => self.made[usize::from(what) % self.made.len()].clone(),
            _ => Writer::on(who + 1, &[&self.made[0]]).write("twin"),
        };
        self.desk.offer(link, &[&change]);
    }

    fn check(&mut self, deed: &Deed) {
        let log: Vec<ChangeHash> = self.desk.store[&self.seat.meet]
            .log
            .iter()
            .map(|entry| entry.hash)
            .collect();
        assert_eq!(
            log.iter().collect::<BTreeSet<_>>().len(),
            log.len(),
            "a change is stored once: {deed:?}"
        );
        for (hash, position) in &self.acknowledged {
            assert_eq!(
                log.get(*position as usize - 1),
                Some(hash),
                "what was acknowledged stays: {deed:?}"
            );
        }
        for message in self.desk.said.values().flatten() {
            if let RelayMessage::UpdateRelay(relay) = message {
                let mut before = relay.after_server_seq_num;
                for update in &relay.updates_relayed {
                    let hash = Change::decode(update.change.as_ref()).unwrap().hash();
                    assert!(update.server_seq_num > before, "positions rise");
                    assert_eq!(
                        log.get(update.server_seq_num as usize - 1),
                        Some(&hash),
                        "only what is durable is relayed"
                    );
                    before = update.server_seq_num;
                }
            }
            for ack in acks_of(message) {
                let hash = log
                    .get(ack.server_seq_num as usize - 1)
                    .expect("only what is durable is acknowledged");
                self.acknowledged.insert(*hash, ack.server_seq_num);
            }
        }
        let secrets = [
            PASSWORD,
            self.seat.token.expose(),
            self.seat.ticket.expose(),
        ];
        let shown = format!(
            "{:?} {:?} {:?}",
            self.desk.events, self.desk.relay, self.desk.held
        );
        let json = serde_json::to_string(&self.desk.events).unwrap();
        assert!(
            secrets
                .iter()
                .all(|secret| !shown.contains(secret) && !json.contains(secret)),
            "no secret shows"
        );
        self.desk.said.clear();
        self.desk.events.clear();
    }

    /// Calm: the disk answers everything, everyone leaves, and nothing is held in memory.
    fn end(&mut self) {
        self.desk.release();
        self.check(&Deed::DiskAnswers);
        let order: Vec<u64> = self.acknowledged.values().copied().collect();
        assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), order.len());
        for link in (0..=self.next_link).map(LinkId) {
            self.desk.disconnect(link);
        }
        self.desk.release();
        assert_eq!(
            (
                self.desk.relay.meets(),
                self.desk.relay.links(),
                self.desk.relay.next_wakeup()
            ),
            (0, 0, None)
        );
        assert!(
            self.desk.store.values().all(|stored| !stored.is_open),
            "an idle meet is closed"
        );
    }
}
