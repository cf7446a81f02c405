//! Reading a whole journal that is already in memory.

use serde::de::DeserializeOwned;

use crate::{Place, Scanner, Standing, Unreadable, Verdict};

/// Everything that a whole journal says.
#[derive(Clone, Debug)]
pub struct Scan<T> {
    /// The payloads that stand in order, from the first.
    pub payloads: Vec<T>,
    /// Payloads of lines that are sound in themselves but come after damage; only a repair wants them.
    pub adrift: Vec<T>,
    /// What the bytes are.
    pub verdict: Verdict,
    /// The place after the last payload that stands in order.
    pub end: Place,
}

/// Reads a whole journal. Total, like [`Scanner`], and idempotent: what remains after cutting at `end` is clean and
/// reads the same.
pub fn scan<T: DeserializeOwned>(bytes: &[u8]) -> Scan<T> {
    let mut scanner = Scanner::new();
    let mut payloads = Vec::new();
    let mut adrift = Vec::new();
    scanner.feed(bytes, |line| {
        let payload = line.parse().map_err(|_| Unreadable)?;
        match line.standing {
            Standing::InOrder => payloads.push(payload),
            Standing::Adrift => adrift.push(payload),
        }
        Ok(())
    });
    Scan {
        payloads,
        adrift,
        end: scanner.place(),
        verdict: scanner.finish(),
    }
}
