//! Very many meets at once on one core, beside one meet alone and beside a bare broadcast with as many rooms.

use std::rc::Rc;
use std::time::Duration;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::clock::{median, millis, p99};
use crate::fleet::{CLIENTS, Fleet, Voyage};
use crate::latency::{prepare, update};
use crate::mint::Place;
use crate::report::{Bar, Report, Spread};
use crate::run_local;
use crate::servers::Server;

/// One edit a second in each meet.
const PACE: Duration = Duration::from_secs(1);
/// A meet alone edits faster, to have enough to take a 99th percentile of.
const PACE_ALONE: Duration = Duration::from_millis(50);
const EDITS_ALONE: usize = 100;

/// Picks one value of a run.
type Kind = fn(&Voyage) -> Duration;

/// What each round has measured.
#[derive(Default)]
struct Rounds {
    alone: Vec<Voyage>,
    many: Vec<(Voyage, Duration)>,
    broadcast: Vec<(Voyage, Duration)>,
}

/// A hundred meets, or a thousand.
pub(crate) fn measure(report: &mut Report, long: bool) {
    let (meets, seconds, rounds) = if long { (1_000, 10, 3) } else { (100, 5, 2) };
    let measured = run_local(play(meets, seconds, rounds));
    let alone = Spread::of(
        measured
            .alone
            .iter()
            .map(|voyage| millis(p99(&voyage.delivered))),
    );
    report.spread(
        "many",
        "one meet, three clients: edit to the others, 99th percentile",
        (alone, "ms"),
        None,
        Bar::None,
    );
    let missing: usize = measured.many.iter().map(|(voyage, _)| voyage.missing).sum();
    let what = format!("{meets} meets: edits not acknowledged or not delivered");
    report.add("many", what, (missing as f64, ""), None, Bar::Value(0.0));
    let of = |kind: Kind| Spread::of(measured.many.iter().map(|(voyage, _)| millis(kind(voyage))));
    let kinds: [(&str, Kind, Bar); 4] = [
        (
            "acknowledgement, median",
            |voyage| median(&voyage.acknowledged),
            Bar::None,
        ),
        (
            "acknowledgement, 99th percentile",
            |voyage| p99(&voyage.acknowledged),
            Bar::None,
        ),
        (
            "the others, median",
            |voyage| median(&voyage.delivered),
            Bar::None,
        ),
        (
            "the others, 99th percentile",
            |voyage| p99(&voyage.delivered),
            Bar::Ratio(4.0),
        ),
    ];
    for (name, kind, bar) in kinds {
        let what = format!("{meets} meets, one edit a second each: edit to {name}");
        let reference = Some(("one meet's 99th percentile, ms", alone.middle));
        report.spread("many", what, (of(kind), "ms"), reference, bar);
    }
    let edits = (meets * seconds) as f64;
    let cpu = |rounds: &[(Voyage, Duration)]| {
        Spread::of(rounds.iter().map(|(_, cpu)| millis(*cpu) * 1_000.0 / edits))
    };
    let what = format!("{meets} meets: relay's processor time for 1,000 edits");
    let reference = Some(("a bare broadcast, ms", cpu(&measured.broadcast).middle));
    report.spread(
        "many",
        what,
        (cpu(&measured.many), "ms"),
        reference,
        Bar::Ratio(2.0),
    );
    let mut all: Vec<Duration> = measured
        .many
        .into_iter()
        .flat_map(|(voyage, _)| voyage.delivered)
        .collect();
    let mut one: Vec<Duration> = measured
        .alone
        .into_iter()
        .flat_map(|voyage| voyage.delivered)
        .collect();
    report.plot("many", &format!("{meets} meets"), distribution(&mut all));
    report.plot("many", "one meet", distribution(&mut one));
}

async fn play(meets: usize, seconds: usize, rounds: usize) -> Rounds {
    let (base, changes) = prepare((seconds * rounds + 2).max(EDITS_ALONE * rounds + 10));
    let texts: Rc<[Utf8Bytes]> = changes.iter().enumerate().map(update).collect();
    let first = base.len() + 1;
    let place_alone = Place::with_meets(1, CLIENTS, &base);
    let relay_alone = Server::relay(place_alone.path(), &[]);
    let mut alone = Fleet::at_relay(relay_alone.address, &place_alone.meets, &texts, first).await;
    let place = Place::with_meets(meets, CLIENTS, &base);
    let relay = Server::relay(place.path(), &[]);
    let mut many = Fleet::at_relay(relay.address, &place.meets, &texts, first).await;
    let bare = Server::broadcast();
    let frames: Rc<[Utf8Bytes]> = (0..texts.len()).map(bare_frame).collect();
    let mut rooms = Fleet::at_broadcast(bare.address, meets, &frames).await;
    alone.sail(10, PACE_ALONE).await;
    many.sail(1, PACE).await;
    rooms.sail(1, PACE).await;
    let mut measured = Rounds::default();
    for _ in 0..rounds {
        measured
            .alone
            .push(alone.sail(EDITS_ALONE, PACE_ALONE).await);
        let before = relay.cpu();
        let voyage = many.sail(seconds, PACE).await;
        measured
            .many
            .push((voyage, relay.cpu().saturating_sub(before)));
        let before = bare.cpu();
        let voyage = rooms.sail(seconds, PACE).await;
        measured
            .broadcast
            .push((voyage, bare.cpu().saturating_sub(before)));
    }
    measured
}

/// As long as a relayed change, with its number.
fn bare_frame(number: usize) -> Utf8Bytes {
    let mut text = format!("{{\"localSeqNum\":{number},\"change\":\"");
    text.push_str(&"x".repeat(300));
    text.into()
}

/// For a plot: milliseconds, and the share that took at most so long.
fn distribution(times: &mut [Duration]) -> Vec<(f64, f64)> {
    times.sort_unstable();
    let count = times.len().max(1);
    let step = (count / 200).max(1);
    let points = times.iter().enumerate().step_by(step);
    points
        .map(|(place, time)| (millis(*time), place as f64 / count as f64))
        .collect()
}
