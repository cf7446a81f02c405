//! A relay that is asked to stop, and what it leaves behind: nothing lost, and no secret anywhere.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::Command;

use futures_util::StreamExt;
use spotter_model::Change;
use spotter_relay_protocol::RelayMessage;
use spotter_relay_store::conformance::read_all;
use spotter_relay_store::{FlatFiles, LogStore};
use tokio_tungstenite::tungstenite::Message;

use crate::wire::{Desk, PASSWORD, Relay, Wire, come_back, go_live, try_password};

pub(crate) fn ask_to_stop(relay: &Relay) {
    let process = relay.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &process])
            .status()
            .unwrap()
            .success()
    );
}

#[tokio::test]
async fn everyone_is_told_when_to_come_back_and_nothing_acknowledged_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut relay = Relay::start(&data);
    let (mut desk, root) = Desk::new();
    let (mut wire, meet, token) = go_live(&relay, root).await;
    let (mut reader, _) = come_back(&relay, meet, &token).await;
    // The second connection of a session takes the place of the first.
    while wire.hear().await.is_some() {}
    for _ in 0..40 {
        desk.make();
    }
    let mut told = None;
    let mut code = None;
    ask_to_stop_after(&mut desk, &mut reader, &relay).await;
    while let Some(Ok(message)) = reader.0.next().await {
        match message {
            Message::Text(text) => {
                let word = RelayMessage::decode(&text).unwrap();
                if let RelayMessage::GoingAway(away) = &word {
                    told = Some(away.retry_after_ms);
                }
                desk.heard(word);
            }
            Message::Close(frame) => code = frame.map(|frame| u16::from(frame.code)),
            Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
        }
    }
    assert!(told.is_some_and(|pause| pause > 0));
    assert_eq!(code, Some(1001));
    assert!(relay.process.wait().unwrap().success());
    let store = FlatFiles::new(&data);
    assert_eq!(store.open(meet).unwrap().repaired, None);
    let kept = read_all(&store, meet, 0);
    for (position, hash) in &desk.acknowledged {
        assert_eq!(
            Change::decode(kept[*position as usize - 1].as_ref())
                .unwrap()
                .hash(),
            *hash
        );
    }
    assert!(!desk.acknowledged.is_empty());
}

/// Offers what the desk has made, and asks the relay to stop as soon as the first of it is acknowledged.
async fn ask_to_stop_after(desk: &mut Desk, wire: &mut Wire, relay: &Relay) {
    desk.offer(wire).await;
    while desk.acknowledged.is_empty() {
        let word = wire.hear().await.unwrap();
        desk.heard(word);
    }
    ask_to_stop(relay);
}

/// Every file below a folder; read again from the beginning if one was given its name meanwhile.
fn files(dir: &Path) -> Vec<(String, String)> {
    loop {
        let mut all = Vec::new();
        match read_files(dir, &mut all) {
            Ok(()) => return all,
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
        }
    }
}

fn read_files(dir: &Path, all: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            read_files(&path, all)?;
        } else {
            let content = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            all.push((path.display().to_string(), content));
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_password_and_no_token_is_written_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let relay = Relay::start_with(&data, &["--log", "trace"]);
    let (mut desk, root) = Desk::new();
    let (mut wire, meet_id, token) = go_live(&relay, root).await;
    desk.make();
    desk.offer(&mut wire).await;
    while desk.acknowledged.is_empty() {
        let word = wire.hear().await.unwrap();
        desk.heard(word);
    }
    let wrong = "a wrong password";
    for password in [wrong, PASSWORD] {
        try_password(relay.address, meet_id, password).await;
    }
    let files = files(dir.path());
    let diag = files
        .iter()
        .find(|(path, _)| path.ends_with("diag.log"))
        .unwrap();
    assert!(
        diag.1.contains("went-live") && diag.1.contains("joined"),
        "{}",
        diag.1
    );
    for (path, content) in &files {
        for secret in [PASSWORD, wrong, token.expose()] {
            assert!(!content.contains(secret), "{secret} in {path}");
        }
    }
}
