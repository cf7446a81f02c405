//! What the tests of this folder share: saved meets, and meets opened from them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spotter_model::{ActorId, Author, LocationName, Meet, Pen, Priority};
use spotter_scoring::{Lift, Selection};

pub(crate) fn pen() -> Pen {
    let author = Author {
        location: LocationName::parse("Platform 1").unwrap(),
        priority: Priority::new(10).unwrap(),
    };
    Pen {
        actor: ActorId::new([1; 8]),
        author,
    }
}

pub(crate) fn open(saved: &Value) -> Meet {
    Meet::import(&saved.to_string(), &pen(), [7; 16], 1_700_000_000).unwrap()
}

/// A saved meet of the checkout.
pub(crate) fn sample(name: &str) -> Value {
    read(&folder("../tests/data").join(format!("{name}.openlifter")))
}

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

pub(crate) fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn select(day: u16, platform: u16, flight: &str, lift: Lift) -> Selection {
    Selection {
        day,
        platform,
        flight: Some(flight.to_owned()),
        lift: Some(lift),
    }
}

/// What the shared selector of a day and platform says.
pub(crate) fn follow(day: u16, platform: u16) -> Selection {
    Selection {
        day,
        platform,
        flight: None,
        lift: None,
    }
}

/// The meet as it was while bench presses went on: the second ones of the entries from `index` on are still to come, and
/// nobody has pulled.
pub(crate) fn during_second_benches(mut saved: Value, index: usize) -> Value {
    let entries = saved["registration"]["entries"].as_array_mut().unwrap();
    for (place, entry) in entries.iter_mut().enumerate() {
        for slot in 0..5 {
            entry["deadliftStatus"][slot] = json!(0);
            if slot > 0 {
                entry["deadliftKg"][slot] = json!(0);
            }
            if slot > 2 || (slot == 2 && place >= index) {
                entry["benchKg"][slot] = json!(0);
            }
            if slot >= 2 || (slot == 1 && place >= index) {
                entry["benchStatus"][slot] = json!(0);
            }
        }
    }
    saved["lifting"] = json!({"day": 1, "platform": 1, "flight": "A", "lift": "B",
        "overrideAttempt": null, "overrideEntryId": null});
    saved
}
