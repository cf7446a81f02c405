//! What people do to a meet, from a seed: real edits through [`Meet`], in the order in which a relay would log them.
//!
//! The meet is imported from a saved file of OpenLifter as large as asked for, one change per entry. The edits are
//! those of a day: lifters are weighed in with rack heights and openers, then lift in flights, lightest bar first,
//! a verdict and then the weight of the next attempt; a desk corrects names and teams meanwhile. Beside it stands a
//! harsher kind, any field of any lifter.

use serde_json::{Map, Value, json};
use spotter_model::{ActorId, Author, Change, Edit, LocationName, Meet, Path, Pen, Priority, Seen};

/// When the meets begin: seconds since 1970.
const MORNING: i64 = 1_790_000_000;

/// Lifters in a flight.
const FLIGHT: usize = 14;

const LIFTS: [&str; 3] = ["squat", "bench", "deadlift"];

const GIVEN: [&str; 24] = [
    "Aino", "Bram", "Carla", "Dario", "Eszter", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kaisa",
    "Leo", "Mira", "Nils", "Oona", "Pavel", "Rosa", "Sami", "Tove", "Ugo", "Vera", "Wim", "Yara",
    "Zeno",
];

const FAMILY: [&str; 24] = [
    "Kettunen",
    "de Vries",
    "Ferrari",
    "Okafor",
    "Nagy",
    "Lindqvist",
    "Moreau",
    "Silva",
    "Håvik",
    "Berger",
    "Novak",
    "Keller",
    "Tanaka",
    "Rossi",
    "Duarte",
    "Virtanen",
    "Popescu",
    "Jensen",
    "Murphy",
    "Schmidt",
    "Costa",
    "Hansen",
    "Petrov",
    "Ahlgren",
];

const TEAMS: [&str; 8] = [
    "Iron Harbor",
    "Kraftverk",
    "North Barbell",
    "",
    "Steelworks",
    "Team Lagoon",
    "Old Mill",
    "",
];

/// A small generator: every run has the same meets.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed >> 33) as usize) % end.max(1)
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// The saved file of a meet with this many lifters, as OpenLifter writes it before the first weigh-in.
pub(crate) fn saved_meet(lifters: usize) -> String {
    let mut draw = Draw::new(11);
    let entries: Vec<Value> = (0..lifters).map(|place| entry(place, &mut draw)).collect();
    let lookup = (0..lifters).map(|place| ((5_000 + place).to_string(), place.into()));
    let lookup: Map<String, Value> = lookup.collect();
    json!({
        "versions": {"stateVersion": "1", "releaseVersion": "1.4"},
        "language": "en",
        "meet": {"name": "Harbor Open", "country": "Finland", "state": "", "city": "Turku", "federation": "SVNL",
            "date": "2026-11-20", "lengthDays": 1, "platformsOnDays": [2], "divisions": ["Open", "Masters", "Juniors"],
            "weightClassesKgMen": [59, 66, 74, 83, 93, 105, 120], "weightClassesKgWomen": [47, 52, 57, 63, 69, 76, 84],
            "weightClassesKgMx": [], "formula": "IPF Points", "ageCoefficients": "FosterMcCulloch",
            "combineSleevesAndWraps": false, "combineSingleAndMulti": false, "allow4thAttempts": false, "inKg": true,
            "showAlternateUnits": true, "squatBarAndCollarsWeightKg": 25, "benchBarAndCollarsWeightKg": 25,
            "deadliftBarAndCollarsWeightKg": 25,
            "plates": [{"weightKg": 25, "pairCount": 8, "color": "#FF0000"}, {"weightKg": 20, "pairCount": 1, "color": "#4990E2"}]},
        "registration": {"nextEntryId": 5_000 + lifters, "entries": entries, "lookup": lookup},
        "lifting": {"day": 1, "platform": 1, "flight": "A", "lift": "S", "overrideAttempt": null,
            "overrideEntryId": null, "columnDivisionWidthPx": 90}
    })
    .to_string()
}

