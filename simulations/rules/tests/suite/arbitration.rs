//! Server arbitration does what its plan says, scenario by scenario and message by message.
//!
//! A scenario is played with the machines alone: what each says is written down in the order in which it is said, as
//! `A: UPDATE_INIT weight=180 local 1 after 0` or `A< UPDATE_ACK 1=1` for what the server says to A.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde_json::{Value, json};
use spotter_sim_plan::{DeviceNumber, EditNumber, Happened, Plan};
use spotter_sim_rules::{
    Client, Equals, Message, Moment, Out, Place, ReplayOrder, Rule, Server, ServerArbitration,
    ServerMoment, example_plan,
};

use crate::plans::{Small, agreed, traced};
use crate::properties::outcomes_over_orders;

const MOMENT: Moment = Moment { now: 0, wall: 0 };

/// Clients A, B, C with priorities, a server, and what is under way between them.
struct Play {
    rule: ServerArbitration,
    clients: Vec<Box<dyn Client>>,
    places: Vec<Place>,
    server: Box<dyn Server>,
    log: String,
    to_server: VecDeque<(usize, Message)>,
    to_clients: VecDeque<(usize, Message)>,
    said: Vec<String>,
    happened: Vec<Happened>,
}

impl Play {
    /// Everybody has joined and pulled.
    fn new(rule: ServerArbitration, priorities: &[u32]) -> Self {
        let plan = example_plan();
        let place = |(number, priority): (usize, &u32)| Place {
            device: DeviceNumber(u16::try_from(number).unwrap()),
            location: name(number),
            priority: *priority,
            actor: String::new(),
            starts: 1,
            start: Rc::default(),
        };
        let places: Vec<Place> = priorities.iter().enumerate().map(place).collect();
        let mut play = Self {
            rule,
            clients: places
                .iter()
                .map(|place| rule.client(&plan, place))
                .collect(),
            server: rule.server(&plan),
            places,
            log: "first".to_owned(),
            to_server: VecDeque::new(),
            to_clients: VecDeque::new(),
            said: Vec::new(),
            happened: Vec::new(),
        };
        for number in 0..priorities.len() {
            play.reaches(number);
            play.settles();
        }
        play.said.clear();
        play
    }

    fn client(&mut self, number: usize, acts: impl FnOnce(&mut dyn Client, &mut Out<Message>)) {
        let mut out = Out::default();
        acts(self.clients[number].as_mut(), &mut out);
        for message in out.messages {
            self.said
                .push(format!("{}: {}", name(number), brief(&message)));
            self.to_server.push_back((number, message));
        }
        self.happened.extend(out.happened);
    }

    fn server(
        &mut self,
        acts: impl FnOnce(&mut dyn Server, &ServerMoment, &mut Out<(DeviceNumber, Message)>),
    ) {
        let mut out = Out::default();
        let moment = ServerMoment {
            now: 0,
            log: self.log.clone(),
        };
        acts(self.server.as_mut(), &moment, &mut out);
        for (device, message) in out.messages {
            let number = usize::from(device.0);
            self.said
                .push(format!("{}< {}", name(number), brief(&message)));
            self.to_clients.push_back((number, message));
        }
        self.happened.extend(out.happened);
    }

    fn writes(&mut self, number: usize, key: &str, value: i32) {
        let puts = BTreeMap::from([(key.to_owned(), json!(value))]);
        self.client(number, |client, out| {
            client.edit(MOMENT, EditNumber(0), &puts, out)
        });
    }

    fn reaches(&mut self, number: usize) {
        let place = self.places[number].clone();
        self.server(|server, moment, out| server.connected(moment, &place, out));
        self.client(number, |client, out| client.connected(MOMENT, out));
    }

    /// What is under way from and to it is lost.
    fn cannot_reach(&mut self, number: usize) {
        self.to_server.retain(|(from, _)| *from != number);
        self.to_clients.retain(|(to, _)| *to != number);
        let device = self.places[number].device;
        self.server(|server, moment, out| server.disconnected(moment, device, out));
        self.client(number, |client, out| client.disconnected(MOMENT, out));
    }

