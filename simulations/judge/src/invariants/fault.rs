//! `fault`: no machine ever reports that something happened which must never happen.

use spotter_sim_plan::{Event, Happened};

use super::Invariant;
use crate::finding::Report;
use crate::past::Past;

/// The check.
#[derive(Debug)]
pub(crate) struct Fault;

impl<'a> Invariant<'a> for Fault {
    fn event(&mut self, _: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        if let Happened::Fault { whose, what } = &event.what {
            let words = || format!("{whose:?} reports a fault of its own: {what}");
            report.add("fault", event.at, &[number], words);
        }
    }
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{DeviceNumber, Happened, Whose};

    use crate::story::Story;

    #[test]
    fn a_fault_that_a_machine_reports_is_found() {
        let mut story = Story::of_two();
        story.rests();
        assert_eq!(story.broken(), [""; 0]);

        let mut story = Story::of_two();
        story.tell(Happened::Fault {
            whose: Whose::Device(DeviceNumber(0)),
            what: "a hole in the chain".to_owned(),
        });
        story.rests();
        assert_eq!(story.broken(), ["fault"]);
    }
}
