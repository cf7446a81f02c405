//! What a scenario must keep besides its shape: names that exist, shares between 0 and 1, times that are reached.

mod people;
mod trouble;

use std::collections::BTreeSet;
use std::fmt::Display;

use spotter_sim_plan::{BEFELL, TROUBLES, Whose};

use crate::cast::Cast;
use crate::error::ScenarioError;
use crate::network::Latency;
use crate::scenario::Scenario;
use crate::span::Span;

/// When people and trouble begin: everyone has joined by then.
pub(crate) const BEGIN_MS: u64 = 5_000;

/// The shortest session.
const SESSION_MIN_MS: u64 = 1_000;

/// Devices there may be.
const DEVICES_MAX: usize = 2_000;

/// Devices that come back in every order.
const ORDERS_OF_MAX: usize = 5;

type Checked = Result<(), ScenarioError>;

/// Checks what the shape does not say.
pub(crate) fn check(scenario: &Scenario) -> Checked {
    let checks = Checks {
        scenario,
        cast: Cast::of(scenario),
    };
    checks.whole()?;
    checks.locations()?;
    checks.network()?;
    checks.people()?;
    checks.trouble()?;
    checks.faults()?;
    checks.variants()?;
    checks.expected()
}

struct Checks<'a> {
    scenario: &'a Scenario,
    cast: Cast,
}

fn wrong<T>(field: impl Into<String>, what: impl Into<String>) -> Result<T, ScenarioError> {
    Err(ScenarioError::at(field, what))
}

fn within<T: PartialOrd + Display>(field: &str, value: T, min: T, max: T) -> Checked {
    if value >= min && value <= max {
        return Ok(());
    }
    wrong(field, format!("{value} is not between {min} and {max}"))
}

