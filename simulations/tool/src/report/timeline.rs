//! The timeline of a world: for each device when it was cut off, when it was down, what its link was, and its edits.

mod spans;

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};
use spotter_sim_plan::{DeviceNumber, Event, Happened, Plan, RelayNumber, Whose};

use super::World;
use super::chart::{anchor, escaped};
use crate::engine::{self, OURS};
use crate::moment;
use spans::{Kind, Span, spans};

const WIDTH: f64 = 1060.0;
const LEFT: f64 = 170.0;
const RIGHT: f64 = 14.0;
const LANE: f64 = 34.0;
const BAR: f64 = 20.0;
const TOP: f64 = 8.0;

/// The figure of our rule's trace, or of the first there is.
pub(crate) fn figure(world: &World) -> Markup {
    let ours = world.traces.iter().find(|(rule, _)| rule == OURS);
    let Some((rule, trace)) = ours.or(world.traces.first()) else {
        return html! { p.note { "No trace was kept." } };
    };
    let watched = trace
        .iter()
        .any(|event| matches!(event.what, Happened::Shows { .. }));
    html! {
        figure.wide {
            div.legend {
                span { i.box style="background:var(--live)" {} "live" }
                span { i.box style="background:var(--waiting)" {} "joining or catching up" }
                span { i.box style="background:var(--away)" {} "offline" }
                span { i.box style="background:repeating-linear-gradient(135deg,var(--cut) 0 2px,transparent 2px 5px)" {} "cut off" }
                span { i.box style="background:var(--down)" {} "down or standing still" }
                span { i.box style="background:var(--edit);width:2px" {} "edit" }
                @if watched { span { b style="color:var(--r1)" { "▾" } "the screen flaps" } }
                span { b style="color:var(--bad)" { "×" } "refused" }
                span { b style="color:var(--bad)" { "◆" } "finding" }
            }
            (PreEscaped(drawing(&world.plan, rule, trace)))
            figcaption {
                "Rule " (rule) ". The green part is the calm."
                @if !watched { " Screens were not watched: " code { "run --watch screens" } " shows when values on them flap." }
            }
        }
    }
}

fn drawing(plan: &Plan, rule: &str, trace: &[Event]) -> String {
    let lanes: Vec<Whose> = (0..plan.relays)
        .map(|number| Whose::Relay(RelayNumber(number)))
        .chain((0..plan.devices.len()).map(|number| Whose::Device(DeviceNumber(number as u16))))
        .collect();
    let height = TOP + lanes.len() as f64 * LANE + 26.0;
    let scale = Scale {
        ends: plan.ends_at.max(1) as f64,
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"timeline\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternTransform=\"rotate(45)\" patternUnits=\"userSpaceOnUse\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" style=\"stroke:var(--cut);stroke-width:2.2\"/></pattern></defs>"
    );
    axis(&mut svg, plan, &scale, height);
    let judged = spotter_sim_judge::timeline(plan, trace);
    for (number, &whose) in lanes.iter().enumerate() {
        let top = TOP + number as f64 * LANE + (LANE - BAR) / 2.0;
        name(&mut svg, plan, whose, top);
        for span in spans(plan, trace, whose) {
            bar(&mut svg, &scale, &span, top);
        }
        if let Whose::Device(number) = whose {
            let flaps = judged
                .devices
                .get(usize::from(number.0))
                .map(|line| line.flaps.as_slice());
            marks(
                &mut svg,
                &scale,
                trace,
                number,
                flaps.unwrap_or_default(),
                top,
            );
        }
    }
    for finding in engine::judgement(plan, trace)
        .0
        .iter()
        .filter(|_| rule == OURS)
        .take(40)
    {
        let (x, y) = (scale.x(finding.at), TOP - 2.0);
        let words = escaped(&format!(
            "{} {}: {}",
            moment::shown(finding.at),
            finding.id,
            finding.words
        ));
        let _ = write!(
            svg,
            "<path class=\"found\" d=\"M{x:.1} {y}l5 5l-5 5l-5 -5z\"><title>{words}</title></path>"
        );
    }
    svg.push_str("</svg>");
    svg
}

