//! `I13`, sessions end: one that is over takes nothing in and is told nothing.
//!
//! - A session is over when it has lasted as long as the plan says, by the clock of the relay that looks, or when the initiator
//!   has ended it. It began at the latest when it joined for the first time.
//! - One that has lasted that long does not join again, at any relay.
//! - A connection on which a session goes on is over at the relay when the session is; so nothing is sent to it after that.
//! - Nothing is logged for it, but what was found on the disk, which entered in time or did so before the relay died.
//!
//! For all of these a second is allowed, in which what was taken in may reach the disk; a relay that stands still sees to it as
//! soon as it goes on. What the initiator has ended neither joins nor writes by `I9`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use spotter_sim_plan::{Event, Happened, RelayNumber, Whose};

use super::Invariant;
use crate::finding::Report;
use crate::past::Past;

/// How long after its end what a session has begun may go on, in milliseconds.
const SEEN_TO_WITHIN: u64 = 1_000;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Sessions<'a> {
    relays: BTreeMap<RelayNumber, Clock>,
    /// What clocks show when each session has lasted long enough, at the latest.
    over_at: FxHashMap<&'a str, i64>,
    /// The connections on which sessions go on.
    stays: BTreeMap<(RelayNumber, &'a str), Stay>,
}

/// A relay's clock, and when it looks at it.
#[derive(Debug, Default)]
struct Clock {
    /// What it shows at the beginning of the world.
    off: i64,
    paused_at: Option<u64>,
    resumed_at: u64,
}

/// What goes on for a session at a relay.
#[derive(Debug, Default)]
struct Stay {
    connections: u32,
    /// When the initiator ended it, if that was while it went on.
    ended_at: Option<u64>,
}

impl<'a> Invariant<'a> for Sessions<'a> {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        let at = event.at;
        let mut wrong = |words: String| report.add("I13", at, &[number], || words);
        match &event.what {
            Happened::ClockRead { relay, shows } => {
                let off = shows.saturating_sub(signed(at));
                let clock = Clock {
                    off,
                    ..Clock::default()
                };
                self.relays.insert(*relay, clock);
            }
            Happened::Trouble {
                whose: Whose::Relay(relay),
                what,
            } => {
                let clock = self.relays.entry(*relay).or_default();
                match what.as_str() {
                    "pause" => clock.paused_at = Some(at),
                    "resume" => {
                        clock.paused_at = None;
                        clock.resumed_at = at;
                    }
                    _ => {}
                }
            }
            Happened::Joined { relay, session, .. } => {
                if let Some(late) = self.has_lasted(*relay, session, at) {
                    wrong(format!("a session joined {late} ms after its end"));
                }
                let clock = self.relays.entry(*relay).or_default();
                let lasts = signed(past.plan.session_ms);
                let over_at = clock.off.saturating_add(signed(at)).saturating_add(lasts);
                self.over_at.entry(session).or_insert(over_at);
                let stay = self.stays.entry((*relay, session)).or_default();
                stay.connections += 1;
            }
            Happened::SessionEnded { relay, session } => {
                if let Some(stay) = self.stays.get_mut(&(*relay, session.as_str())) {
                    stay.ended_at.get_or_insert(at);
                }
            }
            Happened::Left { relay, session } => {
                if let Some(late) = self.goes_on(*relay, session, at) {
                    wrong(format!("a connection outlived its session by {late} ms"));
                }
                let key = (*relay, session.as_str());
                if let Some(stay) = self.stays.get_mut(&key) {
                    stay.connections = stay.connections.saturating_sub(1);
                    if stay.connections == 0 {
                        self.stays.remove(&key);
                    }
                }
            }
            Happened::Logged {
                relay,
                write,
                session,
                found: false,
                ..
            } => {
                if let Some(late) = self.has_lasted(*relay, session, at) {
                    wrong(format!(
                        "{write} was logged {late} ms after the end of its session"
                    ));
                }
            }
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
            | Happened::Logged { found: true, .. }
            | Happened::Opened { .. }
            | Happened::Holds { .. }
            | Happened::Attacked { .. }
            | Happened::Hashed { .. }
            | Happened::Trouble {
                whose: Whose::Device(_),
                ..
            }
            | Happened::Calm
            | Happened::Traffic { .. }
            | Happened::Disk { .. }
            | Happened::Rests { .. }
            | Happened::Fault { .. }
            | Happened::Ended { .. } => {}
        }
    }

    fn end(&mut self, _past: &Past<'a>, now: u64, report: &mut Report) {
        for (relay, session) in self.stays.keys() {
            if let Some(late) = self.goes_on(*relay, session, now) {
                let words = || format!("a connection outlives its session by {late} ms");
                report.add("I13", now, &[], words);
            }
        }
    }
}

