//! Other ways to decide conflicts, run on the same plans as the real machines and telling the same kind of trace.
//!
//! A [`Rule`] is a client, a server and what they say to each other. [`run`] puts one client on each device of a plan and
//! one server in the middle, in virtual time, lets happen to them what the plan says, and tells what happened:
//!
//! ```
//! use spotter_sim_plan::Happened;
//! # let plan = spotter_sim_rules::example_plan();
//! let rule = spotter_sim_rules::by_name("last-writer-wins").expect("it is in the list");
//! let mut wrote = 0;
//! spotter_sim_rules::run(&plan, rule.as_ref(), &mut |event| {
//!     wrote += u32::from(matches!(event.what, Happened::Wrote { .. }));
//! });
//! assert_eq!(wrote, 2);
//! ```
//!
//! Most rules say only which of the writes that a replica holds is shown; they share the replication of [`merging`]. Rules
//! that need a server to decide bring both sides. Nothing of Spotter is used here but the words of plans and traces, so
//! that a mistake of ours is not repeated in what we are compared with. `docs/own-rule.md` adds one more.

mod draw;
mod example;
mod list;
mod message;
mod rule;
mod rules;
mod run;

pub mod merging;

pub use example::example_plan;
pub use list::{all, by_name};
pub use message::{Message, Written};
pub use rule::{Client, Moment, Out, Place, Rule, Server, ServerMoment, Standing, ToDevice};
pub use rules::arbitration::{Equals, ServerArbitration};
pub use rules::automerge::Automerge;
pub use rules::last_writer_wins::LastWriterWins;
pub use rules::refuse_offline::RefuseOffline;
pub use rules::replay_order::ReplayOrder;
pub use rules::survivors::PriorityAmongSurvivors;
pub use run::run;
