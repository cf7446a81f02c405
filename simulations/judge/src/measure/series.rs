//! Series to be plotted: what happened to each device, how the devices came together, how old their screens were.

use serde::{Deserialize, Serialize};
use spotter_sim_plan::{DeviceNumber, Event, Happened, Plan, Whose};

use super::entered::Entered;
use super::screens::Screens;
use super::seconds;
use super::spread::lacking;
use crate::past::Past;

/// How often screens and curves are sampled, in milliseconds.
const EVERY: u64 = 1_000;

/// A stretch of time, in milliseconds since the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// When it began.
    pub from: u64,
    /// When it ended.
    pub to: u64,
}

/// What happened to a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTimeline {
    /// What it is called.
    pub name: String,
    /// Its location.
    pub location: String,
    /// When its line was cut, one way or both.
    pub cut: Vec<Span>,
    /// When it said that its link is not live.
    pub offline: Vec<Span>,
    /// When its process did not run.
    pub down: Vec<Span>,
    /// When it wrote edits.
    pub edits: Vec<u64>,
    /// When its screen flapped; empty if screens were not watched.
    pub flaps: Vec<u64>,
    /// When its process died.
    pub crashes: Vec<u64>,
}

/// What happened to everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The devices, in the order of the plan.
    pub devices: Vec<DeviceTimeline>,
    /// When each relay did not run.
    pub relays_down: Vec<Vec<Span>>,
    /// When the trouble was over.
    pub calm_at: u64,
    /// When the world ended.
    pub ends_at: u64,
}

/// How far apart devices are at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// When, in milliseconds since the beginning.
    pub at: u64,
    /// Writes that a device lacks, of all that exist, summed over the devices.
    pub missing: u64,
    /// How many different sets of writes the devices hold.
    pub sets: u64,
}

/// How old a screen is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StalenessSample {
    /// When, in milliseconds since the beginning.
    pub at: u64,
    /// Whose.
    pub device: DeviceNumber,
    /// How long ago the oldest edit was made that it lacks; 0 if it lacks none.
    pub seconds: f64,
    /// How many writes it lacks, with the edits that wait to be written.
    pub versions: u64,
}

/// Tells what happened to each device, and when.
pub fn timeline(plan: &Plan, trace: &[Event]) -> Timeline {
    let mut past = Past::new(plan);
    let mut screens = Screens::default();
    let mut drawn = Drawn::new(plan);
    for (number, event) in trace.iter().enumerate() {
        let change = screens.event(&past, event);
        if let Happened::Shows { device, .. } = &event.what
            && change.is_flap
            && let Some(line) = drawn.line(*device)
        {
            line.flaps.push(event.at);
        }
        drawn.event(event);
        past.take(number, event);
    }
    drawn.ended(trace.last().map_or(plan.ends_at, |event| event.at))
}

/// Tells every second how far apart the devices are.
pub fn convergence_curve(plan: &Plan, trace: &[Event]) -> Vec<CurvePoint> {
    let mut points = Vec::new();
    every(plan, trace, (0, plan.ends_at), |past, at| {
        let began = || past.devices().filter(|(_, device)| device.began);
        let missing = began().map(|(_, device)| lacking(past, &device.holding).len() as u64);
        let mut sets: Vec<_> = Vec::new();
        for (_, device) in began() {
            if !sets.contains(&device.holding.writes()) {
                sets.push(device.holding.writes());
            }
        }
        points.push(CurvePoint {
            at,
            missing: missing.sum(),
            sets: sets.len() as u64,
        });
    });
    points
}

/// Looks at every screen that is lit once a second, from the first edit of the plan to the calm, and tells how old it is.
pub fn staleness_samples(plan: &Plan, trace: &[Event]) -> Vec<StalenessSample> {
    let mut samples = Vec::new();
    let edits = plan.steps.iter().filter(|step| step.doing.edit().is_some());
    let Some(from) = edits.map(|step| step.at).min() else {
        return samples;
    };
    let entered = Entered::new(plan);
    let waits = entered.waits(trace);
    every(plan, trace, (from, plan.calm_at), |past, at| {
        let waiting = waits.iter().filter(|(from, to)| (*from..*to).contains(&at));
        let waiting: Vec<u64> = waiting.map(|(from, _)| *from).collect();
        for (device, state) in past.devices() {
            if !state.began || state.is_down {
                continue;
            }
            let lacks = lacking(past, &state.holding).into_iter();
            let lacks = lacks.map(|write| entered.at(past.history.write(write)));
            let lacks: Vec<u64> = lacks.chain(waiting.iter().copied()).collect();
            let oldest = lacks.iter().copied().min().unwrap_or(at);
            samples.push(StalenessSample {
                at,
                device,
                seconds: seconds(at.saturating_sub(oldest)),
                versions: lacks.len() as u64,
            });
        }
    });
    samples
}

