//! Who may join and who has, as a relay keeps it on its disk (`auth.json`, `sessions.json`): whatever the bytes, they are
//! refused in words, or served without harm. Then whoever comes is answered, and what the relay writes in its turn it can
//! read again. The two documents stand one behind the other, with a zero between them.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use spotter_model::{ChangeHash, LocationName, Priority};
use spotter_relay::{
    Action, Config, DisplayBy, Heard, Input, Limits, LinkId, LogSlice, MeetRecords, OpenedMeet,
    Relay, RelayKey, ScryptParams, Timestamp,
};
use spotter_relay_protocol::{
    AddDisplayKey, ChangePassword, ClientMessage, CreateMeet, DisplayKey, DisplayKeyId,
    DisplayLabel, JoinBy, JoinMeet, ListDisplayKeys, ListSessions, LogId, MeetId, PROTOCOL,
    Password, RelayMessage, RevokeDisplayKey, RevokeSession, RosterEntry, SessionId, SessionToken,
    SetLocation,
};

use super::Golden;

const PASSWORD: &str = "correct horse battery";
const NOW_MS: u64 = 1_795_176_000_000;

/// A meet that went live at a relay, and what its people hold.
struct Made {
    records: Arc<MeetRecords>,
    meet: MeetId,
    log_id: LogId,
    token: SessionToken,
    session: SessionId,
    key_id: DisplayKeyId,
    key: DisplayKey,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let mut desk = Desk::new(None);
    desk.connect(1);
    let entry = |name, priority| RosterEntry {
        location_name: location(name),
        priority: Priority::new(priority).expect("a priority may be that"),
        renamed_from: Vec::new(),
    };
    desk.say(
        1,
        &ClientMessage::CreateMeet(CreateMeet {
            protocol: PROTOCOL,
            this_location_name: location("Platform 1"),
            password: password(PASSWORD),
            locations: vec![entry("Platform 1", 20), entry("Weigh-in", 10)],
            root: root(),
            packs: Vec::new(),
        }),
    );
    let [RelayMessage::MeetCreated(created)] = &desk.heard()[..] else {
        panic!("the meet goes live")
    };
    let created = created.clone();
    desk.say(1, &add_key());
    let said = desk.heard();
    let added = said.iter().find_map(|message| {
        let RelayMessage::DisplayKeyAdded(added) = message else {
            return None;
        };
        Some(added.clone())
    });
    let added = added.expect("the key is made");
    // Somebody joins and is sent away again, so that there are revocations.
    desk.connect(2);
    desk.say(2, &join("Weigh-in", created.meet_id, PASSWORD));
    let records = desk.records.clone().expect("it was saved");
    let joined = records.sessions.sessions.last().expect("they joined");
    desk.say(1, &revoke(joined.session_id));
    let records = desk.records.clone().expect("it was saved");
    Made {
        meet: created.meet_id,
        log_id: created.log_id,
        token: created.session_token,
        session: records.sessions.sessions[0].session_id,
        key_id: added.key_id,
        key: added.display_key,
        records,
    }
});

/// Both documents as a relay writes them.
pub fn sound() -> (Value, Value) {
    documents(&MADE.records)
}

/// Tries the bytes.
pub fn check(data: &[u8]) {
    let zero = data.iter().position(|byte| *byte == 0);
    let (auth, sessions) = match zero {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => return,
    };
    let (Ok(auth), Ok(sessions)) = (
        serde_json::from_slice(auth),
        serde_json::from_slice(sessions),
    ) else {
        return;
    };
    let records = match MeetRecords::from_json(auth, sessions) {
        Ok(records) => records,
        Err(error) => {
            let words = error.to_string();
            let named = ["auth.json", "sessions.json"].map(|file| words.contains(file));
            return assert!(named.contains(&true), "{words} names no file");
        }
    };
    read_again(&records);
    let made = &*MADE;
    let is_sound = records == *made.records;
    let mut desk = Desk::new(Some(Arc::new(records)));

    desk.happen(Input::DisplayOpened {
        link: LinkId(1),
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        meet: made.meet,
        by: DisplayBy::Key(made.key.clone()),
    });
    assert_eq!(desk.displays, 1, "a display is admitted or refused");

    desk.connect(2);
    desk.say(2, &join("Weigh-in", made.meet, PASSWORD));
    assert!(!desk.heard().is_empty(), "whoever joins is answered");

    desk.connect(3);
    desk.say(
        3,
        &ClientMessage::JoinMeet(JoinMeet {
            by: JoinBy::Token(made.token.clone()),
            ..join_fields("Weigh-in", made.meet, PASSWORD)
        }),
    );
    let heard = desk.heard();
    let is_in = heard
        .iter()
        .any(|message| matches!(message, RelayMessage::MeetJoined(_)));
    assert!(!heard.is_empty(), "whoever returns is answered");
    assert!(is_in || !is_sound, "whoever has a session returns");
    if !is_in {
        return;
    }
    for asked in [
        ClientMessage::ListSessions(ListSessions::default()),
        ClientMessage::ListDisplayKeys(ListDisplayKeys::default()),
        ClientMessage::SetLocation(SetLocation {
            session_token: None,
            location_name: location("Jury"),
            priority: Priority::new(30).expect("a priority may be that"),
            new_name: None,
        }),
        ClientMessage::SetLocation(SetLocation {
            session_token: None,
            location_name: location("Weigh-in"),
            priority: Priority::new(5).expect("a priority may be that"),
            new_name: Some(location("Scales")),
        }),
        ClientMessage::ChangePassword(ChangePassword {
            session_token: None,
            old_password: password(PASSWORD),
            new_password: password("another horse, another battery"),
        }),
        add_key(),
        ClientMessage::RevokeDisplayKey(RevokeDisplayKey {
            session_token: None,
            key_id: made.key_id,
        }),
        revoke(SessionId::from_bytes([9; 8])),
        revoke(made.session),
    ] {
        desk.say(3, &asked);
        assert!(!desk.heard().is_empty(), "whoever asks is answered");
    }
}

