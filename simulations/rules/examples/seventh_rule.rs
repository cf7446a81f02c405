//! A rule of one's own beside those that come with the program, on a workload that has nothing to do with lifting.
//!
//! `cargo run -p spotter-sim-rules --example seventh_rule` prints how often each rule ends with another result when three
//! shops that were cut off come back in another order. `docs/own-rule.md` tells it in words.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::rc::Rc;

use serde_json::json;
use sha2::{Digest as _, Sha256};
use spotter_sim_plan::{
    Device, DeviceNumber, Doing, EditNumber, Event, Happened, Lane, Network, PLAN_FORMAT, Plan,
    SESSION_MS, Seat, Step, Watch,
};
use spotter_sim_rules::merging::{Replica, Rival, Store};
use spotter_sim_rules::{Client, Place, Rule, Server};

// begin: rule
/// What CouchDB does: of the writes that nobody has overwritten, the one with the longest history wins, and among those
/// the one with the highest hash.
struct HashWinner;

impl Rule for HashWinner {
    fn name(&self) -> &'static str {
        "hash-winner"
    }

    fn about(&self) -> &'static str {
        "of the values that nobody has overwritten, the one with the longest history, then the highest hash"
    }

    fn client(&self, _: &Plan, place: &Place) -> Box<dyn Client> {
        Box::new(Replica::new(place, Rc::new(winner)))
    }

    fn server(&self, _: &Plan) -> Box<dyn Server> {
        Box::new(Store::new())
    }
}

fn winner(rivals: &[Rival]) -> usize {
    let standing = (0..rivals.len()).filter(|place| !rivals[*place].overwritten);
    let best = standing.max_by_key(|place| (revision(rivals, *place), hash(&rivals[*place])));
    best.unwrap_or_default()
}

/// How many writes lie on the longest way back to one that overwrote nothing.
fn revision(rivals: &[Rival], place: usize) -> usize {
    let before = rivals[place].preds.iter();
    1 + before
        .map(|pred| revision(rivals, *pred))
        .max()
        .unwrap_or(0)
}

fn hash(rival: &Rival) -> Vec<u8> {
    let text = format!("{} {}", rival.value, rival.written.write.name);
    Sha256::digest(text).to_vec()
}
// end: rule

// begin: workload
/// Three shops lose their network, put different amounts of milk into the same cart, and come back in some order.
fn shops(order: [u16; 3]) -> Plan {
    let mut steps = vec![step(
        0,
        Doing::GoLive {
            device: DeviceNumber(0),
        },
    )];
    for device in [1, 2].map(DeviceNumber) {
        steps.push(step(1_000, Doing::Join { device }));
    }
    for shop in 0..3 {
        let device = DeviceNumber(shop);
        let after = u64::from(shop);
        steps.push(step(
            5_000,
            Doing::Cut {
                device,
                lane: Lane::Both,
            },
        ));
        steps.push(step(
            6_000 + after,
            Doing::Edit {
                device,
                edit: EditNumber(u32::from(shop)),
                puts: BTreeMap::from([("cart.milk".to_owned(), json!(shop + 1))]),
            },
        ));
    }
    for (shop, at) in order.into_iter().zip([10_000, 20_000, 30_000]) {
        steps.push(step(
            at,
            Doing::Heal {
                device: DeviceNumber(shop),
            },
        ));
    }
    steps.sort_by_key(|step| step.at);
    let shop = |name: &str| Device {
        name: name.to_owned(),
        location: name.to_owned(),
        relay: 0,
        clock_off: 0,
    };
    let seat = |location: &str| Seat {
        location: location.to_owned(),
        priority: 1,
    };
    Plan {
        format: PLAN_FORMAT,
        scenario: "shops".to_owned(),
        seed: 1,
        roster: ["North", "South", "West"].map(seat).to_vec(),
        devices: ["North", "South", "West"].map(shop).to_vec(),
        relays: 1,
        start: BTreeMap::from([("cart.milk".to_owned(), json!(0))]),
        network: Network::default(),
        session_ms: SESSION_MS,
        steps,
        calm_at: 40_000,
        ends_at: 160_000,
        watch: Watch::Ends,
    }
}
// end: workload

fn step(at: u64, doing: Doing) -> Step {
    Step { at, doing }
}

/// What is in the carts at the end, over all orders of coming back.
fn outcomes(rule: &dyn Rule) -> BTreeSet<String> {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let mut outcomes = BTreeSet::new();
    for order in orders {
        let mut carts = BTreeSet::new();
        spotter_sim_rules::run(&shops(order), rule, &mut |event: Event| {
            if let Happened::Rests { registers, .. } = event.what {
                carts.insert(registers["cart.milk"].to_string());
            }
        });
        outcomes.insert(carts.into_iter().collect::<Vec<_>>().join(" or "));
    }
    outcomes
}

fn main() -> std::io::Result<()> {
    let mut rules = spotter_sim_rules::all();
    rules.push(Box::new(HashWinner));
    for rule in rules {
        let outcomes = outcomes(rule.as_ref());
        let carts: Vec<String> = outcomes.iter().cloned().collect();
        writeln!(
            std::io::stdout(),
            "{:26} {} {}",
            rule.name(),
            outcomes.len(),
            carts.join(", ")
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seventh_rule_has_one_outcome_whatever_the_order() {
        assert_eq!(outcomes(&HashWinner).len(), 1);
    }

    #[test]
    fn the_server_that_decides_has_as_many_outcomes_as_shops() {
        let arbitration = spotter_sim_rules::by_name("server-arbitration")
            .map(|rule| outcomes(rule.as_ref()).len());
        assert_eq!(arbitration, Some(3));
    }

    #[test]
    fn the_page_quotes_this_file() {
        let page = include_str!("../../../docs/own-rule.md");
        let source = include_str!("seventh_rule.rs");
        for part in ["rule", "workload"] {
            let begins = format!("// begin: {part}\n");
            let ends = format!("// end: {part}\n");
            let code = source
                .split(&begins)
                .nth(1)
                .and_then(|rest| rest.split(&ends).next());
            assert!(
                code.is_some_and(|code| page.contains(code)),
                "docs/own-rule.md does not quote {part}"
            );
        }
    }
}
