//! Meets for the tests of this folder, and edits of them.

use serde_json::{Value, json};
use spotter_display::{Display, Epoch, OVERLAP};
use spotter_model::{
    ActorId, Author, Change, Edit, LocationName, Meet, Pen, Priority, Screen, Seen,
};

/// The platform that the tests look at.
pub(crate) const SCREEN: Screen = Screen {
    day: 1,
    platform: 1,
};

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

pub(crate) fn display() -> Display {
    Display::new(Epoch::at(1_763_651_045_000_000), OVERLAP)
}

/// Types a value at a path.
pub(crate) fn set(meet: &mut Meet, path: &str, text: &str) -> Option<Change> {
    let path = path.parse().unwrap();
    let value = meet.parse_value(&path, text).unwrap();
    let edit = Edit::set(path, &value).unwrap();
    meet.edit(&pen(), &edit, 1_700_000_001, None, Seen::Unchecked)
        .unwrap()
}

/// Three lifters, two of them in the flight that lifts.
pub(crate) fn small() -> Value {
    let entry = |id: i64, name: &str, flight: &str, squat: f64| {
        json!({
            "id": id, "day": 1, "platform": 1, "flight": flight, "name": name, "sex": "F",
            "birthDate": "1999-03-02", "age": 26, "memberId": "M-4711", "notes": "allergic to chalk",
            "country": "Norway", "state": "NO", "equipment": "Sleeves", "divisions": ["Open"], "events": ["SBD"],
            "lot": id - 4999, "team": "North", "guest": false, "bodyweightKg": 56.4, "squatRackInfo": "9 out",
            "benchRackInfo": "6/3", "squatKg": [squat, 0, 0, 0, 0], "benchKg": [0, 0, 0, 0, 0],
            "deadliftKg": [0, 0, 0, 0, 0], "squatStatus": [0, 0, 0, 0, 0], "benchStatus": [0, 0, 0, 0, 0],
            "deadliftStatus": [0, 0, 0, 0, 0]
        })
    };
    json!({
        "meet": {
            "name": "Fjordlands Open", "date": "2026-11-20", "inKg": true, "lengthDays": 1, "platformsOnDays": [1],
            "divisions": ["Open"], "weightClassesKgWomen": [52, 57, 63], "squatBarAndCollarsWeightKg": 25,
            "plates": [
                {"weightKg": 25, "pairCount": 4, "color": "#FF0000"}, {"weightKg": 2.5, "pairCount": 1, "color": "#111111"},
                {"weightKg": 1.25, "pairCount": 1, "color": "#D0D0D0"}
            ]
        },
        "registration": {"entries": [
            entry(5000, "Ann Aas", "A", 82.5),
            entry(5001, "Bea Bru", "A", 80.0),
            entry(5002, "Cem Can", "B", 100.0)
        ]}
    })
}
