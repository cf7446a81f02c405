//! Laws: encoding and decoding are inverse, and decoding answers any text.

use quickcheck::{Arbitrary, Gen, TestResult, quickcheck};
use spotter_model::ChangeHash;
use spotter_relay_protocol::*;

use crate::examples::{self, location, priority};

quickcheck! {
    fn client_messages_survive_the_wire(message: Any<ClientMessage>) -> bool {
        ClientMessage::decode(&message.0.encode()).as_ref() == Ok(&message.0)
    }

    fn relay_messages_survive_the_wire(message: Any<RelayMessage>) -> bool {
        RelayMessage::decode(&message.0.encode()).as_ref() == Ok(&message.0)
    }

    fn peer_messages_survive_the_wire(message: Any<PeerMessage>) -> bool {
        PeerMessage::decode(&message.0.encode()).as_ref() == Ok(&message.0)
    }

    fn what_decodes_encodes_to_what_decodes_the_same(message: Any<ClientMessage>, at: usize, byte: u8) -> TestResult {
        let mut text = message.0.encode().into_bytes();
        let at = at % text.len();
        text[at] = byte;
        let Ok(text) = String::from_utf8(text) else { return TestResult::discard() };
        match ClientMessage::decode(&text) {
            Ok(read) => TestResult::from_bool(ClientMessage::decode(&read.encode()) == Ok(read)),
            Err(_) => TestResult::passed(),
        }
    }

    fn meet_ids_survive_printing(number: u32) -> bool {
        let meet = MeetId::from_number(number % MeetId::END).unwrap();
        meet.to_string().parse() == Ok(meet) && meet.digits().parse() == Ok(meet)
    }

    fn no_secret_shows_in_a_message_that_is_printed(message: Any<ClientMessage>) -> bool {
        !format!("{message:?}").contains("tellnobody")
    }
}

#[derive(Clone, Debug)]
struct Any<T>(T);

impl Arbitrary for Any<ClientMessage> {
    fn arbitrary(g: &mut Gen) -> Self {
        let session_token = maybe(g, token);
        Self(match u8::arbitrary(g) % 15 {
            0 => ClientMessage::CreateMeet(CreateMeet {
                protocol: PROTOCOL,
                this_location_name: name(g),
                password: password(g),
                locations: roster(g).into(),
                root: hash(g),
                packs: Vec::arbitrary(g),
            }),
            1 => ClientMessage::JoinMeet(JoinMeet {
                protocol: PROTOCOL,
                meet_id: meet(g),
                by: by(g),
                ticket: maybe(g, ticket),
                position: maybe(g, position),
                heads: maybe(g, heads),
                epoch: Option::arbitrary(g),
                packs: Vec::arbitrary(g),
            }),
            2 => ClientMessage::RecoverMeet(RecoverMeet {
                protocol: PROTOCOL,
                ticket: ticket(g),
                by: by(g),
                packs: Vec::arbitrary(g),
            }),
            3 => ClientMessage::UpdateInit(UpdateInit {
                session_token,
                updates: list(g, offered),
            }),
            4 => ClientMessage::ClientPull(ClientPull {
                session_token,
                from: from(g),
            }),
            5 => ClientMessage::PublishMeet(PublishMeet {
                session_token,
                return_email: String::arbitrary(g),
                opl_csv: String::arbitrary(g),
            }),
            6 => ClientMessage::SetLocation(SetLocation {
                session_token,
                location_name: name(g),
                priority: priority(u32::arbitrary(g) % 1_000_001),
                new_name: maybe(g, name),
            }),
            7 => ClientMessage::ChangePassword(ChangePassword {
                session_token,
                old_password: password(g),
                new_password: password(g),
            }),
            8 => ClientMessage::ListSessions(ListSessions { session_token }),
            9 => ClientMessage::RevokeSession(RevokeSession {
                session_token,
                session_id: session(g),
            }),
            10 => ClientMessage::AddDisplayKey(AddDisplayKey {
                session_token,
                label: label(g),
            }),
            11 => ClientMessage::ListDisplayKeys(ListDisplayKeys { session_token }),
            12 => ClientMessage::RevokeDisplayKey(RevokeDisplayKey {
                session_token,
                key_id: key_id(g),
            }),
            13 => ClientMessage::Presence(Presence {
                session_token,
                at: maybe(g, |g| Whereabouts {
                    day: Option::arbitrary(g),
                    platform: Option::arbitrary(g),
                    entry: Option::arbitrary(g),
                    field: maybe(g, |_| PresenceField::parse("bench.1").unwrap()),
                }),
            }),
            _ => ClientMessage::FinishMeet(FinishMeet { session_token }),
        })
    }
}

