//! How long writes take to reach everybody: one by one, after a heal, and in the calm.

use spotter_sim_plan::{DeviceNumber, Event, Happened, Plan, Whose};

use super::percentile::Sorted;
use super::{Measures, is_return, seconds};
use crate::past::{Past, WriteId, Writes};

/// What travelled so far.
#[derive(Debug)]
pub(super) struct Spread {
    /// Milliseconds from writing to holding, for each other device.
    took: Vec<u64>,
    /// What a device lacked when it came back, and when that was.
    waits: Vec<Vec<(u64, Writes)>>,
    caught_up: Vec<u64>,
    changed_at: u64,
    /// Writes that each device has held at some time.
    ever: Vec<Writes>,
}

impl Spread {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            took: Vec::new(),
            waits: vec![Vec::new(); plan.devices.len()],
            caught_up: Vec::new(),
            changed_at: 0,
            ever: vec![Writes::default(); plan.devices.len()],
        }
    }

    pub(super) fn before(&mut self, past: &Past<'_>, event: &Event) {
        let Happened::Learnt { device, writes } = &event.what else {
            return;
        };
        let Some(ever) = self.ever.get_mut(usize::from(device.0)) else {
            return;
        };
        for write in writes.iter().filter_map(|name| past.history.find(name)) {
            let written = past.history.write(write);
            if written.by != *device && ever.add(write) && written.write.edit.is_some() {
                self.took.push(event.at.saturating_sub(written.at));
            }
        }
    }

    pub(super) fn after(&mut self, past: &Past<'_>, event: &Event) {
        let (Happened::Wrote { device, .. }
        | Happened::Learnt { device, .. }
        | Happened::Forgot { device, .. }) = &event.what
        else {
            return self.returns(past, event);
        };
        self.changed_at = event.at;
        if matches!(event.what, Happened::Learnt { .. }) {
            self.catches_up(past, *device, event.at);
        }
    }

    pub(super) fn into(self, past: &Past<'_>, measures: &mut Measures) {
        if let Some(calm) = past.calm_at {
            measures.convergence_s = Some(seconds(self.changed_at.saturating_sub(calm)));
        }
        let took = Sorted::new(self.took.into_iter().map(seconds).collect());
        measures.spread_s_p50 = took.percentile(50);
        measures.spread_s_p95 = took.percentile(95);
        measures.spread_s_p99 = took.percentile(99);
        let caught_up = Sorted::new(self.caught_up.into_iter().map(seconds).collect());
        measures.catch_up_s_p50 = caught_up.percentile(50);
        measures.catch_up_s_p95 = caught_up.percentile(95);
    }

    /// Notes what those lack who come back.
    fn returns(&mut self, past: &Past<'_>, event: &Event) {
        let calm = matches!(event.what, Happened::Calm);
        if !calm && !is_return(event) {
            return;
        }
        let mut one = None;
        if let Happened::Trouble {
            whose: Whose::Device(device),
            ..
        } = &event.what
        {
            one = Some(*device);
        }
        let everything = everything(past);
        for (device, state) in past.devices() {
            if state.began && one.is_none_or(|one| one == device) {
                let lacks = everything.minus(state.holding.writes());
                if !lacks.is_empty() {
                    self.waits[usize::from(device.0)].push((event.at, lacks));
                }
            }
        }
    }

    fn catches_up(&mut self, past: &Past<'_>, device: DeviceNumber, now: u64) {
        let Some(holding) = past.holding(device) else {
            return;
        };
        let caught_up = &mut self.caught_up;
        self.waits[usize::from(device.0)].retain(|(since, lacks)| {
            let waits = !lacks.minus(holding.writes()).is_empty();
            if !waits {
                caught_up.push(now - since);
            }
            waits
        });
    }
}

/// Every write that some device holds.
fn everything(past: &Past<'_>) -> Writes {
    let mut all = Writes::default();
    for (_, device) in past.devices() {
        all.join(device.holding.writes());
    }
    all
}

/// The writes that a device could hold: those that some device or some server's log has, and that were not refused.
pub(super) fn is_lacking(past: &Past<'_>, device: DeviceNumber) -> Option<Lacking> {
    let holding = past.holding(device)?;
    let lacks = everything(past).minus(holding.writes());
    let lacks: Vec<WriteId> = lacks
        .iter()
        .filter(|write| !past.refused.has(*write))
        .collect();
    Some(Lacking {
        oldest: lacks.first().map(|write| past.history.write(*write).at),
        versions: lacks.len() as u64,
    })
}

/// What a device lacks.
pub(super) struct Lacking {
    /// When the oldest of it was written.
    pub(super) oldest: Option<u64>,
    /// How many writes it is.
    pub(super) versions: u64,
}

#[cfg(test)]
mod tests {
    use crate::measure;
    use crate::story::Story;

    #[test]
    fn a_write_spreads_until_another_device_holds_it() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).wait(200).learnt(1, &["a"]).wait(100);
        story.wrote(0, "b", 2).wait(4_000).learnt(1, &["b"]).rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!(
            (measures.spread_s_p50, measures.spread_s_p99),
            (Some(0.2), Some(4.0))
        );
    }

    #[test]
    fn whoever_comes_back_catches_up_with_what_there_was() {
        let mut story = Story::of_two();
        story
            .trouble(1, "cut")
            .wrote(0, "a", 1)
            .wait(60_000)
            .trouble(1, "heal");
        story
            .wait(1_500)
            .wrote(0, "b", 2)
            .learnt(1, &["a"])
            .wait(9_000)
            .learnt(1, &["b"])
            .rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!(measures.catch_up_s_p50, Some(1.5));
    }

    #[test]
    fn converging_takes_from_the_calm_to_the_last_write_taken_in() {
        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .wait(1_000)
            .calm()
            .wait(700)
            .learnt(1, &["a"])
            .wait(5_000)
            .rests();
        assert_eq!(measure(&story.plan, &story.trace).convergence_s, Some(0.7));

        let mut story = Story::of_two();
        story.wrote(0, "a", 1).rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!((measures.convergence_s, measures.results), (None, 2));
    }
}
