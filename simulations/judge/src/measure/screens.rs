//! What people see change: flaps, and values that return.

use rustc_hash::{FxHashMap, FxHashSet};
use spotter_sim_plan::{DeviceNumber, Event, Happened, Whose};

use super::Measures;
use crate::past::{Past, PutId, WriteId};

/// What has been on each screen.
#[derive(Debug, Default)]
pub(super) struct Screens<'a> {
    shown: FxHashMap<(DeviceNumber, &'a str), WriteId>,
    /// What was shown before something else was.
    beaten: FxHashSet<(DeviceNumber, &'a str, WriteId)>,
    flaps: u64,
    returns: u64,
}

/// How a screen changed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    /// To a write whose author had not seen the one shown before, and not by the person there.
    pub(super) is_flap: bool,
    /// To a write that was shown before another.
    pub(super) is_return: bool,
}

impl<'a> Screens<'a> {
    /// Takes in an event, and says how it changed a screen.
    pub(super) fn event(&mut self, past: &Past<'a>, event: &'a Event) -> Change {
        if let Happened::Shows {
            device,
            register,
            write: Some(write),
            own,
            ..
        } = &event.what
            && let Some(write) = past.history.find(write)
        {
            return self.shows(past, *device, register, write, *own);
        }
        if let Happened::Trouble {
            whose: Whose::Device(device),
            what,
        } = &event.what
            && matches!(what.as_str(), "crash" | "lose-memory" | "restore")
        {
            self.shown.retain(|(of, _), _| of != device);
            self.beaten.retain(|(of, _, _)| of != device);
        }
        Change::default()
    }

    pub(super) fn into(self, measures: &mut Measures) {
        measures.flaps = Some(self.flaps);
        measures.returns = Some(self.returns);
    }

    fn shows(
        &mut self,
        past: &Past<'a>,
        device: DeviceNumber,
        register: &'a str,
        write: WriteId,
        own: bool,
    ) -> Change {
        let before = self.shown.insert((device, register), write);
        let Some(before) = before.filter(|before| *before != write) else {
            return Change::default();
        };
        self.beaten.insert((device, register, before));
        let change = Change {
            is_flap: !own && !has_seen(past, register, write, before),
            is_return: self.beaten.contains(&(device, register, write)),
        };
        self.flaps += u64::from(change.is_flap);
        self.returns += u64::from(change.is_return);
        change
    }
}

fn has_seen(past: &Past<'_>, register: &str, write: WriteId, before: WriteId) -> bool {
    let of = |write: WriteId| -> Option<PutId> {
        let mut puts = past.history.puts(write);
        puts.find(|put| past.history.name(past.history.put(*put).register) == register)
    };
    let pair = of(write).zip(of(before));
    pair.is_some_and(|(write, before)| past.history.had_seen(write, before))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spotter_sim_plan::Watch;

    use crate::measure;
    use crate::story::Story;

    #[test]
    fn a_flap_is_a_change_to_what_had_not_seen_the_value_shown() {
        let mut story = Story::of_two();
        story.plan.watch = Watch::Screens;
        story
            .wrote(0, "a", 1)
            .learnt(1, &["a"])
            .shows(1, json!(1), "a");
        // A correction is none.
        story
            .wrote(0, "b", 2)
            .learnt(1, &["b"])
            .shows(1, json!(2), "b");
        assert_eq!(measure(&story.plan, &story.trace).flaps, Some(0));
        // Something written apart is one.
        story
            .wrote(0, "c", 3)
            .wrote(1, "d", 4)
            .learnt(1, &["c"])
            .shows(1, json!(4), "d")
            .shows(1, json!(3), "c");
        let measures = measure(&story.plan, &story.trace);
        assert_eq!((measures.flaps, measures.returns), (Some(1), Some(0)));
        story.plan.watch = Watch::Ends;
        assert_eq!(measure(&story.plan, &story.trace).flaps, None);
    }

    #[test]
    fn a_value_returns_if_the_same_write_is_shown_again_behind_another() {
        let mut story = Story::of_two();
        story.plan.watch = Watch::Screens;
        story.wrote(0, "a", 1).shows(0, json!(1), "a");
        story.wrote(0, "b", 2).shows(0, json!(2), "b");
        // Written again is no return.
        story.wrote(0, "c", 1).shows(0, json!(1), "c");
        assert_eq!(measure(&story.plan, &story.trace).returns, Some(0));
        story.shows(0, json!(2), "b");
        assert_eq!(measure(&story.plan, &story.trace).returns, Some(1));
    }

    #[test]
    fn a_screen_that_went_dark_begins_anew() {
        let mut story = Story::of_two();
        story.plan.watch = Watch::Screens;
        story.wrote(0, "a", 1).shows(0, json!(1), "a");
        story.typed(0, "b", |_| ()).shows(0, json!("b"), "b");
        story
            .trouble(0, "crash")
            .forgot(0, &["b"], "crash")
            .trouble(0, "start");
        story.shows(0, json!(1), "a");
        let measures = measure(&story.plan, &story.trace);
        assert_eq!((measures.flaps, measures.returns), (Some(0), Some(0)));
    }
}