impl Checks<'_> {
    fn whole(&self) -> Checked {
        let scenario = self.scenario;
        if !is_plain(&scenario.name) {
            return wrong(
                "name",
                format!(
                    "{:?} is no name of a scenario: write small letters, digits and hyphens",
                    scenario.name
                ),
            );
        }
        if scenario.duration.ms() <= BEGIN_MS {
            return wrong("duration", "must be longer than 5s, when people begin");
        }
        if scenario.calm.ms() == 0 {
            return wrong("calm", "must last, or nobody can agree");
        }
        if scenario
            .sessions_last
            .is_some_and(|last| last.ms() < SESSION_MIN_MS)
        {
            return wrong(
                "sessionsLast",
                "must be at least 1s: relays count in seconds",
            );
        }
        within("relays", scenario.relays, 1, 100)?;
        within("meet.lifters", scenario.meet.lifters, 0, 5_000)?;
        within("meet.days", scenario.meet.days, 1, 14)?;
        within("meet.platforms", scenario.meet.platforms, 1, 20)?;
        within("meet.flights", scenario.meet.flights, 1, 16)?;
        let nameless = scenario
            .start
            .keys()
            .find(|register| !is_register(register));
        match nameless {
            Some(register) => wrong(format!("start[{register:?}]"), "is no register's name"),
            None => Ok(()),
        }
    }

    fn locations(&self) -> Checked {
        if self.scenario.locations.is_empty() {
            return wrong("locations", "nobody takes part");
        }
        if self.cast.devices.len() > DEVICES_MAX {
            return wrong("locations", format!("more than {DEVICES_MAX} devices"));
        }
        let mut names = BTreeSet::new();
        let mut devices = BTreeSet::new();
        for (number, location) in self.scenario.locations.iter().enumerate() {
            let at = format!("locations[{number}]");
            check_name(&format!("{at}.name"), &location.name)?;
            if !names.insert(&location.name) {
                let what = format!("{:?} is the name of another location", location.name);
                return wrong(format!("{at}.name"), what);
            }
            within(&format!("{at}.count"), location.count, 1, 1_000)?;
            if location.priority < location.count - 1 {
                let what = "is too low: each further location ranks one below the one before";
                return wrong(format!("{at}.priority"), what);
            }
            self.relay(&format!("{at}.relay"), location.relay)?;
            for (number, device) in location.devices.iter().enumerate() {
                let at = format!("{at}.devices[{number}]");
                check_name(&format!("{at}.name"), &device.name)?;
                if !devices.insert(&device.name) {
                    let what = format!("{:?} is the name of another device", device.name);
                    return wrong(format!("{at}.name"), what);
                }
                if let Some(relay) = device.relay {
                    self.relay(&format!("{at}.relay"), relay)?;
                }
                if let Some(joins_at) = device.joins_at {
                    self.time(&format!("{at}.joinsAt"), joins_at)?;
                }
            }
        }
        self.names_are_unique()?;
        match self.cast.parts.first() {
            Some(first) if first.spare || first.joins_at.is_some() => wrong(
                "locations[0].devices[0]",
                "makes the meet, so it is there from the beginning",
            ),
            Some(_) | None => Ok(()),
        }
    }

    /// After counting, `Desk 1` may be there twice.
    fn names_are_unique(&self) -> Checked {
        let mut seen = BTreeSet::new();
        for device in &self.cast.devices {
            if !seen.insert(&device.name) {
                return wrong(
                    "locations",
                    format!("two devices are called {:?}", device.name),
                );
            }
        }
        Ok(())
    }

    fn network(&self) -> Checked {
        let network = &self.scenario.network;
        share("network.loss", network.loss)?;
        share("network.duplicate", network.duplicate)?;
        share("network.reorder", network.reorder)?;
        let most = spotter_sim_plan::QUEUE_BYTES;
        within("network.queueBytes", network.queue_bytes, 64 << 10, most)?;
        match &network.latency {
            Latency::Uniform { min, max } if min > max => {
                wrong("network.latency.uniform.max", "is less than the least")
            }
            Latency::LogNormal { sigma, .. } => {
                within("network.latency.logNormal.sigma", *sigma, 0.0, 5.0)
            }
            Latency::Trace(ms) if ms.is_empty() => wrong("network.latency.trace", "is empty"),
            Latency::Trace(ms) => match ms.iter().position(|ms| !ms.is_finite() || *ms < 0.0) {
                Some(at) => wrong(format!("network.latency.trace[{at}]"), "is no latency"),
                None => Ok(()),
            },
            Latency::Fixed(_) | Latency::Uniform { .. } | Latency::TraceFile(_) => Ok(()),
        }
    }

    fn variants(&self) -> Checked {
        if let Some(orders) = &self.scenario.orders {
            if !(1..=ORDERS_OF_MAX).contains(&orders.of.len()) {
                return wrong("orders.of", "names one to five devices");
            }
            for (number, name) in orders.of.iter().enumerate() {
                self.device(&format!("orders.of[{number}]"), name)?;
                if orders.of[..number].contains(name) {
                    return wrong(format!("orders.of[{number}]"), "is named twice");
                }
            }
            if orders.heal_at <= orders.cut_at {
                return wrong("orders.healAt", "comes before the cut");
            }
            let gaps = u64::try_from(orders.of.len() - 1).unwrap_or(0);
            let last = orders.heal_at.ms() + orders.apart.ms().saturating_mul(gaps);
            self.time("orders.apart", Span::from_ms(last))?;
        }
        if let Some(calls) = &self.scenario.disk_calls {
            self.process("diskCalls.of", &calls.of)?;
            within("diskCalls.calls", calls.calls, 1, 1_000)?;
            self.time("diskCalls.at", calls.at)?;
        }
        Ok(())
    }

    fn expected(&self) -> Checked {
        let expect = &self.scenario.expect;
        let lists = [
            ("agree", expect.agree.as_ref()),
            ("needResync", Some(&expect.need_resync)),
            ("neverNeedResync", Some(&expect.never_need_resync)),
            ("inSync", Some(&expect.in_sync)),
        ];
        for (field, names) in lists {
            for (number, name) in names.into_iter().flatten().enumerate() {
                self.devices(&format!("expect.{field}[{number}]"), name)?;
            }
        }
        let known = || TROUBLES.into_iter().chain(BEFELL);
        let stranger = |what: &&String| !known().any(|known| known == what.as_str());
        if let Some(what) = expect.happened.keys().find(stranger) {
            let words: Vec<&str> = known().collect();
            let words = format!("what happens is called one of {}", words.join(", "));
            return wrong(format!("expect.happened.{what}"), words);
        }
        Ok(())
    }

    fn relay(&self, field: &str, relay: u16) -> Checked {
        if relay < self.scenario.relays {
            return Ok(());
        }
        let count = self.scenario.relays;
        wrong(
            field,
            format!("there is no relay {relay}: there are {count}, from 0"),
        )
    }

    fn device(&self, field: &str, name: &str) -> Checked {
        match self.cast.device(name) {
            Some(_) => Ok(()),
            None => wrong(field, format!("there is no device {name:?}")),
        }
    }

    fn devices(&self, field: &str, name: &str) -> Checked {
        match self.cast.several(name) {
            Some(_) => Ok(()),
            None => wrong(field, format!("there is no device or location {name:?}")),
        }
    }

    fn process(&self, field: &str, name: &str) -> Result<Whose, ScenarioError> {
        let found = self.cast.process(name);
        found.map_or_else(
            || wrong(field, format!("there is no device or relay {name:?}")),
            Ok,
        )
    }

    fn time(&self, field: &str, at: Span) -> Checked {
        if at <= self.scenario.duration {
            return Ok(());
        }
        wrong(
            field,
            format!(
                "{at} is after the trouble, which lasts {}",
                self.scenario.duration
            ),
        )
    }
}

