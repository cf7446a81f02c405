//! When a device or relay was what, read from its plan (who was cut off) and its trace (the rest).

use spotter_sim_plan::{DeviceNumber, Doing, Event, Happened, Plan, Whose};

/// What somebody was for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Connected, nothing missing.
    Live,
    /// On its way there.
    Waiting,
    /// Not connected.
    Away,
    /// Its messages do not get through.
    Cut,
    /// Its process is not running.
    Down,
}

impl Kind {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Waiting => "joining or catching up",
            Self::Away => "offline",
            Self::Cut => "cut off",
            Self::Down => "down or standing still",
        }
    }
}

/// A while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) kind: Kind,
}

/// Everything to draw of somebody, from back to front.
pub(super) fn spans(plan: &Plan, trace: &[Event], whose: Whose) -> Vec<Span> {
    let mut all = match whose {
        Whose::Device(number) => links(plan, trace, number),
        Whose::Relay(_) => vec![Span {
            from: 0,
            to: plan.ends_at,
            kind: Kind::Live,
        }],
    };
    all.extend(downs(plan, trace, whose));
    if let Whose::Device(number) = whose {
        all.extend(cuts(plan, number));
    }
    all
}

fn links(plan: &Plan, trace: &[Event], number: DeviceNumber) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut open: Option<(u64, Kind)> = None;
    let statuses = trace.iter().filter_map(|event| {
        if let Happened::Status { device, link, .. } = &event.what
            && *device == number
        {
            let kind = match link.as_str() {
                "live" => Kind::Live,
                "offline" => Kind::Away,
                _ => Kind::Waiting,
            };
            return Some((event.at, kind));
        }
        None
    });
    for (at, kind) in statuses {
        if open.is_some_and(|(_, before)| before == kind) {
            continue;
        }
        if let Some((from, before)) = open {
            spans.push(Span {
                from,
                to: at,
                kind: before,
            });
        }
        open = Some((at, kind));
    }
    if let Some((from, kind)) = open {
        spans.push(Span {
            from,
            to: plan.ends_at,
            kind,
        });
    }
    spans
}

fn cuts(plan: &Plan, number: DeviceNumber) -> Vec<Span> {
    let turns = plan.steps.iter().filter_map(|step| {
        if let Doing::Cut { device, .. } = &step.doing
            && *device == number
        {
            return Some((step.at, true));
        }
        if let Doing::Heal { device } = &step.doing
            && *device == number
        {
            return Some((step.at, false));
        }
        None
    });
    between(turns, plan.calm_at, Kind::Cut)
}

fn downs(plan: &Plan, trace: &[Event], whose: Whose) -> Vec<Span> {
    let turns = trace.iter().filter_map(|event| {
        let Happened::Trouble { whose: who, what } = &event.what else {
            return None;
        };
        let down = match what.split([' ', ':']).next().unwrap_or_default() {
            "crash" | "crashed" | "pause" | "lose-memory" | "restore" => true,
            "start" | "started" | "resume" => false,
            _ => return None,
        };
        (*who == whose).then_some((event.at, down))
    });
    between(turns, plan.ends_at, Kind::Down)
}

/// Spans from each beginning to the next end, or to the last moment.
fn between(turns: impl Iterator<Item = (u64, bool)>, last: u64, kind: Kind) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut open = None;
    for (at, begins) in turns {
        if begins {
            open.get_or_insert(at);
        } else if let Some(from) = open.take() {
            spans.push(Span { from, to: at, kind });
        }
    }
    let rest = open.filter(|&from| from < last);
    spans.extend(rest.map(|from| Span {
        from,
        to: last,
        kind,
    }));
    spans
}

/// The edits of a device, in words.
pub(super) fn edits(trace: &[Event], number: DeviceNumber) -> Vec<(u64, String)> {
    let edit = |event: &Event| {
        let Happened::Wrote { device, write } = &event.what else {
            return None;
        };
        if *device != number || write.edit.is_none() {
            return None;
        }
        let puts = write
            .puts
            .iter()
            .take(3)
            .map(|(register, value)| format!("{register} = {value}"));
        Some((event.at, puts.collect::<Vec<_>>().join(", ")))
    };
    trace.iter().filter_map(edit).collect()
}

/// When a write of a device was refused.
pub(super) fn refusals(trace: &[Event], number: DeviceNumber) -> Vec<u64> {
    let refused = |event: &&Event| matches!(&event.what, Happened::Refused { device, .. } if *device == number);
    trace.iter().filter(refused).map(|event| event.at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_never_ended_lasts_to_the_end() {
        let turns = [(10, true), (12, true), (20, false), (25, false), (30, true)];
        let spans = between(turns.into_iter(), 99, Kind::Cut);
        let times: Vec<(u64, u64)> = spans.iter().map(|span| (span.from, span.to)).collect();
        assert_eq!(times, [(10, 20), (30, 99)]);
    }
}