fn entry(place: usize, draw: &mut Draw) -> Value {
    let zeros = [0; 5];
    let flight = place / 2 / FLIGHT;
    json!({
        "id": 5_000 + place, "day": 1, "platform": 1 + place % 2, "flight": flight_name(flight),
        "name": format!("{} {}", draw.one(&GIVEN), draw.one(&FAMILY)), "sex": draw.one(&["F", "M", "M"]),
        "birthDate": birth_date(draw), "age": 0, "country": "", "state": "", "intendedWeightClassKg": "",
        "equipment": draw.one(&["Sleeves", "Sleeves", "Wraps", "Single-ply"]),
        "divisions": [draw.one(&["Open", "Open", "Masters", "Juniors"])], "events": ["SBD"], "lot": 1 + draw.below(900),
        "memberId": format!("N-{}", 1_000 + draw.below(9_000)), "paid": draw.below(4) > 0, "team": draw.one(&TEAMS),
        "guest": false, "instagram": "", "notes": "", "bodyweightKg": 0, "squatRackInfo": "", "benchRackInfo": "",
        "squatKg": zeros, "benchKg": zeros, "deadliftKg": zeros, "squatStatus": zeros, "benchStatus": zeros,
        "deadliftStatus": zeros
    })
}

fn flight_name(flight: usize) -> String {
    ["A", "B", "C", "D", "E", "F", "G", "H"][flight % 8].to_owned()
}

fn birth_date(draw: &mut Draw) -> String {
    format!(
        "{}-{:02}-{:02}",
        1_960 + draw.below(48),
        1 + draw.below(12),
        1 + draw.below(28)
    )
}

/// What one person does at one place: the path of a register, and its new value.
type Act = (String, Value);

/// One lifter weighs in: bodyweight, racks, openers.
fn weigh_in(lifter: usize, draw: &mut Draw) -> Vec<(Act, f64)> {
    let bodyweight = 48.0 + draw.below(1_600) as f64 / 20.0;
    let squat = 60.0 + draw.below(56) as f64 * 2.5;
    let mut acts = vec![
        ((field(lifter, "bodyweightKg"), json!(bodyweight)), 0.0),
        (
            (
                field(lifter, "squatRackInfo"),
                json!((4 + draw.below(16)).to_string()),
            ),
            0.0,
        ),
    ];
    let bench = (2 + draw.below(10), 1 + draw.below(3));
    acts.push((
        (
            field(lifter, "benchRackInfo"),
            json!(format!("{}/{}", bench.0, bench.1)),
        ),
        0.0,
    ));
    let openers = [squat, round(squat * 0.65), round(squat * 1.15)];
    for (lift, kg) in LIFTS.iter().zip(openers) {
        acts.push(((attempt(lifter, lift, 1), json!([kg, 0])), kg));
    }
    acts
}

fn round(kg: f64) -> f64 {
    (kg / 2.5).floor() * 2.5
}

fn field(lifter: usize, name: &str) -> String {
    format!("entries.{}.{name}", 5_000 + lifter)
}

fn attempt(lifter: usize, lift: &str, number: usize) -> String {
    field(lifter, &format!("{lift}.{number}"))
}

/// The day of a platform: its lifters weigh in, then lift flight by flight.
fn day(lifters: &[usize], screen: &str, draw: &mut Draw) -> (Vec<Act>, Vec<Act>) {
    let (mut weighing, mut lifting) = (Vec::new(), Vec::new());
    for (number, flight) in lifters.chunks(FLIGHT).enumerate() {
        let mut bars: Vec<[f64; 3]> = Vec::new();
        for lifter in flight {
            let acts = weigh_in(*lifter, draw);
            bars.push([acts[3].1, acts[4].1, acts[5].1]);
            weighing.extend(acts.into_iter().map(|(act, _)| act));
        }
        for (place, lift) in LIFTS.iter().enumerate() {
            let letter = ["S", "B", "D"][place];
            let selector = json!({"flight": flight_name(number), "lift": letter, "overrideAttempt": null,
                "overrideEntryId": null});
            lifting.push((format!("lifting.{screen}"), selector));
            let mut order: Vec<(usize, f64)> = flight
                .iter()
                .copied()
                .zip(bars.iter().map(|bar| bar[place]))
                .collect();
            for round in 1..=3 {
                order.sort_by(|a, b| a.1.total_cmp(&b.1));
                for (lifter, kg) in &mut order {
                    let good = draw.below(10) < 8;
                    let verdict = if good { 1 } else { -1 };
                    lifting.push((attempt(*lifter, lift, round), json!([*kg, verdict])));
                    if good {
                        *kg += [2.5, 5.0, 5.0, 7.5, 10.0][draw.below(5)];
                    }
                    if round < 3 {
                        lifting.push((attempt(*lifter, lift, round + 1), json!([*kg, 0])));
                    }
                }
            }
        }
    }
    (weighing, lifting)
}

