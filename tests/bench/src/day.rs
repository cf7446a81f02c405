//! A meet's day as it is written down: lifters weigh in, change their openers, and lift on three platforms in the order of
//! their flights, seconds apart. Made by real replicas from a real saved file, with a few edits that did not know of
//! each other.

use serde_json::{Value, json};
use spotter_model::{ActorId, Author, Change, Edit, LocationName, Meet, Path, Pen, Priority, Seen};

use crate::history::{Draw, ok};

/// One desk for weighing in, three platforms.
const DESKS: usize = 4;
/// The day begins.
const MORNING: i64 = 1_795_250_000;
/// One edit in so many is made before the one before it has been heard of.
const UNHEARD: usize = 10;

/// A meet after some part of its day.
pub(crate) struct Day {
    /// The saved file became the genesis and a change for each lifter; then the edits, in the order of a relay's log.
    pub(crate) log: Vec<Change>,
    desks: Vec<Meet>,
    pens: Vec<Pen>,
    /// How much of the log each desk has heard.
    heard: Vec<usize>,
    script: std::vec::IntoIter<Line>,
    now: i64,
    draw: Draw,
}

/// One edit to come.
struct Line {
    desk: usize,
    path: String,
    value: String,
    /// Seconds since the one before.
    later: i64,
}

impl Day {
    /// The morning, with this many lifters.
    pub(crate) fn begin(lifters: usize) -> Self {
        let pens: Vec<Pen> = (0..DESKS).map(pen).collect();
        let first = ok(Meet::import(&saved(lifters), &pens[0], [7; 16], MORNING));
        let log: Vec<Change> = first.changes().collect();
        let mut desks = vec![first];
        for _ in 1..DESKS {
            let mut desk = Meet::open(log[0].hash());
            desk.receive(&log);
            desks.push(desk);
        }
        Self {
            heard: vec![log.len(); DESKS],
            log,
            desks,
            pens,
            script: script(lifters).into_iter(),
            now: MORNING,
            draw: Draw::seeded(11),
        }
    }

    /// The day goes on for this many edits.
    pub(crate) fn go_on(&mut self, edits: usize) {
        for _ in 0..edits {
            let Some(line) = self.script.next() else {
                unreachable!("the day has enough edits for what is measured")
            };
            self.now += line.later;
            if self.draw.below(UNHEARD) > 0 {
                self.hear(line.desk);
            }
            let pen = &self.pens[line.desk];
            let edit = line.edit(&mut self.desks[line.desk]);
            let written = self.desks[line.desk].edit(pen, &edit, self.now, None, Seen::Unchecked);
            self.log.extend(ok(written));
        }
    }

    /// The next edits as one desk would make them that is cut off: the edit, and when.
    pub(crate) fn cut_off(&mut self, edits: usize) -> Vec<(Edit, i64)> {
        self.hear(0);
        let lines: Vec<Line> = self.script.by_ref().take(edits).collect();
        assert_eq!(lines.len(), edits, "the day has enough edits");
        let mut made = Vec::new();
        for line in lines {
            self.now += line.later;
            made.push((line.edit(&mut self.desks[0]), self.now));
        }
        made
    }

    /// The document as Automerge's own file.
    pub(crate) fn save(&mut self) -> Vec<u8> {
        self.hear(0);
        self.desks[0].save()
    }

    /// What the clock shows.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    fn hear(&mut self, desk: usize) {
        let news = &self.log[self.heard[desk]..];
        self.desks[desk].receive(news);
        self.heard[desk] = self.log.len();
    }
}

impl Line {
    fn edit(&self, meet: &mut Meet) -> Edit {
        let path: Path = ok(self.path.parse());
        let value = ok(meet.parse_value(&path, &self.value));
        ok(Edit::set(path, &value))
    }
}

fn pen(desk: usize) -> Pen {
    let location = LocationName::parse(["desk", "screen", "Platform 2", "Platform 3"][desk]);
    let author = Author {
        location: ok(location),
        priority: ok(Priority::new(10 * (desk as u32 + 1))),
    };
    // As random as an actor is.
    let mut draw = Draw::seeded(desk as u64 + 100);
    let actor = std::array::from_fn(|_| draw.below(256) as u8);
    Pen {
        actor: ActorId::new(actor),
        author,
    }
}

/// The demonstration meet with as many lifters, each with what a registration knows.
fn saved(lifters: usize) -> String {
    let mut meet: Value = ok(serde_json::from_str(include_str!(
        "../../data/demonstration.openlifter"
    )));
    let known = meet["registration"]["entries"].as_array().cloned();
    let known = known.unwrap_or_default();
    let entries = (0..lifters).map(|number| {
        let mut entry = known[number % known.len()].clone();
        entry["id"] = json!(5_000 + number);
        entry["name"] = json!(format!("Lifter {number} of {}", entry["name"]));
        entry["platform"] = json!(number % 3 + 1);
        entry
    });
    meet["registration"]["entries"] = entries.collect();
    meet["registration"]["nextEntryId"] = json!(5_000 + lifters);
    meet.to_string()
}