    /// The server is gone with all its state, and is there again.
    fn server_loses_all_state(&mut self) {
        self.server = self.rule.server(&example_plan());
        self.log = "second".to_owned();
    }

    /// Delivers messages until there are none.
    fn settles(&mut self) {
        loop {
            if let Some((from, message)) = self.to_server.pop_front() {
                let device = self.places[from].device;
                self.server(|server, moment, out| server.received(moment, device, &message, out));
            } else if let Some((to, message)) = self.to_clients.pop_front() {
                self.client(to, |client, out| client.received(MOMENT, &message, out));
            } else {
                return;
            }
        }
    }

    /// What was said since the last time.
    fn said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    fn shows(&self, key: &str) -> Vec<Option<i64>> {
        let clients = self.clients.iter().map(|client| client.shown(key));
        clients.map(|value| value.and_then(Value::as_i64)).collect()
    }

    fn need_resync(&self, number: usize) -> bool {
        self.clients[number].standing().need_resync
    }

    /// Who was told that an update is refused, and the code.
    fn refused(&self) -> Vec<(u16, &str)> {
        let refused = self.happened.iter().filter_map(|what| match what {
            Happened::Refused { device, code, .. } => Some((device.0, code.as_str())),
            _ => None,
        });
        refused.collect()
    }
}

fn name(number: usize) -> String {
    ["A", "B", "C"][number].to_owned()
}

/// A message in a few words.
fn brief(message: &Message) -> String {
    let words = &message.words;
    let kind = message.kind();
    let list = |list: &str, item: &dyn Fn(&Value) -> String| {
        let items: Vec<String> = words[list].as_array().unwrap().iter().map(item).collect();
        format!("{kind} {}", items.join(", "))
    };
    let key = |item: &Value| item["updateKey"].as_str().unwrap().to_owned();
    match kind {
        "UPDATE_INIT" => list("updates", &|one| {
            format!(
                "{}={} local {} after {}",
                key(one),
                one["updateValue"],
                one["localSeqNum"],
                one["afterServerSeqNum"]
            )
        }),
        "UPDATE_ACK" => list("updateAcks", &|one| {
            format!("{}={}", one["localSeqNum"], one["serverSeqNum"])
        }),
        "UPDATE_REJECTED" => list("updatesRejected", &|one| {
            format!("{} conflict {}", one["localSeqNum"], one["conflict"])
        }),
        "UPDATE_RELAY" => list("updatesRelayed", &|one| {
            format!(
                "{} {}={}",
                one["serverSeqNum"],
                key(one),
                one["updateValue"]
            )
        }),
        "CLIENT_PULL" | "SERVER_PULL" => format!("{kind} {}", words["lastServerSeq"]),
        _ => kind.to_owned(),
    }
}

#[test]
fn one_updating_client_and_one_that_reads() {
    let mut play = Play::new(ServerArbitration::default(), &[10, 20]);
    play.writes(0, "x", 1);
    play.settles();
    assert_eq!(
        play.said(),
        [
            "A: UPDATE_INIT x=1 local 1 after 0",
            "A< UPDATE_ACK 1=1",
            "B< UPDATE_RELAY 1 x=1",
        ]
    );
    assert_eq!(play.shows("x"), [Some(1), Some(1)]);
    assert_eq!(
        play.clients[0].standing().not_sent,
        0,
        "it moved to the canonical log"
    );
}