fn share(field: &str, share: f64) -> Checked {
    within(field, share, 0.0, 1.0)
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=80).contains(&name.len()) && !name.starts_with('-') && name.chars().all(plain)
}

/// Registers are named by words with dots between.
fn is_register(name: &str) -> bool {
    name.contains('.') && name.split('.').all(|part| !part.is_empty())
}

fn check_name(field: &str, name: &str) -> Checked {
    let taken = ["devices", "relays", "everyone"].contains(&name) || name.starts_with("relay ");
    if taken {
        return wrong(field, format!("{name:?} means something else in scenarios"));
    }
    if name.trim() != name || !(1..=60).contains(&name.chars().count()) {
        return wrong(
            field,
            "a name has 1 to 60 characters and no space around it",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a scenario of two desks with some fields replaced, each on a line of its own.
    fn refused(fields: &str) -> String {
        let text = format!(
            "{{\n\"name\": \"x\", \"duration\": \"1m\",\n\"locations\": [{{\"name\": \"East\", \"priority\": 2}}, {{\"name\": \"West\", \"priority\": 1}}],\n{fields}\n}}"
        );
        Scenario::read(&text).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_shape_is_told_by_line_column_and_field() {
        assert_eq!(
            refused(r#""meet": {"lifters": "many"}"#),
            "line 4, column 21: meet.lifters: invalid type: string \"many\", expected u32"
        );
        assert_eq!(
            refused(r#""faults": [{"at": "5s", "do": {"cut": {"device": "East", "lan": "up"}}}]"#),
            "line 4, column 65: faults[0].do.cut.lan: unknown field `lan`, expected `device` or `lane`"
        );
        assert_eq!(
            refused(r#""relays": 3 4"#),
            "line 4, column 13: expected `,` or `}`"
        );
        assert_eq!(
            refused(r#""calm": "1 week""#),
            "line 4, column 9: calm: \"1 week\" is no span of time; write a number and ms, s, m, h, d or y, like \"90s\""
        );
    }

    #[test]
    fn a_wrong_meaning_is_told_by_line_column_and_field_too() {
        assert_eq!(
            refused(r#""faults": [{"at": "5s", "do": {"cut": {"device": "North"}}}]"#),
            "line 4, column 50: faults[0].do.cut.device: there is no device \"North\""
        );
        assert_eq!(
            refused("\"relays\": 1,\n\"network\": {\"loss\": 1.5}"),
            "line 5, column 21: network.loss: 1.5 is not between 0 and 1"
        );
        assert_eq!(
            refused(
                r#""workload": {"edits": [{"at": "2m", "device": "East", "puts": {"meet.name": ""}}]}"#
            ),
            "line 4, column 31: workload.edits[0].at: 2m is after the trouble, which lasts 1m"
        );
        let watches = r#""locations": [{"name": "Desk", "priority": 1}, {"name": "Board", "priority": 0, "reads": true}],
"workload": {"edits": [{"at": "9s", "device": "Board", "puts": {"meet.name": ""}}]}"#;
        let text = format!(r#"{{"name": "x", "duration": "1m", {watches}}}"#);
        assert_eq!(
            Scenario::read(&text).unwrap_err().to_string(),
            "line 2, column 47: workload.edits[0].device: nobody edits at \"Board\", whose location only reads"
        );
        assert_eq!(
            refused(r#""start": {"name": 1}"#),
            "line 4, column 19: start[\"name\"]: is no register's name"
        );
    }
}
