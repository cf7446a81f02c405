//! One example of every message, as `docs/protocol.md` quotes them.

use spotter_model::{
    Author, Change, ChangeDraft, ChangeHash, LocationName, ObjectId, Op, OpAction, Priority, Scalar,
};
use spotter_relay_protocol::*;

pub(crate) fn client() -> Vec<(&'static str, ClientMessage)> {
    vec![
        (
            "CREATE_MEET",
            ClientMessage::CreateMeet(CreateMeet {
                protocol: PROTOCOL,
                this_location_name: location("Platform 1"),
                password: password(),
                locations: roster().into(),
                root: genesis().hash(),
                packs: Vec::new(),
            }),
        ),
        (
            "JOIN_MEET.password",
            ClientMessage::JoinMeet(JoinMeet {
                protocol: PROTOCOL,
                meet_id: meet(),
                by: by_password(),
                ticket: None,
                position: None,
                heads: None,
                epoch: None,
                packs: Vec::new(),
            }),
        ),
        (
            "JOIN_MEET.token",
            ClientMessage::JoinMeet(JoinMeet {
                protocol: PROTOCOL,
                meet_id: meet(),
                by: JoinBy::Token(token()),
                ticket: None,
                position: Some(Position {
                    log_id: log_id(),
                    server_seq_num: 2,
                    chain: chain(2),
                }),
                heads: Some(vec![edit().hash()]),
                epoch: Some(1),
                packs: vec![1],
            }),
        ),
        (
            "JOIN_MEET.another",
            ClientMessage::JoinMeet(JoinMeet {
                protocol: PROTOCOL,
                meet_id: meet(),
                by: JoinBy::Another(token()),
                ticket: None,
                position: None,
                heads: Some(vec![edit().hash()]),
                epoch: None,
                packs: Vec::new(),
            }),
        ),
        (
            "RECOVER_MEET",
            ClientMessage::RecoverMeet(RecoverMeet {
                protocol: PROTOCOL,
                ticket: ticket(),
                by: JoinBy::Token(token()),
                packs: Vec::new(),
            }),
        ),
        (
            "UPDATE_INIT",
            ClientMessage::UpdateInit(UpdateInit {
                session_token: None,
                updates: vec![
                    OfferedUpdate {
                        local_seq_num: 1,
                        change: bytes(&genesis()),
                        after_server_seq_num: None,
                    },
                    OfferedUpdate {
                        local_seq_num: 2,
                        change: bytes(&edit()),
                        after_server_seq_num: Some(0),
                    },
                ],
            }),
        ),
        (
            "CLIENT_PULL.position",
            ClientMessage::ClientPull(ClientPull {
                session_token: None,
                from: PullFrom::Position {
                    last_server_seq: 1,
                    log_id: Some(log_id()),
                    chain: Some(chain(1)),
                },
            }),
        ),
        (
            "CLIENT_PULL.heads",
            ClientMessage::ClientPull(ClientPull {
                session_token: None,
                from: PullFrom::Heads(vec![genesis().hash()]),
            }),
        ),
        (
            "PUBLISH_MEET",
            ClientMessage::PublishMeet(PublishMeet {
                session_token: None,
                return_email: "meetdirector@example.com".into(),
                opl_csv: "Federation,Date,MeetName\nOPA,2026-11-20,Harbor Open\n".into(),
            }),
        ),
        (
            "SET_LOCATION",
            ClientMessage::SetLocation(SetLocation {
                session_token: None,
                location_name: location("Weigh-in"),
                priority: priority(15),
                new_name: Some(location("Weigh-in A")),
            }),
        ),
        (
            "CHANGE_PASSWORD",
            ClientMessage::ChangePassword(ChangePassword {
                session_token: None,
                old_password: password(),
                new_password: Password::parse("AnotherOneThatIsLongEnough").unwrap(),
            }),
        ),
        (
            "LIST_SESSIONS",
            ClientMessage::ListSessions(ListSessions::default()),
        ),
        (
            "REVOKE_SESSION",
            ClientMessage::RevokeSession(RevokeSession {
                session_token: None,
                session_id: session(),
            }),
        ),
        (
            "FINISH_MEET",
            ClientMessage::FinishMeet(FinishMeet::default()),
        ),
        (
            "ADD_DISPLAY_KEY",
            ClientMessage::AddDisplayKey(AddDisplayKey {
                session_token: None,
                label: DisplayLabel::parse("Overlay of the stream").unwrap(),
            }),
        ),
        (
            "LIST_DISPLAY_KEYS",
            ClientMessage::ListDisplayKeys(ListDisplayKeys::default()),
        ),
        (
            "REVOKE_DISPLAY_KEY",
            ClientMessage::RevokeDisplayKey(RevokeDisplayKey {
                session_token: None,
                key_id: display_key_id(),
            }),
        ),
        (
            "PRESENCE",
            ClientMessage::Presence(Presence {
                session_token: None,
                at: Some(whereabouts()),
            }),
        ),
        (
            "PRESENCE.gone",
            ClientMessage::Presence(Presence::default()),
        ),
    ]
}