const LIFTS: [&str; 3] = ["squat", "bench", "deadlift"];

/// Everything that is written on the day: 31 edits a lifter.
fn script(lifters: usize) -> Vec<Line> {
    let mut writer = Writer {
        draw: Draw::seeded(5),
        lines: Vec::new(),
    };
    let mut next: Vec<[usize; 3]> = (0..lifters).map(|_| writer.openers()).collect();
    writer.weigh_in(&next);
    writer.change_openers(&mut next);
    // Three platforms side by side; a flight is a tenth of the lifters.
    let all: Vec<usize> = (0..lifters).collect();
    for lift in 0..LIFTS.len() {
        for flight in all.chunks((lifters / 10).max(3)) {
            for attempt in 0..3 {
                writer.round(flight, lift, attempt, &mut next);
            }
        }
    }
    writer.correct(lifters);
    writer.lines
}

/// Writes the lines, with what cannot be foreseen drawn.
struct Writer {
    draw: Draw,
    lines: Vec<Line>,
}

impl Writer {
    fn line(&mut self, desk: usize, lifter: usize, path: &str, value: String, later: usize) {
        self.lines.push(Line {
            desk,
            path: format!("entries.{}.{path}", 5_000 + lifter),
            value,
            later: (later + self.draw.below(25)) as i64,
        });
    }

    /// Weights to begin with, in quarters of a kilogram.
    fn openers(&mut self) -> [usize; 3] {
        let strength = self.draw.below(40);
        [240, 140, 300].map(|base| base + 10 * strength + 10 * self.draw.below(12))
    }

    fn weigh_in(&mut self, openers: &[[usize; 3]]) {
        let mut lots: Vec<usize> = (1..=openers.len()).collect();
        for (lifter, openers) in openers.iter().enumerate() {
            let lot = lots.swap_remove(self.draw.below(lots.len()));
            let weight = (4_500 + self.draw.below(8_000)) as f64 / 100.0;
            self.line(0, lifter, "bodyweightKg", weight.to_string(), 20);
            self.line(0, lifter, "lot", lot.to_string(), 2);
            for rack in ["squatRackInfo", "benchRackInfo"] {
                let height = self.draw.below(20).to_string();
                self.line(0, lifter, rack, height, 3);
            }
            for (lift, weight) in LIFTS.iter().zip(openers) {
                self.line(0, lifter, &format!("{lift}.1"), kilograms(*weight), 3);
            }
        }
    }

    fn change_openers(&mut self, next: &mut [[usize; 3]]) {
        for (lifter, weights) in next.iter_mut().enumerate() {
            for (lift, weight) in LIFTS.iter().zip(weights) {
                *weight = (*weight + 10 * self.draw.below(3)).saturating_sub(10) + 1;
                self.line(0, lifter, &format!("{lift}.1"), kilograms(*weight), 5);
            }
        }
    }

    /// One attempt of each lifter of a flight, the lightest first, and the next weight each asks for.
    fn round(&mut self, flight: &[usize], lift: usize, attempt: usize, next: &mut [[usize; 3]]) {
        let mut order = flight.to_vec();
        order.sort_by_key(|lifter| next[*lifter][lift]);
        let path = |attempt: usize| format!("{}.{}", LIFTS[lift], attempt + 1);
        for lifter in order {
            let desk = lifter % 3 + 1;
            let weight = &mut next[lifter][lift];
            let is_good = self.draw.below(4) > 0;
            let verdict = if is_good { "good" } else { "no" };
            let lifted = format!("{} {verdict}", kilograms(*weight));
            *weight += if is_good {
                10 * (1 + self.draw.below(4))
            } else {
                0
            };
            let asked = kilograms(*weight);
            self.line(desk, lifter, &path(attempt), lifted, 10);
            if attempt < 2 {
                self.line(desk, lifter, &path(attempt + 1), asked, 5);
            }
        }
    }

    /// Corrections at the desk afterwards.
    fn correct(&mut self, lifters: usize) {
        for lifter in 0..lifters {
            for round in 0..6 {
                let word = ["checked", "called", "paid", "doping control"][self.draw.below(4)];
                let note = format!("{word} {} {round}", self.draw.below(900));
                self.line(0, lifter, "notes", note, 5);
            }
        }
    }
}

fn kilograms(quarters: usize) -> String {
    (quarters as f64 / 4.0).to_string()
}