/// Any field of any lifter, with a value that could be true.
fn anything(lifters: usize, draw: &mut Draw) -> Act {
    const FIELDS: [&str; 20] = [
        "name",
        "sex",
        "birthDate",
        "age",
        "country",
        "intendedWeightClassKg",
        "equipment",
        "lot",
        "memberId",
        "paid",
        "team",
        "guest",
        "notes",
        "bodyweightKg",
        "squatRackInfo",
        "benchRackInfo",
        "day",
        "platform",
        "flight",
        "instagram",
    ];
    let lifter = draw.below(lifters);
    let which = draw.below(FIELDS.len() + 9);
    let Some(name) = FIELDS.get(which) else {
        let which = which - FIELDS.len();
        let kg = 40.0 + draw.below(120) as f64 * 2.5;
        let verdict = [-1, 0, 1, 1][draw.below(4)];
        return (
            attempt(lifter, LIFTS[which / 3], 1 + which % 3),
            json!([kg, verdict]),
        );
    };
    let value = match *name {
        "name" => json!(format!("{} {}", draw.one(&GIVEN), draw.one(&FAMILY))),
        "sex" => json!(draw.one(&["F", "M", "Mx"])),
        "birthDate" => json!(birth_date(draw)),
        "age" => json!(14 + draw.below(60)),
        "country" => json!(draw.one(&["Finland", "Norway", "Sweden", "Estonia"])),
        "intendedWeightClassKg" => json!(draw.one(&["59", "66", "74", "83", "93", "105", "120+"])),
        "equipment" => json!(draw.one(&["Bare", "Sleeves", "Wraps", "Single-ply", "Multi-ply"])),
        "lot" => json!(1 + draw.below(900)),
        "memberId" => json!(format!("N-{}", 1_000 + draw.below(9_000))),
        "paid" | "guest" => json!(draw.below(2) == 0),
        "team" => json!(draw.one(&TEAMS)),
        "bodyweightKg" => json!(48.0 + draw.below(1_600) as f64 / 20.0),
        "squatRackInfo" => json!((4 + draw.below(16)).to_string()),
        "benchRackInfo" => json!(format!("{}/{}", 2 + draw.below(10), 1 + draw.below(3))),
        "day" | "platform" => json!(1 + draw.below(2)),
        "flight" => json!(draw.one(&["A", "B", "C", "D"])),
        _ => json!(draw.one(&[
            "",
            "@lifts",
            "needs help with the rack",
            "left-handed spotter"
        ])),
    };
    (field(lifter, name), value)
}

/// A replica of the meet that edits for one location.
pub(crate) struct Desk {
    /// What it knows.
    pub(crate) meet: Meet,
    pen: Pen,
    /// How much of the log it has.
    seen: usize,
}

/// Several desks and every change in the order in which a relay would log it.
pub(crate) struct Story {
    /// Everything from the genesis on.
    pub(crate) log: Vec<Change>,
    /// How much of the log is the import.
    pub(crate) base: usize,
    /// The desks; the first one imported the meet.
    pub(crate) desks: Vec<Desk>,
    draw: Draw,
    now: i64,
}

impl Story {
    /// A meet that was imported by one desk and is known to this many others.
    pub(crate) fn new(lifters: usize, others: usize) -> Self {
        let importer = pen(0);
        let meet = ok(Meet::import(
            &saved_meet(lifters),
            &importer,
            [7; 16],
            MORNING,
        ));
        let log: Vec<Change> = meet.changes().collect();
        let base = log.len();
        let mut desks = vec![Desk {
            meet,
            pen: importer,
            seen: base,
        }];
        for number in 1..=others {
            let mut meet = Meet::open(log[0].hash());
            meet.receive(&log);
            desks.push(Desk {
                meet,
                pen: pen(number),
                seen: base,
            });
        }
        Self {
            log,
            base,
            desks,
            draw: Draw::new(5),
            now: MORNING + 60,
        }
    }

