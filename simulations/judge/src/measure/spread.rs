//! How long writes take to reach everybody: one by one, after somebody came back, and in the calm.

use spotter_sim_plan::{DeviceNumber, Event, Happened, Plan, Whose};

use super::entered::Entered;
use super::percentile::Sorted;
use super::{Measures, seconds};
use crate::past::{Holding, Past, WriteId, Writes};

/// What travelled so far.
#[derive(Debug)]
pub(super) struct Spread {
    entered: Entered,
    /// Milliseconds from making an edit to holding it, for each other device.
    took: Vec<u64>,
    away: Vec<Away>,
    catching_up: Vec<CatchingUp>,
    caught_up: Vec<u64>,
    changed_at: u64,
    /// Writes that each device has held at some time.
    ever: Vec<Writes>,
}

/// Why nothing reaches a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Away {
    is_cut: bool,
    is_down: bool,
    is_paused: bool,
}

/// Somebody came back, and those who are there tell each other what they had.
#[derive(Debug)]
struct CatchingUp {
    since: u64,
    among: Vec<DeviceNumber>,
    /// What any of them held.
    had: Writes,
}

impl Spread {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            entered: Entered::new(plan),
            took: Vec::new(),
            away: vec![Away::default(); plan.devices.len()],
            catching_up: Vec::new(),
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
                let entered = self.entered.at(written);
                self.took.push(event.at.saturating_sub(entered));
            }
        }
    }

    pub(super) fn after(&mut self, past: &Past<'_>, event: &Event) {
        if let Happened::Wrote { .. } | Happened::Learnt { .. } | Happened::Forgot { .. } =
            &event.what
        {
            self.changed_at = event.at;
        }
        if let Happened::Learnt { .. } | Happened::Forgot { .. } | Happened::Refused { .. } =
            &event.what
        {
            self.looks(past, event.at);
        }
        if let Happened::Trouble {
            whose: Whose::Device(device),
            what,
        } = &event.what
        {
            self.trouble(past, event.at, *device, what);
        }
        if let Happened::Calm = event.what {
            self.away.fill(Away::default());
            self.begins(past, event.at);
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

    fn trouble(&mut self, past: &Past<'_>, now: u64, device: DeviceNumber, what: &str) {
        let Some(away) = self.away.get_mut(usize::from(device.0)) else {
            return;
        };
        let was_there = away.is_not();
        match what {
            "cut" => away.is_cut = true,
            "heal" => away.is_cut = false,
            "crash" | "lose-memory" | "restore" => (away.is_down, away.is_paused) = (true, false),
            "start" => away.is_down = false,
            "pause" => away.is_paused = true,
            "resume" => away.is_paused = false,
            _ => {}
        }
        let is_there = away.is_not();
        if was_there && !is_there {
            self.catching_up
                .retain(|catching_up| !catching_up.among.contains(&device));
        }
        if !was_there && is_there && past.device(device).is_some_and(|one| one.began) {
            self.begins(past, now);
        }
    }

    /// Somebody is back: whoever is there lacks what another one has, or nothing is to be done.
    fn begins(&mut self, past: &Past<'_>, now: u64) {
        let there = past.devices().zip(&self.away);
        let there = there.filter(|((_, state), away)| state.began && away.is_not());
        let among: Vec<DeviceNumber> = there.map(|((device, _), _)| device).collect();
        let had = held_by(past, &among);
        let catching_up = CatchingUp {
            since: now,
            among,
            had,
        };
        if !catching_up.is_over(past) {
            self.catching_up.push(catching_up);
        }
    }

    fn looks(&mut self, past: &Past<'_>, now: u64) {
        let caught_up = &mut self.caught_up;
        self.catching_up.retain(|catching_up| {
            let is_over = catching_up.is_over(past);
            if is_over {
                caught_up.push(now - catching_up.since);
            }
            !is_over
        });
    }
}

impl Away {
    /// Whether there is no reason.
    fn is_not(self) -> bool {
        self == Self::default()
    }
}

impl CatchingUp {
    /// Whether each of them holds what any had, but for what was refused or is held by none of them any more.
    fn is_over(&self, past: &Past<'_>) -> bool {
        let held = held_by(past, &self.among);
        let holdings = self.among.iter().filter_map(|one| past.holding(*one));
        let mut lacks = holdings.map(|holding| self.had.minus(holding.writes()));
        lacks.all(|lacks| {
            let mut lacks = lacks.iter();
            lacks.all(|write| past.refused.has(write) || !held.has(write))
        })
    }
}

fn held_by(past: &Past<'_>, devices: &[DeviceNumber]) -> Writes {
    let mut all = Writes::default();
    for holding in devices.iter().filter_map(|device| past.holding(*device)) {
        all.join(holding.writes());
    }
    all
}

/// What a device lacks: the writes that some device holds and it does not, and that were not refused.
pub(super) fn lacking(past: &Past<'_>, holding: &Holding) -> Vec<WriteId> {
    let mut everything = Writes::default();
    for (_, device) in past.devices() {
        everything.join(device.holding.writes());
    }
    let lacks = everything.minus(holding.writes());
    let lacks = lacks.iter().filter(|write| !past.refused.has(*write));
    lacks.collect()
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
    fn a_write_spreads_from_the_edit_on_although_it_is_written_later() {
        let mut story = Story::of_two();
        story.until(60_020).wrote(1, "a", 1).wait(20);
        story.plan.steps.last_mut().unwrap().at = 12_000;
        story.learnt(0, &["a"]).rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!(measures.spread_s_p50, Some(48.04));
    }

    #[test]
    fn whoever_comes_back_has_caught_up_when_the_others_have_what_it_brought() {
        let mut story = Story::of(&[("Jury", 30), ("Platform", 10), ("Desk", 5)]);
        story.trouble(1, "cut").trouble(2, "cut");
        story.wrote(0, "a", 1).wrote(1, "b", 2).wrote(2, "c", 3);
        // The desk's line stays cut: nobody waits for it, and it waits for nobody.
        story.wait(60_000).trouble(1, "heal");
        story.wait(1_500).learnt(1, &["a"]);
        story.wait(2_500).learnt(0, &["b"]);
        let of = |story: &Story| {
            let measures = measure(&story.plan, &story.trace);
            (measures.catch_up_s_p50, measures.catch_up_s_p95)
        };
        assert_eq!(of(&story), (Some(4.0), Some(4.0)));
        // What is refused then is waited for by nobody.
        story.wait(1_000).trouble(2, "heal");
        story.wait(500).learnt(2, &["a", "b"]);
        assert_eq!(of(&story), (Some(4.0), Some(4.0)));
        story.wait(250).refused(2, "c");
        assert_eq!(of(&story), (Some(0.75), Some(4.0)));
    }

    #[test]
    fn nobody_has_caught_up_whose_line_is_cut_again() {
        let mut story = Story::of_two();
        story.trouble(1, "cut").wrote(0, "a", 1).wait(60_000);
        story.trouble(1, "heal").wait(1_000).trouble(1, "cut");
        story.wait(30_000).trouble(1, "heal").wait(2_000);
        story.learnt(1, &["a"]).rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!(measures.catch_up_s_p95, Some(2.0));
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
