//! The golden files: what every message looks like, for ever. Other languages read the same files.
//! `UPDATE_GOLDEN=1 cargo test -p spotter-relay-protocol` writes them anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use spotter_relay_protocol::{ChangeBytes, ClientMessage, Frame, PeerMessage, RelayMessage};

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
        .chain(examples::packed().iter().map(|(name, _)| *name))
        .chain(COMPACT)
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

/// The answers that are shorter where packs were agreed on.
const COMPACT: [&str; 2] = ["UPDATE_ACK.packed", "UPDATE_REJECTED.packed"];

#[test]
fn answers_in_runs_are_as_in_their_golden_files_and_mean_the_same() {
    for name in COMPACT {
        let plain = name.trim_end_matches(".packed");
        let (_, message) = examples::relay()
            .into_iter()
            .find(|(name, _)| *name == plain)
            .unwrap();
        let text = message.encode_compact();
        let object: serde_json::Value = serde_json::from_str(&text).unwrap();
        golden(name, &object);
        assert_eq!(RelayMessage::decode(&text).unwrap(), message, "{name}");
    }
}

#[test]
fn packed_messages_are_as_in_their_golden_files_and_read_back() {
    for (name, frame) in examples::packed() {
        let Frame::Packed(bytes) = &frame else {
            panic!("{name}")
        };
        let end = 1 + usize::from(bytes[0]);
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
        golden(
            name,
            &serde_json::json!({
                "length": hex(&bytes[..1]),
                "object": serde_json::from_slice::<serde_json::Value>(&bytes[1..end]).unwrap(),
                "pack": hex(&bytes[end..]),
            }),
        );
        let (genesis, edit) = (examples::genesis().into(), examples::edit().into());
        let changes: Vec<ChangeBytes> = if name.starts_with("UPDATE_INIT") {
            let ClientMessage::UpdateInit(init) = ClientMessage::read(&frame).unwrap() else {
                panic!("{name}")
            };
            let numbers = init.updates.iter().map(|update| update.local_seq_num);
            assert!(numbers.eq([1, 2]));
            init.updates.into_iter().map(|u| u.change).collect()
        } else if name.ends_with("peer") {
            let PeerMessage::Relay(relay) = PeerMessage::read(&frame).unwrap() else {
                panic!("{name}")
            };
            relay
                .updates_relayed
                .into_iter()
                .map(|u| u.change)
                .collect()
        } else {
            let RelayMessage::UpdateRelay(relay) = RelayMessage::read(&frame).unwrap() else {
                panic!("{name}")
            };
            relay
                .updates_relayed
                .into_iter()
                .map(|u| u.change)
                .collect()
        };
        let expected = if name.ends_with("peer") {
            vec![edit]
        } else {
            vec![genesis, edit]
        };
        assert_eq!(changes, expected, "{name}");
    }
}

#[test]
fn what_is_wrong_with_a_packed_message_is_said() {
    let (_, frame) = examples::packed().swap_remove(0);
    let Frame::Packed(bytes) = frame else {
        panic!()
    };
    let end = 1 + usize::from(bytes[0]);
    let put = |object: &str, pack: &[u8]| {
        let length = [u8::try_from(object.len()).unwrap()];
        Frame::Packed([&length, object.as_bytes(), pack].concat().into())
    };
    let pack = &bytes[end..];
    let cases = [
        (Frame::Packed(Vec::new().into()), "message: the length"),
        (
            Frame::Packed(vec![9, b'{'].into()),
            "message: the object is longer",
        ),
        (
            Frame::Packed(vec![1, 0xff].into()),
            "message: the object is not UTF-8",
        ),
        (put("[]", pack), "message: not a JSON object"),
        (
            put(r#"{"msgType":"FINISH_MEET"}"#, &[]),
            "FINISH_MEET: this message does not travel packed",
        ),
        (
            put(r#"{"msgType":"UPDATE_INIT"}"#, pack),
            "UPDATE_INIT: missing field `localSeqNums`",
        ),
        (
            put(r#"{"msgType":"UPDATE_INIT","localSeqNums":[[1,3]]}"#, pack),
            "UPDATE_INIT.pack: 2 changes for 3 numbers",
        ),
        (
            put(r#"{"msgType":"UPDATE_INIT","localSeqNums":[[1,2]]}"#, b"x"),
            "UPDATE_INIT.pack: ",
        ),
        (
            put(r#"{"msgType":"UPDATE_INIT","localSeqNums":[[1,0]]}"#, pack),
            "UPDATE_INIT.localSeqNums: a run of no numbers",
        ),
    ];
    for (frame, expected) in cases {
        let said = ClientMessage::read(&frame).unwrap_err().to_string();
        assert!(said.starts_with(expected), "{said}, not {expected}");
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
