//! What a change says: writes of scalars and makings of maps, nothing else.
//!
//! There are no lists, counters, texts or deletions in a meet: they would merge by rules of their own and
//! escape priority.

use std::fmt;

use crate::ids::OpId;

/// The value of a register.
#[derive(Clone)]
pub enum Scalar {
    /// JSON's `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// Any number; always a double, never rounded.
    Number(f64),
    /// Text, at most 16,384 bytes.
    Text(String),
}

/// Numbers are equal when their bits are: 0 and -0 differ.
impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_), _) => false,
        }
    }
}

impl Eq for Scalar {}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => fmt::Debug::fmt(value, f),
            Self::Number(value) => fmt::Debug::fmt(value, f),
            Self::Text(value) => fmt::Debug::fmt(value, f),
        }
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Scalar {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for Scalar {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// A map in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    /// The map that every document begins with.
    Root,
    /// A map made by this operation.
    Made(OpId),
}

/// One place in the document that holds one value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegisterId {
    /// The map.
    pub object: ObjectId,
    /// The key in it.
    pub key: String,
}

/// One operation of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// The map it writes in.
    pub object: ObjectId,
    /// The key it writes at.
    pub key: String,
    /// What it does.
    pub action: OpAction,
    /// The writes it replaces, ascending.
    pub preds: Vec<OpId>,
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpAction {
    /// Makes an empty map, whose id is the operation's.
    MakeMap,
    /// Gives the register a value.
    Set(Scalar),
}