pub(crate) fn relay() -> Vec<(&'static str, RelayMessage)> {
    vec![
        (
            "MEET_CREATED",
            RelayMessage::MeetCreated(MeetCreated {
                meet_id: meet(),
                session_token: token(),
                session_expires_at: 1_795_780_800,
                log_id: log_id(),
                location_name: location("Platform 1"),
                priority: priority(20),
                initiator: true,
                roster: roster(),
                ticket: ticket(),
                epoch: 1,
                pack: None,
            }),
        ),
        (
            "MEET_JOINED",
            RelayMessage::MeetJoined(MeetJoined {
                session_token: Some(token()),
                roster: Some(roster()),
                ticket: Some(ticket()),
                pack: None,
                ..returned()
            }),
        ),
        ("MEET_JOINED.returned", RelayMessage::MeetJoined(returned())),
        (
            "JOIN_REJECTED",
            RelayMessage::JoinRejected(JoinRejected {
                code: JoinCode::WrongMeetOrPassword,
                reason: "wrong meet id or password".into(),
                retry_after_ms: None,
            }),
        ),
        (
            "UPDATE_ACK",
            RelayMessage::UpdateAck(UpdateAck {
                update_acks: vec![
                    UpdateAcked {
                        local_seq_num: 1,
                        server_seq_num: 1,
                        after_server_seq_num: None,
                    },
                    UpdateAcked {
                        local_seq_num: 2,
                        server_seq_num: 2,
                        after_server_seq_num: Some(1),
                    },
                ],
                chain: Some(chain(2)),
            }),
        ),
        (
            "UPDATE_REJECTED",
            RelayMessage::UpdateRejected(UpdateRejected {
                updates_rejected: vec![
                    RejectedUpdate {
                        local_seq_num: 3,
                        code: UpdateCode::Admission("twin".into()),
                        reason: "another change of the same actor and number stands".into(),
                        conflict: false,
                        for_good: true,
                        retry_after_ms: None,
                        stands: Some(edit().hash()),
                    },
                    RejectedUpdate {
                        local_seq_num: 4,
                        code: UpdateCode::TooFast,
                        reason: "more than this session may send just now".into(),
                        conflict: false,
                        for_good: false,
                        retry_after_ms: Some(400),
                        stands: None,
                    },
                ],
            }),
        ),
        (
            "UPDATE_RELAY",
            RelayMessage::UpdateRelay(UpdateRelay {
                updates_relayed: vec![RelayedUpdate {
                    change: bytes(&edit()),
                    server_seq_num: 2,
                }],
                after_server_seq_num: 1,
                chain: chain(2),
            }),
        ),
        (
            "CAUGHT_UP",
            RelayMessage::CaughtUp(CaughtUp {
                server_seq_num: 2,
                chain: chain(2),
                heads: vec![edit().hash()],
            }),
        ),
        (
            "SERVER_PULL",
            RelayMessage::ServerPull(ServerPull {
                last_server_seq: 1,
                heads: vec![genesis().hash()],
            }),
        ),
        (
            "ROSTER",
            RelayMessage::RosterChanged(RosterChanged {
                locations: {
                    let mut roster = roster();
                    roster
                        .rename(&location("Weigh-in"), location("Weigh-in A"))
                        .unwrap();
                    roster
                },
                epoch: 2,
                ticket: ticket(),
            }),
        ),
        (
            "SESSIONS",
            RelayMessage::Sessions(Sessions {
                sessions: vec![SessionShown {
                    session_id: session(),
                    location_name: location("Weigh-in"),
                    initiator: false,
                    issued_at: 1_795_176_000,
                    expires_at: 1_795_780_800,
                    connected: true,
                    this_one: false,
                }],
            }),
        ),
        (
            "DISPLAY_KEY_ADDED",
            RelayMessage::DisplayKeyAdded(DisplayKeyAdded {
                key_id: display_key_id(),
                display_key: DisplayKey::parse("b3ZlcmxheS1vZi10aGUtc3RyZWFtLWtleS0tLS0tLS0")
                    .unwrap(),
            }),
        ),
        (
            "DISPLAY_KEYS",
            RelayMessage::DisplayKeys(DisplayKeys {
                keys: vec![DisplayKeyShown {
                    key_id: display_key_id(),
                    label: DisplayLabel::parse("Overlay of the stream").unwrap(),
                    location_name: location("Weigh-in"),
                    since: 1_795_176_000,
                }],
            }),
        ),
        (
            "PRESENCE.relayed",
            RelayMessage::Presence(PresenceRelayed {
                session_id: session(),
                location_name: location("Weigh-in"),
                at: Some(whereabouts()),
            }),
        ),
        ("PUBLISH_ACK", RelayMessage::PublishAck(PublishAck {})),
        (
            "DONE",
            RelayMessage::Done(Done {
                request: "SET_LOCATION".into(),
            }),
        ),
        (
            "REFUSED",
            RelayMessage::Refused(Refused {
                request: "SET_LOCATION".into(),
                code: AdminCode::NotInitiator,
                reason: "only the initiator may do this".into(),
                retry_after_ms: None,
            }),
        ),
        ("MEET_FINISHED", RelayMessage::MeetFinished(MeetFinished {})),
        (
            "GOING_AWAY",
            RelayMessage::GoingAway(GoingAway {
                retry_after_ms: 2_000,
                reason: "the relay restarts".into(),
            }),
        ),
        (
            "MALFORMED_MESSAGE",
            RelayMessage::Malformed(Malformed {
                err_msg: "JOIN_MEET.meetId: a meet id has 9 digits, not 8 at line 1 column 57"
                    .into(),
            }),
        ),
        (
            "UNKNOWN_MESSAGE_TYPE",
            RelayMessage::UnknownMessageType(UnknownMessageType {
                unknown_type: "UPDATE_PACK".into(),
            }),
        ),
        (
            "INVALID_SESSION",
            RelayMessage::InvalidSession(InvalidSession {
                session_token: Some(token().hint()),
                code: SessionCode::SessionExpired,
                reason: "the session has expired; join again with the password".into(),
            }),
        ),
    ]
}

