//! Texts that are no messages: each is refused with the name of the field and what is wrong with it.

use spotter_relay_protocol::{
    ClientMessage, MESSAGE_BYTES_MAX, PeerMessage, ProtocolError, RelayMessage,
};

const ROOT: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Where, what (its beginning), and the text.
fn table() -> Vec<(&'static str, &'static str, String)> {
    let join = |rest: &str| format!(r#"{{"msgType":"JOIN_MEET","protocol":1,{rest}}}"#);
    let create = |locations: &str| {
        format!(
            r#"{{"msgType":"CREATE_MEET","protocol":1,"thisLocationName":"A","password":"0123456789","root":"{ROOT}","locations":{locations}}}"#
        )
    };
    let offer = |update: &str| format!(r#"{{"msgType":"UPDATE_INIT","updates":[{update}]}}"#);
    vec![
        ("message", "not a JSON object", String::new()),
        ("message", "not a JSON object", "[]".into()),
        ("message", "not a JSON object", r#"["JOIN_MEET",1]"#.into()),
        ("message", "EOF while parsing", "{".into()),
        ("message", "missing field `msgType`", "{}".into()),
        (
            "message",
            "duplicate field `msgType`",
            r#"{"msgType":"A","msgType":"A"}"#.into(),
        ),
        (
            "message.msgType",
            "invalid type: integer `7`",
            r#"{"msgType":7}"#.into(),
        ),
        (
            "message.protocol",
            "invalid type: string",
            r#"{"msgType":"JOIN_MEET","protocol":"1"}"#.into(),
        ),
        (
            "message",
            "trailing characters",
            r#"{"msgType":"LIST_SESSIONS"} {}"#.into(),
        ),
        (
            "message.x",
            "EOF while parsing a list",
            format!(r#"{{"msgType":"LIST_SESSIONS","x":{}"#, "[".repeat(1_000)),
        ),
        (
            "JOIN_MEET",
            "missing field `protocol`",
            r#"{"msgType":"JOIN_MEET"}"#.into(),
        ),
        (
            "JOIN_MEET",
            "missing field `meetId`",
            join(r#""sessionToken":"a""#),
        ),
        (
            "JOIN_MEET",
            "missing `locationName` and `password`",
            join(r#""meetId":"123456789""#),
        ),
        (
            "JOIN_MEET",
            "`locationName` needs",
            join(r#""meetId":"123456789","locationName":"A""#),
        ),
        (
            "JOIN_MEET",
            "`password` needs",
            join(r#""meetId":"123456789","password":"0123456789""#),
        ),
        (
            "JOIN_MEET",
            "`sessionToken` stands",
            join(r#""meetId":"123456789","password":"0123456789","sessionToken":"a""#),
        ),
        (
            "JOIN_MEET",
            "`another` needs `sessionToken`",
            join(
                r#""meetId":"123456789","locationName":"A","password":"0123456789","another":true"#,
            ),
        ),
        (
            "JOIN_MEET.another",
            "invalid type: integer",
            join(r#""meetId":"123456789","sessionToken":"a","another":1"#),
        ),
        (
            "JOIN_MEET.meetId",
            "a meet id has 9 digits, not 8",
            join(r#""meetId":"12345678""#),
        ),
        (
            "JOIN_MEET.meetId",
            "invalid type: integer",
            join(r#""meetId":123456789"#),
        ),
        (
            "JOIN_MEET.password",
            "a password has at least 10",
            join(r#""meetId":"123456789","password":"short""#),
        ),
        (
            "JOIN_MEET",
            "duplicate field `password`",
            join(r#""password":"0123456789","Password":"0123456789""#),
        ),
        (
            "JOIN_MEET.sessionToken",
            "a session token is",
            join(r#""meetId":"123456789","sessionToken":"a b""#),
        ),
        (
            "JOIN_MEET.position.chain",
            "expected 8 lower",
            join(r#""position":{"logId":"9c2f11d05e1c09aa","serverSeqNum":1,"chain":"0"}"#),
        ),
        (
            "JOIN_MEET.position",
            "missing field `chain`",
            join(r#""position":{"logId":"9c2f11d05e1c09aa","serverSeqNum":1}"#),
        ),
        (
            "JOIN_MEET.position.serverSeqNum",
            "invalid value: integer `-1`",
            join(r#""position":{"logId":"9c2f11d05e1c09aa","serverSeqNum":-1}"#),
        ),
        ("JOIN_MEET.heads[0]", "", join(r#""heads":["abc"]"#)),
        (
            "JOIN_MEET.heads",
            "257 of at most 256",
            join(&format!(
                r#""meetId":"123456789","sessionToken":"a","heads":[{}]"#,
                vec![format!("{ROOT:?}"); 257].join(",")
            )),
        ),
        (
            "CREATE_MEET.locations[0]",
            "missing field `priority`",
            create(r#"[{"locationName":"A"}]"#),
        ),
        (
            "CREATE_MEET.locations[0].priority",
            "",
            create(r#"[{"locationName":"A","priority":1000001}]"#),
        ),
        (
            "CREATE_MEET.locations[1].locationName",
            "",
            create(r#"[{"locationName":"A","priority":1},{"locationName":"","priority":1}]"#),
        ),
        (
            "CREATE_MEET",
            "duplicate field `locations`",
            create(r#"[],"endpoints":[]"#),
        ),
        (
            "UPDATE_INIT",
            "missing field `updates`",
            r#"{"msgType":"UPDATE_INIT"}"#.into(),
        ),
        (
            "UPDATE_INIT.updates[0].change",
            "not base64",
            offer(r#"{"localSeqNum":1,"change":"%"}"#),
        ),
        (
            "UPDATE_INIT.updates[1].localSeqNum",
            "invalid type: floating point",
            offer(r#"{"localSeqNum":1,"change":""},{"localSeqNum":1.5}"#),
        ),
        (
            "UPDATE_INIT.updates",
            "1001 of at most 1000",
            offer(&vec![r#"{"localSeqNum":1,"change":""}"#; 1_001].join(",")),
        ),
        (
            "CLIENT_PULL",
            "missing `lastServerSeq` or `heads`",
            r#"{"msgType":"CLIENT_PULL"}"#.into(),
        ),
        (
            "CLIENT_PULL",
            "give either",
            r#"{"msgType":"CLIENT_PULL","lastServerSeq":1,"heads":[]}"#.into(),
        ),
        (
            "REVOKE_SESSION.sessionId",
            "expected 16 lower",
            r#"{"msgType":"REVOKE_SESSION","sessionId":"x"}"#.into(),
        ),
    ]
}

#[test]
fn malformed_messages_are_refused_naming_the_field_and_what_is_wrong() {
    let mut astray = Vec::new();
    for (at, what, text) in table() {
        match ClientMessage::decode(&text) {
            Err(ProtocolError::Malformed {
                at: found_at,
                what: found,
            }) => {
                if found_at != at || !found.starts_with(what) {
                    astray.push(format!("{at}: {what} was {found_at}: {found}"));
                }
            }
            other => astray.push(format!("{at}: {what} was {other:?}")),
        }
    }
    assert!(astray.is_empty(), "{astray:#?}");
}

#[test]
fn fields_nobody_knows_are_ignored() {
    let text =
        r#"{"msgType":"LIST_SESSIONS","protocol":7,"colour":{"deep":[1,2,{"x":null}]},"colour":2}"#;
    assert!(ClientMessage::decode(text).is_ok());
}

#[test]
fn messages_nobody_knows_are_named_and_cut() {
    let unknown =
        |name: &str| ClientMessage::decode(&format!(r#"{{"msgType":{name:?}}}"#)).unwrap_err();
    assert_eq!(
        unknown("HELLO"),
        ProtocolError::UnknownMessageType {
            msg_type: "HELLO".into()
        }
    );
    assert_eq!(
        unknown("join_meet"),
        ProtocolError::UnknownMessageType {
            msg_type: "join_meet".into()
        }
    );
    let ProtocolError::UnknownMessageType { msg_type } = unknown(&"ü".repeat(5_000)) else {
        panic!()
    };
    assert_eq!(msg_type.chars().count(), 65);
}

#[test]
fn a_peer_of_another_protocol_is_told_so_whatever_else_it_says() {
    for (theirs, text) in [
        (2, r#"{"msgType":"JOIN_MEET","protocol":2,"meet":{}}"#),
        (0, r#"{"protocol":0,"msgType":"CREATE_MEET"}"#),
    ] {
        assert_eq!(
            ClientMessage::decode(text),
            Err(ProtocolError::OtherProtocol { theirs })
        );
    }
    let hello = r#"{"msgType":"PEER_HELLO","protocol":9}"#;
    assert_eq!(
        PeerMessage::decode(hello),
        Err(ProtocolError::OtherProtocol { theirs: 9 })
    );
}

#[test]
fn an_endless_message_is_refused_before_it_is_parsed() {
    let text = " ".repeat(MESSAGE_BYTES_MAX + 1);
    let refused = ProtocolError::TooLarge {
        bytes: MESSAGE_BYTES_MAX + 1,
        limit: MESSAGE_BYTES_MAX,
    };
    assert_eq!(ClientMessage::decode(&text), Err(refused.clone()));
    assert_eq!(RelayMessage::decode(&text), Err(refused));
}

#[test]
fn the_seeds_own_spellings_are_understood() {
    let join = r#"{"msgType":"JOIN_MEET","protocol":1,"meetId":"123-456-789","Password":"0123456789","locationName":"A"}"#;
    assert!(ClientMessage::decode(join).is_ok());
    let create = format!(
        r#"{{"msgType":"CREATE_MEET","protocol":1,"thisLocationName":"A","password":"0123456789","root":"{ROOT}","endpoints":[{{"locationName":"A","priority":1}}]}}"#
    );
    assert!(ClientMessage::decode(&create).is_ok());
}

#[test]
fn codes_of_a_newer_peer_are_kept_as_they_are() {
    let text = r#"{"msgType":"JOIN_REJECTED","code":"moon-phase","reason":"wrong moon"}"#;
    let RelayMessage::JoinRejected(rejected) = RelayMessage::decode(text).unwrap() else {
        panic!()
    };
    assert_eq!(rejected.code.as_str(), "moon-phase");
}

#[test]
fn an_error_repeats_only_so_much_of_what_was_sent() {
    let text = format!(
        r#"{{"msgType":"REVOKE_SESSION","sessionId":[{:?}]}}"#,
        "x".repeat(5_000)
    );
    assert!(
        ClientMessage::decode(&text)
            .unwrap_err()
            .to_string()
            .chars()
            .count()
            < 400
    );
}
