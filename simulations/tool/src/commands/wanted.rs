//! The arguments that several commands share: which plan, with which changes.

use clap::{Args, ValueEnum};
use spotter_sim_plan::{Plan, Watch};
use spotter_sim_scenario::Expect;

use crate::source::{Script, Setting, Source, open};
use crate::trouble::Trouble;

/// How a scenario becomes a plan.
#[derive(Args, Clone, Debug)]
pub(super) struct Drawn {
    /// The seed that everything random is drawn from [default: 1]
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Give a field of the scenario another value, as in network.loss=0.05; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = Setting::read)]
    pub(super) settings: Vec<Setting>,
    /// Which of its plans, from 0, where a scenario has one for each order of reconnecting or each call to a disk
    #[arg(long, value_name = "K")]
    pub(super) variant: Option<usize>,
}

/// What a trace tells of screens.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Watched {
    /// What they show at edits and at the end.
    Ends,
    /// Every change of what any of them shows.
    Screens,
}

impl Watched {
    /// As a plan says it.
    pub(super) fn of_plan(self) -> Watch {
        match self {
            Self::Ends => Watch::Ends,
            Self::Screens => Watch::Screens,
        }
    }

    /// As a field of a scenario.
    pub(super) fn setting(self) -> Setting {
        let value = match self {
            Self::Ends => "ends",
            Self::Screens => "screens",
        };
        Setting {
            key: "watch".to_owned(),
            value: value.into(),
        }
    }
}

/// A plan, and which of its scenario's plans it is, where that was asked for.
pub(super) type Variant = (Option<usize>, Plan);

impl Drawn {
    /// The plan that an argument leads to.
    ///
    /// # Errors
    /// Nothing is found, it makes no sense, or a plan is given with what only a scenario takes.
    pub(super) fn plan(&self, given: &str) -> Result<Plan, Trouble> {
        let script = match open(given)? {
            Source::Script(script) => script,
            Source::Plan(plan) => return self.as_it_is(given, *plan),
        };
        match self.variant {
            None => script.plan(&self.settings, self.seed.unwrap_or(1)),
            Some(variant) => self.chosen(&script, variant),
        }
    }

    /// All plans of a scenario's seed: every order of reconnecting and every call to a disk.
    ///
    /// # Errors
    /// As for [`Self::plan`].
    pub(super) fn all_plans(&self, given: &str) -> Result<Vec<Variant>, Trouble> {
        let Source::Script(script) = open(given)? else {
            return Err(Trouble::Asked(format!(
                "{given} is a single plan; a scenario has orders"
            )));
        };
        if self.variant.is_some() {
            return Err(Trouble::Asked(
                "either all orders or one variant".to_owned(),
            ));
        }
        let plans = script.plans(&self.settings, self.seed.unwrap_or(1))?;
        Ok(plans
            .into_iter()
            .enumerate()
            .map(|(at, plan)| (Some(at), plan))
            .collect())
    }

    /// What the scenario expects; nothing of a plan, which may be any part of one.
    ///
    /// # Errors
    /// As for [`Self::plan`].
    pub(super) fn expect(&self, given: &str) -> Result<Option<Expect>, Trouble> {
        match open(given)? {
            Source::Script(script) => Ok(Some(script.scenario(&self.settings)?.expect)),
            Source::Plan(_) => Ok(None),
        }
    }

    fn chosen(&self, script: &Script, variant: usize) -> Result<Plan, Trouble> {
        let mut plans = script.plans(&self.settings, self.seed.unwrap_or(1))?;
        if variant >= plans.len() {
            return Err(Trouble::Asked(format!(
                "{} has {} plans for a seed, from 0; there is no variant {variant}",
                script.given,
                plans.len()
            )));
        }
        Ok(plans.swap_remove(variant))
    }

    fn as_it_is(&self, given: &str, plan: Plan) -> Result<Plan, Trouble> {
        if self.seed.is_none() && self.settings.is_empty() && self.variant.is_none() {
            return Ok(plan);
        }
        Err(Trouble::Asked(format!(
            "{given} is a plan: everything in it is decided already, so --seed, --set and --variant say nothing"
        )))
    }
}
