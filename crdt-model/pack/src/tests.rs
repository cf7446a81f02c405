//! The documentation of the format, held against the code.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::frame::Frame;
use crate::lookup::Lookup;
use crate::model::Model;
use crate::range::Coder;
use crate::symbol::Symbol;
use crate::walk::{Budget, Walk};
use crate::{Bounds, changes_of};

const PROTOCOL: &str = include_str!("../../../docs/protocol.md");

/// The block of the documentation behind a mark.
fn block(mark: &str) -> Vec<&'static str> {
    let (_, rest) = PROTOCOL
        .split_once(&format!("<!-- {mark} -->\n```\n"))
        .unwrap();
    let (block, _) = rest.split_once("\n```\n").unwrap();
    block.lines().collect()
}

#[test]
fn the_example_in_the_documentation_is_what_a_reader_meets() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../golden/two.json")).unwrap();
    let pack = STANDARD.decode(golden["pack"].as_str().unwrap()).unwrap();
    let documented: String = block("pack example").concat().split_whitespace().collect();
    let bytes: String = pack.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(documented, bytes);

    let bounds = Bounds {
        changes_max: 2,
        bytes_max: 1_000,
    };
    let (frame, coded) = Frame::read(&pack, bounds).unwrap();
    let budget = Budget {
        units: bounds.bytes_max,
        bytes: frame.bytes,
    };
    let model = Model::new(Coder::reader(coded), frame.counters_log2());
    let mut walk = Walk::new(model, Lookup::default(), budget);
    assert_eq!(changes_of(&mut walk, &frame).unwrap().len(), 2);
    let met = walk.into_model().trace;
    let documented: Vec<String> = block("pack symbols")
        .iter()
        .flat_map(|line| line.split(';'))
        .map(|symbol| symbol.trim().to_owned())
        .filter(|symbol| !symbol.is_empty())
        .collect();
    assert_eq!(documented, met, "{}", met.join("; "));
}

#[test]
fn the_table_of_symbols_in_the_documentation_is_that_of_the_code() {
    let (_, rest) = PROTOCOL.split_once("<!-- pack table -->").unwrap();
    let (table, _) = rest.split_once("\n\n").unwrap();
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'));
    let documented: Vec<String> = rows
        .map(|row| {
            row.split('|')
                .skip(1)
                .take(2)
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let coded: Vec<String> = Symbol::ALL
        .iter()
        .map(|symbol| format!("{} `{symbol:?}`", *symbol as u8))
        .collect();
    assert_eq!(documented, coded);
}
