//! A meet as a flat list of registers: what import makes, what export reads, and what is born again when a
//! meet goes live.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::op::Scalar;

/// Registers by their key in one container. Texts stand here in full length.
pub(crate) type Registers = BTreeMap<String, Scalar>;

/// Everything a saved meet says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Content {
    /// The registers of `meet`.
    pub(crate) meet: Registers,
    /// The lifting selectors, by `<day>.<platform>`.
    pub(crate) lifting: Registers,
    /// The entries in display order, withdrawn ones included.
    pub(crate) entries: Vec<Registers>,
    /// What is kept of the file besides.
    pub(crate) frame: Frame,
}

/// The saved file with everything taken out that has registers of its own: `versions`, `language`, slices and fields
/// that are not shared, and the order in which all of it stood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    /// The file without the contents of `meet`, `registration.entries` and the lifting selector.
    pub(crate) file: Value,
    /// The largest id at import, where the file's `nextEntryId` was not beyond it.
    pub(crate) largest_id: Option<f64>,
}

impl Default for Frame {
    fn default() -> Self {
        Self {
            file: Value::Object(serde_json::Map::new()),
            largest_id: None,
        }
    }
}

/// The register that gives an entry its place in the list.
pub(crate) const ORDER: &str = "order";

/// The register that withdraws an entry.
pub(crate) const DELETED: &str = "deleted";

/// Whether the entry of these registers is withdrawn.
pub(crate) fn withdrawn(entry: &Registers) -> bool {
    entry.get(DELETED) == Some(&Scalar::Bool(true))
}

/// The number in a register.
pub(crate) fn number_in(registers: &Registers, key: &str) -> Option<f64> {
    match registers.get(key)? {
        Scalar::Number(number) => Some(*number),
        Scalar::Null | Scalar::Bool(_) | Scalar::Text(_) => None,
    }
}
