//! Every store, put through the behaviours of the contract.
#![allow(clippy::unwrap_used)]

use spotter_relay_store::conformance::Folder;
use spotter_relay_store::{FlatFiles, LogStore, Memory, conformance_tests};

struct Disk(tempfile::TempDir);

impl Folder for Disk {
    fn store(&self) -> Box<dyn LogStore> {
        Box::new(FlatFiles::new(&self.0.path().join("data")))
    }
}

struct Shared(Memory);

impl Folder for Shared {
    fn store(&self) -> Box<dyn LogStore> {
        Box::new(self.0.clone())
    }
}

mod flat_files {
    use super::*;

    conformance_tests!(Disk(tempfile::tempdir().unwrap()));
}

mod memory {
    use super::*;

    conformance_tests!(Shared(Memory::default()));
}
