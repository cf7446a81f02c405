//! What no honest program would send: garbage, bombs, floods, silence.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use spotter_model::Change;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Author, PASSWORD, Relay, Weather, Wire, World, base64, offering, until};

/// Changes of 16 kB each, more than all buffers between relay and reader hold together.
const LONG_CHANGES: u64 = 640;

#[test]
fn hostile_bytes_are_refused_and_harm_nobody() {
    let place = TempDir::new().unwrap();
    let mut relay = Relay::start_with(place.path(), &["--metrics-address", "127.0.0.1:0"]);
    let mut author = Author::begin(1);
    let (mut wire, created) = Wire::create(relay.address(), &mut author);
    wire.offer(0, std::slice::from_ref(author.genesis()));
    wire.hear("UPDATE_ACK");
    let fields =
        json!({"meetId": created["meetId"], "locationName": "Other", "password": PASSWORD});

    for garbage in [
        "",
        "null",
        "[]",
        "{",
        "{\"msgType\":7}",
        "\u{0}",
        "{\"msgType\":\"UPDATE_INIT\",\"updates\":7}",
    ] {
        let (mut hostile, _) = Wire::join(relay.address(), &fields);
        hostile.try_send(Message::text(garbage));
        let told = hostile.hear("MALFORMED_MESSAGE");
        assert!(!told["errMsg"].as_str().unwrap().is_empty());
    }
    let (mut hostile, _) = Wire::join(relay.address(), &fields);
    hostile.say(&json!({"msgType": "DROP_TABLES"}));
    assert_eq!(
        hostile.hear("UNKNOWN_MESSAGE_TYPE")["unknownType"],
        "DROP_TABLES"
    );
    let (mut hostile, _) = Wire::join(relay.address(), &fields);
    let unreadable = relay.metric("spotter_bad_messages_total");
    hostile.try_send(Message::text("x".repeat(3 << 20)));
    hostile.hear_the_end();
    relay.counts("spotter_links_closed_total{reason=\"too-large\"}", 1);
    relay.counts("spotter_bad_messages_total", unreadable + 1);
    let (mut hostile, _) = Wire::join(relay.address(), &fields);
    hostile.try_send(Message::binary(vec![0; 1_000]));
    hostile.hear_the_end();

    let good = author.write("squat", "100");
    let foreign = Author::begin(9);
    let mut flipped = good.bytes().to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    let mut bomb = good.bytes().to_vec();
    bomb[8] = 2;
    let bodies = [
        ("a flipped bit", base64(&flipped)),
        ("a compressed chunk", base64(&bomb)),
        ("no chunk at all", base64(b"spotter")),
        ("nothing", String::new()),
        ("another meet's genesis", base64(foreign.genesis().bytes())),
        ("the innocent one", base64(good.bytes())),
    ];
    let updates: Vec<_> = (10..)
        .zip(&bodies)
        .map(|(number, (_, body)): (u64, _)| json!({"localSeqNum": number, "change": body}))
        .collect();
    wire.say(&json!({"msgType": "UPDATE_INIT", "updates": updates}));
    let (mut refused, mut taken) = (Vec::new(), Vec::new());
    while refused.len() + taken.len() < bodies.len() {
        let answer = wire.hear_one_of(&["UPDATE_ACK", "UPDATE_REJECTED"]);
        taken.extend(numbers(&answer["updateAcks"]));
        refused.extend(numbers(&answer["updatesRejected"]));
        let told = answer["updatesRejected"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        assert!(
            told.iter()
                .all(|told| told["forGood"] == true && told["conflict"] == false),
            "{answer}"
        );
    }
    refused.sort_unstable();
    assert_eq!((refused, taken), (vec![10, 11, 12, 13, 14], vec![15]));
    relay.stop();
    relay.verify().ok();
}

#[test]
fn doubled_and_reordered_frames_change_nothing() {
    let place = TempDir::new().unwrap();
    let relay = Relay::start(place.path());
    let mut author = Author::begin(1);
    let (mut wire, created) = Wire::create(relay.address(), &mut author);
    wire.offer(0, std::slice::from_ref(author.genesis()));
    wire.hear("UPDATE_ACK");
    let changes: Vec<Change> = (0..3)
        .map(|n| author.write("squat", &n.to_string()))
        .collect();

    // Backwards: what builds on something unknown waits for it.
    wire.offer(3, &changes[2..]);
    wire.offer(2, &changes[1..2]);
    wire.offer(1, &changes[..1]);
    let mut positions = std::collections::BTreeMap::new();
    while positions.len() < 3 {
        note_positions(&wire.hear("UPDATE_ACK"), &mut positions);
    }
    // And everything once more.
    wire.offer(1, &changes);
    let again = wire.hear("UPDATE_ACK");
    for ack in again["updateAcks"].as_array().unwrap() {
        let local = ack["localSeqNum"].as_u64().unwrap();
        assert_eq!(
            ack["serverSeqNum"].as_u64(),
            positions.get(&local).copied(),
            "a double keeps its position"
        );
        assert!(
            ack["afterServerSeqNum"].is_null(),
            "and is not a new one: {ack}"
        );
    }
    wire.say(&json!({"msgType": "CLIENT_PULL", "lastServerSeq": 0, "logId": created["logId"]}));
    let mut seen = 0;
    loop {
        let message = wire.hear_one_of(&["UPDATE_RELAY", "CAUGHT_UP"]);
        if message["msgType"] == "CAUGHT_UP" {
            break;
        }
        seen += message["updatesRelayed"].as_array().unwrap().len();
    }
    assert_eq!(seen, 4, "the log holds each change once");
}

#[test]
fn changes_with_missing_dependencies_are_bounded() {
    let place = TempDir::new().unwrap();
    let relay = Relay::start(place.path());
    let mut author = Author::begin(1);
    let (mut wire, created) = Wire::create(relay.address(), &mut author);
    wire.offer(0, std::slice::from_ref(author.genesis()));
    wire.hear("UPDATE_ACK");
    let withheld = author.write("squat", "0");
    let orphans: Vec<Change> = (1..=2_000)
        .map(|n| author.write("squat", &n.to_string()))
        .collect();
    let before = resident_kib(&relay);
    let mut told = Value::Null;
    for (number, batch) in (1_000..)
        .step_by(100)
        .zip(orphans.chunks(100).cycle().take(200))
    {
        assert!(wire.try_say(&offering(number, batch)));
        // What is told meanwhile is heard, so that neither side waits for the other.
        while let Ok(Some(message)) = wire.next() {
            told = message;
        }
    }
    if told.is_null() {
        told = wire.hear("UPDATE_REJECTED");
    }
    let first = &told["updatesRejected"][0];
    assert_eq!(first["forGood"], false, "{told}");
    let grown = resident_kib(&relay).saturating_sub(before);
    assert!(
        grown < 32 * 1_024,
        "{grown} KiB more for 20,000 changes that cannot be placed"
    );

    // An honest sender goes on unhindered, and so do the orphans once their parent is there.
    let fields =
        json!({"meetId": created["meetId"], "locationName": "Other", "password": PASSWORD});
    let (mut honest, _) = Wire::join(relay.address(), &fields);
    honest.offer(1, &[withheld]);
    honest.hear("UPDATE_ACK");
    honest.offer(2, &orphans[..100]);
    honest.hear("UPDATE_ACK");
}

#[test]
fn slow_reader_is_let_go_and_delays_nobody() {
    let place = TempDir::new().unwrap();
    let relay = Relay::start(place.path());
    let mut author = Author::begin(1);
    let (mut wire, created) = Wire::create(relay.address(), &mut author);
    wire.offer(0, std::slice::from_ref(author.genesis()));
    wire.hear("UPDATE_ACK");
    let fields =
        json!({"meetId": created["meetId"], "locationName": "Other", "password": PASSWORD});
    let (mut slow, _) = Wire::join(relay.address(), &fields);
    slow.hear("CAUGHT_UP");

    let before = resident_kib(&relay);
    let long = "x".repeat(16_000);
    for number in 1..=LONG_CHANGES {
        let change = author.write("notes", &long);
        until("the change is acknowledged", || {
            wire.offer(number, std::slice::from_ref(&change));
            let answer = wire.hear_one_of(&["UPDATE_ACK", "UPDATE_REJECTED"]);
            // "Too fast" is told now and then, and is nothing to wonder at.
            (answer["msgType"] == "UPDATE_ACK").then_some(())
        });
    }
    let grown = resident_kib(&relay).saturating_sub(before);
    assert!(
        grown < 48 * 1_024,
        "{grown} KiB more while somebody did not read 14 MB"
    );

    // The slow one was let go before the end; it comes back and gets what it missed.
    let last = slow.hear_the_end().unwrap();
    assert_ne!(last["updatesRelayed"][0]["serverSeqNum"], LONG_CHANGES + 1);
    let (mut back, joined) = Wire::join(relay.address(), &fields);
    assert_eq!(joined["serverSeqNum"], LONG_CHANGES + 1);
    back.hear("CAUGHT_UP");
}

#[test]
fn slow_network_delays_and_breaks_nothing() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    world.turn("B", Weather::Slow(Duration::from_millis(150)));
    world.replica("B").set("entries.5001.squat.1", "122.5 good");
    world.replica("A").set("entries.5001.squat.1", "125 good");
    world.agree();
    assert_eq!(world.replica("B").get("entries.5001.squat.1"), "125 good");
}

