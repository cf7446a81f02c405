//! Plays every example of `docs/resolution.md`, in every order of arrival.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use spotter_model::{
    ActorId, Author, Change, Document, LocationName, NewOps, ObjectId, Pen, Priority, RegisterId,
    Scalar, Target,
};

const PAGE: &str = include_str!("../../docs/resolution.md");

#[derive(Debug, Default)]
struct Example {
    writes: Vec<Line>,
    order: String,
    shows: String,
    conflict: bool,
    survivors: Option<String>,
}

#[derive(Debug)]
struct Line {
    name: String,
    location: String,
    priority: u32,
    value: String,
    on: Vec<String>,
    other_edits: usize,
}

fn examples() -> Vec<Example> {
    let blocks = PAGE.split("```example\n").skip(1);
    blocks
        .map(|block| parse(block.split("```").next().unwrap()))
        .collect()
}

fn parse(block: &str) -> Example {
    let mut example = Example::default();
    for line in block.lines() {
        let (name, rest) = line
            .split_once(": ")
            .unwrap_or_else(|| panic!("{line:?} has no name"));
        match name {
            "order" => example.order = rest.to_owned(),
            "shows" => example.shows = rest.to_owned(),
            "conflict" => example.conflict = rest == "yes",
            "survivors" => example.survivors = Some(rest.to_owned()),
            _ => example.writes.push(parse_write(name, rest)),
        }
    }
    example
}

fn parse_write(name: &str, rest: &str) -> Line {
    let words: Vec<&str> = rest.split(' ').collect();
    let [location, priority, "writes", value, "on", seen @ ..] = words.as_slice() else {
        panic!("{rest:?} is no write");
    };
    let after = seen.iter().position(|word| *word == "after");
    let on = &seen[..after.unwrap_or(seen.len())];
    Line {
        name: name.to_owned(),
        location: (*location).to_owned(),
        priority: priority.parse().unwrap(),
        value: (*value).to_owned(),
        on: on
            .iter()
            .filter(|word| **word != "-")
            .map(|word| (*word).to_owned())
            .collect(),
        other_edits: after.map_or(0, |after| seen[after + 1].parse().unwrap()),
    }
}

fn pen(actor: u8, line: &Line) -> Pen {
    Pen {
        actor: ActorId::new([actor; 8]),
        author: Author {
            location: LocationName::parse(&line.location).unwrap(),
            priority: Priority::new(line.priority).unwrap(),
        },
    }
}

fn register() -> RegisterId {
    RegisterId {
        object: ObjectId::Root,
        key: "disputed".to_owned(),
    }
}

fn set(document: &mut Document, pen: &Pen, key: &str, value: &str) -> Change {
    let mut ops = NewOps::new();
    ops.set(Target::Object(ObjectId::Root), key, value);
    document.write(pen, &ops, 0, None).unwrap().0
}

/// The example as real changes: the genesis, then those of each write by its name.
fn changes(example: &Example) -> (Change, BTreeMap<String, Vec<Change>>) {
    let mut ops = NewOps::new();
    ops.set(Target::Object(ObjectId::Root), "format", 1.0);
    let (_, genesis) = Document::begin(&pen(255, &example.writes[0]), &ops, 0).unwrap();
    let mut written: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for (number, line) in example.writes.iter().enumerate() {
        let mut replica = Document::new(genesis.hash());
        replica.receive(std::slice::from_ref(&genesis));
        line.on.iter().for_each(|seen| {
            replica.receive(&written[seen]);
        });
        let pen = pen(number as u8, line);
        let others =
            (0..line.other_edits).map(|n| set(&mut replica, &pen, "other", &n.to_string()));
        let mut own: Vec<Change> = others.collect();
        own.push(set(&mut replica, &pen, "disputed", &line.value));
        let before: Vec<Change> = line
            .on
            .iter()
            .flat_map(|seen| written[seen].clone())
            .collect();
        own.splice(0..0, before);
        written.insert(line.name.clone(), own);
    }
    (genesis, written)
}

fn orders_of_arrival(names: &[String]) -> Vec<Vec<String>> {
    let Some((first, rest)) = names.split_first() else {
        return vec![Vec::new()];
    };
    let insert = |order: Vec<String>| {
        (0..=order.len())
            .map(move |at| [&order[..at], std::slice::from_ref(first), &order[at..]].concat())
            .collect::<Vec<_>>()
    };
    orders_of_arrival(rest)
        .into_iter()
        .flat_map(insert)
        .collect()
}

fn text(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => text.clone(),
        Scalar::Null | Scalar::Bool(_) | Scalar::Number(_) => {
            panic!("the examples write texts, not {value:?}")
        }
    }
}

#[test]
fn every_example_of_the_page_is_what_a_document_shows() {
    let examples = examples();
    assert!(examples.len() >= 8, "the page has lost its examples");
    for example in &examples {
        let (genesis, written) = changes(example);
        let names: Vec<String> = example
            .writes
            .iter()
            .map(|line| line.name.clone())
            .collect();
        for arrival in orders_of_arrival(&names) {
            let mut document = Document::new(genesis.hash());
            document.receive(std::slice::from_ref(&genesis));
            for name in &arrival {
                document.receive(&written[name]);
            }
            check(example, &mut document, &written, &arrival);
        }
    }
}

fn check(
    example: &Example,
    document: &mut Document,
    written: &BTreeMap<String, Vec<Change>>,
    arrival: &[String],
) {
    let name_of = |hash| {
        let found = written
            .iter()
            .find(|(_, changes)| changes.last().unwrap().hash() == hash);
        found.unwrap().0.clone()
    };
    let history = document.history(&register());
    let order: Vec<String> = history
        .iter()
        .map(|written| name_of(written.change))
        .collect();
    assert_eq!(
        order.join(" "),
        example.order,
        "{example:?} arriving as {arrival:?}"
    );
    assert_eq!(text(&document.value(&register()).unwrap()), example.shows);
    assert_eq!(
        document.is_disputed(&register()),
        example.conflict,
        "{example:?}"
    );
    if let Some(simpler) = &example.survivors {
        let survivors = history.iter().filter(|written| written.standing);
        let winner = survivors
            .max_by_key(|written| (written.author.priority, written.id))
            .unwrap();
        assert_eq!(text(&winner.value), *simpler);
    }
}

#[test]
fn the_page_shows_a_beaten_value_that_the_simpler_rule_brings_back() {
    let told: BTreeSet<bool> = examples()
        .iter()
        .map(|example| {
            example
                .survivors
                .as_ref()
                .is_some_and(|survivors| *survivors != example.shows)
        })
        .collect();
    assert!(told.contains(&true));
}
