//! Why bytes are no pack.

use spotter_model::Refusal;

/// Why a pack is refused, always as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The pack is of a format that this version does not read.
    #[error("a pack of format {format} cannot be read")]
    Format {
        /// The number it begins with.
        format: u8,
    },
    /// It holds more changes than the reader takes.
    #[error("the pack holds {changes} changes, at most {max} are taken")]
    TooManyChanges {
        /// How many it claims.
        changes: u64,
        /// How many are taken.
        max: usize,
    },
    /// Its changes have more bytes than the reader takes.
    #[error("the pack's changes have {bytes} bytes, at most {max} are taken")]
    TooLarge {
        /// How many it claims.
        bytes: u64,
        /// How many are taken.
        max: usize,
    },
    /// Its changes have more operations than the reader takes, which only changes made for the purpose have.
    #[error("the pack's changes have more operations than are taken for their bytes")]
    TooManyOperations,
    /// The bytes do not say what a pack has to say.
    #[error("the pack cannot be read: {what}")]
    Unreadable {
        /// What cannot be read.
        what: &'static str,
    },
    /// A change in it is none.
    #[error("change {index} of the pack is no change: {refusal}")]
    NoChange {
        /// Its place in the pack, from 0.
        index: usize,
        /// Why.
        refusal: Refusal,
    },
    /// The changes are not the ones that were packed.
    #[error("the changes in the pack do not hash to its digest")]
    Digest,
}
