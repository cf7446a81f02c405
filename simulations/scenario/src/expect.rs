//! What should come out of a scenario, as something a checker evaluates.
//!
//! The invariants of every world are the judge's business and hold whether or not a scenario mentions them. What stands here
//! is what is particular to a scenario: who shows what in the end, how many conflicts are listed, what was hashed or refused,
//! and that the trouble really happened.

mod count;
mod evaluate;
mod story;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use count::Count;
pub use evaluate::Unmet;

/// What should come out. What is not said is not examined, except that everyone agrees.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expect {
    /// The devices and locations that have the same document and show the same in the end; everyone who has joined if nothing is
    /// said, nobody if the list is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agree: Option<Vec<String>>,
    /// What registers hold in the end, at everyone who agrees.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shows: BTreeMap<String, Value>,
    /// How many conflicts everyone who agrees lists in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflicts: Option<Count>,
    /// How many different outcomes there are over all orders and disk calls of the scenario: what is shown in the end, not the
    /// documents, whose history may differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct_outcomes: Option<Count>,
    /// How many writes were acknowledged, and are missing at somebody who agrees in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_lost: Option<Count>,
    /// How many writes were said to be saved, and are missing at somebody who agrees in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_lost: Option<Count>,
    /// How many edits people wanted to make and could not, other than those that said nothing new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_written: Option<Count>,
    /// How many writes a server refused for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Count>,
    /// How often a password was hashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashed: Option<Count>,
    /// How many different logs acknowledged something or stored something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<Count>,
    /// How many changes were stored that nobody of the plan has written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strangers_logged: Option<Count>,
    /// How often a write was stored that was in the same log already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged_twice: Option<Count>,
    /// How often a process found its log or journal in a state: `clean`, `torn`, `damaged`, `none`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub opened: BTreeMap<String, Count>,
    /// How often something of the plan really happened, as plans call it: `cut`, `crash`, `lose-memory` and so on, `finish`,
    /// `publish`, `revoke` and `set-location` once a relay has stored them, `dial` once the other device has answered, `carry`
    /// once it has the file, `let-go` where a relay closes the connection of whoever reads too slowly, and `duplicate`, `loss`
    /// and `reorder` of messages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub happened: BTreeMap<String, Count>,
    /// How many attacks were answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attacked: Option<Count>,
    /// Devices and locations that at some time said that something must be fetched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub need_resync: Vec<String>,
    /// Devices and locations that never said so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never_need_resync: Vec<String>,
    /// Devices and locations that in the end say that everything is everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_sync: Vec<String>,
    /// The invariants that this scenario was made to try, by which `spotter-sim list --about` finds it. All of them
    /// hold everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invariants: Vec<Invariant>,
}

/// An invariant of every world.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Invariant {
    /// Who holds the same changes shows the same.
    I1,
    /// What was acknowledged is there after any crash of the relay.
    I2,
    /// Every edit reaches everyone soon after the trouble is over.
    I3,
    /// What is shown is the last write of the replay order.
    I4,
    /// The order of deliveries and of reconnecting does not matter.
    I5,
    /// Editing does not depend on the network.
    I6,
    /// Nobody is told that everything is in sync when it is not.
    I7,
    /// Memory, queues and files stay under their limits.
    I8,
    /// Nothing is stored but what a member's session carried.
    I9,
    /// What arrives twice changes nothing.
    I10,
    /// A log is a valid beginning and at most one damaged end.
    I11,
    /// Damage before the durable mark is never passed over in silence.
    I12,
    /// A session that is over takes nothing in and is told nothing.
    I13,
}
