//! A relay whose settings are changed while it works.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use spotter_relay_protocol::RelayMessage;
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::counted::{number, scrape, start_counting};
use crate::wire::{Desk, Relay, Wire, create_meet};

/// Asks a relay to read its settings again, and waits until it has said what came of it.
async fn reread(relay: &Relay, data: &Path) -> Vec<serde_json::Value> {
    let diag = || fs::read_to_string(data.join("diag.log")).unwrap();
    let before = diag().lines().count();
    let process = relay.process.id().to_string();
    let asked = Command::new("kill").args(["-HUP", &process]).status();
    assert!(asked.unwrap().success());
    let told = async {
        loop {
            let new: Vec<serde_json::Value> = diag()
                .lines()
                .skip(before)
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect();
            let is_said = |line: &serde_json::Value| {
                line["event"]
                    .as_str()
                    .is_some_and(|event| event.starts_with("settings were"))
            };
            if new.iter().any(is_said) {
                return new;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), told).await.unwrap()
}

async fn may_connect(relay: &Relay, origin: &str) -> bool {
    let url = format!("ws://{}/", relay.address);
    let mut request = url.into_client_request().unwrap();
    request
        .headers_mut()
        .insert("origin", origin.parse().unwrap());
    connect_async(request).await.is_ok()
}

/// Makes a change and waits until it and all before it are acknowledged.
async fn edit(desk: &mut Desk, wire: &mut Wire) {
    desk.make();
    while !desk.unacknowledged.is_empty() {
        desk.offer(wire).await;
        let word: RelayMessage = wire.hear().await.unwrap();
        desk.heard(word);
    }
}

fn event<'a>(told: &'a [serde_json::Value], words: &str) -> &'a serde_json::Value {
    let found = told.iter().find(|line| line["event"] == words);
    found.unwrap_or_else(|| panic!("{words} in {told:?}"))
}

#[tokio::test]
async fn sighup_changes_what_can_change_names_what_cannot_and_cuts_nobody_off() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("relay.toml"));
    fs::write(&file, "origins = ['https://old.example']\n").unwrap();
    let (relay, metrics) = start_counting(&data, &["--config", file.to_str().unwrap()]);
    let (mut desk, root) = Desk::new();
    let (mut wire, _) = create_meet(&relay, root).await;
    assert!(may_connect(&relay, "https://old.example").await);
    assert!(!may_connect(&relay, "https://new.example").await);

    // A batch is under way while the settings change.
    (0..200).for_each(|_| desk.make());
    desk.offer(&mut wire).await;
    let new = "origins = ['https://new.example']\nkey-file = '/elsewhere/key'\nlog = 'debug'\n";
    fs::write(&file, new).unwrap();
    let told = reread(&relay, &data).await;
    let changed = &event(&told, "settings were read again")["changed"];
    assert_eq!(changed, "log, origins");
    edit(&mut desk, &mut wire).await;
    assert!(may_connect(&relay, "https://new.example").await);
    assert!(!may_connect(&relay, "https://old.example").await);
    let diag = fs::read_to_string(data.join("diag.log")).unwrap();
    assert!(diag.contains("these hold only from the next start") && diag.contains("key-file"));
    assert!(
        diag.contains("\"level\":\"debug\""),
        "the log tells more now"
    );

    fs::write(&file, "origins = ['everywhere']\nlinks-max = 1\n").unwrap();
    let told = reread(&relay, &data).await;
    let trouble = event(&told, "settings were not taken over");
    assert_eq!(trouble["level"], "error");
    let trouble = trouble["trouble"].as_str().unwrap();
    assert!(trouble.contains("everywhere"), "{trouble}");
    fs::write(&file, "links-maximum = 1\n").unwrap();
    let told = reread(&relay, &data).await;
    let trouble = &event(&told, "settings were not taken over")["trouble"];
    let trouble = trouble.as_str().unwrap();
    assert!(
        trouble.contains("relay.toml") && trouble.contains("links-maximum"),
        "{trouble}"
    );
    let counted = scrape(metrics).await;
    assert_eq!(
        number(&counted, "spotter_config_last_reload_successful"),
        0.0
    );
    assert!(may_connect(&relay, "https://new.example").await);
    edit(&mut desk, &mut wire).await;
}
