//! The kinds of symbols in a pack.

/// A kind of symbol: what is learnt of one says nothing of the others. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Symbol {
    /// The length of a table.
    TableLength,
    /// Who made an object outside.
    TableActor,
    /// Whether its distance to the one before is a multiple of the last that was not.
    TableEven,
    /// The multiple.
    TableSteps,
    /// The distance.
    TableDistance,
    /// Who wrote the change.
    Writer,
    /// How its dependencies are told.
    DepsMode,
    /// How many there are.
    DepsCount,
    /// Whether one is in the pack.
    DepInside,
    /// Who wrote it.
    DepWriter,
    /// How many changes of that writer have followed.
    DepBack,
    /// The counter of the first operation, less the one expected.
    StartOp,
    /// The sequence number, less the one expected.
    Seq,
    /// The time, less that of the change before.
    Time,
    /// Whether there is an author.
    HasAuthor,
    /// The author's priority.
    Priority,
    /// Whether there is a message.
    HasMessage,
    /// How many operations there are.
    OpsCount,
    /// How the object is told.
    ObjectMode,
    /// How many objects the writer has used since.
    ObjectRank,
    /// The distance from the last object.
    ObjectNear,
    /// The key.
    Key,
    /// The kind of value.
    Value,
    /// A byte of a number that has no digits.
    DoubleByte,
    /// What a number is compared with.
    NumberMode,
    /// A number's unit and digits behind the point.
    NumberClass,
    /// A number's digits.
    Digits,
    /// A number's difference to another.
    Difference,
    /// The verdict of an attempt.
    Verdict,
    /// Whether a text ends here.
    TextEnd,
    /// A byte of a text.
    TextByte,
    /// How the preds are told.
    PredsMode,
    /// How many there are.
    PredsCount,
    /// Who wrote one.
    PredActor,
    /// Its counter, less that of the object or subtracted from that of the operation.
    PredCounter,
}

impl Symbol {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = Self::PredCounter as usize + 1;

    /// The set of weights for truth values, bytes, and the lengths of numbers.
    pub(crate) fn first(self) -> usize {
        2 * self as usize
    }

    /// The set of weights for the rest of a number.
    pub(crate) fn second(self) -> usize {
        2 * self as usize + 1
    }
}

#[cfg(test)]
impl Symbol {
    /// All kinds, by number.
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::TableLength,
        Self::TableActor,
        Self::TableEven,
        Self::TableSteps,
        Self::TableDistance,
        Self::Writer,
        Self::DepsMode,
        Self::DepsCount,
        Self::DepInside,
        Self::DepWriter,
        Self::DepBack,
        Self::StartOp,
        Self::Seq,
        Self::Time,
        Self::HasAuthor,
        Self::Priority,
        Self::HasMessage,
        Self::OpsCount,
        Self::ObjectMode,
        Self::ObjectRank,
        Self::ObjectNear,
        Self::Key,
        Self::Value,
        Self::DoubleByte,
        Self::NumberMode,
        Self::NumberClass,
        Self::Digits,
        Self::Difference,
        Self::Verdict,
        Self::TextEnd,
        Self::TextByte,
        Self::PredsMode,
        Self::PredsCount,
        Self::PredActor,
        Self::PredCounter,
    ];
}
