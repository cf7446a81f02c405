//! The door itself: one message in, one answer out.

use serde_json::{Map, Value, json};
use spotter_client::{BatchId, Client, Config, Input, LinkId, Membership, Moment, Now, WallTime};
use spotter_model::{Meet, Screen, json_text};
use spotter_relay_protocol::{Frame, SessionToken};

use crate::calls::Calls;
use crate::message::Message;
use crate::slots::{self, Start};
use crate::trouble::Trouble;

/// One replica, and what JavaScript waits for.
#[derive(Default)]
pub struct Desk {
    client: Option<Client>,
    /// What the clocks showed when this message came.
    pub(crate) now: Clocks,
    pub(crate) calls: Calls,
    /// What JavaScript should do, in order.
    pub(crate) acts: Vec<Value>,
    /// What the score table of this tab looks at.
    pub(crate) screen: Screen,
    /// The session that another tab has left in its slot, until it is needed.
    pub(crate) loan: Option<Box<Membership>>,
    /// The session that other tabs were told of.
    pub(crate) lent: Option<SessionToken>,
    /// What has changed on the screen in this message.
    pub(crate) changes: Vec<Value>,
}

/// What both clocks show; at first, nothing.
pub(crate) struct Clocks(pub(crate) Now);

impl Default for Clocks {
    fn default() -> Self {
        Self(Now {
            moment: Moment::default(),
            wall: WallTime::default(),
        })
    }
}

impl Desk {
    /// Takes in one message and returns what follows from it.
    pub fn handle(&mut self, message: &[u8]) -> String {
        let outcome = Message::read(message).and_then(|message| {
            self.now = Clocks(message.now());
            self.dispatch(message)
        });
        self.borrow_what_was_left();
        self.lend();
        self.flush_changes();
        let mut answer = Map::new();
        answer.insert("acts".to_owned(), std::mem::take(&mut self.acts).into());
        let wake = self.client.as_ref().and_then(Client::next_wakeup);
        answer.insert("wake".to_owned(), json!(wake.map(Moment::as_ms)));
        match outcome {
            Ok(value) => answer.insert("value".to_owned(), value),
            Err(trouble) => answer.insert("error".to_owned(), trouble.json()),
        };
        json_text(&Value::Object(answer))
    }

    fn dispatch(&mut self, mut message: Message) -> Result<Value, Trouble> {
        let what = message.text("do")?.to_owned();
        match what.as_str() {
            "open" => self.open(&mut message),
            "saved" => self.saved(&message),
            "connected" => self.happened(Input::Connected {
                link: message.link()?,
            }),
            "heard" => self.happened(Input::Heard {
                link: message.link()?,
            }),
            "disconnected" => self.happened(Input::Disconnected {
                link: message.link()?,
                why: message.text("why")?.to_owned(),
            }),
            "received" => self.received(&message),
            "tick" => self.happened(Input::Tick),
            question if self.client.is_some() => match self.read(question, &message) {
                Some(answer) => answer,
                None => self.asked(question, message),
            },
            _ => Err(Trouble::misuse("open comes first")),
        }
    }

    /// Begins with what the store holds. What must be saved before anything else is returned instead of a machine that
    /// has begun; then the same message comes again.
    fn open(&mut self, message: &mut Message) -> Result<Value, Trouble> {
        let seed = seed(message.text("seed")?)?;
        let others = message.take("others");
        match slots::start(message.text("own")?, &others)? {
            Start::CopyFirst(records) => Ok(json!({"copy": records})),
            Start::With {
                records,
                left,
                lent,
            } => {
                self.client = Some(Client::new(&Config::default(), seed));
                self.step(Input::Opened { records });
                self.loan = lent;
                for bundle in left {
                    self.take_over(bundle);
                }
                Ok(Value::Null)
            }
        }
    }

    fn saved(&mut self, message: &Message) -> Result<Value, Trouble> {
        let batch = BatchId(message.number("batch")?);
        self.happened(match message.text_if_any("why") {
            None => Input::Saved { batch },
            Some(why) => Input::SaveFailed {
                batch,
                why: why.to_owned(),
            },
        })
    }

    fn received(&mut self, message: &Message) -> Result<Value, Trouble> {
        let frame = match message.text_if_any("bytes") {
            None => Frame::from(message.text("text")?.to_owned()),
            Some(bytes) => Frame::Packed(slots::from_base64(bytes)?.into()),
        };
        let link: LinkId = message.link()?;
        self.happened(Input::Received { link, frame })
    }

    fn happened(&mut self, input: Input) -> Result<Value, Trouble> {
        self.step(input);
        Ok(Value::Null)
    }

    /// Tells the machine, and notes what it asks for.
    pub(crate) fn step(&mut self, input: Input) {
        let now = self.now.0;
        let Some(client) = &mut self.client else {
            return;
        };
        for action in client.step(now, input) {
            self.act(action);
        }
    }

    pub(crate) fn member(&self) -> Option<&Membership> {
        self.client.as_ref().and_then(Client::membership)
    }

    pub(crate) fn client(&mut self) -> Result<&mut Client, Trouble> {
        self.client
            .as_mut()
            .ok_or_else(|| Trouble::misuse("open comes first"))
    }

    pub(crate) fn meet(&mut self) -> Result<&mut Meet, Trouble> {
        self.client()?.meet().ok_or_else(Trouble::no_meet)
    }
}

fn seed(text: &str) -> Result<[u8; 32], Trouble> {
    let bytes = (0..32).map(|index| {
        let digits = text.get(2 * index..2 * index + 2)?;
        u8::from_str_radix(digits, 16).ok()
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Trouble::misuse("the seed must be 32 bytes in hexadecimal"))
}
