//! What a store says of a meet beyond the words of the machine.

/// A meet that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What the machine wants to know of it.
    pub meet: spotter_relay::OpenedMeet,
    /// What a crash had interrupted and opening has put in order, in words for the operator.
    pub repaired: Option<String>,
}
