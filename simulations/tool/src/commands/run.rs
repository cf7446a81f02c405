//! `spotter-sim run`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use spotter_sim_plan::{Event, Plan};
use spotter_sim_scenario::Expect;

use super::wanted::{Drawn, Watched};
use crate::engine::{OURS, Outcome, Ruling, judged};
use crate::rows::{self, Distinct, Row};
use crate::source::{Source, open};
use crate::summary::{COMMIT, Summary, VERSION};
use crate::sweep::Told;
use crate::trouble::{Ended, Trouble};
use crate::{clock, files, out, story};

/// Run a world, judge it, and keep what came of it
///
/// Takes a scenario and a seed, or a plan. Prints what was measured and every invariant that is broken; ends with status
/// 1 if one is, under our own rule.
///
/// With --out the folder holds `plan.json`, `trace.jsonl` (a rule's name before the dot if there are several),
/// `summary.json` with version and hashes, and `results.csv` with one row for each world and rule. With --orders each order
/// has a folder of its own, and the `summary.json` beside them has how many different results each rule had.
#[derive(Args)]
pub(super) struct Run {
    /// A scenario's file, the name of one that comes with the program, or a plan
    #[arg(value_name = "SCENARIO|PLAN")]
    what: String,
    #[command(flatten)]
    drawn: Drawn,
    /// Run every order of reconnecting and every call to a disk that the scenario asks for, and count distinct outcomes
    #[arg(long)]
    orders: bool,
    /// The rule that decides conflicts, several with commas between, or all
    #[arg(long, value_name = "NAME", default_value = "spotter")]
    rule: String,
    /// Keep plan, traces, summary and results in this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What the trace tells of screens; a scenario may ask for it itself
    #[arg(long, value_name = "WHAT")]
    watch: Option<Watched>,
}

impl Run {
    pub(super) fn run(self) -> Result<Ended, Trouble> {
        let rules = Ruling::named(&self.rule)?;
        if let Some(folder) = self.out.as_ref().filter(|folder| Told::is_in(folder)) {
            return Err(Trouble::Asked(format!(
                "{} holds a sweep; give another --out",
                folder.display()
            )));
        }
        let mut plans = if self.orders {
            self.drawn.all_plans(&self.what)?
        } else {
            vec![(self.drawn.variant, self.drawn.plan(&self.what)?)]
        };
        let expect = self.drawn.expect(&self.what)?;
        let mut failed = false;
        let mut rows = Vec::new();
        let mut ours = Vec::new();
        for (variant, plan) in &mut plans {
            self.watched(plan);
            let outcomes: Vec<Outcome> = rules
                .iter()
                .map(|rule| judged(plan, rule, expect.as_ref()))
                .collect();
            failed |= outcomes.iter().any(Outcome::failed);
            rows.extend(self.rows(*variant, plan, &outcomes)?);
            tell(plan, *variant, &outcomes);
            self.keep(*variant, plan, &outcomes)?;
            let traces = outcomes.into_iter().filter(|outcome| outcome.rule == OURS);
            ours.extend(traces.map(|outcome| (plan.clone(), outcome.trace)));
        }
        let distinct = rows::distinct(&rows);
        if self.orders {
            tell_distinct(&distinct);
            failed |= tell_unmet(&ours, expect.as_ref());
        }
        if let Some(folder) = &self.out {
            if self.orders {
                let whole = Whole::of(distinct);
                files::write_json(&folder.join("summary.json"), &whole)?;
            }
            files::write(&folder.join("results.csv"), &rows::to_csv(&rows))?;
            let folder = folder.display();
            out::line(&format!(
                "\nkept in {folder}; see it: spotter-sim report {folder} -o report.html"
            ));
        }
        Ok(if failed { Ended::Found } else { Ended::Clean })
    }

    fn watched(&self, plan: &mut Plan) {
        plan.watch = self.watch.map_or(plan.watch, Watched::of_plan);
    }

