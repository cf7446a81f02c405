//! Meets to measure with, made by real documents from a seed.

use spotter_model::{
    ActorId, Author, Change, Document, LocationName, NewOps, ObjectId, Pen, Priority, Target,
};

/// Registers of an entry: 45 fields and 15 attempts.
const REGISTERS: usize = 60;

/// A small generator, so that every run measures the same meets.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

pub(crate) fn pen(actor: u64) -> Pen {
    let location = LocationName::parse(&format!("location {}", actor % 8));
    let priority = Priority::new((actor % 8) as u32);
    let (Ok(location), Ok(priority)) = (location, priority) else {
        unreachable!("a short name and a small number are valid");
    };
    Pen {
        actor: ActorId::new(actor.to_be_bytes()),
        author: Author { location, priority },
    }
}

/// Several replicas of one meet and every change in the order in which a relay would log it.
pub(crate) struct History {
    pub(crate) replicas: Vec<Document>,
    pub(crate) log: Vec<Change>,
    entries: Vec<ObjectId>,
    draw: Draw,
    /// How much of the log each replica has.
    seen: Vec<usize>,
}

impl History {
    /// A meet with this many lifters, known to all replicas.
    pub(crate) fn new(lifters: usize, replicas: usize) -> Self {
        let mut ops = NewOps::new();
        ops.make_container("entries");
        let (mut first, genesis) = ok(Document::begin(&pen(1_000_000), &ops, 0));
        let mut log = vec![genesis];
        let entries = Target::Object(first.maps(&ObjectId::Root)[0].1);
        for lifter in 0..lifters {
            let mut ops = NewOps::new();
            let entry = ops.make(entries);
            for register in 0..REGISTERS {
                ops.set(entry, &key(register), (lifter * register) as f64);
            }
            log.push(ok(first.write(&pen(1_000_000), &ops, 0, None)).0);
        }
        let root = first.index().root();
        let copies = std::iter::repeat_with(|| {
            let mut copy = Document::new(root);
            copy.receive(&log);
            copy
        });
        let replicas: Vec<Document> = copies.take(replicas).collect();
        let Target::Object(entries) = entries else {
            unreachable!("made above");
        };
        Self {
            entries: first.maps(&entries).into_iter().map(|(_, id)| id).collect(),
            seen: vec![log.len(); replicas.len()],
            replicas,
            log,
            draw: Draw::seeded(7),
        }
    }

    /// One edit of one field by a replica on what it knows.
    pub(crate) fn edit(&mut self, replica: usize, hot: bool) {
        let (lifter, register) = match hot {
            true => (0, 0),
            false => (
                self.draw.below(self.entries.len()),
                self.draw.below(REGISTERS),
            ),
        };
        let mut ops = NewOps::new();
        let value = self.draw.below(1 << 30) as f64 / 4.0;
        ops.set(Target::Object(self.entries[lifter]), &key(register), value);
        let written = self.replicas[replica].write(&pen(replica as u64), &ops, 1_790_000_000, None);
        self.log.push(ok(written).0);
    }

    /// One edit of a register of the root by the first replica: the title that a screen draws.
    pub(crate) fn title(&mut self, number: usize) {
        let mut ops = NewOps::new();
        ops.set(Target::Object(ObjectId::Root), "title", number as f64 + 0.5);
        let written = self.replicas[0].write(&pen(0), &ops, 1_790_000_000, None);
        self.log.push(ok(written).0);
    }

    /// One edit of a register of the root by the first replica, as long as most texts may be.
    pub(crate) fn long_text(&mut self, number: usize) {
        let mut ops = NewOps::new();
        let text = format!("{number} {}", "a long remark ".repeat(800));
        ops.set(Target::Object(ObjectId::Root), "remark", text.as_str());
        let written = self.replicas[0].write(&pen(0), &ops, 1_790_000_000, None);
        self.log.push(ok(written).0);
    }

    /// A replica takes in all that the relay has.
    pub(crate) fn catch_up(&mut self, replica: usize) {
        let news = &self.log[self.seen[replica]..];
        self.replicas[replica].receive(news);
        self.seen[replica] = self.log.len();
    }

    /// Edits by all replicas in turn, which hear of each other after every `exchange` edits.
    pub(crate) fn play(&mut self, edits: usize, exchange: usize, hot: bool) {
        for edit in 0..edits {
            self.edit(edit % self.replicas.len(), hot);
            if edit % exchange == exchange - 1 {
                (0..self.replicas.len()).for_each(|replica| self.catch_up(replica));
            }
        }
    }
}

fn key(register: usize) -> String {
    format!("field{register}")
}

/// A generated meet is within all limits.
pub(crate) fn ok<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => unreachable!("a generated meet is within all limits: {error:?}"),
    }
}