fn location(name: &str) -> LocationName {
    LocationName::parse(name).expect("a location may be called that")
}

fn password(text: &str) -> Password {
    Password::parse(text).expect("it is long enough")
}

fn root() -> ChangeHash {
    static ROOT: LazyLock<ChangeHash> = LazyLock::new(|| Golden::meet().changes[0].hash());
    *ROOT
}

fn add_key() -> ClientMessage {
    ClientMessage::AddDisplayKey(AddDisplayKey {
        session_token: None,
        label: DisplayLabel::parse("Overlay").expect("a label may be that"),
    })
}

fn revoke(session_id: SessionId) -> ClientMessage {
    ClientMessage::RevokeSession(RevokeSession {
        session_token: None,
        session_id,
    })
}

fn join(location: &str, meet: MeetId, password: &str) -> ClientMessage {
    ClientMessage::JoinMeet(join_fields(location, meet, password))
}

fn join_fields(name: &str, meet_id: MeetId, text: &str) -> JoinMeet {
    JoinMeet {
        protocol: PROTOCOL,
        meet_id,
        by: JoinBy::Password {
            location_name: location(name),
            password: password(text),
        },
        ticket: None,
        position: None,
        heads: None,
        epoch: None,
        packs: Vec::new(),
    }
}

/// Both documents, as they are written.
fn documents(records: &MeetRecords) -> (Value, Value) {
    let auth = serde_json::to_value(&records.auth).expect("a record can be written");
    let sessions = serde_json::to_value(&records.sessions).expect("a record can be written");
    (auth, sessions)
}

fn read_again(records: &MeetRecords) {
    let (auth, sessions) = documents(records);
    let again = MeetRecords::from_json(auth, sessions);
    assert_eq!(again.as_ref(), Ok(records));
}

/// A relay, and a store that holds one meet with an empty log.
struct Desk {
    relay: Relay,
    records: Option<Arc<MeetRecords>>,
    said: Vec<RelayMessage>,
    displays: usize,
}

impl Desk {
    fn new(records: Option<Arc<MeetRecords>>) -> Self {
        let config = Config {
            limits: Limits::default(),
            scrypt: ScryptParams::LOW_MEMORY,
        };
        Self {
            relay: Relay::new(config, RelayKey::from_bytes([42; 32]), [7; 32]),
            records,
            said: Vec::new(),
            displays: 0,
        }
    }

    fn connect(&mut self, link: u64) {
        self.happen(Input::Connected {
            link: LinkId(link),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        });
    }

    fn say(&mut self, link: u64, message: &ClientMessage) {
        self.happen(Input::Received {
            link: LinkId(link),
            heard: Heard::read(&message.encode().as_str().into()),
        });
    }

    /// What was said to anybody since this was last asked.
    fn heard(&mut self) -> Vec<RelayMessage> {
        std::mem::take(&mut self.said)
    }

    fn happen(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for action in self.relay.step(Timestamp::from_millis(NOW_MS), input) {
                inputs.extend(self.perform(action));
            }
        }
    }

    fn perform(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::Send { link, frame } => {
                let message = RelayMessage::read(&frame).expect("a relay keeps to its words");
                self.said.push(message);
                let bytes = frame.len();
                Some(Input::Sent { link, bytes })
            }
            Action::Close { link, .. } => Some(Input::Disconnected { link }),
            Action::HashPassword {
                job,
                salt,
                params,
                password,
            } => {
                assert!(params.is_sound(), "no work without bounds");
                let hash = Sha256::new().chain_update(salt);
                let hash = hash.chain_update(password.expose()).finalize();
                let hash = Some(hash.into());
                Some(Input::PasswordHashed { job, hash })
            }
            Action::CreateMeet { meet, records, .. } => {
                self.records = Some(records);
                let outcome = Ok(());
                Some(Input::MeetCreated { meet, outcome })
            }
            Action::OpenMeet { meet } => {
                let records = self.records.as_ref().expect("there is a meet");
                let opened = OpenedMeet {
                    log_id: MADE.log_id,
                    root: root(),
                    records: MeetRecords::clone(records),
                    end: 0,
                    finished: false,
                };
                let outcome = Ok(opened);
                Some(Input::MeetOpened { meet, outcome })
            }
            Action::ReadLog { meet, read, .. } => {
                let slice = LogSlice {
                    changes: Vec::new(),
                    end: 0,
                };
                let outcome = Ok(slice);
                Some(Input::LogRead {
                    meet,
                    read,
                    outcome,
                })
            }
            Action::SaveRecords {
                meet,
                save,
                records,
            } => {
                read_again(&records);
                self.records = Some(records);
                let outcome = Ok(());
                Some(Input::RecordsSaved {
                    meet,
                    save,
                    outcome,
                })
            }
            Action::DisplayAdmitted { .. } | Action::DisplayRefused { .. } => {
                self.displays += 1;
                None
            }
            Action::PackLog { .. }
            | Action::KeepPack { .. }
            | Action::Unpack { .. }
            | Action::Append { .. }
            | Action::SavePublication { .. }
            | Action::FinishMeet { .. } => panic!("nobody asked for it: {action:?}"),
            Action::Ping { .. }
            | Action::CloseMeet { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }
            | Action::Event(_)
            | Action::Drained => None,
        }
    }
}