#[test]
fn two_updating_clients_that_overlap_in_time_but_not_in_values() {
    let mut play = Play::new(ServerArbitration::default(), &[10, 20]);
    play.writes(0, "x", 1);
    play.writes(0, "y", 2);
    play.writes(1, "z", 3);
    play.settles();
    assert_eq!(
        play.said(),
        [
            "A: UPDATE_INIT x=1 local 1 after 0",
            "A: UPDATE_INIT y=2 local 2 after 0",
            "B: UPDATE_INIT z=3 local 1 after 0",
            "A< UPDATE_ACK 1=1",
            "B< UPDATE_RELAY 1 x=1",
            "A< UPDATE_ACK 2=2",
            "B< UPDATE_RELAY 2 y=2",
            "B< UPDATE_ACK 1=3",
            "A< UPDATE_RELAY 3 z=3",
        ]
    );
    for (key, value) in [("x", 1), ("y", 2), ("z", 3)] {
        assert_eq!(play.shows(key), [Some(value), Some(value)]);
    }
    assert!(play.refused().is_empty());
}

#[test]
fn a_conflict_needs_the_same_key_another_value_another_client_and_not_having_seen_it() {
    let conflicts = |second: &dyn Fn(&mut Play)| {
        let mut play = Play::new(ServerArbitration::default(), &[10, 10]);
        play.writes(0, "x", 1);
        second(&mut play);
        play.settles();
        play.refused().len()
    };
    assert_eq!(conflicts(&|play| play.writes(1, "x", 2)), 1);
    assert_eq!(conflicts(&|play| play.writes(1, "y", 2)), 0, "another key");
    assert_eq!(
        conflicts(&|play| play.writes(1, "x", 1)),
        0,
        "the same value"
    );
    assert_eq!(
        conflicts(&|play| play.writes(0, "x", 2)),
        0,
        "the same client"
    );
    let seen = |play: &mut Play| {
        play.settles();
        play.writes(1, "x", 2);
    };
    assert_eq!(conflicts(&seen), 0, "it was seen");
}

#[test]
fn a_client_that_only_reads_and_cannot_reach_the_server() {
    let mut play = Play::new(ServerArbitration::default(), &[10, 20]);
    play.writes(0, "x", 1);
    play.settles();
    play.cannot_reach(1);
    assert!(play.need_resync(1));
    play.writes(0, "x", 2);
    play.writes(0, "y", 3);
    play.settles();
    play.said();
    play.reaches(1);
    play.settles();
    assert_eq!(
        play.said(),
        ["B: CLIENT_PULL 1", "B< UPDATE_RELAY 2 x=2, 3 y=3"]
    );
    assert!(!play.need_resync(1));
    assert_eq!(play.shows("x"), [Some(2), Some(2)]);
}

#[test]
fn an_updating_client_that_cannot_reach_the_server_without_conflict() {
    let mut play = Play::new(ServerArbitration::default(), &[10, 20]);
    play.writes(1, "y", 0);
    play.settles();
    play.cannot_reach(0);
    assert!(play.need_resync(0));
    play.writes(0, "x", 1);
    play.writes(0, "x", 2);
    play.writes(1, "y", 3);
    play.settles();
    assert_eq!(play.shows("x"), [Some(2), None], "it goes on locally");
    play.said();
    play.reaches(0);
    play.settles();
    assert_eq!(
        play.said(),
        [
            "A: UPDATE_INIT x=1 local 1 after 1, x=2 local 2 after 1",
            "A< UPDATE_ACK 1=3, 2=4",
            "B< UPDATE_RELAY 3 x=1, 4 x=2",
            "A: CLIENT_PULL 1",
            "A< UPDATE_RELAY 2 y=3, 3 x=1, 4 x=2",
        ]
    );
    assert!(!play.need_resync(0));
    assert_eq!(play.shows("x"), [Some(2), Some(2)]);
    assert_eq!(play.shows("y"), [Some(3), Some(3)]);
}

