//! `converged`: at most a minute after the trouble is over everyone who can reach each other agrees, and says so.
//!
//! For every group of devices that reach each other in the calm (`past::reach` says who does):
//!
//! - At rest all have the same heads and the same state; but copies that wait for their turn (`past::turn`), of which `I3` says what they
//!   may lack.
//! - No device takes in, makes again or drops a write later than 60 simulated seconds after the calm began.
//! - If the world lasts that long, each device that uses a relay is live at the end, has nothing to send, and says that it
//!   is in sync; but copies, which share a session and displace each other for ever, and those who lost their connection in the
//!   last ten seconds of a world whose sessions end by themselves: somebody gives the password again. Excused is a group whose relays
//!   have lost the meet, if everybody there has lost the way back: at its last start a device found nothing on its disk, or bytes
//!   of it had changed, and it has joined no relay since. What such a device holds is not lost, but it cannot bring the meet back.
//! - By then each device that was to join before the calm, runs, and asks a relay that has the meet, has the meet too; and whoever
//!   was to make the meet has made it.

use std::collections::BTreeSet;

use spotter_sim_plan::{DeviceNumber, Doing, Event, Happened, Step};

use super::Invariant;
use crate::finding::Report;
use crate::past::{Group, Past, Rest};

/// How long agreeing may take once nothing stands in the way, in milliseconds.
const WITHIN: u64 = 60_000;

/// How long it may take until the password is given again when a session is over, in milliseconds.
const ENTERED_WITHIN: u64 = 10_000;

/// The check.
#[derive(Debug, Default)]
pub(crate) struct Converged;

impl<'a> Invariant<'a> for Converged {
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report) {
        let late = past.calm_at.is_some_and(|calm| event.at > calm + WITHIN);
        let (Happened::Wrote { device, .. }
        | Happened::Learnt { device, .. }
        | Happened::Forgot { device, .. }) = &event.what
        else {
            return;
        };
        if late {
            report.add("converged", event.at, &[number], || {
                let after = event.at - past.calm_at.unwrap_or(0);
                format!(
                    "{} still changed {after} ms after the calm began",
                    past.called(*device)
                )
            });
        }
    }

    fn end(&mut self, past: &Past<'a>, now: u64, report: &mut Report) {
        let has_time = past.calm_at.is_some_and(|calm| now >= calm + WITHIN);
        if has_time {
            take_part(past, now, report);
        }
        for group in past.groups() {
            agree(past, &group, now, report);
            if has_time && !group.relays.is_empty() && !past.is_homeless(&group) {
                say_so(past, &group, now, report);
            }
        }
    }
}

fn agree(past: &Past<'_>, group: &Group, now: u64, report: &mut Report) {
    let rests = past.rests.iter();
    let mut rests = rests.filter(|rest| {
        group.devices.contains(&rest.device) && past.waiting(rest.device, now).is_none()
    });
    let Some(first) = rests.next() else {
        return;
    };
    for other in rests {
        let same = |same: fn(&Rest<'_>, &Rest<'_>) -> bool| same(first, other);
        let what = if !same(|one, other| one.heads == other.heads) {
            "heads"
        } else if !same(|one, other| one.state == other.state) {
            "states"
        } else {
            continue;
        };
        report.add("converged", now, &[first.event, other.event], || {
            let (one, other) = (past.called(first.device), past.called(other.device));
            format!("{one} and {other} rest with different {what}")
        });
    }
}

fn say_so(past: &Past<'_>, group: &Group, now: u64, report: &mut Report) {
    for device in &group.devices {
        let Some(status) = past.device(*device).and_then(|device| device.status) else {
            continue;
        };
        if past.shares_session(*device) || is_entering(past, *device, now) {
            continue;
        }
        if status.link != "live" || !status.in_sync || status.not_sent > 0 {
            report.add("converged", now, &[status.event], || {
                let (called, link, not_sent) = (past.called(*device), status.link, status.not_sent);
                let sync = if status.in_sync {
                    "in sync"
                } else {
                    "not in sync"
                };
                format!("{called} is {link} at the end, {sync}, with {not_sent} edits to send")
            });
        }
    }
}

/// Reports who was to have the meet, could, and has nothing of it.
fn take_part(past: &Past<'_>, now: u64, report: &mut Report) {
    let steps = past.plan.steps.iter();
    let steps = steps.take_while(|step| step.at < past.plan.calm_at);
    let wanted: BTreeSet<(DeviceNumber, bool)> = steps.filter_map(is_to_have_it).collect();
    for (device, makes_it) in wanted {
        let Some(state) = past.device(device) else {
            continue;
        };
        let nobody_made_it = makes_it && past.history.len() == 0;
        let could = nobody_made_it || past.is_served(state);
        let is_excused = state.is_down || state.is_paused || is_entering(past, device, now);
        if !state.began && could && !is_excused {
            report.add("converged", now, &[], || {
                let called = past.called(device);
                format!("{called} was to take part, and has nothing of the meet at the end")
            });
        }
    }
}

/// The device that is to have the meet by a step, and whether it is to make it.
fn is_to_have_it(step: &Step) -> Option<(DeviceNumber, bool)> {
    if let Doing::GoLive { device } = step.doing {
        return Some((device, true));
    }
    if let Doing::Join { device } = step.doing {
        return Some((device, false));
    }
    None
}

/// Whether its session may just have ended by itself, so that the password has to be given again.
fn is_entering(past: &Past<'_>, device: DeviceNumber, now: u64) -> bool {
    let left_at = past.device(device).and_then(|state| state.left_at);
    past.has_short_sessions() && left_at.is_some_and(|at| now <= at + ENTERED_WITHIN)
}

#[cfg(test)]
mod tests {
    use spotter_sim_plan::{DeviceNumber, Doing, Happened, RelayNumber, Step};

