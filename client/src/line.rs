//! Whether anybody is at the other end of a connection.
//!
//! A connection can die without being closed: bytes go out and nothing comes back. So silence is answered with a
//! ping, and a ping that nothing follows ends the connection. A process that was asleep for minutes asks first and
//! judges then: what it slept through was not the other side's silence.

use crate::limits::{PING_EVERY_MS, SILENCE_MAX_MS};
use crate::link_id::LinkId;
use crate::time::Moment;

/// One connection, and when it last showed a sign of life.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) link: LinkId,
    /// Since when the shell has been asked for it, or has had it.
    pub(crate) since: Moment,
    heard_at: Moment,
    /// The first ping that nothing has followed yet, and the latest.
    unanswered: Option<(Moment, Moment)>,
}

/// What silence calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Nothing yet.
    Bearable,
    /// Ask whether anybody is there.
    Ask,
    /// Nobody is.
    Dead,
}

impl Line {
    pub(crate) fn new(link: LinkId, now: Moment) -> Self {
        Self {
            link,
            since: now,
            heard_at: now,
            unanswered: None,
        }
    }

    /// Notes a sign of life.
    pub(crate) fn heard(&mut self, now: Moment) {
        self.heard_at = now;
        self.unanswered = None;
    }

    /// Judges the silence. When the answer is to ask, counts as having asked.
    pub(crate) fn listen(&mut self, now: Moment) -> Silence {
        if now < self.next_wakeup() {
            return Silence::Bearable;
        }
        match &mut self.unanswered {
            Some((first, _)) if now >= first.after_ms(SILENCE_MAX_MS - PING_EVERY_MS) => {
                Silence::Dead
            }
            Some((_, latest)) => {
                *latest = now;
                Silence::Ask
            }
            None => {
                self.unanswered = Some((now, now));
                Silence::Ask
            }
        }
    }

    /// When to listen again.
    pub(crate) fn next_wakeup(&self) -> Moment {
        match self.unanswered {
            None => self.heard_at.after_ms(PING_EVERY_MS),
            Some((first, latest)) => {
                let dead_at = first.after_ms(SILENCE_MAX_MS - PING_EVERY_MS);
                dead_at.min(latest.after_ms(PING_EVERY_MS))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment::from_ms(0);

    fn line() -> Line {
        Line::new(LinkId::Relay(1), START)
    }

    #[test]
    fn a_silent_connection_is_asked_twice_and_given_up_after_a_minute() {
        let mut line = line();
        let mut asked = Vec::new();
        loop {
            let now = line.next_wakeup();
            match line.listen(now) {
                Silence::Bearable => panic!("woken for nothing"),
                Silence::Ask => asked.push(now.as_ms()),
                Silence::Dead => {
                    assert_eq!(asked, [20_000, 40_000]);
                    assert_eq!(now.as_ms(), 60_000);
                    return;
                }
            }
        }
    }

    #[test]
    fn any_sign_of_life_begins_the_minute_anew() {
        let mut line = line();
        line.listen(START.after_ms(20_000));
        line.heard(START.after_ms(21_000));
        assert_eq!(line.listen(START.after_ms(40_000)), Silence::Bearable);
        assert_eq!(line.listen(START.after_ms(41_000)), Silence::Ask);
    }

    #[test]
    fn after_two_minutes_asleep_the_connection_is_asked_before_it_is_given_up() {
        let mut line = line();
        assert_eq!(line.listen(START.after_ms(120_000)), Silence::Ask);
        assert_eq!(line.listen(START.after_ms(120_001)), Silence::Bearable);
        line.heard(START.after_ms(120_100));
        assert_eq!(line.listen(START.after_ms(130_000)), Silence::Bearable);
    }
}
