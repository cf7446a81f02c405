//! Values as a pack sees them: numbers and attempts by their digits, so that near ones are close.

use std::rc::Rc;

use spotter_model::{OpAction, Scalar, read_double};

/// Pounds in a kilogram, as OpenLifter rounds it.
const POUNDS_PER_KG: f64 = 2.204_622_62;

/// Ten to the number of digits behind the point.
const TENS: [i64; 4] = [1, 10, 100, 1_000];

/// The classes of numbers: kilograms (and everything else) with up to three digits behind the point, then pounds.
const CLASSES: u8 = 8;

/// What the digits of a number stay below.
const DIGITS_END: i64 = 1 << 40;

/// A number by its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    class: u8,
    digits: i64,
}

impl Decimal {
    /// A number of a class, if there is one.
    pub(crate) fn new(class: u64, digits: i64) -> Option<Self> {
        let class = u8::try_from(class).ok().filter(|class| *class < CLASSES)?;
        let small = (1 - DIGITS_END..DIGITS_END).contains(&digits);
        small.then_some(Self { class, digits })
    }

    /// The digits of a double in the first class that gives it back to the bit.
    pub(crate) fn of(number: f64) -> Option<Self> {
        (0..CLASSES).find_map(|class| {
            let (tens, unit) = scale(class);
            let digits = (number * unit * tens as f64).round();
            let small = digits.abs() < DIGITS_END as f64;
            let decimal = small.then_some(Self {
                class,
                digits: digits as i64,
            })?;
            (decimal.number().to_bits() == number.to_bits()).then_some(decimal)
        })
    }

    /// The double: digits by power of ten, and by pounds in a kilogram if they are pounds.
    pub(crate) fn number(self) -> f64 {
        let (tens, unit) = scale(self.class);
        self.digits as f64 / tens as f64 / unit
    }

    /// The number's class.
    pub(crate) fn class(self) -> u8 {
        self.class
    }

    /// All digits of the number.
    pub(crate) fn digits(self) -> i64 {
        self.digits
    }

    /// Whether this number is of the same unit as another and not farther away than these tenths.
    pub(crate) fn is_near(self, other: Self, tenths: i64) -> bool {
        let (tens, _) = scale(self.class.max(other.class));
        let same_unit = self.class / 4 == other.class / 4;
        same_unit && self.difference(other).abs() * 10 <= tenths * tens
    }

    /// The difference to another number of the same unit, in the finer scale of both.
    pub(crate) fn difference(self, other: Self) -> i64 {
        let (own, others) = self.common(other.class);
        self.digits * own - other.digits * others
    }

    /// The number of a class that differs so much from this one.
    pub(crate) fn beside(self, class: u64, difference: i64) -> Option<Self> {
        let class = u8::try_from(class).ok().filter(|class| *class < CLASSES)?;
        if class / 4 != self.class / 4 {
            return None;
        }
        let (own, others) = self.common(class);
        let sum = (self.digits * own).checked_add(difference)?;
        (sum % others == 0).then(|| Self::new(u64::from(class), sum / others))?
    }

    /// By what the digits of this number and of one of another class are multiplied to be of the same scale.
    fn common(self, other: u8) -> (i64, i64) {
        let (finer, _) = scale(self.class.max(other));
        (finer / scale(self.class).0, finer / scale(other).0)
    }
}

/// Ten to the digits behind the point, and how many units make a kilogram.
fn scale(class: u8) -> (i64, f64) {
    let tens = TENS[usize::from(class % 4)];
    (tens, if class < 4 { 1.0 } else { POUNDS_PER_KG })
}

/// The text of an attempt: `[weight,verdict]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) weight: Decimal,
    pub(crate) verdict: i64,
}

impl Attempt {
    /// An attempt, if its verdict has 32 bits.
    pub(crate) fn new(weight: Decimal, verdict: i64) -> Option<Self> {
        i32::try_from(verdict)
            .is_ok()
            .then_some(Self { weight, verdict })
    }

    fn of(text: &str) -> Option<Self> {
        const LONGEST: usize = 48;
        if text.len() > LONGEST {
            return None;
        }
        let (weight, verdict) = text.strip_prefix('[')?.strip_suffix(']')?.split_once(',')?;
        let attempt = Self::new(Decimal::of(read_double(weight)?)?, verdict.parse().ok()?)?;
        (attempt.text() == text).then_some(attempt)
    }

