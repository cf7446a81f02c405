//! OpenLifter's saved meet and OpenLifter's actions, in terms of registers.
//!
//! This part knows what a squat is and nothing of changes: a saved file becomes a flat list of registers, and
//! such a list becomes a saved file again, equal to the one it came from.

mod action;
mod attempts;
mod carried;
mod content;
mod days;
mod defaults;
mod export;
mod fields;
mod import;
mod plates;
mod selector;
mod shape;
mod slices;

pub use action::ActionError;
pub use import::{ImportError, SAVED_BYTES_MAX};
pub use selector::Screen;
pub use shape::WrongShape;

pub(crate) use action::{Action, AttemptName};
pub(crate) use attempts::{LIFTS, SLOTS, attempt_key, attempt_pair, attempt_scalar, shape_key};
pub(crate) use carried::{carried_key, carried_name};
pub(crate) use content::{Content, DELETED, Frame, ORDER, Registers, number_in};
pub(crate) use days::{DAYS_MAX, day_key, last_day};
pub(crate) use defaults::{POUNDS_PER_KG, empty_meet, new_entry, unit_fields};
pub(crate) use export::{write_registration, write_saved};
pub(crate) use fields::{
    ENTRY, Kind, MEET, json_value, kind_of, read_single, scalar_value, write_single,
};
pub(crate) use import::read_saved;
pub(crate) use plates::{plate_key, plate_names, plate_scalar};
pub(crate) use selector::{read_selector, selector_fields};
pub(crate) use slices::{read_entry, read_meet, write_entry, write_meet};

#[cfg(test)]
mod tests;

/// The sample meets of the checkout, and those beside it.
#[cfg(test)]
fn tests_samples() -> Vec<String> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/samples");
    let more = std::env::var("SPOTTER_SAMPLES").unwrap_or_else(|_| beside.to_owned());
    let folders = [own.to_owned(), more]
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok());
    let files = folders.flatten().flatten().map(|file| file.path());
    let saved = files.filter(|path| path.extension().is_some_and(|name| name == "openlifter"));
    saved
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}