    use crate::story::Story;

    fn is_to(story: &mut Story, at: u64, doing: Doing) {
        story.plan.steps.push(Step { at, doing });
    }

    #[test]
    fn who_was_to_join_has_the_meet_at_last() {
        let absent = |joins_at: u64, served: bool, trouble: &str, waits: u64| {
            let mut story = Story::of_two();
            let device = DeviceNumber(1);
            is_to(&mut story, joins_at, Doing::Join { device });
            story.forgot(1, &["genesis"], "lost");
            if served {
                story.logged(0, "log", 1, "genesis");
            } else {
                story.relay_stays_empty(0);
            }
            story.calm().trouble(1, trouble);
            let broken = story.wait(waits).rests().broken();
            broken.contains(&"converged".to_owned())
        };
        assert!(absent(1_000, true, "heal", 60_000));
        assert!(!absent(1_000, true, "heal", 59_999));
        assert!(!absent(5_000, true, "heal", 60_000));
        assert!(!absent(1_000, false, "heal", 60_000));
        assert!(!absent(1_000, true, "crash", 60_000));
        assert!(!absent(1_000, true, "pause", 60_000));
    }

    #[test]
    fn who_was_to_make_the_meet_has_made_it() {
        let made = |steps: &[Doing]| {
            let mut story = Story::without_meet(&[("Jury", 30)]);
            for doing in steps {
                is_to(&mut story, 1_000, doing.clone());
            }
            story.wait(5_000).calm().wait(60_000).rests().broken()
        };
        let device = DeviceNumber(0);
        assert_eq!(made(&[]), [""; 0]);
        assert_eq!(made(&[Doing::GoLive { device }]), ["converged"]);
        assert_eq!(made(&[Doing::Join { device }]), [""; 0]);
    }

    #[test]
    fn who_has_lost_the_way_back_need_not_find_it_if_the_relay_has_lost_the_meet() {
        let offline = |relay_loses: bool, bits: bool, joins: bool| {
            let mut story = Story::of_two();
            story.logged(0, "log", 1, "genesis");
            for device in 0..2 {
                if bits {
                    story.rots(device, spotter_sim_plan::Rot::Cut);
                }
                story.trouble(device, "crash").opened(device, "torn", 1, 2);
                if joins {
                    story.joined(device, 0);
                }
                story.status(device, "offline", false, 0);
            }
            if relay_loses {
                story.trouble_of_relay(0, "lose-memory");
                // Nobody logs it again.
                story.relay_stays_empty(0);
            }
            story.calm().wait(60_000).rests().broken()
        };
        assert_eq!(offline(true, true, false), [""; 0]);
        assert_eq!(offline(false, true, false), ["converged"]);
        assert_eq!(offline(true, false, false), ["I3", "converged"]);
        assert_eq!(offline(true, true, true), ["I3", "converged"]);
    }

    #[test]
    fn two_that_rest_apart_are_found() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).learnt(1, &["a"]).rests();
        assert_eq!(story.broken(), [""; 0]);

        let mut story = Story::of_two();
        story.wrote(0, "a", 1).rests();
        assert!(story.broken().contains(&"converged".to_owned()));
    }

    #[test]
    fn agreeing_takes_a_minute_at_most() {
        let mut story = Story::of_two();
        story.wrote(0, "a", 1).calm();
        story.wait(60_000).learnt(1, &["a"]).rests();
        assert_eq!(story.broken(), [""; 0]);

        let mut story = Story::of_two();
        story.wrote(0, "a", 1).calm();
        story.wait(60_001).learnt(1, &["a"]).rests();
        assert_eq!(story.broken(), ["converged"]);
    }

    #[test]
    fn in_the_end_everyone_says_that_it_is_in_sync() {
        let mut story = Story::of_two();
        story.logged(0, "log", 1, "genesis");
        story.status(1, "live", true, 0).calm().wait(60_000).rests();
        assert_eq!(story.broken(), [""; 0]);

        for (link, in_sync, not_sent) in
            [("joining", true, 0), ("live", false, 0), ("live", true, 1)]
        {
            let mut story = Story::of_two();
            story.logged(0, "log", 1, "genesis");
            story
                .status(1, link, in_sync, not_sent)
                .calm()
                .wait(60_000)
                .rests();
            assert_eq!(story.broken(), ["converged"], "{link} {in_sync} {not_sent}");
        }
    }

    #[test]
    fn who_has_to_give_the_password_again_may_be_about_to() {
        let turned_out = |session_ms, before_the_end| {
            let mut story = Story::of_two();
            story.plan.session_ms = session_ms;
            story.plan.ends_at = 65_000;
            story.logged(0, "log", 1, "genesis");
            story.status(1, "live", true, 0).calm();
            story.wait(60_000 - before_the_end);
            story.tell(Happened::Left {
                relay: RelayNumber(0),
                session: "session-1".to_owned(),
            });
            story.status(1, "offline", false, 0);
            story.wait(before_the_end).rests().broken()
        };
        assert_eq!(turned_out(64_999, 10_000), [""; 0]);
        assert_eq!(turned_out(64_999, 10_001), ["converged"]);
        assert_eq!(turned_out(65_000, 10_000), ["converged"]);
    }

    #[test]
    fn who_cannot_reach_each_other_need_not_agree() {
        let mut story = Story::of_two();
        story.plan.relays = 2;
        story.joined(1, 1).wrote(0, "a", 1).rests();
        assert_eq!(story.broken(), [""; 0]);

        let mut story = Story::of_two();
        story.plan.relays = 2;
        story.joined(1, 1).dials(0, 1).wrote(0, "a", 1).rests();
        assert!(story.broken().contains(&"converged".to_owned()));
    }
}
