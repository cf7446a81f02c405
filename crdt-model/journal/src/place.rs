//! A place between two lines of a journal: all that is needed to write, or to read, the next one.

/// A place between two lines: where the next line begins and what it must follow.
///
/// Two journals that agree on a place agree on everything before it, up to the strength of a CRC-32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How many lines come before.
    pub lines: u64,
    /// How many of them carry a payload; the rest are marks.
    pub records: u64,
    /// The offset in bytes at which the next line begins.
    pub offset: u64,
    /// The CRC-32 of the line before, 0 at the start.
    pub chain: u32,
}

impl Place {
    /// The beginning of an empty journal.
    pub const START: Self = Self {
        lines: 0,
        records: 0,
        offset: 0,
        chain: 0,
    };
}
