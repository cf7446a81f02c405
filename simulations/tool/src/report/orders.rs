//! Orders of reconnecting: which one a world is, and how many results there are over all of them.

use maud::{Markup, html};
use spotter_sim_plan::Doing;

use super::{Material, World, framed};
use crate::rows::{Distinct, distinct};

/// Rows beyond this many are in the summary only.
const ROWS_SHOWN: usize = 50;

/// Which order of reconnecting a world is, to follow its name; nothing if it is not one of several.
pub(crate) fn named(world: &World) -> String {
    let Some(variant) = world.variant else {
        return String::new();
    };
    let back = world.plan.steps.iter().filter_map(|step| {
        let Doing::Heal { device } = &step.doing else {
            return None;
        };
        let device = world.plan.devices.get(usize::from(device.0))?;
        Some(device.name.as_str())
    });
    let back: Vec<&str> = back.collect();
    let back = match back.as_slice() {
        [] => String::new(),
        names => format!(": {}", names.join(", then ")),
    };
    format!(", order {variant}{back}")
}

/// The section; nothing where no orders were run.
pub(crate) fn section(material: &Material) -> Markup {
    let counted = distinct(&material.rows);
    let rules = material.rules();
    html! {
        @if !counted.is_empty() {
            section {
                h2 { "Distinct outcomes over all orders" }
                p.note { "How many different results the same edits have, whoever comes back when. With 1 the order does not matter." }
                (framed("distinct outcomes", html! {
                    thead { tr { th { "scenario" } th.n { "seed" } th.n { "orders" } @for rule in &rules { th.n { (rule) } } } }
                    tbody {
                        @for one in counted.iter().take(ROWS_SHOWN) {
                            tr {
                                td { (scenario(one)) } td.n { (one.seed) } td.n { (one.orders) }
                                @for rule in &rules { td.n { (count(one, rule)) } }
                            }
                        }
                    }
                }))
                @if counted.len() > ROWS_SHOWN { p.note { "and " (counted.len() - ROWS_SHOWN) " more in summary.json" } }
            }
        }
    }
}

fn scenario(one: &Distinct) -> String {
    let settings = one.settings.iter();
    let settings = settings.map(|(name, value)| format!(", {name}={value}"));
    format!("{}{}", one.scenario, settings.collect::<String>())
}

fn count(one: &Distinct, rule: &str) -> String {
    let count = one.outcomes.get(rule);
    count.map(ToString::to_string).unwrap_or_default()
}
