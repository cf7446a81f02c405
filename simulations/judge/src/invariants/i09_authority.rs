//! `I9`, authority: nothing enters a log but by a session of a member, and the log names that session.
//!
//! - A write is logged under a session that joined that relay before and has not been ended. What a relay had taken in when the
//!   session was ended may still reach the disk in the next 100 ms; and what is told again because it stands at another position,
//!   after bytes changed by themselves, entered when it was first told.
//! - A session that was ended does not join again, unless the relay lost what it knew of that: then it is told of it again by
//!   whoever brings a ticket that knows, and until then cannot know better.
//! - Nobody joins who is no device of the plan, but the attackers to whom the plan gives a session.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use spotter_sim_plan::{Event, Happened, RelayNumber, Whose};

use super::Invariant;
use crate::finding::Report;
use crate::past::Past;

/// How long what was taken in may be on its way to the disk, in milliseconds.
const ON_ITS_WAY: u64 = 100;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Authority<'a> {
    /// Sessions that joined, and when they were ended, if they were.
    sessions: BTreeMap<(RelayNumber, &'a str), Option<u64>>,
    /// What entered which relay under which session.
    entered: FxHashSet<(RelayNumber, &'a str, &'a str)>,
}

impl<'a> Invariant<'a> for Authority<'a> {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        let at = event.at;
        let mut wrong = |words: String| report.add("I9", at, &[number], || words);
        match &event.what {
            Happened::Joined {
                relay,
                device,
                session,
            } => {
                if device.is_none() && !past.has_attacking_members() {
                    wrong(format!("an outsider joined relay {}", relay.0));
                }
                let before = self.sessions.entry((*relay, session)).or_insert(None);
                if let Some(ended) = before {
                    wrong(format!("a session joined that was ended at {ended}"));
                }
            }
            Happened::SessionEnded { relay, session } => {
                self.sessions.insert((*relay, session), Some(at));
            }
            Happened::Trouble {
                whose: Whose::Relay(relay),
                what,
            } if matches!(what.as_str(), "lose-memory" | "restore" | "moved-away") => {
                let known = self.sessions.iter_mut();
                let here = known.filter(|((at, _), _)| at == relay);
                here.for_each(|(_, ended)| *ended = None);
            }
            Happened::Logged {
                relay,
                write,
                session,
                ..
            } => match self.sessions.get(&(*relay, session.as_str())) {
                _ if !self.entered.insert((*relay, write, session)) => {}
                None => wrong(format!(
                    "{write} was logged for a session that never joined"
                )),
                Some(Some(ended)) if at > ended + ON_ITS_WAY => {
                    wrong(format!(
                        "{write} was logged for a session that was ended at {ended}"
                    ));
                }
                Some(_) => {}
            },
            Happened::Began { .. }
            | Happened::Wrote { .. }
            | Happened::NotWritten { .. }
            | Happened::Saved { .. }
            | Happened::Acknowledged { .. }
            | Happened::Learnt { .. }
            | Happened::Forgot { .. }
            | Happened::Refused { .. }
            | Happened::Shows { .. }
            | Happened::Status { .. }
            | Happened::Left { .. }
            | Happened::ClockRead { .. }
            | Happened::Opened { .. }
            | Happened::Holds { .. }
            | Happened::Attacked { .. }
            | Happened::Hashed { .. }
            | Happened::Trouble { .. }
            | Happened::Calm
            | Happened::Traffic { .. }
            | Happened::Disk { .. }
            | Happened::Rests { .. }
            | Happened::Fault { .. }
            | Happened::Ended { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{Doing, Happened, RelayNumber, Step, Whose};

    use crate::story::Story;

    fn logged_by(session: &str, ended_before: Option<u64>) -> Vec<String> {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]);
        if let Some(ms) = ended_before {
            story.tell(Happened::SessionEnded {
                relay: RelayNumber(0),
                session: session.to_owned(),
            });
            story.wait(ms);
        }
        story.logged(0, "log", 1, "a");
        if let Some(Happened::Logged { session: by, .. }) =
            story.trace.last_mut().map(|event| &mut event.what)
        {
            session.clone_into(by);
        }
        story.rests().broken()
    }

    #[test]
    fn a_write_is_logged_for_a_session_that_joined() {
        assert_eq!(logged_by("session-1", None), [""; 0]);
        assert_eq!(logged_by("session-2", None), ["I9"]);
    }

    #[test]
    fn a_session_that_was_ended_writes_no_more() {
        assert_eq!(logged_by("session-1", Some(100)), [""; 0]);
        assert_eq!(logged_by("session-1", Some(101)), ["I9"]);
    }

    #[test]
    fn only_attackers_that_are_members_join_besides_devices() {
        let joining = |member| {
            let mut story = Story::of_two();
            story.plan.steps.push(Step {
                at: 6_000,
                doing: Doing::Attack {
                    relay: RelayNumber(0),
                    member,
                    with: "garbage".to_owned(),
                },
            });
            story.tell(Happened::Joined {
                relay: RelayNumber(0),
                device: None,
                session: "stranger".to_owned(),
            });
            story.rests().broken()
        };
        assert_eq!(joining(true), [""; 0]);
        assert_eq!(joining(false), ["I9"]);
    }

    #[test]
    fn a_session_that_was_ended_does_not_come_back() {
        let mut story = Story::of_two();
        story.tell(Happened::SessionEnded {
            relay: RelayNumber(0),
            session: "session-1".to_owned(),
        });
        story.joined(1, 0).rests();
        assert_eq!(story.broken(), ["I9"]);
    }

    #[test]
    fn a_relay_that_lost_its_memory_learns_again_who_was_ended() {
        let ended = |session: &str| Happened::SessionEnded {
            relay: RelayNumber(0),
            session: session.to_owned(),
        };
        let returned = |trouble: &str, told_again: bool| {
            let mut story = Story::of_two();
            story.tell(ended("session-1"));
            story.tell(Happened::Trouble {
                whose: Whose::Relay(RelayNumber(0)),
                what: trouble.to_owned(),
            });
            if told_again {
                story.tell(ended("session-1"));
            }
            story.joined(1, 0).rests().broken()
        };
        for trouble in ["lose-memory", "restore", "moved-away"] {
            assert_eq!(returned(trouble, false), [""; 0]);
            assert_eq!(returned(trouble, true), ["I9"]);
        }
        assert_eq!(returned("repaired", false), ["I9"]);
    }
}
