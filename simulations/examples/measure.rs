//! Measures how fast worlds are played: ten-minute worlds a second, and a meet of eight hours.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::time::Instant;

use spotter_sim_plan::{Doing, Lane, Plan};

#[path = "../tests/plans/mod.rs"]
mod plans;

use plans::random::Draw;
use plans::{after, device, edit, plan};

/// Ten minutes of four devices with about eighty edits and a few partitions.
fn ten_minutes(seed: u64) -> Plan {
    let mut draw = Draw::new(seed);
    let mut plan = plan(4);
    (plan.seed, plan.network.seed) = (seed, seed);
    meet(&mut plan, &mut draw, 80, 540_000, 4);
    plan
}

/// Eight hours of eight devices with 4,000 edits.
fn eight_hours() -> Plan {
    let mut draw = Draw::new(1);
    let mut plan = plan(8);
    meet(&mut plan, &mut draw, 4_000, 8 * 3_600_000, 8);
    plan
}

fn meet(plan: &mut Plan, draw: &mut Draw, edits: u32, ms: u64, devices: u64) {
    for number in 0..100_u64 {
        let register = format!("entries.{}.name", 5_000 + number);
        plan.start
            .insert(register, format!("lifter {number}").into());
    }
    for number in 0..edits {
        let at = 5_000 + draw.below(ms);
        let register = format!("entries.{}.bodyweightKg", 5_000 + draw.below(100));
        let by = draw.below(devices) as u16;
        plan.steps
            .push(edit(by, at, number, &register, draw.below(200).into()));
    }
    for _ in 0..4 {
        let one = device(draw.below(devices) as u16);
        let at = 5_000 + draw.below(ms);
        plan.steps.push(after(
            at,
            Doing::Cut {
                device: one,
                lane: Lane::Both,
            },
        ));
        let healed = at + draw.below(120_000);
        plan.steps.push(after(healed, Doing::Heal { device: one }));
    }
    plan.steps.sort_by_key(|step| step.at);
    plan.calm_at = 5_000 + ms;
    plan.ends_at = plan.calm_at + 60_000;
}

fn main() {
    let worlds: u64 = std::env::args()
        .nth(1)
        .and_then(|it| it.parse().ok())
        .unwrap_or(100);
    let plans: Vec<Plan> = (0..worlds).map(ten_minutes).collect();
    let began = Instant::now();
    let mut events = 0_u64;
    for plan in &plans {
        spotter_simulations::run(plan, &mut |_| events += 1);
    }
    let took = began.elapsed().as_secs_f64();
    println!(
        "{worlds} worlds of ten minutes: {:.1} a second, {events} events",
        worlds as f64 / took
    );
    let long = eight_hours();
    let began = Instant::now();
    let told = plans::Told::of(&long);
    println!(
        "a meet of eight hours: {:.2} s, {} events",
        began.elapsed().as_secs_f64(),
        told.events.len()
    );
    println!("{:?}", told.disagreement(8));
}
