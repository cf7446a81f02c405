//! The column encodings of a change: runs, and runs of differences.
//!
//! A column is a sequence of runs. A positive count is followed by one value that is repeated, a negative one by
//! that many single values, zero by a count of nulls. A column of nulls only is not written at all. Numbers that
//! grow are stored as differences from the one before.

use smallvec::SmallVec;

use super::leb128::{Reader, write_signed, write_unsigned};
use crate::refusal::Refusal;

/// The values of a column that was read. Most changes have few operations, whose columns need no memory of their own.
pub(super) type Values<V> = SmallVec<[Option<V>; 4]>;

/// How one value of a column is written.
pub(super) trait Written: PartialEq {
    fn write(&self, out: &mut Vec<u8>);
}

/// How one value of a column is read.
pub(super) trait Read: Clone {
    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, Refusal>;
}

impl Written for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        write_unsigned(out, *self);
    }
}

impl Read for u64 {
    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, Refusal> {
        reader.unsigned(what)
    }
}

impl Written for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        write_signed(out, *self);
    }
}

impl Read for i64 {
    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, Refusal> {
        reader.signed(what)
    }
}

impl Written for &str {
    fn write(&self, out: &mut Vec<u8>) {
        write_unsigned(out, self.len() as u64);
        out.extend_from_slice(self.as_bytes());
    }
}

impl Read for String {
    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, Refusal> {
        let bytes = reader.prefixed(what)?;
        let text = std::str::from_utf8(bytes).map_err(|_| Refusal::Unreadable { what })?;
        Ok(text.to_owned())
    }
}

/// Appends a column of runs. The values are walked more than once rather than collected: every change that comes is
/// written again, to see that it was written in the one way.
pub(super) fn write_runs<V: Written>(
    out: &mut Vec<u8>,
    values: impl Iterator<Item = Option<V>> + Clone,
) {
    if values.clone().all(|value| value.is_none()) {
        return;
    }
    let mut rest = values;
    while let Some(first) = rest.clone().next() {
        let equal = rest.clone().take_while(|value| *value == first).count();
        let length = match first {
            None => {
                write_signed(out, 0);
                write_unsigned(out, equal as u64);
                equal
            }
            Some(value) if equal > 1 => {
                write_signed(out, equal as i64);
                value.write(out);
                equal
            }
            Some(_) => {
                let literals = literal_run(rest.clone());
                write_signed(out, -(literals as i64));
                let single = rest.clone().take(literals).flatten();
                single.for_each(|value| value.write(out));
                literals
            }
        };
        rest.nth(length - 1);
    }
}

/// How many values, from the first, are followed by a different one: a literal run ends before a repetition or
/// a null.
fn literal_run<V: PartialEq>(values: impl Iterator<Item = Option<V>> + Clone) -> usize {
    let next = values.clone().skip(1).map(Some).chain([None]);
    let is_single = |(value, next): &(Option<V>, Option<Option<V>>)| {
        value.is_some() && next.as_ref() != Some(value)
    };
    values.zip(next).take_while(is_single).count()
}

/// Appends a column of differences.
pub(super) fn write_deltas(out: &mut Vec<u8>, values: impl Iterator<Item = i64> + Clone) {
    let before = [0].into_iter().chain(values.clone());
    let deltas = values
        .zip(before)
        .map(|(value, before)| Some(value - before));
    write_runs(out, deltas);
}

/// Reads a column of at most `max` values, padded with nulls to `pad`.
///
/// No more than `max` values are ever made, whatever the run lengths claim.
pub(super) fn read_runs<V: Read>(
    bytes: &[u8],
    pad: usize,
    max: usize,
    what: &'static str,
) -> Result<Values<V>, Refusal> {
    let mut reader = Reader::new(bytes);
    let mut values = Values::with_capacity(pad);
    while !reader.is_empty() {
        let count = reader.signed(what)?;
        let length = match count {
            0 => reader.unsigned(what)?,
            _ => count.unsigned_abs(),
        };
        let room = max - values.len();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length == 0 || length > room {
            return Err(Refusal::OutOfBounds { what });
        }
        match count {
            0 => values.extend(std::iter::repeat_n(None, length)),
            1.. => {
                let value = V::read(&mut reader, what)?;
                values.extend(std::iter::repeat_n(Some(value), length));
            }
            _ => {
                for _ in 0..length {
                    values.push(Some(V::read(&mut reader, what)?));
                }
            }
        }
    }
    if values.len() < pad {
        values.resize(pad, None);
    }
    Ok(values)
}

/// Reads a column of differences without nulls.
pub(super) fn read_deltas(
    bytes: &[u8],
    max: usize,
    what: &'static str,
) -> Result<Vec<i64>, Refusal> {
    let mut last = 0_i64;
    read_runs::<i64>(bytes, 0, max, what)?
        .into_iter()
        .map(|delta| {
            let next = delta.and_then(|delta| last.checked_add(delta));
            last = next.ok_or(Refusal::Unreadable { what })?;
            Ok(last)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck_macros::quickcheck;

    #[quickcheck]
    fn reading_a_column_is_the_inverse_of_writing_it(values: Vec<Option<u8>>) -> bool {
        let values: Vec<Option<u64>> = values
            .into_iter()
            .map(|v| v.map(|v| u64::from(v % 3)))
            .collect();
        let mut bytes = Vec::new();
        write_runs(&mut bytes, values.iter().copied());
        read_runs(&bytes, values.len(), values.len(), "").map(Values::into_vec) == Ok(values)
    }

    #[quickcheck]
    fn reading_differences_is_the_inverse_of_writing_them(values: Vec<u32>) -> bool {
        let values: Vec<i64> = values.into_iter().map(i64::from).collect();
        let mut bytes = Vec::new();
        write_deltas(&mut bytes, values.iter().copied());
        read_deltas(&bytes, values.len(), "") == Ok(values)
    }

    #[test]
    fn a_run_that_claims_a_billion_values_makes_none() {
        let mut bytes = Vec::new();
        write_signed(&mut bytes, 1_000_000_000);
        write_unsigned(&mut bytes, 1);
        let refusal = read_runs::<u64>(&bytes, 0, 1_024, "actions").unwrap_err();
        assert_eq!(refusal, Refusal::OutOfBounds { what: "actions" });
    }
}
