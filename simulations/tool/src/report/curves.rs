//! Curves over the time of one world: how far everyone is apart, and how old what they see is. What they show is what the
//! judge measures; `docs/metrics.md` defines it.

use maud::Markup;
use spotter_sim_judge::{convergence_curve, staleness_samples};
use spotter_sim_plan::{Event, Plan};

use super::World;
use super::chart::{Axis, Chart, Line, Scale};

/// A curve has no more points than a screen can show.
const POINTS_MAX: usize = 900;

/// Ages below this many seconds are drawn there, for a logarithm has no zero.
const YOUNGEST: f64 = 0.1;

/// How many writes are missing somewhere, over time.
pub(crate) fn convergence(world: &World) -> Markup {
    let chart = Chart {
        title: "Writes that somebody does not have yet".to_owned(),
        caption: "Over all devices, each write counted once for each device that lacks it. The green part is the calm, in which everyone must agree.".to_owned(),
        x: Axis {
            label: "simulated time".to_owned(),
            scale: Scale::Clock,
        },
        y: Axis {
            label: String::new(),
            scale: Scale::Even,
        },
        calm: Some(world.plan.calm_at as f64),
        lines: lines(world, missing),
    };
    chart.figure()
}

/// How old screens are.
pub(crate) fn staleness(world: &World) -> Markup {
    let chart = Chart {
        title: "How old screens are".to_owned(),
        caption: "The share of time and screens, in per cent, at which the oldest write that is missing is at most so many seconds old; nothing missing counts as age 0.".to_owned(),
        x: Axis {
            label: "seconds".to_owned(),
            scale: Scale::Log,
        },
        y: Axis {
            label: String::new(),
            scale: Scale::Even,
        },
        calm: None,
        lines: lines(world, ages),
    };
    chart.figure()
}

/// The points of a curve.
type Points = Vec<(f64, f64)>;

/// A line for each rule; the first, which matters most, is drawn last and so on top.
fn lines(world: &World, points: fn(&Plan, &[Event]) -> Points) -> Vec<Line> {
    let line = |(colour, (rule, trace)): (usize, &(String, Vec<Event>))| Line {
        name: rule.clone(),
        colour,
        points: thinned(points(&world.plan, trace)),
        steps: true,
        ..Line::default()
    };
    world.traces.iter().enumerate().rev().map(line).collect()
}

fn missing(plan: &Plan, trace: &[Event]) -> Points {
    let curve = convergence_curve(plan, trace);
    curve
        .iter()
        .map(|point| (point.at as f64, point.missing as f64))
        .collect()
}

/// The share of samples, in per cent, that are at most so old.
fn ages(plan: &Plan, trace: &[Event]) -> Points {
    let mut ages: Vec<f64> = staleness_samples(plan, trace)
        .iter()
        .map(|sample| sample.seconds)
        .collect();
    ages.sort_by(f64::total_cmp);
    let all = ages.len().max(1) as f64;
    let share =
        |(number, age): (usize, &f64)| (age.max(YOUNGEST), (number + 1) as f64 / all * 100.0);
    ages.iter().enumerate().map(share).collect()
}

/// Fewer points with the same look: of each stretch the lowest and the highest.
fn thinned(points: Points) -> Points {
    if points.len() <= POINTS_MAX {
        return points;
    }
    let stretch = points.len().div_ceil(POINTS_MAX / 2);
    let ends = points.chunks(stretch).flat_map(|chunk| {
        let low = chunk
            .iter()
            .copied()
            .min_by(|one, other| one.1.total_cmp(&other.1));
        let high = chunk
            .iter()
            .copied()
            .max_by(|one, other| one.1.total_cmp(&other.1));
        let mut both: Vec<(f64, f64)> = low.into_iter().chain(high).collect();
        both.sort_by(|one, other| one.0.total_cmp(&other.0));
        both
    });
    let mut thin: Vec<(f64, f64)> = ends.collect();
    thin.extend(points.last());
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_keep_their_peaks() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|x| (f64::from(x), 0.0)).collect();
        points[51_234].1 = 9.0;
        let thin = thinned(points);
        assert!(thin.len() <= POINTS_MAX + 2);
        assert!(thin.contains(&(51_234.0, 9.0)));
    }
}