/// Looks at the past at regular times, both ends included.
fn every<'a>(
    plan: &'a Plan,
    trace: &'a [Event],
    (from, to): (u64, u64),
    mut look: impl FnMut(&Past<'a>, u64),
) {
    let mut past = Past::new(plan);
    let mut next = from;
    for (number, event) in trace.iter().enumerate() {
        while next < event.at && next <= to {
            look(&past, next);
            next += EVERY;
        }
        past.take(number, event);
    }
    if next <= to {
        look(&past, next);
    }
}

/// A timeline in the making.
struct Drawn {
    timeline: Timeline,
    cut_since: Vec<Option<u64>>,
    offline_since: Vec<Option<u64>>,
    down_since: Vec<Option<u64>>,
    relay_down_since: Vec<Option<u64>>,
}

impl Drawn {
    fn new(plan: &Plan) -> Self {
        let devices = plan.devices.iter().map(|device| DeviceTimeline {
            name: device.name.clone(),
            location: device.location.clone(),
            ..DeviceTimeline::default()
        });
        let (devices, relays): (Vec<_>, _) = (devices.collect(), usize::from(plan.relays));
        Self {
            cut_since: vec![None; devices.len()],
            offline_since: vec![None; devices.len()],
            down_since: vec![None; devices.len()],
            relay_down_since: vec![None; relays],
            timeline: Timeline {
                devices,
                relays_down: vec![Vec::new(); relays],
                calm_at: plan.calm_at,
                ends_at: plan.ends_at,
            },
        }
    }

    fn line(&mut self, device: DeviceNumber) -> Option<&mut DeviceTimeline> {
        self.timeline.devices.get_mut(usize::from(device.0))
    }

    fn event(&mut self, event: &Event) {
        let at = event.at;
        match &event.what {
            Happened::Wrote { device, write } if write.edit.is_some() => {
                if let Some(line) = self.line(*device) {
                    line.edits.push(at);
                }
            }
            Happened::Status { device, link, .. } => {
                let number = usize::from(device.0);
                if let Some(line) = self.timeline.devices.get_mut(number) {
                    let spans = &mut line.offline;
                    mark(&mut self.offline_since[number], spans, link != "live", at);
                }
            }
            Happened::Trouble { whose, what } => self.trouble(*whose, what, at),
            Happened::Calm => self.calms(at),
            Happened::Began { .. }
            | Happened::Wrote { .. }
            | Happened::NotWritten { .. }
            | Happened::Saved { .. }
            | Happened::Acknowledged { .. }
            | Happened::Learnt { .. }
            | Happened::Forgot { .. }
            | Happened::Refused { .. }
            | Happened::Shows { .. }
            | Happened::Logged { .. }
            | Happened::Joined { .. }
            | Happened::SessionEnded { .. }
            | Happened::Left { .. }
            | Happened::ClockRead { .. }
            | Happened::Opened { .. }
            | Happened::Holds { .. }
            | Happened::Attacked { .. }
            | Happened::Hashed { .. }
            | Happened::Traffic { .. }
            | Happened::Disk { .. }
            | Happened::Rests { .. }
            | Happened::Fault { .. }
            | Happened::Ended { .. } => {}
        }
    }

    fn trouble(&mut self, whose: Whose, what: &str, at: u64) {
        let dies = matches!(what, "crash" | "lose-memory" | "restore");
        match whose {
            Whose::Device(device) => {
                let number = usize::from(device.0);
                let Some(line) = self.timeline.devices.get_mut(number) else {
                    return;
                };
                if what == "cut" || what == "heal" {
                    mark(
                        &mut self.cut_since[number],
                        &mut line.cut,
                        what == "cut",
                        at,
                    );
                }
                if dies || what == "start" {
                    mark(&mut self.down_since[number], &mut line.down, dies, at);
                }
                if dies {
                    line.crashes.push(at);
                    mark(
                        &mut self.offline_since[number],
                        &mut line.offline,
                        false,
                        at,
                    );
                }
            }
            Whose::Relay(relay) => {
                let number = usize::from(relay.0);
                let Some(spans) = self.timeline.relays_down.get_mut(number) else {
                    return;
                };
                if dies || what == "start" {
                    mark(&mut self.relay_down_since[number], spans, dies, at);
                }
            }
        }
    }

    /// Everything is healed and started.
    fn calms(&mut self, at: u64) {
        for (number, line) in self.timeline.devices.iter_mut().enumerate() {
            mark(&mut self.cut_since[number], &mut line.cut, false, at);
            mark(&mut self.down_since[number], &mut line.down, false, at);
        }
        for (number, spans) in self.timeline.relays_down.iter_mut().enumerate() {
            mark(&mut self.relay_down_since[number], spans, false, at);
        }
    }

    fn ended(mut self, at: u64) -> Timeline {
        self.calms(at);
        for (number, line) in self.timeline.devices.iter_mut().enumerate() {
            mark(
                &mut self.offline_since[number],
                &mut line.offline,
                false,
                at,
            );
        }
        self.timeline
    }
}