/// From simulated time to the paper.
struct Scale {
    ends: f64,
}

impl Scale {
    fn x(&self, at: u64) -> f64 {
        LEFT + (at as f64 / self.ends).min(1.0) * (WIDTH - LEFT - RIGHT)
    }
}

fn axis(svg: &mut String, plan: &Plan, scale: &Scale, height: f64) {
    let bottom = height - 22.0;
    let calm = scale.x(plan.calm_at);
    let _ = write!(
        svg,
        "<rect class=\"calm\" x=\"{calm:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"/><line class=\"calm-line\" x1=\"{calm:.1}\" x2=\"{calm:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>",
        WIDTH - RIGHT - calm,
        bottom - TOP
    );
    let steps = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
    ];
    let step = steps
        .into_iter()
        .map(|seconds| seconds * 1000)
        .find(|step| plan.ends_at / step <= 12);
    let step = step.unwrap_or(14_400_000);
    for at in (0..=plan.ends_at / step).map(|number| number * step) {
        let x = scale.x(at);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{}\">{}</text>",
            height - 6.0,
            anchor(x, WIDTH - RIGHT),
            super::clock_label(at as f64)
        );
    }
}

fn name(svg: &mut String, plan: &Plan, whose: Whose, top: f64) {
    let (name, beside) = match whose {
        Whose::Relay(number) if plan.relays > 1 => (format!("relay {}", number.0), String::new()),
        Whose::Relay(_) => ("relay".to_owned(), String::new()),
        Whose::Device(number) => {
            let device = &plan.devices[usize::from(number.0)];
            let priority = plan.priority_of(&device.location).unwrap_or(0);
            (device.name.clone(), format!("priority {priority}"))
        }
    };
    let y = if beside.is_empty() {
        top + 14.0
    } else {
        top + 8.0
    };
    let short: String = name.chars().take(26).collect();
    let _ = write!(
        svg,
        "<text class=\"name\" x=\"0\" y=\"{y:.1}\">{}</text><text x=\"0\" y=\"{:.1}\">{beside}</text>",
        escaped(&short),
        top + 21.0
    );
}

fn bar(svg: &mut String, scale: &Scale, span: &Span, top: f64) {
    let (from, to) = (scale.x(span.from), scale.x(span.to));
    let width = (to - from).max(1.0);
    let told = format!(
        "{} from {} for {}",
        span.kind.words(),
        moment::shown(span.from),
        moment::length(span.to - span.from)
    );
    let (class, y, height) = match span.kind {
        Kind::Live => ("live", top, BAR),
        Kind::Waiting => ("waiting", top, BAR),
        Kind::Away => ("away", top, BAR),
        Kind::Cut => ("cut", top, BAR),
        Kind::Down => ("down", top + 3.0, BAR - 6.0),
    };
    let _ = write!(
        svg,
        "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\"><title>{told}</title></rect>"
    );
    if span.kind == Kind::Cut {
        let _ = write!(
            svg,
            "<rect class=\"cut-edge\" x=\"{from:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\"/>"
        );
    }
}

fn marks(
    svg: &mut String,
    scale: &Scale,
    trace: &[Event],
    number: DeviceNumber,
    flaps: &[u64],
    top: f64,
) {
    for (at, words) in spans::edits(trace, number) {
        let x = scale.x(at);
        let words = escaped(&format!("{} {words}", moment::shown(at)));
        let (from, to) = (top - 2.0, top + BAR + 2.0);
        let _ = write!(
            svg,
            "<line class=\"edit\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{from:.1}\" y2=\"{to:.1}\"><title>{words}</title></line>"
        );
    }
    for &at in flaps {
        let (x, y) = (scale.x(at), top + 1.0);
        let told = moment::shown(at);
        let _ = write!(
            svg,
            "<path class=\"flap\" d=\"M{x:.1} {y:.1}l4 -6h-8z\"><title>{told} the screen flaps</title></path>"
        );
    }
    for at in spans::refusals(trace, number) {
        let (x, y) = (scale.x(at), top + BAR / 2.0);
        let _ = write!(
            svg,
            "<path class=\"refused\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\"/>",
            x - 4.0,
            y - 4.0
        );
    }
}
