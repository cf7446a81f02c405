//! What happens at a meet: registration, weigh-in, lifting in OpenLifter's order, corrections, imports.

use serde_json::{Value, json};

use super::Stage;
use super::crew::{Act, Crew, Puts, put};
use super::lifters::{Ids, Lifter, somebody, step};
use crate::check::BEGIN_MS;
use crate::draw::{along, whole};
use crate::location::Role;
use crate::workload::{Import, MeetWork};

/// The lifts, as selectors and as registers name them.
const LIFTS: [(char, &str); 3] = [('S', "squat"), ('B', "bench"), ('D', "deadlift")];

/// Attempts at a lift.
const ATTEMPTS: usize = 3;

/// The edits of a meet; none if the scenario has no such workload.
pub(super) fn acts(stage: &Stage<'_>, lifters: &[Lifter], ids: &mut Ids) -> Vec<Act> {
    let Some(work) = &stage.scenario.workload.meet else {
        return Vec::new();
    };
    let crew = Crew::new(stage, "meet", work.elsewhere, work.twice);
    let mut meet = Meet {
        work,
        lifters,
        crew,
    };
    let sum = work.shares.registration + work.shares.weigh_in + work.shares.lifting;
    let weigh_in = along(BEGIN_MS, stage.calm_at, work.shares.registration / sum);
    let until = (work.shares.registration + work.shares.weigh_in) / sum;
    let lifting = along(BEGIN_MS, stage.calm_at, until);
    if work.shares.registration > 0.0 {
        meet.registration(BEGIN_MS, weigh_in);
    }
    if work.shares.weigh_in > 0.0 {
        meet.weigh_in(weigh_in, lifting);
    }
    if work.shares.lifting > 0.0 {
        meet.lifting(lifting, stage.calm_at);
    }
    for import in &work.imports {
        meet.import(import, ids);
    }
    meet.crew.done()
}

struct Meet<'a> {
    work: &'a MeetWork,
    lifters: &'a [Lifter],
    crew: Crew<'a>,
}

