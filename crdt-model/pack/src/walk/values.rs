//! Values: as those before, near those before, or from nothing.

use std::rc::Rc;

use spotter_model::Op;
use spotter_model::limits::TEXT_BYTES_MAX;

use super::ops::Before;
use super::text::topic;
use super::{Walk, unreadable};
use crate::datum::{Attempt, Datum, Decimal};
use crate::error::PackError;
use crate::symbol::Symbol;

/// How a value is told.
mod told {
    /// It is the one last written at this key.
    pub(super) const SAME: u64 = 0;
    pub(super) const MAKE: u64 = 1;
    pub(super) const NULL: u64 = 2;
    pub(super) const FALSE: u64 = 3;
    pub(super) const TRUE: u64 = 4;
    pub(super) const DECIMAL: u64 = 5;
    pub(super) const DOUBLE: u64 = 6;
    pub(super) const ATTEMPT: u64 = 7;
    pub(super) const TEXT: u64 = 8;
}

/// How far a number may be from others to be told by the difference, in tenths: from that of its register, of the last
/// attempt of its object, of its key.
const NEAR_NUMBER: [i64; 3] = [16, 0, 4];
const NEAR_ATTEMPT: [i64; 3] = [400, 400, 600];

/// What a number may be near to, in this order.
type Others = [Option<Decimal>; 3];