    fn rows(
        &self,
        variant: Option<usize>,
        plan: &Plan,
        outcomes: &[Outcome],
    ) -> Result<Vec<Row>, Trouble> {
        let plan_hash = plan.hash();
        let config = match open(&self.what)? {
            Source::Script(script) => script.config(&self.drawn.settings)?,
            Source::Plan(_) => plan_hash[..16].to_owned(),
        };
        let settings = &self.drawn.settings;
        let row = |outcome| Row::of(&config, variant, settings, plan, &plan_hash, outcome);
        Ok(outcomes.iter().map(row).collect())
    }

    fn keep(
        &self,
        variant: Option<usize>,
        plan: &Plan,
        outcomes: &[Outcome],
    ) -> Result<(), Trouble> {
        let Some(folder) = &self.out else {
            return Ok(());
        };
        let folder = match variant {
            Some(variant) if self.orders => folder.join(format!("variant-{variant:03}")),
            Some(_) | None => folder.clone(),
        };
        files::make_folder(&folder)?;
        files::write_json(&folder.join("plan.json"), plan)?;
        files::write_json(&folder.join("summary.json"), &Summary::of(plan, outcomes))?;
        for outcome in outcomes {
            let name = match outcomes.len() {
                1 => "trace.jsonl".to_owned(),
                _ => format!("{}.trace.jsonl", outcome.rule.replace(':', "-")),
            };
            files::write_trace(&folder.join(name), &outcome.trace)?;
        }
        Ok(())
    }
}

/// What is said of all orders together: `summary.json` beside the folders of the orders.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    version: &'static str,
    commit: Option<&'static str>,
    distinct_outcomes: Vec<Distinct>,
}

impl Whole {
    fn of(distinct_outcomes: Vec<Distinct>) -> Self {
        Self {
            version: VERSION,
            commit: COMMIT,
            distinct_outcomes,
        }
    }
}

/// Whether something over all orders is not as the scenario expects.
fn tell_unmet(ours: &[(Plan, Vec<Event>)], expect: Option<&Expect>) -> bool {
    let unmet = expect
        .map(|expect| expect.evaluate_all(ours))
        .unwrap_or_default();
    for unmet in &unmet {
        out::line(&format!("!!! {unmet}"));
    }
    !unmet.is_empty()
}

fn tell_distinct(distinct: &[Distinct]) {
    for counted in distinct {
        out::line(&format!("\nover all {} plans:", counted.orders));
        let row = |(rule, count): (&String, &usize)| vec![rule.clone(), count.to_string()];
        let rows: Vec<Vec<String>> = counted.outcomes.iter().map(row).collect();
        out::table(&["rule", "distinct outcomes"], &rows);
    }
}

/// What people want to know of a run, on one screen.
fn tell(plan: &Plan, number: Option<usize>, outcomes: &[Outcome]) {
    let number = number
        .map(|number| format!(", order {number}"))
        .unwrap_or_default();
    out::line(&format!(
        "{}, seed {}{number}: {}",
        plan.scenario,
        plan.seed,
        story::size(plan)
    ));
    for outcome in outcomes {
        let hash = &outcome.trace_hash[..16];
        let took = clock::spoken(outcome.took);
        out::line(&format!(
            "  {:<20} {} events in {took}, trace {hash}",
            outcome.rule,
            outcome.trace.len()
        ));
    }
    let head: Vec<&str> = std::iter::once("")
        .chain(outcomes.iter().map(|outcome| outcome.rule.as_str()))
        .collect();
    let names = outcomes.iter().max_by_key(|outcome| outcome.measures.len());
    let names = names
        .map(|outcome| rows::shown(&outcome.measures))
        .unwrap_or_default();
    let cells = |name: &str| {
        let cell = |outcome: &Outcome| {
            let shown = rows::shown(&outcome.measures);
            let found = shown.into_iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value).unwrap_or_default()
        };
        std::iter::once(name.to_owned())
            .chain(outcomes.iter().map(cell))
            .collect()
    };
    let table: Vec<Vec<String>> = names.iter().map(|(name, _)| cells(name)).collect();
    out::line("");
    out::table(&head, &table);
    for outcome in outcomes {
        for line in story::findings(outcome) {
            out::line(&line);
        }
    }
}