#[test]
fn two_that_cannot_reach_the_server_and_one_that_can_in_mutual_conflict() {
    let mut play = Play::new(ServerArbitration::default(), &[20, 10, 15]);
    play.cannot_reach(0);
    play.cannot_reach(1);
    play.writes(0, "x", 1);
    play.writes(1, "x", 2);
    play.writes(2, "x", 3);
    play.settles();
    play.said();
    play.reaches(0);
    play.settles();
    // A outranks C: it is pushed to both, from the conflict on.
    assert_eq!(
        play.said(),
        [
            "A: UPDATE_INIT x=1 local 1 after 0",
            "A< UPDATE_ACK 1=2",
            "A< UPDATE_RELAY 1 x=3, 2 x=1",
            "C< UPDATE_RELAY 1 x=3, 2 x=1",
            "A: CLIENT_PULL 0",
            "A< UPDATE_RELAY 1 x=3, 2 x=1",
        ]
    );
    assert_eq!(play.shows("x"), [Some(1), Some(2), Some(1)]);
    play.reaches(1);
    play.settles();
    // B does not outrank A: it is rejected, and what stands is pushed to all three.
    assert_eq!(
        play.said(),
        [
            "B: UPDATE_INIT x=2 local 1 after 0",
            "B< UPDATE_REJECTED 1 conflict true",
            "A< UPDATE_RELAY 2 x=1",
            "B< UPDATE_RELAY 2 x=1",
            "C< UPDATE_RELAY 2 x=1",
            "B: CLIENT_PULL 0",
            "B< UPDATE_RELAY 1 x=3, 2 x=1",
        ]
    );
    assert_eq!(play.shows("x"), [Some(1), Some(1), Some(1)]);
    assert_eq!(play.refused(), [(2, "overruled"), (1, "rejected")]);
}

#[test]
fn one_that_comes_back_much_later_than_the_other() {
    let mut play = Play::new(ServerArbitration::default(), &[20, 10]);
    play.cannot_reach(0);
    play.cannot_reach(1);
    play.writes(0, "x", 1);
    play.writes(1, "x", 2);
    play.reaches(1);
    play.settles();
    for value in 3..6 {
        play.writes(1, "x", value);
        play.settles();
    }
    play.reaches(0);
    play.settles();
    assert_eq!(
        play.shows("x"),
        [Some(1), Some(1)],
        "the higher priority overrules, however late"
    );
}

#[test]
fn when_the_server_has_lost_all_state_it_pulls_from_each_client_the_highest_priority_first() {
    let mut play = Play::new(ServerArbitration::default(), &[10, 20]);
    play.writes(0, "x", 1);
    play.settles();
    play.writes(1, "y", 2);
    play.settles();
    play.cannot_reach(0);
    play.cannot_reach(1);
    play.server_loses_all_state();
    play.writes(0, "x", 3);
    play.writes(1, "x", 4);
    play.said();
    play.reaches(0);
    play.reaches(1);
    play.settles();
    let said = play.said();
    let pulls: Vec<&String> = said
        .iter()
        .filter(|line| line.contains("SERVER_PULL"))
        .collect();
    assert_eq!(pulls, ["B< SERVER_PULL 0", "A< SERVER_PULL 0"]);
    let gives: Vec<&String> = said
        .iter()
        .filter(|line| line.contains("UPDATE_INIT") && line.contains("after 0"))
        .collect();
    assert_eq!(
        gives,
        [
            "B: UPDATE_INIT x=1 local 3 after 0, y=2 local 4 after 0, x=4 local 5 after 0",
            "A: UPDATE_INIT x=1 local 3 after 0, y=2 local 4 after 0, x=3 local 5 after 0",
        ]
    );
    assert_eq!(play.shows("x"), [Some(4), Some(4)], "B outranks A");
    assert_eq!(play.shows("y"), [Some(2), Some(2)]);
    assert!(!play.need_resync(0) && !play.need_resync(1));
}

#[test]
fn between_equals_the_first_or_the_last_to_arrive_wins_as_is_chosen() {
    let winner = |equals: &str| {
        let mut play = Play::new(
            ServerArbitration::between_equals(equals).unwrap(),
            &[10, 10],
        );
        play.writes(0, "x", 1);
        play.writes(1, "x", 2);
        play.settles();
        play.shows("x")
    };
    assert_eq!(winner("first"), [Some(1), Some(1)]);
    assert_eq!(winner("last"), [Some(2), Some(2)]);
    assert_eq!(Equals::default(), Equals::First);
}

