//! How many bytes packs have: the bars they are held to, on meets small enough for every day. The bench measures the
//! same at full length.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod workload;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use spotter_model::Change;
use spotter_pack::{Bounds, pack, unpack};
use workload::{Story, offline, offline_anything, whole_day};

/// Bytes of a pack, which is also unpacked.
fn packed(changes: &[Change]) -> usize {
    let packed = pack(changes);
    let bounds = Bounds {
        changes_max: changes.len(),
        bytes_max: raw(changes).len(),
    };
    assert!(unpack(&packed, bounds).unwrap() == changes);
    packed.len()
}

fn raw(changes: &[Change]) -> Vec<u8> {
    changes
        .iter()
        .flat_map(|change| change.bytes().to_vec())
        .collect()
}

fn deflated(changes: &[Change]) -> usize {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&raw(changes)).unwrap();
    encoder.finish().unwrap().len()
}

#[test]
fn a_thousand_offline_edits_take_less_than_two_kilobytes() {
    let story = offline(200, 1_000);
    let (packed, deflated) = (packed(story.edits()), deflated(story.edits()));
    assert!(packed <= 2_000, "{packed} bytes");
    assert!(
        3 * packed <= deflated,
        "{packed} bytes, deflated {deflated}"
    );
}

#[test]
fn a_thousand_edits_of_anything_take_less_than_four_and_a_half_kilobytes() {
    let story = offline_anything(200, 1_000);
    let (packed, deflated) = (packed(story.edits()), deflated(story.edits()));
    assert!(packed <= 4_500, "{packed} bytes");
    assert!(
        3 * packed <= deflated,
        "{packed} bytes, deflated {deflated}"
    );
}

#[test]
fn a_hundred_missed_changes_of_four_locations_take_less_than_a_kilobyte() {
    let story = whole_day(40, 400);
    let packed = packed(&story.edits()[250..350]);
    assert!(packed <= 900, "{packed} bytes");
}

#[test]
fn a_whole_meet_takes_less_than_half_of_the_saved_document() {
    let mut story: Story = whole_day(40, 400);
    let packed = packed(&story.log);
    let saved = story.desks[0].meet.save().len();
    assert!(2 * packed <= saved, "{packed} bytes, saved {saved}");
}
