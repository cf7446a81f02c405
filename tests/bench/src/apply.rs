//! Where a client's processor time goes when one change arrives from elsewhere and is shown: each stage by the clock,
//! the later ones as what they add to those before.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use spotter_model::{Change, Document, Index, Meet, ObjectId, OpAction, RegisterId};

use crate::clock::{cpu, micros};
use crate::day::Day;
use crate::history::ok;
use crate::report::{Bar, Report};

const CHANGES: usize = 500;

/// One change at a time, in a meet of 200 lifters after 2,000 edits.
pub(crate) fn measure(report: &mut Report) {
    let mut day = Day::begin(200);
    day.go_on(2_000);
    let known = day.log.len();
    day.go_on(CHANGES);
    let (base, news) = day.log.split_at(known);
    let admitting = admit(base, news);
    let receiving = receive(base, news, false);
    let showing = receive(base, news, true);
    let meaning = understand(base, news);
    let stages = [
        ("read the message: JSON, base64", read(news)),
        (
            "decode the change: parse, hash, canonical form",
            decode(news),
        ),
        ("admit it", admitting),
        (
            "place it in the replay order",
            receiving.saturating_sub(admitting),
        ),
        (
            "apply it by Automerge and read the value",
            showing.saturating_sub(receiving),
        ),
        (
            "tell what it means: entries, events, overrulings",
            meaning.saturating_sub(showing),
        ),
    ];
    let load = "a client shows one change";
    let whole: Duration = stages.iter().map(|(_, time)| *time).sum();
    let what = format!("{load}: processor time");
    report.add("profile", what, (micros(whole), "us"), None, Bar::None);
    for (stage, time) in stages {
        let share = 100.0 * time.as_secs_f64() / whole.as_secs_f64();
        report.add(
            "profile",
            format!("{load}: {stage}"),
            (share, "%"),
            None,
            Bar::None,
        );
        report.plot(
            &format!("profile, {load}"),
            stage,
            vec![(0.0, micros(time))],
        );
    }
}

/// Processor time of each.
fn each(news: &[Change], mut work: impl FnMut(&Change)) -> Duration {
    let (time, ()) = cpu(|| news.iter().for_each(&mut work));
    time / news.len() as u32
}

fn read(news: &[Change]) -> Duration {
    let texts: Vec<String> = news.iter().map(relayed).collect();
    let (time, bytes) = cpu(|| texts.iter().map(|text| bytes_in(text)).sum::<usize>());
    let there: usize = news.iter().map(|change| change.bytes().len()).sum();
    assert_eq!(bytes, there);
    time / news.len() as u32
}

fn relayed(change: &Change) -> String {
    let change = STANDARD.encode(&change.bytes()[..]);
    json!({
        "msgType": "UPDATE_RELAY", "updatesRelayed": [{"change": change, "serverSeqNum": 2_000}],
        "afterServerSeqNum": 1_999, "chain": "eb5987fb",
    })
    .to_string()
}

fn bytes_in(text: &str) -> usize {
    let message: Value = ok(serde_json::from_str(text));
    let change = &message["updatesRelayed"][0]["change"];
    ok(STANDARD.decode(change.as_str().unwrap_or_default())).len()
}

fn decode(news: &[Change]) -> Duration {
    each(news, |change| {
        assert!(Change::decode(change.bytes()).is_ok())
    })
}

fn admit(base: &[Change], news: &[Change]) -> Duration {
    let mut index = Index::new(base[0].hash());
    for change in base {
        let _ = ok(index.admit(change));
    }
    each(news, |change| assert!(index.admit(change).is_ok()))
}

fn receive(base: &[Change], news: &[Change], shows: bool) -> Duration {
    let mut document = Document::new(base[0].hash());
    document.receive(base);
    document.values(&ObjectId::Root);
    each(news, |change| {
        let received = document.receive(std::slice::from_ref(change));
        assert!(received.verdicts[0].is_ok());
        for register in registers(change).filter(|_| shows) {
            assert!(document.value(&register).is_some());
        }
    })
}

fn registers(change: &Change) -> impl Iterator<Item = RegisterId> {
    let sets = change
        .ops()
        .iter()
        .filter(|op| op.action != OpAction::MakeMap);
    sets.map(|op| RegisterId {
        object: op.object,
        key: op.key.clone(),
    })
}

fn understand(base: &[Change], news: &[Change]) -> Duration {
    let mut meet = Meet::open(base[0].hash());
    meet.receive(base);
    meet.entries();
    each(news, |change| {
        meet.receive(std::slice::from_ref(change));
        meet.take_events();
    })
}
