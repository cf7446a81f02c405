//! The lifters of a drawn meet: invented people of plausible weights.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Stage;
use super::crew::Puts;
use crate::draw::Dice;

/// The first id that OpenLifter gives.
const FIRST_ID: u32 = 5_000;

/// Registers at the start.
pub(super) type Start = BTreeMap<String, Value>;

const FIRST_NAMES: [&str; 16] = [
    "Aoife", "Bogdan", "Chiara", "Dmitri", "Esra", "Finn", "Grace", "Hiroko", "Imre", "Jelena",
    "Kwame", "Lucía", "Maren", "Nils", "Oksana", "Pádraig",
];

const LAST_NAMES: [&str; 16] = [
    "Adeyemi",
    "Brandt",
    "Costa",
    "Dubois",
    "Eriksen",
    "Farkas",
    "Grigoriou",
    "Hakimi",
    "Ito",
    "Jansen",
    "Kowalczyk",
    "Łaski",
    "Moreau",
    "Novák",
    "O'Dowd",
    "Petrova",
];

/// OpenLifter's ids, handed out in turn.
pub(super) struct Ids {
    next: u32,
}

impl Default for Ids {
    fn default() -> Self {
        Self { next: FIRST_ID }
    }
}

impl Ids {
    pub(super) fn next(&mut self) -> u32 {
        let id = self.next;
        self.next += 1;
        id
    }
}

/// A lifter.
#[derive(Clone, Debug)]
pub(super) struct Lifter {
    pub(super) id: u32,
    pub(super) name: String,
    sex: &'static str,
    pub(super) day: u32,
    pub(super) platform: u32,
    pub(super) flight: char,
    pub(super) lot: u32,
    pub(super) bodyweight: f64,
    /// The openers, by lift, in kilograms.
    pub(super) openers: [f64; 3],
    /// Whether the meet goes live without them.
    pub(super) late: bool,
}

impl Lifter {
    /// A register of theirs.
    pub(super) fn register(&self, field: &str) -> String {
        format!("entries.{}.{field}", self.id)
    }

    /// What a desk types to add them.
    pub(super) fn registration(&self) -> Puts {
        Puts::from([
            (self.register("name"), json!(self.name)),
            (self.register("sex"), json!(self.sex)),
            (self.register("day"), json!(self.day)),
            (self.register("platform"), json!(self.platform)),
            (self.register("flight"), json!(self.flight.to_string())),
        ])
    }
}

/// Draws the lifters of a scenario.
pub(super) fn drawn(stage: &Stage<'_>, ids: &mut Ids) -> Vec<Lifter> {
    let meet = &stage.scenario.meet;
    let work = stage.scenario.workload.meet.as_ref();
    let added = work.filter(|work| work.shares.registration > 0.0);
    let late = added.map_or(0.0, |work| work.late);
    let mut dice = Dice::of(stage.seed, "lifters");
    let one = |number: u32| Lifter {
        day: number % meet.days + 1,
        platform: number / meet.days % meet.platforms + 1,
        flight: letter(number / (meet.days * meet.platforms) % meet.flights),
        lot: number + 1,
        late: late > 0.0 && dice.chance(late),
        ..somebody(ids.next(), &mut dice)
    };
    (0..meet.lifters).map(one).collect()
}

/// Somebody in flight A of the first platform.
pub(super) fn somebody(id: u32, dice: &mut Dice) -> Lifter {
    let woman = dice.chance(0.4);
    let median = if woman { 66.0 } else { 86.0 };
    let bodyweight = libm::round(median * libm::exp(0.18 * dice.normal()) * 10.0) / 10.0;
    let strength = if woman { 0.75 } else { 1.0 } * libm::exp(0.15 * dice.normal());
    let opener = |times: f64| step(bodyweight * strength * times);
    let first = FIRST_NAMES[dice.index(FIRST_NAMES.len())];
    let last = LAST_NAMES[dice.index(LAST_NAMES.len())];
    Lifter {
        id,
        name: format!("{first} {last}"),
        sex: if woman { "F" } else { "M" },
        day: 1,
        platform: 1,
        flight: 'A',
        lot: 0,
        bodyweight,
        openers: [opener(2.0), opener(1.35), opener(2.4)],
        late: false,
    }
}

/// The registers that exist when the meet goes live.
pub(super) fn registered(stage: &Stage<'_>, lifters: &[Lifter]) -> Start {
    let meet = &stage.scenario.meet;
    let mut start = Start::new();
    if lifters.is_empty() {
        return start;
    }
    start.insert("meet.name".to_owned(), json!(stage.scenario.name));
    start.insert("meet.lengthDays".to_owned(), json!(meet.days));
    for day in 1..=meet.days {
        start.insert(format!("meet.platformsOnDays.{day}"), json!(meet.platforms));
    }
    for lifter in lifters.iter().filter(|lifter| !lifter.late) {
        start.extend(lifter.registration());
        start.insert(lifter.register("lot"), json!(lifter.lot));
    }
    start
}

/// Rounds to what plates can load.
pub(super) fn step(kg: f64) -> f64 {
    (libm::round(kg / 2.5) * 2.5).max(25.0)
}

fn letter(number: u32) -> char {
    char::from_u32(u32::from('A') + number).unwrap_or('A')
}