/// Begins or ends a span.
fn mark(since: &mut Option<u64>, spans: &mut Vec<Span>, begins: bool, at: u64) {
    if begins {
        since.get_or_insert(at);
    } else if let Some(from) = since.take() {
        spans.push(Span { from, to: at });
    }
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{DeviceNumber, Happened};

    use super::{Span, convergence_curve, staleness_samples, timeline};
    use crate::story::Story;

    fn story() -> Story {
        let mut story = Story::of_two();
        story
            .trouble(1, "cut")
            .status(1, "offline", false, 0)
            .wrote(0, "a", 1);
        story.wait(2_500).wrote(0, "b", 2).wait(1_000);
        story
            .trouble(1, "heal")
            .learnt(1, &["a", "b"])
            .status(1, "live", true, 0);
        story.wait(1_500).calm().wait(1_000).rests();
        story
    }

    #[test]
    fn spans_begin_and_end_with_what_they_are_of() {
        let story = story();
        let drawn = timeline(&story.plan, &story.trace);
        let span = Span {
            from: 5_000,
            to: 8_500,
        };
        assert_eq!(drawn.devices[1].cut, [span]);
        assert_eq!(drawn.devices[1].offline, [span]);
        assert_eq!(drawn.devices[0].edits, [5_000, 7_500]);
        assert_eq!(drawn.calm_at, 10_000);
    }

    #[test]
    fn a_screen_is_as_old_as_the_oldest_write_that_it_lacks() {
        let story = story();
        let samples = staleness_samples(&story.plan, &story.trace);
        let of_one: Vec<(u64, f64, u64)> = samples
            .iter()
            .filter(|sample| sample.device == DeviceNumber(1))
            .map(|sample| (sample.at, sample.seconds, sample.versions))
            .collect();
        let expected = [
            (5_000, 0.0, 1),
            (6_000, 1.0, 1),
            (7_000, 2.0, 1),
            (8_000, 3.0, 2),
            (9_000, 0.0, 0),
            (10_000, 0.0, 0),
        ];
        assert_eq!(of_one, expected);
        assert!(
            samples
                .iter()
                .all(|sample| sample.device == DeviceNumber(1) || sample.versions == 0)
        );
    }

    #[test]
    fn the_curve_falls_to_nothing_when_all_hold_the_same() {
        let story = story();
        let curve = convergence_curve(&story.plan, &story.trace);
        let far: Vec<(u64, u64)> = curve
            .iter()
            .map(|point| (point.missing, point.sets))
            .collect();
        assert_eq!(
            far,
            [
                (0, 1),
                (0, 1),
                (0, 1),
                (0, 1),
                (0, 1),
                (1, 2),
                (1, 2),
                (1, 2),
                (2, 2),
                (0, 1),
                (0, 1),
                (0, 1)
            ]
        );
    }

    #[test]
    fn a_screen_lacks_an_edit_from_when_it_was_made_although_it_is_written_later() {
        let mut story = Story::of_two();
        story.wait(3_500).wrote(1, "a", 1);
        // It was made at 5 s, and whoever makes edits was reached at 8.5 s.
        story.plan.steps.last_mut().unwrap().at = 5_000;
        story.wait(1_000).learnt(0, &["a"]);
        story.wait(500).calm().wait(1_000).rests();
        let samples = staleness_samples(&story.plan, &story.trace);
        let of = |device| -> Vec<(u64, f64, u64)> {
            let of = samples.iter();
            let of = of.filter(|sample| sample.device == DeviceNumber(device));
            of.map(|sample| (sample.at, sample.seconds, sample.versions))
                .collect()
        };
        let both = [
            (5_000, 0.0, 1),
            (6_000, 1.0, 1),
            (7_000, 2.0, 1),
            (8_000, 3.0, 1),
        ];
        let of_author = [&both[..], &[(9_000, 0.0, 0), (10_000, 0.0, 0)]].concat();
        let of_other = [&both[..], &[(9_000, 4.0, 1), (10_000, 0.0, 0)]].concat();
        assert_eq!((of(1), of(0)), (of_author, of_other));
    }

    #[test]
    fn a_device_of_a_rule_that_writes_no_beginning_can_be_looked_at_from_its_first_session() {
        let mut story = Story::of_two();
        story.follows("automerge");
        story.trace.retain(|event| {
            !matches!(event.what, Happened::Learnt { .. } | Happened::Wrote { .. })
        });
        story.wrote(0, "a", 1).wait(3_000).learnt(1, &["a"]).calm();
        let samples = staleness_samples(&story.plan, &story.trace);
        let of_one = samples.iter().filter(|one| one.device == DeviceNumber(1));
        let ages: Vec<f64> = of_one.map(|sample| sample.seconds).collect();
        assert_eq!(ages, [0.0, 1.0, 2.0, 0.0]);
    }
}
