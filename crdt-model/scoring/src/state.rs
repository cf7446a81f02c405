//! Reading what is stored: the few fields of OpenLifter's saved meet that results follow from.
//!
//! Nothing is required. A field that is missing or of another kind counts as OpenLifter's default, and no number is
//! infinite or none, so whatever follows can compare and add without looking.

use std::sync::Arc;

use serde_json::Value;
use spotter_model::{Meet, ModelError};

use crate::entry::{Entry, Lift, SLOTS, Slot};

/// No number of a meet is larger.
const NUMBER_MAX: f64 = 1e9;

/// A plate that may be loaded, on each side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plate {
    pub(crate) kg: f64,
    pub(crate) pairs: f64,
    pub(crate) color: String,
}

/// What one platform looks at: its group, and what was called out of turn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selector {
    pub(crate) flight: String,
    pub(crate) lift: Lift,
    pub(crate) attempt: Option<usize>,
    pub(crate) entry: Option<i64>,
}

/// What is stored of a meet, as far as results follow from it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) date: String,
    pub(crate) in_kg: bool,
    pub(crate) length_days: f64,
    pub(crate) platforms_on_days: Vec<f64>,
    pub(crate) allow_4th_attempts: bool,
    pub(crate) combine_sleeves_and_wraps: bool,
    pub(crate) combine_single_and_multi: bool,
    classes_men: Vec<f64>,
    classes_women: Vec<f64>,
    classes_mx: Vec<f64>,
    /// Bar and collars of squat, bench and deadlift.
    bars_kg: [f64; 3],
    pub(crate) plates: Vec<Plate>,
    /// In display order, withdrawn ones left out.
    pub(crate) entries: Vec<Entry>,
}

impl State {
    pub(crate) fn of(meet: &mut Meet) -> Result<Self, ModelError> {
        let fields = meet.openlifter_meet()?;
        let entries = meet.openlifter_entries()?;
        Ok(Self::read(&fields, entries.iter().map(Arc::as_ref)))
    }

    fn read<'a>(meet: &Value, entries: impl Iterator<Item = &'a Value>) -> Self {
        let in_kg = flag(meet, "inKg", true);
        let bar_kg = if in_kg { 25.0 } else { 45.0 / 2.204_622_62 };
        let bar = |name| number_or(meet, name, bar_kg);
        Self {
            name: text(meet, "name"),
            date: text(meet, "date"),
            in_kg,
            length_days: number_or(meet, "lengthDays", 1.0),
            platforms_on_days: numbers(meet, "platformsOnDays"),
            allow_4th_attempts: flag(meet, "allow4thAttempts", true),
            combine_sleeves_and_wraps: flag(meet, "combineSleevesAndWraps", false),
            combine_single_and_multi: flag(meet, "combineSingleAndMulti", false),
            classes_men: numbers(meet, "weightClassesKgMen"),
            classes_women: numbers(meet, "weightClassesKgWomen"),
            classes_mx: numbers(meet, "weightClassesKgMx"),
            bars_kg: [
                bar("squatBarAndCollarsWeightKg"),
                bar("benchBarAndCollarsWeightKg"),
                bar("deadliftBarAndCollarsWeightKg"),
            ],
            plates: items(meet, "plates").iter().map(plate).collect(),
            entries: entries.map(entry).collect(),
        }
    }

    pub(crate) fn bar_kg(&self, lift: Lift) -> f64 {
        self.bars_kg[lift.index()]
    }

    /// The limits of the weight classes of a sex, ascending.
    pub(crate) fn classes(&self, sex: &str) -> &[f64] {
        match sex {
            "F" => &self.classes_women,
            "Mx" => &self.classes_mx,
            _ => &self.classes_men,
        }
    }
}

impl Selector {
    /// What a platform looks at; OpenLifter's beginning where nothing says otherwise.
    pub(crate) fn of(meet: &mut Meet, day: u16, platform: u16) -> Self {
        let path = format!("lifting.{day}.{platform}").parse().ok();
        let shown = path.and_then(|path| meet.get(&path).ok());
        let value = shown.and_then(|shown| shown.held.value);
        Self::read(value.as_ref().unwrap_or(&Value::Null))
    }

    /// Reads the fields of OpenLifter's `lifting`.
    pub(crate) fn read(fields: &Value) -> Self {
        let flight = fields["flight"].as_str().unwrap_or("A");
        let attempt = whole(fields, "overrideAttempt").and_then(|attempt| attempt.try_into().ok());
        Self {
            flight: flight.to_owned(),
            lift: match fields["lift"].as_str() {
                Some("B") => Lift::B,
                Some("D") => Lift::D,
                Some(_) | None => Lift::S,
            },
            attempt: attempt.filter(|attempt| (1..=SLOTS).contains(attempt)),
            entry: whole(fields, "overrideEntryId"),
        }
    }
}

fn entry(fields: &Value) -> Entry {
    let attempts = |kg, status| {
        let (weights, verdicts) = (items(fields, kg), items(fields, status));
        std::array::from_fn(|slot| Slot {
            kg: weights.get(slot).map_or(0.0, number),
            status: verdicts.get(slot).map_or(0, verdict),
        })
    };
    Entry {
        id: whole(fields, "id").unwrap_or(0),
        day: number_or(fields, "day", 1.0),
        platform: number_or(fields, "platform", 1.0),
        flight: text(fields, "flight"),
        name: text(fields, "name"),
        sex: text(fields, "sex"),
        equipment: text(fields, "equipment"),
        divisions: texts(fields, "divisions"),
        events: texts(fields, "events"),
        lot: number_or(fields, "lot", 0.0),
        team: text(fields, "team"),
        guest: flag(fields, "guest", false),
        bodyweight_kg: number_or(fields, "bodyweightKg", 0.0),
        squat_rack_info: text(fields, "squatRackInfo"),
        bench_rack_info: text(fields, "benchRackInfo"),
        attempts: [
            attempts("squatKg", "squatStatus"),
            attempts("benchKg", "benchStatus"),
            attempts("deadliftKg", "deadliftStatus"),
        ],
    }
}

fn plate(fields: &Value) -> Plate {
    Plate {
        kg: number_or(fields, "weightKg", 0.0),
        pairs: number_or(fields, "pairCount", 0.0),
        color: text(fields, "color"),
    }
}

fn verdict(value: &Value) -> i8 {
    match number(value) {
        1.0 => 1,
        -1.0 => -1,
        _ => 0,
    }
}

fn number(value: &Value) -> f64 {
    let number = value.as_f64().unwrap_or(0.0);
    number.clamp(-NUMBER_MAX, NUMBER_MAX)
}

fn number_or(fields: &Value, name: &str, default: f64) -> f64 {
    let field = fields.get(name).filter(|field| field.is_number());
    field.map_or(default, number)
}

fn whole(fields: &Value, name: &str) -> Option<i64> {
    let number = fields.get(name)?.as_f64()?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "just checked to be a safe integer"
    )]
    let whole = (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64);
    whole
}

fn text(fields: &Value, name: &str) -> String {
    fields[name].as_str().unwrap_or_default().to_owned()
}

fn flag(fields: &Value, name: &str, default: bool) -> bool {
    fields[name].as_bool().unwrap_or(default)
}

fn items<'a>(fields: &'a Value, name: &str) -> &'a [Value] {
    fields[name].as_array().map_or(&[], Vec::as_slice)
}

fn numbers(fields: &Value, name: &str) -> Vec<f64> {
    items(fields, name).iter().map(number).collect()
}

fn texts(fields: &Value, name: &str) -> Vec<String> {
    let texts = items(fields, name).iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}