#[test]
fn an_update_whose_answer_was_lost_gets_the_same_answer_again() {
    let mut play = Play::new(ServerArbitration::default(), &[10, 20]);
    play.writes(0, "x", 1);
    let (from, message) = play.to_server.pop_front().unwrap();
    let device = play.places[from].device;
    play.server(|server, moment, out| server.received(moment, device, &message, out));
    play.cannot_reach(0);
    play.settles();
    play.writes(1, "x", 2);
    play.settles();
    play.reaches(0);
    play.settles();
    assert!(play.said().contains(&"A< UPDATE_ACK 1=1".to_owned()));
    assert_eq!(
        play.shows("x"),
        [Some(2), Some(2)],
        "B had seen what it corrected"
    );
}

/// High's value reaches everybody but Mid; Low corrects it, cut off as well; Mid has a third. Low and Mid come back.
fn corrected_and_disputed(first: u16, second: u16) -> Plan {
    Small::new(&[("High", 30), ("Mid", 20), ("Low", 10)])
        .cuts(5_000, 1)
        .writes(6_000, 0, 180.0)
        .writes(6_500, 1, 177.5)
        .cuts(7_000, 2)
        .writes(8_000, 2, 182.5)
        .heals(10_000, first)
        .heals(20_000, second)
        .plan()
}

#[test]
fn who_reconnects_first_decides() {
    let outcome = |first, second| {
        let trace = traced(
            &corrected_and_disputed(first, second),
            &ServerArbitration::default(),
        );
        agreed(&trace)
    };
    assert_eq!(
        outcome(1, 2),
        json!(182.5),
        "Mid is rejected for High, then Low's correction is no conflict"
    );
    assert_eq!(
        outcome(2, 1),
        json!(177.5),
        "Low's correction stands, and Mid overrules it: what High had beaten is back"
    );
    for (first, second) in [(1, 2), (2, 1)] {
        let trace = traced(&corrected_and_disputed(first, second), &ReplayOrder);
        assert_eq!(
            agreed(&trace),
            json!(182.5),
            "the replay order does not care"
        );
    }
}

#[test]
fn between_equals_there_are_as_many_outcomes_as_can_be_first() {
    let outcome = |first, second| {
        let plan = Small::new(&[("East", 10), ("West", 10)])
            .cuts(5_000, 0)
            .cuts(5_000, 1)
            .writes(6_000, 0, 180.0)
            .writes(6_500, 1, 177.5)
            .heals(10_000, first)
            .heals(20_000, second)
            .plan();
        agreed(&traced(&plan, &ServerArbitration::default()))
    };
    assert_eq!((outcome(0, 1), outcome(1, 0)), (json!(180.0), json!(177.5)));
}

#[test]
fn with_distinct_priorities_and_a_common_base_every_order_has_one_outcome() {
    assert_eq!(outcomes_over_orders(&ServerArbitration::default()).len(), 1);
}

#[test]
fn whoever_comes_after_a_new_list_has_grown_past_its_number_is_never_told() {
    let mut play = Play::new(ServerArbitration::default(), &[10, 20]);
    for value in 0..3 {
        play.writes(0, "x", value);
        play.settles();
    }
    play.cannot_reach(0);
    play.cannot_reach(1);
    play.server_loses_all_state();
    // B has lost its memory too, and writes more than A has seen before A is back.
    play.clients[1] = play.rule.client(&example_plan(), &play.places[1]);
    play.reaches(1);
    for value in 10..15 {
        play.writes(1, "y", value);
        play.settles();
    }
    play.reaches(0);
    play.settles();
    assert_eq!(play.shows("x"), [Some(2), None], "they disagree for good");
}
