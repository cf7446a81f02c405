//! `I8`, bounded: what a relay holds in memory stays within what it is configured to hold, whatever is sent to it.
//!
//! Every `Holds` names an amount of at most its limit. A trace cannot show what the runner does not report.

use spotter_sim_plan::{Event, Happened};

use super::Invariant;
use crate::finding::Report;
use crate::past::Past;

/// The check.
#[derive(Debug)]
pub(crate) struct Bounded;

impl<'a> Invariant<'a> for Bounded {
    fn event(&mut self, _: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        if let Happened::Holds {
            relay,
            what,
            amount,
            limit,
        } = &event.what
            && amount > limit
        {
            let words = || {
                format!(
                    "relay {} holds {amount} {what}, and {limit} are allowed",
                    relay.0
                )
            };
            report.add("I8", event.at, &[number], words);
        }
    }
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{Happened, RelayNumber};

    use crate::story::Story;

    #[test]
    fn a_relay_holds_at_most_what_it_may() {
        let holding = |amount| {
            let mut story = Story::of_two();
            story.tell(Happened::Holds {
                relay: RelayNumber(0),
                what: "queue-bytes".to_owned(),
                amount,
                limit: 1_000,
            });
            story.rests().broken()
        };
        assert_eq!(holding(1_000), [""; 0]);
        assert_eq!(holding(1_001), ["I8"]);
    }
}