impl Meet<'_> {
    /// Late ones are added and described; of the others, some are mended.
    fn registration(&mut self, from: u64, to: u64) {
        for (number, lifter) in self.lifters.iter().enumerate() {
            let mut at = self.crew.dice.between(from, along(from, to, 0.8));
            let desk = self.crew.whose_job(Role::Registration, number);
            if lifter.late {
                self.crew.adds(at, desk, lifter.registration());
                for (field, value) in particulars(lifter) {
                    at += self.crew.dice.exponential_ms(self.crew.moment);
                    self.crew
                        .adds(at.min(to), desk, put(lifter.register(field), value));
                }
            } else if self.crew.dice.chance(0.3) {
                let fields = particulars(lifter);
                let (field, value) = fields[self.crew.dice.index(fields.len())].clone();
                self.crew
                    .edits(at, desk, put(lifter.register(field), value));
            }
        }
    }

    /// Each lifter steps on the scale and gives openers and rack heights.
    fn weigh_in(&mut self, from: u64, to: u64) {
        for (number, lifter) in self.lifters.iter().enumerate() {
            let mut at = self.crew.dice.between(from, along(from, to, 0.9));
            let desk = self.crew.whose_job(Role::WeighIn, number);
            for puts in self.weighed(lifter) {
                self.crew.edits(at.min(to), desk, puts);
                at += self.crew.dice.exponential_ms(self.crew.moment);
            }
        }
    }

    fn weighed(&mut self, lifter: &Lifter) -> Vec<Puts> {
        let mut edits = vec![put(lifter.register("bodyweightKg"), lifter.bodyweight)];
        let rack = self.crew.dice.between(3, 16);
        if self.work.lifts.contains('S') {
            edits.push(put(lifter.register("squatRackInfo"), rack.to_string()));
        }
        for (lift, _, name) in self.lifts() {
            let opener = json!([lifter.openers[lift], 0]);
            edits.push(put(lifter.register(&format!("{name}.1")), opener));
        }
        edits
    }

    /// The lifts of this meet: place, letter, name.
    fn lifts(&self) -> Vec<(usize, char, &'static str)> {
        let numbered = LIFTS.into_iter().enumerate();
        let all = numbered.map(|(number, (letter, name))| (number, letter, name));
        all.filter(|(_, letter, _)| self.work.lifts.contains(*letter))
            .collect()
    }

    fn lifting(&mut self, from: u64, to: u64) {
        let days = self.lifters.iter().map(|lifter| lifter.day).max();
        let days = u64::from(days.unwrap_or(1));
        for day in 0..days {
            let begin = from + (to - from) * day / days;
            let end = from + (to - from) * (day + 1) / days;
            let platforms = self.lifters.iter().map(|lifter| lifter.platform).max();
            for platform in 1..=platforms.unwrap_or(0) {
                let day = u32::try_from(day + 1).unwrap_or(1);
                self.platform(day, platform, begin, end);
            }
        }
    }

    /// One platform's day: every flight does a lift before the next lift begins.
    fn platform(&mut self, day: u32, platform: u32, from: u64, to: u64) {
        let here = |lifter: &&Lifter| lifter.day == day && lifter.platform == platform;
        let lifters: Vec<Lifter> = self.lifters.iter().filter(here).cloned().collect();
        let lifts = self.lifts();
        let attempts = lifters.len() * lifts.len() * ATTEMPTS;
        let Ok(attempts) = u64::try_from(attempts.max(1)) else {
            return;
        };
        let mut table = Table {
            screen: format!("lifting.{day}.{platform}"),
            number: usize::try_from(platform - 1).unwrap_or(0),
            at: from,
            slot: ((to - from) / attempts).max(1),
        };
        for (lift, letter, name) in lifts {
            for flight in 'A'..='P' {
                let in_flight = lifters.iter().filter(|lifter| lifter.flight == flight);
                let mut in_flight: Vec<(Lifter, f64)> = in_flight
                    .map(|lifter| (lifter.clone(), lifter.openers[lift]))
                    .collect();
                if !in_flight.is_empty() {
                    self.flight(&mut table, (flight, letter, name), &mut in_flight);
                }
            }
        }
    }

    fn flight(
        &mut self,
        table: &mut Table,
        (flight, letter, name): (char, char, &str),
        lifters: &mut [(Lifter, f64)],
    ) {
        let desk = self.crew.whose_job(Role::Platform, table.number);
        let selector = json!({
            "flight": flight.to_string(),
            "lift": letter.to_string(),
            "overrideAttempt": null,
            "overrideEntryId": null,
        });
        self.crew
            .edits(table.at, desk, put(table.screen.clone(), selector));
        for attempt in 1..=ATTEMPTS {
            lifters.sort_by(|(one, kg), (other, more)| {
                let lots = one.lot.cmp(&other.lot);
                kg.total_cmp(more).then(lots)
            });
            for (lifter, kg) in lifters.iter_mut() {
                *kg = self.attempt(table, lifter, name, attempt, *kg);
                table.at += table.slot;
            }
        }
    }

    /// One attempt: the verdict, perhaps the jury's, and the next weight, which is returned.
    fn attempt(
        &mut self,
        table: &Table,
        lifter: &Lifter,
        name: &str,
        attempt: usize,
        kg: f64,
    ) -> f64 {
        let harder = [1.2, 1.0, 0.7];
        let likely = (self.work.good * harder[attempt - 1]).min(1.0);
        let good = self.crew.dice.chance(likely);
        let marked_at = table.at + self.some_of(table.slot, 0.5, 0.8);
        let register = lifter.register(&format!("{name}.{attempt}"));
        let desk = self.crew.whose_job(Role::Platform, table.number);
        let verdict = json!([kg, if good { 1 } else { -1 }]);
        self.crew
            .edits(marked_at, desk, put(register.clone(), verdict));
        if self.crew.dice.chance(self.work.corrections) {
            let turned = json!([kg, if good { -1 } else { 1 }]);
            let at = marked_at + self.some_of(table.slot, 0.3, 4.0);
            let jury = self.crew.whose_job(Role::Jury, table.number);
            self.crew.adds(at, jury, put(register, turned));
        }
        let more = 1.0 + 0.02 + 0.03 * self.crew.dice.unit();
        let next = if good { step(kg * more) } else { kg };
        if attempt < ATTEMPTS {
            let at = marked_at + self.some_of(table.slot, 0.1, 0.9);
            let register = lifter.register(&format!("{name}.{}", attempt + 1));
            self.crew.edits(at, desk, put(register, json!([next, 0])));
        }
        next
    }

    fn some_of(&mut self, slot: u64, least: f64, most: f64) -> u64 {
        let share = least + (most - least) * self.crew.dice.unit();
        whole(crate::draw::ms(slot) * share)
    }

    /// A burst of one edit a row, from one desk.
    fn import(&mut self, import: &Import, ids: &mut Ids) {
        let desk = self.crew.whose_job(Role::Import, 0);
        for row in 0..import.rows {
            let lifter = somebody(ids.next(), &mut self.crew.dice);
            let mut puts = lifter.registration();
            for (field, value) in particulars(&lifter) {
                puts.insert(lifter.register(field), value);
            }
            let at = import.at.ms() + u64::from(row) * 20;
            self.crew.adds(at, desk, puts);
        }
    }
}

/// A score table at work.
struct Table {
    /// Its selector.
    screen: String,
    /// Which of the platforms, from 0.
    number: usize,
    /// When the next attempt begins.
    at: u64,
    /// How long an attempt takes.
    slot: u64,
}

/// What is written about a lifter besides name and place.
fn particulars(lifter: &Lifter) -> Vec<(&'static str, Value)> {
    let year = 1_960 + lifter.id % 45;
    vec![
        ("equipment", json!("Sleeves")),
        ("events", json!(["SBD"])),
        ("divisions", json!(["Open"])),
        (
            "birthDate",
            json!(format!("{year}-{:02}-11", lifter.id % 12 + 1)),
        ),
        ("team", json!(format!("Club {}", lifter.id % 7 + 1))),
        ("memberId", json!(format!("M-{}", lifter.id))),
    ]
}
