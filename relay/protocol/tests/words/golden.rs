//! The golden files: what every message looks like, for ever. Other languages read the same files.
//! `UPDATE_GOLDEN=1 cargo test -p spotter-relay-protocol` writes them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use spotter_relay_protocol::{ClientMessage, PeerMessage, RelayMessage};

use crate::examples;

#[test]
fn client_messages_are_encoded_as_in_their_golden_files_and_read_back() {
    for (name, message) in examples::client() {
        assert_eq!(
            ClientMessage::decode(&golden(name, &message)).unwrap(),
            message,
            "{name}"
        );
        assert!(name.starts_with(message.msg_type()), "{name}");
    }
}

#[test]
fn relay_messages_are_encoded_as_in_their_golden_files_and_read_back() {
    for (name, message) in examples::relay() {
        assert_eq!(
            RelayMessage::decode(&golden(name, &message)).unwrap(),
            message,
            "{name}"
        );
    }
}

#[test]
fn peer_messages_are_encoded_as_in_their_golden_files_and_read_back() {
    for (name, message) in examples::peer() {
        assert_eq!(
            PeerMessage::decode(&golden(name, &message)).unwrap(),
            message,
            "{name}"
        );
    }
}

#[test]
fn every_golden_file_is_an_example_here() {
    let examples: BTreeSet<String> = (examples::client().iter().map(|(name, _)| *name))
        .chain(examples::relay().iter().map(|(name, _)| *name))
        .chain(examples::peer().iter().map(|(name, _)| *name))
        .map(|name| format!("{name}.json"))
        .collect();
    let files: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, examples);
}

#[test]
fn what_is_sent_is_the_golden_file_without_its_white_space() {
    for (name, message) in examples::client() {
        let file: serde_json::Value = serde_json::from_str(&golden(name, &message)).unwrap();
        assert_eq!(message.encode(), file.to_string(), "{name}");
    }
}

/// The text of the golden file, once it is known to be the message's.
fn golden(name: &str, message: &impl Serialize) -> String {
    let path = folder().join(format!("{name}.json"));
    let encoded = serde_json::to_string_pretty(message).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &encoded).unwrap();
    }
    let file = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        encoded,
        file,
        "{} is not what is sent today",
        path.display()
    );
    file
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}
