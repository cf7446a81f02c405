//! `kill -9` at random moments under load, with the acknowledgements recorded by another process: this one.
//!
//! `SPOTTER_KILLS=200 cargo test -p spotter-relay-server --test relay killed` takes its time and tries harder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use spotter_model::Change;
use spotter_relay_protocol::MeetId;
use spotter_relay_store::conformance::read_all;
use spotter_relay_store::{FlatFiles, LogStore};
use tokio::time::timeout;

use crate::wire::{Desk, Relay, come_back, go_live};

fn log_of(data: &Path, meet: MeetId) -> PathBuf {
    data.join("current-meets")
        .join(meet.digits())
        .join("updates.json.log")
}

#[tokio::test]
async fn what_was_acknowledged_survives_every_kill() {
    let kills: u64 = std::env::var("SPOTTER_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut relay = Relay::start(&data);
    let (mut desk, root) = Desk::new();
    let (mut wire, meet, token) = go_live(&relay, root).await;
    for kill in 0..kills {
        // Moments that no clock has a say in: a multiplicative sequence over the first 60 ms.
        let moment = Duration::from_micros((kill * 48_271 + 11) % 60_000);
        let _ = timeout(moment, desk.work(&mut wire)).await;
        relay.kill();
        // What had left the relay before it died counts as said.
        while let Some(word) = wire.hear().await {
            desk.heard(word);
        }
        relay = Relay::start(&data);
        let has;
        (wire, has) = come_back(&relay, meet, &token).await;
        desk.under_way = 0;
        let last = desk
            .acknowledged
            .last_key_value()
            .map_or(0, |(position, _)| *position);
        assert!(
            has >= last,
            "after kill {kill} the relay has {has} changes of {last}"
        );
    }
    relay.kill();
    let store = FlatFiles::new(&data);
    store.open(meet).unwrap();
    let kept = read_all(&store, meet, 0);
    for (position, hash) in &desk.acknowledged {
        let change = Change::decode(kept[*position as usize - 1].as_ref()).unwrap();
        assert_eq!(change.hash(), *hash, "at position {position}");
    }
    let acknowledged = desk.acknowledged.len();
    assert!(
        acknowledged as u64 > kills,
        "{acknowledged} acknowledgements are too few to say anything"
    );
    let lines = std::fs::read_to_string(log_of(&data, meet))
        .unwrap()
        .lines()
        .count();
    assert!(lines > acknowledged);
    assert_eq!(store.verify(&store.find(meet).unwrap()), []);
}