    /// One desk does one thing, some seconds after what was done last. Nothing happens if it changes nothing.
    fn act(&mut self, desk: usize, (path, value): &Act) {
        self.now += 3 + self.draw.below(28) as i64;
        let path: Path = ok(path.parse());
        let edit = ok(Edit::set(path, value));
        let desk = &mut self.desks[desk];
        if let Some(change) = ok(desk
            .meet
            .edit(&desk.pen, &edit, self.now, None, Seen::Unchecked))
        {
            self.log.push(change);
        }
        desk.meet.take_events();
    }

    /// A desk takes in all that the others have logged.
    pub(crate) fn catch_up(&mut self, desk: usize) {
        let desk = &mut self.desks[desk];
        desk.meet.receive(&self.log[desk.seen..]);
        desk.meet.take_events();
        desk.seen = self.log.len();
    }

    /// The changes after the import.
    pub(crate) fn edits(&self) -> &[Change] {
        &self.log[self.base..]
    }
}

/// What one device writes without a connection: three flights weigh in and lift.
pub(crate) fn offline(lifters: usize, edits: usize) -> Story {
    let mut story = Story::new(lifters, 1);
    let flights: Vec<usize> = (0..lifters).step_by(2).take(edits.div_ceil(20)).collect();
    let (weighing, lifting) = day(&flights, "1.1", &mut Draw::new(3));
    for act in weighing.iter().chain(&lifting) {
        if story.edits().len() < edits {
            story.act(1, act);
        }
    }
    story
}

/// What one device writes without a connection if it writes anything anywhere.
pub(crate) fn offline_anything(lifters: usize, edits: usize) -> Story {
    let mut story = Story::new(lifters, 1);
    let mut draw = Draw::new(4);
    while story.edits().len() < edits {
        story.act(1, &anything(lifters, &mut draw));
    }
    story
}

/// A whole day at four locations: a weigh-in, two platforms, and a desk that corrects entries. They are mostly
/// connected; now and then one of them is not, for a while.
pub(crate) fn whole_day(lifters: usize, edits: usize) -> Story {
    let mut story = Story::new(lifters, 4);
    let mut draw = Draw::new(9);
    let halves = [0, 1].map(|half| (half..lifters).step_by(2).collect::<Vec<usize>>());
    let (mut weighing, first) = day(&halves[0], "1.1", &mut draw);
    let (more, second) = day(&halves[1], "1.2", &mut draw);
    weighing.extend(more);
    let mut queues = [weighing.into_iter(), first.into_iter(), second.into_iter()];
    let mut away = [0_usize; 5];
    while story.edits().len() < edits {
        let weighing_in = queues[0].len() > 0;
        let desk = match draw.below(10) {
            0 => 4,
            turn if weighing_in => {
                if turn < 8 {
                    1
                } else {
                    4
                }
            }
            turn => 2 + turn % 2,
        };
        away[desk] = match away[desk] {
            0 if draw.below(300) == 0 => 40,
            0 => {
                story.catch_up(desk);
                0
            }
            still => still - 1,
        };
        let act = match desk {
            4 => anything(lifters, &mut draw),
            desk => queues[desk - 1]
                .next()
                .unwrap_or_else(|| anything(lifters, &mut draw)),
        };
        story.act(desk, &act);
    }
    for desk in 0..5 {
        story.catch_up(desk);
    }
    story
}

fn pen(number: usize) -> Pen {
    let names = [
        "Registration",
        "Weigh-in",
        "Platform 1",
        "Platform 2",
        "Jury",
    ];
    let location = LocationName::parse(names.get(number).copied().unwrap_or("Display"));
    let priority = Priority::new(10 * (number as u32 + 1));
    let mut draw = Draw::new(1_000 + number as u64);
    Pen {
        actor: ActorId::new([(); 8].map(|()| draw.below(256) as u8)),
        author: Author {
            location: ok(location),
            priority: ok(priority),
        },
    }
}

/// A generated meet is within all limits.
fn ok<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => unreachable!("{error:?}"),
    }
}
