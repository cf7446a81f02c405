//! What clients and servers say to each other.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use serde_json::{Value, json};
use spotter_sim_plan::{DeviceNumber, Write};

/// A write as replicas hand it on.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What was written, and for whom.
    pub write: Write,
    /// Who wrote it.
    pub device: DeviceNumber,
    /// What the writer's clock said, in milliseconds; it may be wrong.
    pub wall: i64,
    /// Of each register of it, the names of the writes that it overwrites.
    pub preds: BTreeMap<String, Vec<String>>,
}

impl Written {
    /// What orders this write among those of one register that have equal priority.
    pub fn counter(&self, register: &str) -> u64 {
        let own = self.write.counters.get(register);
        own.copied().unwrap_or(self.write.counter)
    }

    fn words(&self) -> Value {
        json!({"name": self.write.name, "wall": self.wall, "location": self.write.location, "priority": self.write.priority,
            "counter": self.write.counter, "actor": self.write.actor, "puts": self.write.puts, "preds": self.preds})
    }
}

/// A message: one JSON object, and the writes it carries or is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// What is said. Its length as JSON text is what is counted as traffic.
    pub words: Value,
    /// Writes that go with it.
    pub writes: Vec<Rc<Written>>,
    /// How long it is on the wire.
    pub bytes: u64,
}

impl Message {
    /// Words alone.
    pub fn new(words: Value) -> Self {
        let bytes = length(&words);
        Self {
            words,
            writes: Vec::new(),
            bytes,
        }
    }

    /// Carries writes, which are counted as what they are as JSON text.
    #[must_use]
    pub fn carrying(mut self, writes: Vec<Rc<Written>>) -> Self {
        let each = |write: &Rc<Written>| length(&write.words()) + 1;
        self.bytes += writes.iter().map(each).sum::<u64>();
        self.writes = writes;
        self
    }

    /// Notes which writes the words are about. That is for the trace alone: it is not on the wire, and whoever decides by
    /// it decides by what it cannot know.
    #[must_use]
    pub fn about(mut self, writes: Vec<Rc<Written>>) -> Self {
        self.writes = writes;
        self
    }

    /// What kind of message it is.
    pub fn kind(&self) -> &str {
        self.words["msgType"].as_str().unwrap_or_default()
    }

    /// A number of it; 0 if there is none of that name.
    pub fn number(&self, name: &str) -> u64 {
        self.words[name].as_u64().unwrap_or_default()
    }
}

/// How long a value is as JSON text, without making the text.
fn length(words: &Value) -> u64 {
    struct Counting(u64);
    impl io::Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counting = Counting(0);
    match serde_json::to_writer(&mut counting, words) {
        Ok(()) => counting.0,
        Err(never) => unreachable!("counting does not fail: {never}"),
    }
}