impl Arbitrary for Any<RelayMessage> {
    fn arbitrary(g: &mut Gen) -> Self {
        Self(match u8::arbitrary(g) % 9 {
            0 => RelayMessage::MeetJoined(MeetJoined {
                meet_id: meet(g),
                session_token: maybe(g, token),
                session_expires_at: i64::arbitrary(g),
                location_name: name(g),
                priority: priority(u32::arbitrary(g) % 1_000_001),
                initiator: bool::arbitrary(g),
                root: hash(g),
                log_id: position(g).log_id,
                server_seq_num: u64::arbitrary(g),
                roster: maybe(g, roster),
                ticket: maybe(g, ticket),
                epoch: u64::arbitrary(g),
                finished: bool::arbitrary(g),
                pack: Option::arbitrary(g),
            }),
            1 => RelayMessage::UpdateAck(UpdateAck {
                update_acks: list(g, |g| UpdateAcked {
                    local_seq_num: u64::arbitrary(g),
                    server_seq_num: u64::arbitrary(g),
                    after_server_seq_num: Option::arbitrary(g),
                }),
                chain: maybe(g, |g| position(g).chain),
            }),
            2 => RelayMessage::UpdateRejected(UpdateRejected {
                updates_rejected: list(g, |g| RejectedUpdate {
                    local_seq_num: u64::arbitrary(g),
                    code: UpdateCode::from_word(&String::arbitrary(g)),
                    reason: String::arbitrary(g),
                    conflict: false,
                    for_good: bool::arbitrary(g),
                    retry_after_ms: Option::arbitrary(g),
                    stands: maybe(g, hash),
                }),
            }),
            3 => RelayMessage::UpdateRelay(UpdateRelay {
                updates_relayed: list(g, |g| RelayedUpdate {
                    change: ChangeBytes::new(Vec::arbitrary(g)),
                    server_seq_num: u64::arbitrary(g),
                }),
                after_server_seq_num: u64::arbitrary(g),
                chain: position(g).chain,
            }),
            4 => RelayMessage::CaughtUp(CaughtUp {
                server_seq_num: u64::arbitrary(g),
                chain: position(g).chain,
                heads: heads(g),
            }),
            5 => RelayMessage::RosterChanged(RosterChanged {
                locations: roster(g),
                epoch: u64::arbitrary(g),
                ticket: ticket(g),
            }),
            6 => RelayMessage::Refused(Refused {
                request: String::arbitrary(g),
                code: AdminCode::from_word(&String::arbitrary(g)),
                reason: String::arbitrary(g),
                retry_after_ms: Option::arbitrary(g),
            }),
            7 => RelayMessage::Malformed(Malformed {
                err_msg: String::arbitrary(g),
            }),
            _ => g.choose(&examples::relay()).unwrap().1.clone(),
        })
    }
}

impl Arbitrary for Any<PeerMessage> {
    fn arbitrary(g: &mut Gen) -> Self {
        Self(match u8::arbitrary(g) % 4 {
            0 => PeerMessage::Hello(PeerHello {
                protocol: PROTOCOL,
                root: hash(g),
                challenge: String::arbitrary(g),
                packs: Vec::arbitrary(g),
                presence: bool::arbitrary(g),
            }),
            1 => PeerMessage::Pull(PeerPull { heads: heads(g) }),
            2 => PeerMessage::Relay(PeerRelay {
                updates_relayed: list(g, |g| PeerUpdate {
                    change: ChangeBytes::new(Vec::arbitrary(g)),
                }),
            }),
            _ => g.choose(&examples::peer()).unwrap().1.clone(),
        })
    }
}

