//! Edits that are gone.

use std::collections::BTreeMap;

use spotter_sim_plan::{EditNumber, Event, Happened};

use super::Measures;
use crate::past::{Past, WriteId, Writes};
use crate::value::same;

/// What people were told of their writes.
#[derive(Debug, Default)]
pub(super) struct Told {
    saved: Writes,
    acknowledged: Writes,
}

/// An edit, or a write of the runner's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Edit(EditNumber),
    Write(WriteId),
}

#[derive(Debug, Default)]
struct Fate {
    saved: bool,
    acknowledged: bool,
    survives: bool,
}

impl Told {
    pub(super) fn event(&mut self, past: &Past<'_>, event: &Event) {
        if let Happened::Saved { write, .. } = &event.what
            && let Some(write) = past.history.find(write)
        {
            self.saved.add(write);
        }
        if let Happened::Acknowledged { write, .. } = &event.what
            && let Some(write) = past.history.find(write)
        {
            self.acknowledged.add(write);
        }
    }

    pub(super) fn into(self, past: &Past<'_>, measures: &mut Measures) {
        let mut fates: BTreeMap<Subject, Fate> = BTreeMap::new();
        for (id, written) in past.history.writes() {
            let subject = written.write.edit.map_or(Subject::Write(id), Subject::Edit);
            let fate = fates.entry(subject).or_default();
            fate.saved |= self.saved.has(id);
            fate.acknowledged |= self.acknowledged.has(id);
            fate.survives = fate.survives || survives(past, id);
        }
        let lost = fates.values().filter(|fate| !fate.survives);
        let (acknowledged, others): (Vec<&Fate>, Vec<&Fate>) =
            lost.partition(|fate| fate.acknowledged);
        measures.acknowledged_lost = acknowledged.len() as u64;
        measures.local_lost = others.iter().filter(|fate| fate.saved).count() as u64;
        measures.refused = past.refused.len() as u64;
    }
}

/// Whether a write is held by somebody, or each of its registers has a write that is and that either had seen it, or says the
/// same and was not seen by it: what it knew and replaced does not stand for it.
fn survives(past: &Past<'_>, write: WriteId) -> bool {
    let held = |write: WriteId| past.devices().any(|(_, device)| device.holding.has(write));
    held(write)
        || past.history.puts(write).all(|put| {
            let lost = past.history.put(put);
            past.history.order(lost.register).iter().any(|number| {
                let follows = past.history.had_seen(*number, put);
                let was_replaced = past.history.had_seen(put, *number);
                let other = past.history.put(*number);
                let says_so = !was_replaced && same(other.value, lost.value);
                (follows || says_so) && held(other.write)
            })
        })
}

#[cfg(test)]
mod tests {
    use crate::measure;
    use crate::story::Story;

    fn losses(story: &mut Story) -> (u64, u64) {
        story.rests();
        let measures = measure(&story.plan, &story.trace);
        (measures.acknowledged_lost, measures.local_lost)
    }

    #[test]
    fn what_nobody_holds_is_lost() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1);
        assert_eq!(losses(&mut story.clone()), (0, 0));
        story.forgot(0, &["a"], "lost");
        assert_eq!(losses(&mut story), (0, 1));

        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .logged(0, "log", 1, "a")
            .acknowledged(0, "a", "log", 1);
        story.forgot(0, &["a"], "lost");
        assert_eq!(losses(&mut story), (1, 0));

        let mut story = Story::of_two();
        story.typed(0, "a", |_| ()).forgot(0, &["a"], "crash");
        assert_eq!(losses(&mut story), (0, 0));
    }

    #[test]
    fn what_was_replaced_knowingly_or_made_again_is_not_lost() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]).wrote(1, "b", 2);
        story.forgot(0, &["a"], "lost").forgot(1, &["a"], "lost");
        assert_eq!(losses(&mut story), (0, 0));

        let mut story = Story::of_two();
        story
            .wrote(0, "a", 1)
            .refused(0, "a")
            .forgot(0, &["a"], "refused");
        assert_eq!(losses(&mut story.clone()), (0, 1));
        story.wrote(0, "b", 1);
        assert_eq!(losses(&mut story), (0, 0));
    }

    #[test]
    fn what_says_the_same_as_an_older_write_that_was_replaced_is_lost() {
        let third_says = |value: i64| {
            let mut story = Story::of_two();
            story
                .wrote(0, "a", 1)
                .wrote(0, "b", 2)
                .learnt(1, &["a", "b"]);
            story.wrote(0, "c", value).forgot(0, &["c"], "lost");
            losses(&mut story)
        };
        assert_eq!(third_says(9), (0, 1));
        assert_eq!(third_says(1), (0, 1));

        let mut story = Story::of_two();
        story.wrote(0, "a", 1).wrote(1, "b", 1);
        story.learnt(0, &["b"]).forgot(0, &["a"], "lost");
        assert_eq!(losses(&mut story), (0, 0));
    }
}
