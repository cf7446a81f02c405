//! Actions on the meet itself: its fields, days, unit and plates.

use serde_json::{Value, json};

use super::{Fields, Made, Shadow, flag, lift, list, registration, text, value, whole};
use crate::expand::crew::{Puts, put};

/// Pounds in a kilogram, as OpenLifter rounds it.
const POUNDS_PER_KG: f64 = 2.204_622_62;

/// Weight, pairs and colour of the plates that a meet in kilograms begins with.
const KILOGRAM_PLATES: [(f64, u32, &str); 14] = [
    (50.0, 0, "#2AB003"),
    (25.0, 8, "#FF0000"),
    (20.0, 1, "#4990E2"),
    (15.0, 1, "#FFEF2A"),
    (10.0, 1, "#2AB003"),
    (5.0, 1, "#000000"),
    (2.5, 1, "#000000"),
    (2.0, 0, "#4990E2"),
    (1.5, 0, "#FFEF2A"),
    (1.25, 1, "#000000"),
    (1.0, 1, "#4990E2"),
    (0.75, 1, "#FF0000"),
    (0.5, 1, "#2AB003"),
    (0.25, 1, "#4990E2"),
];

/// Likewise in pounds.
const POUND_PLATES: [(f64, u32, &str); 10] = [
    (100.0, 0, "#2AB003"),
    (55.0, 0, "#FF0000"),
    (45.0, 8, "#575757"),
    (35.0, 0, "#575757"),
    (25.0, 1, "#575757"),
    (10.0, 2, "#575757"),
    (5.0, 1, "#575757"),
    (2.5, 1, "#575757"),
    (1.25, 1, "#575757"),
    (0.5, 2, "#575757"),
];

/// The plates that a new meet has.
pub(in crate::expand) fn plates_at_start() -> Puts {
    plates(true)
}

fn plates(in_kg: bool) -> Puts {
    let (plates, unit) = match in_kg {
        true => (KILOGRAM_PLATES.as_slice(), 1.0),
        false => (POUND_PLATES.as_slice(), POUNDS_PER_KG),
    };
    let mut puts = Puts::new();
    let mut weights = Vec::new();
    for (weight, pairs, color) in plates {
        let weight = number(weight / unit);
        let register = format!("meet.plates.{weight}");
        puts.insert(register, json!({ "pairCount": pairs, "color": color }));
        weights.push(weight);
    }
    puts.insert("meet.plates".to_owned(), Value::Array(weights));
    puts
}

/// A weight as JavaScript writes it: whole numbers without a fraction.
fn number(weight: f64) -> Value {
    let whole = libm::round(weight);
    #[expect(clippy::cast_possible_truncation, reason = "plates are light")]
    if whole.to_bits() == weight.to_bits() {
        return json!(whole as i64);
    }
    json!(weight)
}

impl Shadow {
    pub(super) fn meet_field(
        &self,
        fields: &Fields,
        name: &str,
        field: &str,
    ) -> Result<Made, String> {
        let value = value(fields, name)?.clone();
        Ok(registration(put(format!("meet.{field}"), value)))
    }

    /// Assigns fields; days and plates are registers of their own.
    pub(super) fn update_meet(&self, changes: &Fields) -> Result<Made, String> {
        let mut puts = Puts::new();
        for (name, value) in changes {
            match name.as_str() {
                "platformsOnDays" => {
                    for (day, count) in (1..).zip(list(changes, name)?) {
                        puts.insert(format!("meet.platformsOnDays.{day}"), count.clone());
                    }
                }
                "plates" => puts.extend(given_plates(list(changes, name)?)?),
                _ => drop(puts.insert(format!("meet.{name}"), value.clone())),
            }
        }
        Ok(registration(puts))
    }

    pub(super) fn length_days(&self, fields: &Fields) -> Result<Made, String> {
        let length = whole(fields, "length")?;
        let mut puts = put("meet.lengthDays".to_owned(), length);
        for day in 1..=length.min(14) {
            let register = format!("meet.platformsOnDays.{day}");
            if self.shown(&register).is_none() {
                puts.insert(register, json!(1));
            }
        }
        Ok(registration(puts))
    }

    pub(super) fn platform_count(&self, fields: &Fields) -> Result<Made, String> {
        let day = whole(fields, "day")?;
        let count = whole(fields, "count")?;
        Ok(registration(put(
            format!("meet.platformsOnDays.{day}"),
            count,
        )))
    }

    pub(super) fn in_kg(&self, fields: &Fields) -> Result<Made, String> {
        let in_kg = flag(fields, "inKg")?;
        let mut puts = plates(in_kg);
        let bar = if in_kg { 25.0 } else { 45.0 / POUNDS_PER_KG };
        for lift in ["squat", "bench", "deadlift"] {
            puts.insert(format!("meet.{lift}BarAndCollarsWeightKg"), number(bar));
        }
        puts.insert("meet.inKg".to_owned(), json!(in_kg));
        Ok(registration(puts))
    }

    pub(super) fn weight_classes(&self, fields: &Fields) -> Result<Made, String> {
        let field = match text(fields, "sex")? {
            "M" => "weightClassesKgMen",
            "F" => "weightClassesKgWomen",
            "Mx" => "weightClassesKgMx",
            other => return Err(format!("sex is M, F or Mx, not {other:?}")),
        };
        self.meet_field(fields, "classesKg", field)
    }

    pub(super) fn bar(&self, fields: &Fields) -> Result<Made, String> {
        let field = format!("{}BarAndCollarsWeightKg", lift(fields)?);
        self.meet_field(fields, "weightKg", &field)
    }

    /// A plate of a weight that the meet does not have changes nothing, as in OpenLifter.
    pub(super) fn plate(&self, fields: &Fields) -> Result<Made, String> {
        let weight = value(fields, "weightKg")?;
        let weight = weight.as_f64().ok_or("weightKg is no number")?;
        let mut puts = Puts::new();
        if self.has_plate(weight) {
            let plate = json!({
                "pairCount": value(fields, "pairCount")?,
                "color": value(fields, "color")?,
            });
            puts.insert(format!("meet.plates.{}", number(weight)), plate);
        }
        Ok(registration(puts))
    }

    fn has_plate(&self, weight: f64) -> bool {
        let weight = number(weight);
        match self.shown("meet.plates") {
            Some(Value::Array(weights)) => weights.contains(&weight),
            Some(_) => false,
            None => plates(true).contains_key(&format!("meet.plates.{weight}")),
        }
    }
}

fn given_plates(plates: &[Value]) -> Result<Puts, String> {
    let mut puts = Puts::new();
    let mut weights = Vec::new();
    for plate in plates {
        let mut plate = plate.as_object().cloned().ok_or("a plate is no object")?;
        let weight = plate.shift_remove("weightKg").and_then(|kg| kg.as_f64());
        let weight = number(weight.ok_or("a plate has no weightKg")?);
        puts.insert(format!("meet.plates.{weight}"), Value::Object(plate));
        weights.push(weight);
    }
    puts.insert("meet.plates".to_owned(), Value::Array(weights));
    Ok(puts)
}