fn returned() -> MeetJoined {
    MeetJoined {
        meet_id: meet(),
        session_token: None,
        session_expires_at: 1_795_780_800,
        location_name: location("Weigh-in"),
        priority: priority(10),
        initiator: false,
        root: genesis().hash(),
        log_id: log_id(),
        server_seq_num: 2,
        roster: None,
        ticket: None,
        epoch: 1,
        finished: false,
        pack: Some(1),
    }
}

/// Messages in binary frames: the object in front of the pack, the pack, and the same message as it is understood.
pub(crate) fn packed() -> Vec<(&'static str, Frame)> {
    let update = |local_seq_num, change: Change| OfferedUpdate {
        local_seq_num,
        change: change.into(),
        after_server_seq_num: Some(0),
    };
    let init = UpdateInit {
        session_token: None,
        updates: vec![update(1, genesis()), update(2, edit())],
    };
    let pack = spotter_pack::pack(&[genesis(), edit()]);
    let peer = PeerRelay {
        updates_relayed: vec![PeerUpdate {
            change: edit().into(),
        }],
    };
    vec![
        ("UPDATE_INIT.packed", init.packed().unwrap()),
        (
            "UPDATE_RELAY.packed",
            relay_packed(0, Runs::of([1, 2]), chain(2), &pack),
        ),
        ("UPDATE_RELAY.packed.peer", peer.packed().unwrap()),
    ]
}

