//! A client without the client: words written by hand on a WebSocket, for what no honest replica would do.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::time::Duration;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use spotter_model::{
    ActorId, Change, ChangeDraft, ChangeHash, ObjectId, Op, OpAction, OpId, Scalar,
};
use spotter_model::{Author as Writer, LocationName, Priority};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, client};

use super::wait::until;
use super::world::PASSWORD;

/// A connection to a relay.
pub(crate) struct Wire {
    socket: WebSocket<TcpStream>,
}

impl Wire {
    /// Connects; nothing is said yet.
    pub(crate) fn to(address: &str) -> Self {
        Self::try_to(address).unwrap_or_else(|| panic!("no WebSocket at {address}"))
    }

    /// Connects if somebody listens.
    pub(crate) fn try_to(address: &str) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).unwrap();
        let config = WebSocketConfig::default();
        let (mut socket, _) =
            client::client_with_config(format!("ws://{address}/"), stream, Some(config)).ok()?;
        socket
            .get_mut()
            .set_read_timeout(Some(Duration::from_millis(2)))
            .unwrap();
        Some(Self { socket })
    }

    /// Connects, takes a meet of its own live and returns what `MEET_CREATED` said.
    pub(crate) fn create(address: &str, author: &mut Author) -> (Self, Value) {
        let mut wire = Self::to(address);
        wire.say(&json!({
            "msgType": "CREATE_MEET", "protocol": 1, "thisLocationName": author.location(), "password": PASSWORD,
            "locations": [{"locationName": author.location(), "priority": author.priority()},
                          {"locationName": "Other", "priority": 5}],
            "root": author.root().to_string(),
        }));
        let created = wire.hear("MEET_CREATED");
        (wire, created)
    }

    /// Connects and joins with these fields; returns what `MEET_JOINED` said.
    pub(crate) fn join(address: &str, fields: &Value) -> (Self, Value) {
        let mut wire = Self::to(address);
        wire.say(&joining(fields));
        let joined = wire.hear("MEET_JOINED");
        (wire, joined)
    }

    /// Says one message.
    #[track_caller]
    pub(crate) fn say(&mut self, message: &Value) {
        assert!(self.try_say(message), "the relay has closed the connection");
    }

    /// Says one message, if the connection still stands.
    pub(crate) fn try_say(&mut self, message: &Value) -> bool {
        self.try_send(Message::text(message.to_string()))
    }

    /// Sends any frame, if the connection still stands.
    pub(crate) fn try_send(&mut self, message: Message) -> bool {
        match self.socket.send(message) {
            Ok(()) => true,
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => true,
            Err(_) => false,
        }
    }

    /// The next message, if one is there within a moment; `Err` once the connection has ended.
    pub(crate) fn next(&mut self) -> Result<Option<Value>, ()> {
        match self.socket.read() {
            Ok(Message::Text(text)) => Ok(Some(serde_json::from_str(text.as_str()).unwrap())),
            Ok(Message::Close(_)) => Err(()),
            Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {
                Ok(None)
            }
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(_) => Err(()),
        }
    }

    /// Waits for a message of this kind, passing over others.
    #[track_caller]
    pub(crate) fn hear(&mut self, msg_type: &str) -> Value {
        let mut passed = Vec::new();
        let heard = until(&format!("the relay says {msg_type}"), || {
            match self.next() {
                Ok(Some(message)) if message["msgType"] == msg_type => Some(Ok(message)),
                Ok(Some(message)) => {
                    passed.push(message);
                    None
                }
                Ok(None) => None,
                Err(()) => Some(Err(())),
            }
        });
        heard.unwrap_or_else(|()| {
            panic!("the relay hung up before it said {msg_type}, after {passed:?}")
        })
    }

    /// Waits for a message of one of these kinds, passing over others.
    #[track_caller]
    pub(crate) fn hear_one_of(&mut self, msg_types: &[&str]) -> Value {
        let heard = until(
            &format!("the relay says one of {msg_types:?}"),
            || match self.next() {
                Ok(Some(message)) if msg_types.iter().any(|kind| message["msgType"] == *kind) => {
                    Some(Ok(message))
                }
                Ok(_) => None,
                Err(()) => Some(Err(())),
            },
        );
        heard.unwrap_or_else(|()| panic!("the relay hung up before it said one of {msg_types:?}"))
    }

    /// Waits until the relay has ended the connection; returns the last message before.
    pub(crate) fn hear_the_end(&mut self) -> Option<Value> {
        let mut last = None;
        until("the relay ends the connection", || match self.next() {
            Ok(Some(message)) => {
                last = Some(message);
                None
            }
            Ok(None) => None,
            Err(()) => Some(()),
        });
        last
    }

    /// Offers changes, numbered from `first`.
    pub(crate) fn offer(&mut self, first: u64, changes: &[Change]) -> bool {
        self.try_say(&offering(first, changes))
    }
}