impl Sessions<'_> {
    /// How much too long a connection of a session goes on, if it does.
    fn goes_on(&self, relay: RelayNumber, session: &str, at: u64) -> Option<u64> {
        let stay = self.stays.get(&(relay, session));
        let ended_at = stay.and_then(|stay| stay.ended_at).map(signed);
        let ended = ended_at.and_then(|ended_at| self.late(relay, ended_at, at));
        ended.or_else(|| self.has_lasted(relay, session, at))
    }

    /// How much too long a session has lasted by the clock of a relay, if it has.
    fn has_lasted(&self, relay: RelayNumber, session: &str, at: u64) -> Option<u64> {
        let over_at = self.over_at.get(session)?;
        let off = self.relays.get(&relay)?.off;
        self.late(relay, over_at.saturating_sub(off), at)
    }

    /// How long after a time it is, if the relay ought to have seen to what was due then.
    fn late(&self, relay: RelayNumber, due: i64, at: u64) -> Option<u64> {
        let clock = self.relays.get(&relay)?;
        let at = clock.paused_at.unwrap_or(at);
        let from = due.max(signed(clock.resumed_at));
        let seen_to = from.saturating_add(signed(SEEN_TO_WITHIN));
        let late = signed(at).saturating_sub(due);
        (signed(at) > seen_to).then_some(late.unsigned_abs())
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{Happened, RelayNumber};

    use crate::story::Story;

    /// What the clock of relay 0 shows when the story of [`lasting`] begins.
    const SHOWN: i64 = 1_000_000_000;

    fn session(number: u16) -> String {
        format!("session-{number}")
    }

    fn reads(shows: i64) -> Happened {
        Happened::ClockRead {
            relay: RelayNumber(0),
            shows,
        }
    }

    fn left(number: u16) -> Happened {
        Happened::Left {
            relay: RelayNumber(0),
            session: session(number),
        }
    }

    /// Sessions last ten seconds, and two devices have joined anew five seconds after the beginning.
    fn lasting() -> Story {
        let mut story = Story::of_two();
        story.plan.session_ms = 10_000;
        story.logged(0, "log", 1, "genesis");
        story.tell(left(0)).tell(left(1)).tell(reads(SHOWN));
        story
    }

    fn joins(story: &mut Story, number: u16) -> &mut Story {
        story.tell(Happened::Joined {
            relay: RelayNumber(0),
            device: Some(spotter_sim_plan::DeviceNumber(number)),
            session: format!("new-{number}"),
        })
    }

    fn leaves(story: &mut Story, number: u16) -> &mut Story {
        story.tell(Happened::Left {
            relay: RelayNumber(0),
            session: format!("new-{number}"),
        })
    }

    #[test]
    fn a_connection_is_over_when_its_session_is() {
        let left_after = |ms| {
            let mut story = lasting();
            joins(&mut story, 1).wait(ms);
            leaves(&mut story, 1).rests().broken()
        };
        assert_eq!(left_after(11_000), [""; 0]);
        assert_eq!(left_after(11_001), ["I13"]);
    }

    #[test]
    fn a_connection_that_is_never_over_is_noticed_in_the_end() {
        let mut story = lasting();
        joins(&mut story, 1).wait(11_001).rests();
        assert_eq!(story.broken(), ["I13"]);
    }

    #[test]
    fn a_session_that_has_lasted_does_not_join_again_by_the_clock_of_the_relay() {
        let returns = |jumped: i64, ms| {
            let mut story = lasting();
            joins(&mut story, 1).wait(ms);
            leaves(&mut story, 1);
            story.tell(reads(SHOWN + jumped));
            joins(&mut story, 1);
            leaves(&mut story, 1).rests().broken()
        };
        assert_eq!(returns(11_000, 5_000), [""; 0]);
        assert_eq!(returns(11_001, 5_000), ["I13"]);
        // A clock that was put back makes a session last longer.
        assert_eq!(returns(-20_000, 5_000), [""; 0]);
    }

    #[test]
    fn nothing_is_logged_for_a_session_that_has_lasted_but_what_was_there() {
        let logged = |ms, is_found| {
            let mut story = lasting();
            joins(&mut story, 0);
            leaves(&mut story, 0).wait(ms);
            story.wrote(0, "a", 1).learnt(1, &["a"]);
            story.logged(0, "log", 2, "a");
            if let Some(Happened::Logged { session, found, .. }) =
                story.trace.last_mut().map(|event| &mut event.what)
            {
                "new-0".clone_into(session);
                *found = is_found;
            }
            story.rests().broken()
        };
        assert_eq!(logged(11_000, false), [""; 0]);
        assert_eq!(logged(11_001, false), ["I13"]);
        assert_eq!(logged(11_001, true), [""; 0]);
    }

    #[test]
    fn a_connection_is_over_when_the_initiator_ends_its_session() {
        let left_after = |ms| {
            let mut story = Story::of_two();
            story.tell(Happened::SessionEnded {
                relay: RelayNumber(0),
                session: session(1),
            });
            story.wait(ms).tell(left(1)).rests().broken()
        };
        assert_eq!(left_after(1_000), [""; 0]);
        assert_eq!(left_after(1_001), ["I13"]);
    }

    #[test]
    fn a_relay_that_stands_still_sees_to_it_when_it_goes_on() {
        let left_after = |ms| {
            let mut story = lasting();
            joins(&mut story, 1).trouble_of_relay(0, "pause");
            story.wait(60_000).trouble_of_relay(0, "resume").wait(ms);
            leaves(&mut story, 1).rests().broken()
        };
        assert_eq!(left_after(1_000), [""; 0]);
        assert_eq!(left_after(1_001), ["I13"]);
    }
}