pub(crate) fn peer() -> Vec<(&'static str, PeerMessage)> {
    vec![
        (
            "PEER_HELLO",
            PeerMessage::Hello(PeerHello {
                protocol: PROTOCOL,
                root: genesis().hash(),
                challenge: "8f14e45fceea167a5a36dedd4bea2543".into(),
                packs: vec![1],
                presence: true,
            }),
        ),
        (
            "PEER_PROOF",
            PeerMessage::Proof(PeerProof {
                proof: "5c".repeat(32),
            }),
        ),
        (
            "PEER_REFUSED",
            PeerMessage::Refused(PeerRefused {
                code: PeerCode::OtherMeet,
                reason: "this replica holds another meet".into(),
            }),
        ),
        (
            "CLIENT_PULL.peer",
            PeerMessage::Pull(PeerPull {
                heads: vec![genesis().hash()],
            }),
        ),
        (
            "UPDATE_RELAY.peer",
            PeerMessage::Relay(PeerRelay {
                updates_relayed: vec![PeerUpdate {
                    change: bytes(&edit()),
                }],
            }),
        ),
        (
            "PRESENCE.peer",
            PeerMessage::Presence(PeerPresence {
                location_name: Some(location("Weigh-in")),
                at: Some(whereabouts()),
            }),
        ),
        (
            "CAUGHT_UP.peer",
            PeerMessage::CaughtUp(PeerCaughtUp {
                heads: vec![edit().hash()],
            }),
        ),
    ]
}

pub(crate) fn location(name: &str) -> LocationName {
    LocationName::parse(name).unwrap()
}

pub(crate) fn priority(number: u32) -> Priority {
    Priority::new(number).unwrap()
}

fn password() -> Password {
    Password::parse("AStrongerPasswordThanThisHopefully").unwrap()
}

fn by_password() -> JoinBy {
    JoinBy::Password {
        location_name: location("Weigh-in"),
        password: password(),
    }
}

fn token() -> SessionToken {
    SessionToken::parse("asdfsapdfojwpeofijwpeojfiwe").unwrap()
}

fn ticket() -> Ticket {
    Ticket::parse("eyJhIjoidGlja2V0IGlzIG9wYXF1ZSB0byBjbGllbnRzIn0").unwrap()
}

fn roster() -> Roster {
    let entry = |name: &str, number| RosterEntry {
        location_name: location(name),
        priority: priority(number),
        renamed_from: Vec::new(),
    };
    Roster::new(vec![entry("Platform 1", 20), entry("Weigh-in", 10)]).unwrap()
}

fn meet() -> MeetId {
    "123-456-789".parse().unwrap()
}

fn session() -> SessionId {
    "0f1e2d3c4b5a6978".parse().unwrap()
}

fn log_id() -> LogId {
    "9c2f11d05e1c09aa".parse().unwrap()
}

fn chain(position: usize) -> Chain {
    [genesis(), edit()][..position]
        .iter()
        .fold(Chain::START, |chain, change| chain.then(&change.hash()))
}

pub(crate) fn bytes(change: &Change) -> ChangeBytes {
    ChangeBytes::new(change.bytes().clone())
}

pub(crate) fn genesis() -> Change {
    let set = |key: &str, value: &str| Op {
        object: ObjectId::Root,
        key: key.into(),
        action: OpAction::Set(Scalar::from(value)),
        preds: Vec::new(),
    };
    Change::encode(ChangeDraft {
        actor: "0011223344556677".parse().unwrap(),
        seq: 1,
        start_op: 1,
        deps: Vec::new(),
        time: 1_795_176_000,
        message: None,
        author: Some(Author {
            location: location("Platform 1"),
            priority: priority(20),
        }),
        ops: vec![
            set("name", "Harbor Open"),
            set("nonce", "Zm9yIHRoZSBleGFtcGxl"),
        ],
    })
    .unwrap()
}

pub(crate) fn edit() -> Change {
    let genesis: ChangeHash = genesis().hash();
    Change::encode(ChangeDraft {
        actor: "8899aabbccddeeff".parse().unwrap(),
        seq: 1,
        start_op: 3,
        deps: vec![genesis],
        time: 1_795_176_060,
        message: None,
        author: Some(Author {
            location: location("Weigh-in"),
            priority: priority(10),
        }),
        ops: vec![Op {
            object: ObjectId::Root,
            key: "name".into(),
            action: OpAction::Set(Scalar::from("Harbor Classic")),
            preds: vec!["1@0011223344556677".parse().unwrap()],
        }],
    })
    .unwrap()
}

fn display_key_id() -> DisplayKeyId {
    "5e1ec7ab1e5eed00".parse().unwrap()
}

fn whereabouts() -> Whereabouts {
    Whereabouts {
        day: Some(1),
        platform: Some(2),
        entry: Some(5003),
        field: Some(PresenceField::parse("squat.2").unwrap()),
    }
}