    /// Rust writes these numbers as JavaScript does: the fewest digits that give the double back, and none is so small
    /// or large as to need an exponent.
    fn text(self) -> String {
        format!("[{},{}]", self.weight.number(), self.verdict)
    }
}

/// What an operation does, its value taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Datum {
    /// Makes a map.
    Make,
    Null,
    Flag(bool),
    /// A number of few digits.
    Decimal(Decimal),
    /// Any other number, by its bits.
    Double(u64),
    Attempt(Attempt),
    /// Any other text.
    Text(Rc<str>),
}

impl Datum {
    /// Takes an operation's value apart.
    pub(crate) fn of(action: &OpAction) -> Self {
        match action {
            OpAction::MakeMap => Self::Make,
            OpAction::Set(Scalar::Null) => Self::Null,
            OpAction::Set(Scalar::Bool(flag)) => Self::Flag(*flag),
            OpAction::Set(Scalar::Number(number)) => {
                let decimal = Decimal::of(*number).map(Self::Decimal);
                decimal.unwrap_or_else(|| Self::Double(number.to_bits()))
            }
            OpAction::Set(Scalar::Text(text)) => {
                let attempt = Attempt::of(text).map(Self::Attempt);
                attempt.unwrap_or_else(|| Self::Text(text.as_str().into()))
            }
        }
    }

    /// Puts it together again.
    pub(crate) fn action(&self) -> OpAction {
        OpAction::Set(match self {
            Self::Make => return OpAction::MakeMap,
            Self::Null => Scalar::Null,
            Self::Flag(flag) => Scalar::Bool(*flag),
            Self::Decimal(decimal) => Scalar::Number(decimal.number()),
            Self::Double(bits) => Scalar::Number(f64::from_bits(*bits)),
            Self::Attempt(attempt) => Scalar::Text(attempt.text()),
            Self::Text(text) => Scalar::Text(text.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck_macros::quickcheck;

    fn survives(number: f64) -> bool {
        let action = OpAction::Set(Scalar::Number(number));
        Datum::of(&action).action() == action
    }

    #[quickcheck]
    fn every_number_survives(bits: u64, digits: i32) -> bool {
        let few = f64::from(digits) / 20.0;
        survives(f64::from_bits(bits)) && survives(few) && survives(few / POUNDS_PER_KG)
    }

    #[test]
    fn weights_have_few_digits_in_kilograms_and_in_pounds() {
        for (number, class, digits) in [
            (182.5, 1, 1_825),
            (62.35, 2, 6_235),
            (-7.0, 0, -7),
            (405.0 / POUNDS_PER_KG, 4, 405),
            (402.5 / POUNDS_PER_KG, 5, 4_025),
        ] {
            assert_eq!(Decimal::of(number), Some(Decimal { class, digits }));
        }
        for number in [-0.0, 1e300, 5e-324, f64::MAX, 0.123_456_789] {
            assert_eq!(Decimal::of(number), None, "{number}");
            assert!(survives(number));
        }
    }

    #[test]
    fn only_the_one_spelling_is_an_attempt() {
        for text in ["[182.5,1]", "[0,0]", "[183.70523,-1]", "[-5,2147483647]"] {
            let action = OpAction::Set(Scalar::Text(text.to_owned()));
            assert_eq!(Datum::of(&action).action(), action);
        }
        let pounds = format!("[{},-1]", 405.0 / POUNDS_PER_KG);
        for (text, whether) in [
            ("[182.5,1]", true),
            (&pounds, true),
            ("[182.50,1]", false),
            ("[182.5, 1]", false),
            ("[1e2,1]", false),
            ("[-0,1]", false),
            ("[NaN,1]", false),
            ("[1,+1]", false),
            ("[1,2147483648]", false),
        ] {
            let action = OpAction::Set(Scalar::Text(text.to_owned()));
            assert_eq!(
                matches!(Datum::of(&action), Datum::Attempt(_)),
                whether,
                "{text}"
            );
            assert_eq!(Datum::of(&action).action(), action);
        }
    }
}
