//! Wrong guesses at passwords, counted against where they come from.
//!
//! A meet is never locked, or anyone could lock everyone out; whoever guesses has to wait. Joins that succeed
//! cost nothing: a whole gym sits behind one address.

use core::net::IpAddr;
use std::collections::BTreeMap;

use spotter_relay_protocol::MeetId;

use crate::limits::Limits;
use crate::time::Timestamp;

/// The addresses that one guesser can be expected to command: one of IPv4, or a whole /64 of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AddressBlock(u64, bool);

impl AddressBlock {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(u64::from(u32::from(address)), false),
            IpAddr::V6(address) => Self((u128::from(address) >> 64) as u64, true),
        }
    }
}

/// What is remembered of guesses. Bounded: the longest idle are forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    guessers: BTreeMap<(MeetId, AddressBlock), Guesser>,
    blocks: BTreeMap<AddressBlock, Window>,
    creations: BTreeMap<AddressBlock, Window>,
}

#[derive(Clone, Copy, Debug)]
struct Guesser {
    failures: u32,
    last: Timestamp,
}

/// A count that starts anew after a while.
#[derive(Clone, Copy, Debug)]
struct Window {
    began: Timestamp,
    count: u32,
}

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

impl Guesses {
    /// Whether a password from there may be looked at now; if not, in how many milliseconds.
    pub(crate) fn may_try(
        &self,
        meet: MeetId,
        block: AddressBlock,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<(), u64> {
        let wait = self.guessers.get(&(meet, block)).map_or(0, |guesser| {
            wait_after(guesser.failures, limits).saturating_sub(now.ms_since(guesser.last))
        });
        let block_wait = still_closed(
            self.blocks.get(&block),
            limits.failed_joins_per_minute_max,
            MINUTE_MS,
            now,
        );
        match wait.max(block_wait) {
            0 => Ok(()),
            wait => Err(wait),
        }
    }

    /// A password was wrong, or the meet was.
    pub(crate) fn failed(
        &mut self,
        meet: MeetId,
        block: AddressBlock,
        limits: &Limits,
        now: Timestamp,
    ) {
        let guesser = self.guessers.entry((meet, block)).or_insert(Guesser {
            failures: 0,
            last: now,
        });
        guesser.failures = guesser.failures.saturating_add(1);
        guesser.last = now;
        count(&mut self.blocks, block, MINUTE_MS, now);
        self.forget(limits, now);
    }

    /// A password was right.
    pub(crate) fn succeeded(&mut self, meet: MeetId, block: AddressBlock) {
        self.guessers.remove(&(meet, block));
    }

    /// Counts a meet that is being created, or says in how many milliseconds another may be.
    pub(crate) fn create(
        &mut self,
        block: AddressBlock,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<(), u64> {
        match still_closed(
            self.creations.get(&block),
            limits.creations_per_hour_max,
            HOUR_MS,
            now,
        ) {
            0 => {
                count(&mut self.creations, block, HOUR_MS, now);
                self.forget(limits, now);
                Ok(())
            }
            wait => Err(wait),
        }
    }

    fn forget(&mut self, limits: &Limits, now: Timestamp) {
        if self.guessers.len() > limits.guessers_max {
            let forgiven = limits.guess_wait_ms_max;
            self.guessers
                .retain(|_, guesser| now.ms_since(guesser.last) < forgiven);
        }
        if self.guessers.len() > limits.guessers_max {
            let idle = self
                .guessers
                .iter()
                .min_by_key(|(_, guesser)| guesser.last)
                .map(|(key, _)| *key);
            idle.map(|key| self.guessers.remove(&key));
        }
        for (windows, length) in [
            (&mut self.blocks, MINUTE_MS),
            (&mut self.creations, HOUR_MS),
        ] {
            if windows.len() > limits.guessers_max {
                windows.retain(|_, window| now.ms_since(window.began) < length);
            }
            if windows.len() > limits.guessers_max {
                windows.pop_first();
            }
        }
    }
}

fn wait_after(failures: u32, limits: &Limits) -> u64 {
    match failures.checked_sub(limits.guesses_free) {
        None => 0,
        Some(further) => {
            let doubled = limits
                .guess_wait_ms_first
                .checked_shl(further.min(40))
                .unwrap_or(u64::MAX);
            doubled.min(limits.guess_wait_ms_max)
        }
    }
}

fn count(
    windows: &mut BTreeMap<AddressBlock, Window>,
    block: AddressBlock,
    length: u64,
    now: Timestamp,
) {
    let window = windows.entry(block).or_insert(Window {
        began: now,
        count: 0,
    });
    if now.ms_since(window.began) >= length {
        *window = Window {
            began: now,
            count: 0,
        };
    }
    window.count = window.count.saturating_add(1);
}

fn still_closed(window: Option<&Window>, most: u32, length: u64, now: Timestamp) -> u64 {
    match window {
        Some(window) if window.count >= most => length.saturating_sub(now.ms_since(window.began)),
        Some(_) | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meet() -> MeetId {
        "123-456-789".parse().unwrap()
    }

    fn block(text: &str) -> AddressBlock {
        AddressBlock::of(text.parse().unwrap())
    }

    #[test]
    fn one_block_is_an_ipv4_address_or_an_ipv6_half() {
        assert_eq!(block("2001:db8::1"), block("2001:db8::ffff:1"));
        assert_ne!(block("2001:db8::1"), block("2001:db8:0:1::1"));
        assert_ne!(block("10.0.0.1"), block("10.0.0.2"));
        assert_eq!(block("10.0.0.1"), block("::ffff:10.0.0.1"));
    }

    #[test]
    fn after_five_failures_the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let (limits, mut guesses) = (
            Limits {
                failed_joins_per_minute_max: 1_000,
                ..Limits::default()
            },
            Guesses::default(),
        );
        let (here, now) = (block("10.0.0.1"), Timestamp::from_millis(0));
        let mut waits = Vec::new();
        for _ in 0..18 {
            guesses.failed(meet(), here, &limits, now);
            waits.push(
                guesses
                    .may_try(meet(), here, &limits, now)
                    .err()
                    .unwrap_or(0)
                    / 1_000,
            );
        }
        assert_eq!(
            waits,
            [
                0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900
            ]
        );
        assert_eq!(
            guesses.may_try(meet(), block("10.0.0.2"), &limits, now),
            Ok(())
        );
        assert_eq!(
            guesses.may_try(meet(), here, &limits, now.after_ms(900_000)),
            Ok(())
        );
    }

    #[test]
    fn the_right_password_forgives_the_wrong_ones() {
        let (limits, mut guesses) = (Limits::default(), Guesses::default());
        let (here, now) = (block("10.0.0.1"), Timestamp::from_millis(0));
        (0..8).for_each(|_| guesses.failed(meet(), here, &limits, now));
        guesses.succeeded(meet(), here);
        assert_eq!(guesses.may_try(meet(), here, &limits, now), Ok(()));
    }

    #[test]
    fn ten_failures_a_minute_close_an_address_for_every_meet() {
        let (limits, mut guesses) = (Limits::default(), Guesses::default());
        let (here, now) = (block("10.0.0.1"), Timestamp::from_millis(0));
        for number in 0..10 {
            guesses.failed(MeetId::from_number(number).unwrap(), here, &limits, now);
        }
        assert_eq!(
            guesses.may_try(meet(), here, &limits, now.after_ms(10_000)),
            Err(50_000)
        );
        assert_eq!(
            guesses.may_try(meet(), here, &limits, now.after_ms(60_000)),
            Ok(())
        );
    }

    #[test]
    fn ten_thousand_guesses_in_a_day_are_a_few_hundred_attempts() {
        let (limits, mut guesses) = (Limits::default(), Guesses::default());
        let here = block("10.0.0.1");
        let mut attempts = 0;
        for guess in 0..10_000 {
            let now = Timestamp::from_millis(guess * 8_640);
            if guesses.may_try(meet(), here, &limits, now).is_ok() {
                attempts += 1;
                guesses.failed(meet(), here, &limits, now);
            }
        }
        assert!(attempts < 120, "{attempts}");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (limits, mut guesses) = (
            Limits {
                guessers_max: 10,
                ..Limits::default()
            },
            Guesses::default(),
        );
        for number in 0..1_000 {
            let here = AddressBlock(number, false);
            guesses.failed(meet(), here, &limits, Timestamp::from_millis(number));
            guesses
                .create(here, &limits, Timestamp::from_millis(number))
                .unwrap();
        }
        assert!(
            guesses.guessers.len() <= 10
                && guesses.blocks.len() <= 10
                && guesses.creations.len() <= 10
        );
    }
}
