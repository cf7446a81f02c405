//! The promises, one file each.

mod converged;
mod fault;
mod i01_convergence;
mod i02_acknowledged;
mod i03_no_loss;
mod i04_priority;
mod i05_orders;
mod i06_available;
mod i07_honest;
mod i08_bounded;
mod i09_authority;
mod i10_idempotence;
mod i11_log_shape;
mod i12_loud_damage;
mod i13_sessions;
mod rank;
mod shape;
mod typed;

use spotter_sim_plan::Event;

use crate::finding::Report;
use crate::past::Past;

pub use i05_orders::{check_orders, comparable_orders};

/// A promise that looks on while a trace is read.
pub(crate) trait Invariant<'a> {
    /// Something happened; `past` does not know it yet.
    fn event(&mut self, past: &Past<'a>, number: usize, event: &'a Event, report: &mut Report);

    /// Nothing more happens at this time.
    fn instant_over(&mut self, _past: &Past<'a>, _now: u64, _report: &mut Report) {}

    /// Nothing more happens.
    fn end(&mut self, _past: &Past<'a>, _now: u64, _report: &mut Report) {}
}

type Invariants<'a> = Vec<Box<dyn Invariant<'a> + 'a>>;

/// What a trace of any rule must satisfy.
pub(crate) fn of_every_rule<'a>() -> Invariants<'a> {
    vec![
        Box::new(shape::Shape::default()),
        Box::new(i01_convergence::Convergence::default()),
    ]
}

/// What ours promises.
pub(crate) fn all<'a>() -> Invariants<'a> {
    let mut all = of_every_rule();
    all.push(Box::new(fault::Fault));
    all.push(Box::new(rank::Rank::default()));
    all.push(Box::new(typed::Typed::default()));
    all.push(Box::new(converged::Converged));
    all.push(Box::new(i02_acknowledged::Acknowledged::default()));
    all.push(Box::new(i03_no_loss::NoLoss::default()));
    all.push(Box::new(i04_priority::Priority::default()));
    all.push(Box::new(i06_available::Available::default()));
    all.push(Box::new(i07_honest::Honest::default()));
    all.push(Box::new(i08_bounded::Bounded));
    all.push(Box::new(i09_authority::Authority::default()));
    all.push(Box::new(i10_idempotence::Idempotence::default()));
    all.push(Box::new(i11_log_shape::LogShape::default()));
    all.push(Box::new(i12_loud_damage::LoudDamage::default()));
    all.push(Box::new(i13_sessions::Sessions::default()));
    all
}