#[test]
fn relay_answers_health_questions_on_its_port() {
    let place = TempDir::new().unwrap();
    let relay = Relay::start(place.path());
    for path in ["/healthz", "/readyz"] {
        let answer = http_get(relay.address(), path);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
    assert!(http_get(relay.address(), "/no-such-page").starts_with("HTTP/1.1 404"));
}

#[test]
fn public_address_without_tls_is_refused_unless_told_so() {
    let place = TempDir::new().unwrap();
    let told = Relay::refuses_to_start(place.path(), &["--listen", "0.0.0.0:0"]);
    assert!(told.contains("TLS"), "{told}");
}

#[test]
fn no_log_holds_a_password_a_token_or_a_lifter() {
    let mut world = World::of(&[("A", 20), ("B", 10)]);
    world
        .replica("A")
        .set("entries.5003.name", "Somebody Secret");
    world.agree();
    let mut wire = Wire::to(world.relay.address());
    let fields = json!({"meetId": world.meet_id, "locationName": "A", "password": PASSWORD});
    wire.say(&crate::harness::joining(&fields));
    let token = wire.hear("MEET_JOINED")["sessionToken"]
        .as_str()
        .unwrap()
        .to_owned();
    wire.try_send(Message::text(format!(
        "{{\"msgType\":\"JOIN_MEET\",\"password\":\"{PASSWORD}\""
    )));
    wire.hear("MALFORMED_MESSAGE");
    world.relay.stop();
    let mut logs = world.relay.printed();
    logs.push_str(&fs::read_to_string(world.relay.data().join("diag.log")).unwrap());
    assert!(!logs.is_empty(), "there is something to look at");
    for secret in [PASSWORD, &token, "Somebody Secret", "Secret"] {
        assert!(!logs.contains(secret), "a log holds {secret}");
    }
    let records = ["auth.json", "sessions.json"]
        .map(|name| fs::read_to_string(world.relay.meet(&world.meet_id).join(name)).unwrap())
        .concat();
    for secret in [PASSWORD, &token] {
        assert!(!records.contains(secret), "a record holds {secret}");
    }
}

#[test]
fn data_folder_is_laid_out_as_documented() {
    let world = World::of(&[("A", 20), ("B", 10)]);
    let meet = world.relay.meet(&world.meet_id);
    for name in ["updates.json.log", "auth.json", "sessions.json"] {
        assert!(
            meet.join(name).is_file(),
            "{name} is missing in {}",
            meet.display()
        );
    }
    assert!(world.relay.data().join("diag.log").is_file());
    let log = fs::read_to_string(meet.join("updates.json.log")).unwrap();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(
            line["k"].is_string(),
            "every line carries its checksum: {line}"
        );
    }
}

fn numbers(answers: &Value) -> Vec<u64> {
    let answers = answers.as_array().map(Vec::as_slice).unwrap_or_default();
    answers
        .iter()
        .map(|answer| answer["localSeqNum"].as_u64().unwrap())
        .collect()
}

fn note_positions(message: &Value, positions: &mut std::collections::BTreeMap<u64, u64>) {
    for ack in message["updateAcks"].as_array().unwrap() {
        positions.insert(
            ack["localSeqNum"].as_u64().unwrap(),
            ack["serverSeqNum"].as_u64().unwrap(),
        );
    }
}

/// The memory a relay has in use, in KiB.
fn resident_kib(relay: &Relay) -> u64 {
    let status =
        fs::read_to_string(format!("/proc/{}/status", relay.pid().as_raw_nonzero())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn http_get(address: &str, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