/// A `JOIN_MEET` with these fields.
pub(crate) fn joining(fields: &Value) -> Value {
    let mut message = json!({"msgType": "JOIN_MEET", "protocol": 1});
    for (name, value) in fields.as_object().unwrap() {
        message[name] = value.clone();
    }
    message
}

/// An `UPDATE_INIT` with these changes.
pub(crate) fn offering(first: u64, changes: &[Change]) -> Value {
    let updates: Vec<_> = changes
        .iter()
        .zip(first..)
        .map(|(change, number)| json!({"localSeqNum": number, "change": base64(change.bytes())}))
        .collect();
    json!({"msgType": "UPDATE_INIT", "updates": updates})
}

/// Bytes as they travel in a message.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Somebody who writes changes by hand, one after the other, in a meet of its own.
#[derive(Clone)]
pub(crate) struct Author {
    actor: ActorId,
    writer: Writer,
    genesis: Change,
    heads: Vec<ChangeHash>,
    seq: u32,
    counter: u32,
    last: BTreeMap<String, OpId>,
}

impl Author {
    /// Begins a meet: its first change makes one map, in which everything is written.
    pub(crate) fn begin(number: u8) -> Self {
        let actor = ActorId::new([number; 8]);
        let writer = Writer {
            location: LocationName::parse("Hand").unwrap(),
            priority: Priority::new(10).unwrap(),
        };
        let op = Op {
            object: ObjectId::Root,
            key: "board".to_owned(),
            action: OpAction::MakeMap,
            preds: Vec::new(),
        };
        let genesis = Change::encode(ChangeDraft {
            actor,
            seq: 1,
            start_op: 1,
            deps: Vec::new(),
            time: 0,
            message: None,
            author: Some(writer.clone()),
            ops: vec![op],
        });
        let genesis = genesis.unwrap();
        let heads = vec![genesis.hash()];
        Self {
            actor,
            writer,
            genesis,
            heads,
            seq: 1,
            counter: 1,
            last: BTreeMap::new(),
        }
    }

    /// The meet's first change.
    pub(crate) fn genesis(&self) -> &Change {
        &self.genesis
    }

    /// The meet's root.
    pub(crate) fn root(&self) -> ChangeHash {
        self.genesis.hash()
    }

    pub(crate) fn location(&self) -> &str {
        self.writer.location.as_str()
    }

    pub(crate) fn priority(&self) -> u32 {
        self.writer.priority.get()
    }

    /// Writes one register.
    pub(crate) fn write(&mut self, key: &str, value: &str) -> Change {
        let board = ObjectId::Made(self.genesis.op_id(0));
        let preds = self.last.get(key).copied().into_iter().collect();
        let action = OpAction::Set(Scalar::from(value));
        self.write_op(Op {
            object: board,
            key: key.to_owned(),
            action,
            preds,
        })
    }

    /// Writes any operation, legal or not.
    pub(crate) fn write_op(&mut self, op: Op) -> Change {
        let key = op.key.clone();
        self.seq += 1;
        self.counter += 1;
        let change = Change::encode(ChangeDraft {
            actor: self.actor,
            seq: self.seq,
            start_op: self.counter,
            deps: self.heads.clone(),
            time: 0,
            message: None,
            author: (self.seq == 1).then(|| self.writer.clone()),
            ops: vec![op],
        });
        let change = change.unwrap();
        self.heads = vec![change.hash()];
        self.last.insert(key, change.op_id(0));
        change
    }
}
