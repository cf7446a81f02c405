//! What a scan concludes about a journal.

use std::fmt;

/// The state of a journal that has been read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every byte belongs to a sound line.
    Clean,
    /// The last write did not get to the disk as a whole. Cutting the file at `at` loses nothing that was synced.
    Torn {
        /// The offset at which the sound lines end.
        at: u64,
    },
    /// Bytes that once were safe have changed. Nothing may be cut; somebody has to look.
    Corrupt {
        /// The offset at which the damaged line begins.
        at: u64,
        /// The damaged line, counted from 1 as editors do.
        line: u64,
        /// What is wrong with it.
        what: Damage,
    },
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The bytes are not framed as a line.
    NotALine,
    /// The checksum is not that of the bytes.
    Checksum,
    /// The line is sound in itself, but another number is due here.
    Number {
        /// The number that is due.
        due: u64,
        /// The number it has.
        found: u64,
    },
    /// The line is sound in itself, but does not follow the line before it.
    Chain,
    /// The line is sound in itself, but claims that more was synced than stands before it.
    Watermark,
    /// The line is longer than any that is written.
    TooLong,
    /// The file ends within the line.
    Unfinished,
    /// The line is sound, but its fields are not those of a record of this journal.
    Fields,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALine => f.write_str("not a journal line"),
            Self::Checksum => f.write_str("checksum does not match"),
            Self::Number { due, found } => write!(f, "line number {found} where {due} is due"),
            Self::Chain => f.write_str("does not follow the line before it"),
            Self::Watermark => f.write_str("lines before it are missing"),
            Self::TooLong => f.write_str("longer than any line can be"),
            Self::Unfinished => f.write_str("file ends within the line"),
            Self::Fields => f.write_str("fields are not those of a record"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => f.write_str("clean"),
            Self::Torn { at } => write!(f, "torn at offset {at}"),
            Self::Corrupt { at, line, what } => {
                write!(f, "damaged at line {line}, offset {at}: {what}")
            }
        }
    }
}
