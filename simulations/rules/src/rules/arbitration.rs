//! Server arbitration: the plan that this project grew out of, written down as it stands there.
//!
//! Clients keep a pending log and a canonical log; the server has one event list and gives sequence numbers in the order
//! of arrival. An update says which server sequence number its writer had seen last (`afterServerSeqNum`). It is in
//! **conflict** if the update of the same key that stands in the event list came from another client, behind that
//! number, with another value. A client of higher priority overrules; one of lower priority is rejected.
//!
//! Where the plan leaves something open, this is how it is read, in its favour where there was a choice:
//!
//! - *Equal priorities* are an option ([`Equals`]); by default what stands first stays.
//! - *Overruling* puts the update behind what it overrules, and everything from the conflict on is pushed to all
//!   connected clients, whoever won.
//! - *An update that is sent again* because its answer was lost is known by its client and `localSeqNum`, and gets the
//!   same answer. No client ever uses a local number twice.
//! - *Clients show* their canonical log in order and what is pending on top of it.
//! - *A client that was away* sends what is pending, waits for the answers, and then pulls what followed the last
//!   number before it went away, its own included.
//! - *A server without its memory* asks the clients that are connected, one after the other in descending priority, for
//!   everything they have, and takes it as updates that have seen nothing. Whoever connects later with a number that the
//!   new list has reached in the meantime is not noticed: the plan gives the list no name.
//! - *Stored means durable*, on both sides, although the plan does not say so.

mod client;
mod server;

use std::rc::Rc;

use serde_json::{Value, json};
use spotter_sim_plan::Plan;

use crate::message::{Message, Written};
use crate::rule::{Client, Place, Rule, Server};
use client::Updating;
use server::Arbiter;

/// The server decides conflicts when updates arrive, by priority.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerArbitration {
    equals: Equals,
}

/// Who wins if both have the same priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Equals {
    /// What arrived first stays.
    #[default]
    First,
    /// What arrives last overrules.
    Last,
}

impl ServerArbitration {
    /// With `first` or `last` winning between equals; none if it is neither.
    pub fn between_equals(option: &str) -> Option<Self> {
        let equals = match option {
            "first" => Equals::First,
            "last" => Equals::Last,
            _ => return None,
        };
        Some(Self { equals })
    }
}

impl Rule for ServerArbitration {
    fn name(&self) -> &'static str {
        match self.equals {
            Equals::First => "server-arbitration",
            Equals::Last => "server-arbitration:last",
        }
    }

    fn about(&self) -> &'static str {
        "a server decides on arrival: the higher priority overrules, the lower is rejected"
    }

    fn client(&self, _: &Plan, place: &Place) -> Box<dyn Client> {
        Box::new(Updating::new(place))
    }

    fn server(&self, _: &Plan) -> Box<dyn Server> {
        Box::new(Arbiter::new(self.equals))
    }
}

/// One key and its value, as they stand in either log. The name is for the trace; it is not on the wire.
#[derive(Clone, Debug)]
struct Update {
    key: String,
    value: Value,
    name: Rc<Written>,
}

impl Update {
    /// What a write of one register says.
    fn of(name: &Rc<Written>) -> Option<Self> {
        let (key, value) = name.write.puts.iter().next()?;
        Some(Self {
            key: key.clone(),
            value: value.clone(),
            name: Rc::clone(name),
        })
    }
}

/// `UPDATE_RELAY`, from a place in the event list on.
fn relayed<'list>(updates: impl Iterator<Item = (u64, &'list Update)>) -> Message {
    let mut names = Vec::new();
    let mut listed = Vec::new();
    for (seq, update) in updates {
        listed.push(
            json!({"updateKey": update.key, "updateValue": update.value, "serverSeqNum": seq}),
        );
        names.push(Rc::clone(&update.name));
    }
    Message::new(json!({"msgType": "UPDATE_RELAY", "updatesRelayed": listed})).about(names)
}

/// The list of a message with the write that each of its items is about.
fn items<'message>(
    message: &'message Message,
    list: &str,
) -> Vec<(&'message Value, &'message Rc<Written>)> {
    let items = message.words[list].as_array();
    items.into_iter().flatten().zip(&message.writes).collect()
}

/// A number of an item; 0 if there is none of that name.
fn number(item: &Value, name: &str) -> u64 {
    item[name].as_u64().unwrap_or_default()
}
