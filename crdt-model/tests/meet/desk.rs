//! What the tests of this folder share: desks that write, and saved meets to write about.

use std::path::{Path as File, PathBuf};

use serde_json::Value;
use spotter_model::{
    ActorId, Admission, Author, Change, Edit, LocationName, Meet, ModelError, Pen, Priority, Seen,
    json_text,
};

/// A replica and the pen it writes with.
pub(crate) struct Desk {
    pub(crate) meet: Meet,
    pub(crate) pen: Pen,
}

impl Desk {
    pub(crate) fn pen(location: &str, line: u8, priority: u32) -> Pen {
        let name = location
            .bytes()
            .fold(line, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        Pen {
            actor: ActorId::new([name, line, 3, 4, 5, 6, 7, 8]),
            author: Author {
                location: LocationName::parse(location).unwrap(),
                priority: Priority::new(priority).unwrap(),
            },
        }
    }

    pub(crate) fn import(saved: &str, location: &str, priority: u32) -> Self {
        let pen = Self::pen(location, 1, priority);
        let meet = Meet::import(saved, &pen, [7; 16], 1_700_000_000).unwrap();
        Self { meet, pen }
    }

    pub(crate) fn join(&self, location: &str, priority: u32) -> Self {
        let mut meet = Meet::open(self.meet.root());
        let changes: Vec<Change> = self.meet.changes().collect();
        for (_, verdict) in meet.receive(&changes) {
            assert_eq!(verdict, Ok(Admission::Admitted));
        }
        meet.take_events();
        let pen = Self::pen(location, 2, priority);
        Self { meet, pen }
    }

    pub(crate) fn try_edit(
        &mut self,
        edit: &Edit,
        seen: Seen,
    ) -> Result<Option<Change>, ModelError> {
        self.meet.edit(&self.pen, edit, 1_700_000_001, None, seen)
    }

    pub(crate) fn set(&mut self, path: &str, value: Value) {
        let edit = Edit::set(path.parse().unwrap(), &value).unwrap();
        self.try_edit(&edit, Seen::Unchecked).unwrap();
    }

    pub(crate) fn text(&mut self, path: &str) -> String {
        self.meet.get(&path.parse().unwrap()).unwrap().held.text
    }

    pub(crate) fn events(&mut self) -> Vec<String> {
        self.meet
            .take_events()
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

/// Gives each replica what the other one has.
pub(crate) fn exchange(one: &mut Desk, other: &mut Desk) {
    send(one, other);
    send(other, one);
    assert_eq!(one.meet.heads(), other.meet.heads());
}

fn send(from: &Desk, to: &mut Desk) {
    let missing = from.meet.beyond(&to.meet.heads());
    let changes: Vec<Change> = missing
        .iter()
        .filter_map(|hash| from.meet.change(hash))
        .collect();
    for (_, verdict) in to.meet.receive(&changes) {
        assert!(
            matches!(verdict, Ok(Admission::Admitted | Admission::Known)),
            "{verdict:?}"
        );
    }
}

/// The saved file of a meet, as text.
pub(crate) fn file(meet: &mut Meet) -> String {
    json_text(&meet.export(None).unwrap())
}

/// Our own saved meets, and more where `SPOTTER_SAMPLES` or a folder beside the checkout has them.
pub(crate) fn saved_meets() -> Vec<String> {
    let files = sample_files("openlifter");
    files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect()
}

/// The files in the sample folders whose name ends so.
pub(crate) fn sample_files(ending: &str) -> Vec<PathBuf> {
    let checkout = File::new(env!("CARGO_MANIFEST_DIR"));
    let beside = checkout.join("../../shared/samples");
    let more = std::env::var_os("SPOTTER_SAMPLES").map_or(beside, PathBuf::from);
    let folders = [
        checkout.join("tests/data"),
        checkout.join("../tests/data"),
        more,
    ];
    let files = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    let mut files: Vec<PathBuf> = files.map(|file| file.path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(ending));
    files.sort();
    files
}
