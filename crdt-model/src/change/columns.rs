//! The column encodings of a change: runs, and runs of differences.
//!
//! A column is a sequence of runs. A positive count is followed by one value that is repeated, a negative one by
//! that many single values, zero by a count of nulls. A column of nulls only is not written at all. Numbers that
//! grow are stored as differences from the one before.

use super::leb128::{Reader, write_signed, write_unsigned};
use crate::refusal::Refusal;

/// How one value of a column is written and read.
pub(super) trait ColumnValue: Clone + PartialEq {
    fn write(&self, out: &mut Vec<u8>);
    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, Refusal>;
}

impl ColumnValue for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        write_unsigned(out, *self);
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, Refusal> {
        reader.unsigned(what)
    }
}

impl ColumnValue for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        write_signed(out, *self);
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, Refusal> {
        reader.signed(what)
    }
}

impl ColumnValue for String {
    fn write(&self, out: &mut Vec<u8>) {
        write_unsigned(out, self.len() as u64);
        out.extend_from_slice(self.as_bytes());
    }

    fn read(reader: &mut Reader<'_>, what: &'static str) -> Result<Self, Refusal> {
        let bytes = reader.prefixed(what)?;
        let text = std::str::from_utf8(bytes).map_err(|_| Refusal::Unreadable { what })?;
        Ok(text.to_owned())
    }
}

/// Writes a column of runs.
pub(super) fn write_runs<V: ColumnValue>(values: &[Option<V>]) -> Vec<u8> {
    let mut out = Vec::new();
    if values.iter().all(Option::is_none) {
        return out;
    }
    let mut rest = values;
    while let Some(first) = rest.first() {
        let equal = rest.iter().take_while(|value| *value == first).count();
        match first {
            None => {
                write_signed(&mut out, 0);
                write_unsigned(&mut out, equal as u64);
                rest = &rest[equal..];
            }
            Some(value) if equal > 1 => {
                write_signed(&mut out, equal as i64);
                value.write(&mut out);
                rest = &rest[equal..];
            }
            Some(_) => {
                let literals = literal_run(rest);
                write_signed(&mut out, -(literals as i64));
                for value in rest[..literals].iter().flatten() {
                    value.write(&mut out);
                }
                rest = &rest[literals..];
            }
        }
    }
    out
}

/// How many values, from the first, are followed by a different one: a literal run ends before a repetition or
/// a null.
fn literal_run<V: PartialEq>(values: &[Option<V>]) -> usize {
    let mut length = 0;
    while let Some(Some(value)) = values.get(length) {
        if let Some(Some(next)) = values.get(length + 1)
            && next == value
        {
            break;
        }
        length += 1;
    }
    length
}

/// Writes a column of differences.
pub(super) fn write_deltas(values: &[i64]) -> Vec<u8> {
    let mut last = 0;
    let deltas: Vec<Option<i64>> = values
        .iter()
        .map(|&value| Some(value - std::mem::replace(&mut last, value)))
        .collect();
    write_runs(&deltas)
}

/// Reads a column of at most `max` values, padded with nulls to `pad`.
///
/// No more than `max` values are ever made, whatever the run lengths claim.
pub(super) fn read_runs<V: ColumnValue>(
    bytes: &[u8],
    pad: usize,
    max: usize,
    what: &'static str,
) -> Result<Vec<Option<V>>, Refusal> {
    let mut reader = Reader::new(bytes);
    let mut values = Vec::with_capacity(pad);
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
        let bytes = write_runs(&values);
        read_runs(&bytes, values.len(), values.len(), "") == Ok(values)
    }

    #[quickcheck]
    fn reading_differences_is_the_inverse_of_writing_them(values: Vec<u32>) -> bool {
        let values: Vec<i64> = values.into_iter().map(i64::from).collect();
        read_deltas(&write_deltas(&values), values.len(), "") == Ok(values)
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