fn maybe<T>(g: &mut Gen, value: impl Fn(&mut Gen) -> T) -> Option<T> {
    bool::arbitrary(g).then(|| value(g))
}

fn list<T>(g: &mut Gen, value: impl Fn(&mut Gen) -> T) -> Vec<T> {
    (0..u8::arbitrary(g) % 8).map(|_| value(g)).collect()
}

fn name(g: &mut Gen) -> spotter_model::LocationName {
    location(
        g.choose(&["Weigh-in", "Platform 1", "Jury \"A\"", "Bühne", "計量"])
            .unwrap(),
    )
}

fn meet(g: &mut Gen) -> MeetId {
    MeetId::from_number(u32::arbitrary(g) % MeetId::END).unwrap()
}

fn hash(g: &mut Gen) -> ChangeHash {
    ChangeHash::new(std::array::from_fn(|_| u8::arbitrary(g)))
}

fn heads(g: &mut Gen) -> Vec<ChangeHash> {
    list(g, hash)
}

fn session(g: &mut Gen) -> SessionId {
    SessionId::from_bytes(std::array::from_fn(|_| u8::arbitrary(g)))
}

fn password(g: &mut Gen) -> Password {
    Password::parse(&format!("tellnobody \"\\{}", char::arbitrary(g))).unwrap()
}

fn token(g: &mut Gen) -> SessionToken {
    SessionToken::parse(&format!("tellnobody{}", u64::arbitrary(g))).unwrap()
}

fn ticket(g: &mut Gen) -> Ticket {
    Ticket::parse(&format!("tellnobody{}", u64::arbitrary(g))).unwrap()
}

fn by(g: &mut Gen) -> JoinBy {
    match u8::arbitrary(g) % 3 {
        0 => JoinBy::Password {
            location_name: name(g),
            password: password(g),
        },
        1 => JoinBy::Token(token(g)),
        _ => JoinBy::Another(token(g)),
    }
}

fn position(g: &mut Gen) -> Position {
    Position {
        log_id: LogId::from_bytes(std::array::from_fn(|_| u8::arbitrary(g))),
        server_seq_num: u64::arbitrary(g),
        chain: Chain::START.then(&hash(g)),
    }
}

fn from(g: &mut Gen) -> PullFrom {
    match bool::arbitrary(g) {
        true => PullFrom::Position {
            last_server_seq: u64::arbitrary(g),
            log_id: maybe(g, |g| position(g).log_id),
            chain: maybe(g, |g| position(g).chain),
        },
        false => PullFrom::Heads(heads(g)),
    }
}

fn offered(g: &mut Gen) -> OfferedUpdate {
    OfferedUpdate {
        local_seq_num: u64::arbitrary(g),
        change: ChangeBytes::new(Vec::arbitrary(g)),
        after_server_seq_num: Option::arbitrary(g),
    }
}

fn roster(g: &mut Gen) -> Roster {
    let entries = ["Weigh-in", "Platform 1", "Jury"].map(|name| RosterEntry {
        location_name: location(name),
        priority: priority(u32::arbitrary(g) % 1_000_001),
        renamed_from: list(g, |_| location("Old desk"))
            .into_iter()
            .take(2)
            .collect(),
    });
    Roster::new(entries.into()).unwrap()
}

fn key_id(g: &mut Gen) -> DisplayKeyId {
    DisplayKeyId::from_bytes(std::array::from_fn(|_| u8::arbitrary(g)))
}

fn label(g: &mut Gen) -> DisplayLabel {
    DisplayLabel::parse(name(g).as_str()).unwrap()
}