impl Walk<'_> {
    pub(super) fn value(
        &mut self,
        object: u32,
        key: u32,
        before: &mut Before,
        given: Option<&Op>,
    ) -> Result<Datum, PackError> {
        let given = given.map(|op| Datum::of(&op.action));
        let register = self.registers.get(&(object, key));
        let of_register = register.and_then(|register| register.datum.clone());
        let of_key = self.keys[key as usize].datum.clone();
        let repeats = self.keys[key as usize].repeats;
        let wanted = match &given {
            Some(_) if of_key == given => told::SAME,
            given => told(given),
        };
        let (k, r) = (u64::from(key), told(&of_register));
        let contexts: [&[u64]; 4] = [
            &[k, r, repeats],
            &[k],
            &[r, told(&of_key), repeats & 3],
            &[k, r, before.value],
        ];
        let found = self.model.number(Symbol::Value, &contexts, wanted);
        before.value = found;
        let state = &mut self.keys[key as usize];
        state.repeats = (state.repeats << 1 | u64::from(found == told::SAME)) & 7;
        match found {
            told::SAME => self.same(of_key),
            told::MAKE => Ok(Datum::Make),
            told::NULL => Ok(Datum::Null),
            told::FALSE => Ok(Datum::Flag(false)),
            told::TRUE => Ok(Datum::Flag(true)),
            told::DECIMAL => {
                let number = |datum: &Option<Datum>| match datum {
                    Some(Datum::Decimal(decimal)) => Some(*decimal),
                    _ => None,
                };
                let others = [number(&of_register), None, number(&of_key)];
                let decimal = self.decimal(key, NEAR_NUMBER, others, number(&given), 0)?;
                Ok(Datum::Decimal(decimal))
            }
            told::DOUBLE => self.double(k, given),
            told::ATTEMPT => self.attempt(object, key, [of_register, of_key], given),
            told::TEXT => {
                let text = |datum: &Option<Datum>| match datum {
                    Some(Datum::Text(text)) => Some(Rc::clone(text)),
                    _ => None,
                };
                let near = text(&of_register)
                    .or_else(|| text(&of_key))
                    .unwrap_or_default();
                let given = text(&given);
                let text = self.text(
                    topic::VALUES + k,
                    near.as_bytes(),
                    TEXT_BYTES_MAX,
                    given.as_deref(),
                )?;
                Ok(Datum::Text(text.into()))
            }
            _ => Err(unreadable("a value")),
        }
    }

    fn same(&mut self, of_key: Option<Datum>) -> Result<Datum, PackError> {
        if let Some(Datum::Text(text)) = &of_key {
            self.budget.take_bytes(text.len())?;
        }
        of_key.ok_or(unreadable("a value"))
    }

    fn double(&mut self, key: u64, given: Option<Datum>) -> Result<Datum, PackError> {
        let bits = match given {
            Some(Datum::Double(bits)) => bits,
            _ => 0,
        };
        let mut bytes = bits.to_be_bytes();
        for (at, byte) in bytes.iter_mut().enumerate() {
            let contexts: [&[u64]; 2] = [&[at as u64], &[at as u64, key]];
            *byte = self.model.byte(Symbol::DoubleByte, &contexts, *byte);
        }
        Ok(Datum::Double(u64::from_be_bytes(bytes)))
    }

    fn attempt(
        &mut self,
        object: u32,
        key: u32,
        [of_register, of_key]: [Option<Datum>; 2],
        given: Option<Datum>,
    ) -> Result<Datum, PackError> {
        let attempt = |datum: Option<Datum>| match datum {
            Some(Datum::Attempt(attempt)) => Some(attempt),
            _ => None,
        };
        let register_told = told(&of_register);
        let of_object = self.objects[object as usize].attempt.as_deref().copied();
        let others = [attempt(of_register), of_object, attempt(of_key)];
        let given = attempt(given);
        // Two more than the verdict, so that none is 0.
        let verdict = |other: Option<Attempt>| {
            other.map_or(0, |other| other.verdict.wrapping_add(2).cast_unsigned())
        };
        let verdicts = [verdict(others[0]), verdict(others[1])];
        let weights = others.map(|other| other.map(|other| other.weight));
        let both = verdicts[0] << 2 ^ verdicts[1];
        let weight = given.map(|given| given.weight);
        let weight = self.decimal(key, NEAR_ATTEMPT, weights, weight, both)?;
        let kept = u64::from(weights[0] == Some(weight));
        let contexts: [&[u64]; 4] = [
            &[kept, verdicts[0], u64::from(key)],
            &[kept, verdicts[0]],
            &[kept, verdicts[0], verdicts[1]],
            &[register_told, u64::from(key)],
        ];
        let verdict = given.map_or(0, |given| given.verdict);
        let verdict = self.model.signed(Symbol::Verdict, &contexts, verdict);
        Attempt::new(weight, verdict)
            .map(Datum::Attempt)
            .ok_or(unreadable("a verdict"))
    }

    /// Codes a number by its difference to the first of the others that is near, else by its digits.
    fn decimal(
        &mut self,
        key: u32,
        near: [i64; 3],
        others: Others,
        given: Option<Decimal>,
        more: u64,
    ) -> Result<Decimal, PackError> {
        let k = u64::from(key);
        let close = |at: &usize| {
            let (Some(other), Some(given)) = (others[*at], given) else {
                return false;
            };
            given.is_near(other, near[*at])
        };
        let wanted = (0..3).find(close).map_or(0, |at| at as u64 + 1);
        let known = others
            .iter()
            .fold(0, |known, other| known << 1 | u64::from(other.is_some()));
        let last = self.keys[key as usize].number_mode;
        let contexts: [&[u64]; 3] = [&[known, more, k], &[known, more], &[known, last, k]];
        let mode = self.model.number(Symbol::NumberMode, &contexts, wanted);
        self.keys[key as usize].number_mode = mode;
        let other = match mode {
            0 => None,
            1..=3 => Some(others[mode as usize - 1].ok_or(unreadable("a number"))?),
            _ => return Err(unreadable("a number")),
        };
        let class_near = other.map_or(0, |other| u64::from(other.class()) + 1);
        let class = given.map_or(0, |given| u64::from(given.class()));
        let contexts: [&[u64]; 3] = [&[class_near, k], &[class_near], &[mode, more, k]];
        let class = self.model.number(Symbol::NumberClass, &contexts, class);
        let found = match other {
            None => {
                let digits = given.map_or(0, Decimal::digits);
                let contexts: [&[u64]; 3] = [&[class, k], &[class], &[]];
                let digits = self.model.signed(Symbol::Digits, &contexts, digits);
                Decimal::new(class, digits)
            }
            Some(other) => {
                let difference = given.map_or(0, |given| given.difference(other));
                let finer = class.max(u64::from(other.class()));
                let contexts: [&[u64]; 4] = [
                    &[mode, k],
                    &[mode, finer],
                    &[mode, finer, more],
                    &[mode, finer, more, k],
                ];
                let difference = self.model.signed(Symbol::Difference, &contexts, difference);
                other.beside(class, difference)
            }
        };
        found.ok_or(unreadable("a number"))
    }
}

fn told(datum: &Option<Datum>) -> u64 {
    match datum {
        None => 0,
        Some(Datum::Make) => told::MAKE,
        Some(Datum::Null) => told::NULL,
        Some(Datum::Flag(false)) => told::FALSE,
        Some(Datum::Flag(true)) => told::TRUE,
        Some(Datum::Decimal(_)) => told::DECIMAL,
        Some(Datum::Double(_)) => told::DOUBLE,
        Some(Datum::Attempt(_)) => told::ATTEMPT,
        Some(Datum::Text(_)) => told::TEXT,
    }
}
