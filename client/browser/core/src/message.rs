//! What JavaScript sends: an object, and its fields by name.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use spotter_client::{LinkId, Moment, Now, WallTime};

use crate::trouble::Trouble;

/// One message.
pub(crate) struct Message(Map<String, Value>);

impl Message {
    /// Reads a message.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Trouble> {
        let read: Result<Map<String, Value>, _> = serde_json::from_slice(bytes);
        read.map(Self)
            .map_err(|error| Trouble::misuse(format!("no message: {error}")))
    }

    /// What both clocks show.
    pub(crate) fn now(&self) -> Now {
        let clocks = self.0.get("now").and_then(Value::as_array);
        let read = |index: usize| clocks.and_then(|clocks| clocks.get(index)?.as_i64());
        Now {
            moment: Moment::from_ms(read(0).unwrap_or(0).unsigned_abs()),
            wall: WallTime::from_unix_seconds(read(1).unwrap_or(0)),
        }
    }

    /// A field, taken out.
    pub(crate) fn take(&mut self, name: &str) -> Value {
        self.0.get_mut(name).map(Value::take).unwrap_or_default()
    }

    /// A text that must be there.
    pub(crate) fn text(&self, name: &str) -> Result<&str, Trouble> {
        let text = self.0.get(name).and_then(Value::as_str);
        text.ok_or_else(|| Trouble::misuse(format!("{name} must be a text")))
    }

    /// A text that may be absent.
    pub(crate) fn text_if_any(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A text that stands for a value of some type.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<T, Trouble>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.text(name)?;
        text.parse()
            .map_err(|error| Trouble::misuse(format!("{name}: {error}")))
    }

    /// A whole number that must be there.
    pub(crate) fn number(&self, name: &str) -> Result<u64, Trouble> {
        let number = self.0.get(name).and_then(Value::as_u64);
        number.ok_or_else(|| Trouble::misuse(format!("{name} must be a whole number")))
    }

    /// A number that must be there.
    pub(crate) fn double(&self, name: &str) -> Result<f64, Trouble> {
        let number = self.0.get(name).and_then(Value::as_f64);
        number.ok_or_else(|| Trouble::misuse(format!("{name} must be a number")))
    }

    /// The message itself, as a value of some type.
    pub(crate) fn read_whole<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
        serde_json::from_value(Value::Object(self.0.clone())).map_err(Trouble::misuse)
    }

    /// Yes or no; no if absent.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool) == Some(true)
    }

    /// An object that must be there, taken out.
    pub(crate) fn object(&mut self, name: &str) -> Result<Map<String, Value>, Trouble> {
        self.object_if_any(name)
            .ok_or_else(|| Trouble::misuse(format!("{name} must be an object")))
    }

    /// An object that may be absent, taken out.
    pub(crate) fn object_if_any(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.take(name) {
            Value::Object(object) => Some(object),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => None,
        }
    }

    /// The connection that the message is about.
    pub(crate) fn link(&self) -> Result<LinkId, Trouble> {
        let text = self.text("link")?;
        let number = text.get(1..).and_then(|number| number.parse().ok());
        match (text.as_bytes().first(), number) {
            (Some(b'r'), Some(number)) => Ok(LinkId::Relay(number)),
            (Some(b'd'), Some(number)) => Ok(LinkId::Dialled(number)),
            (Some(b'a'), Some(number)) => Ok(LinkId::Accepted(number)),
            _ => Err(Trouble::misuse(format!("{text} is no connection"))),
        }
    }
}

/// The name of a connection, as [`Message::link`] reads it.
pub(crate) fn link_name(link: LinkId) -> String {
    match link {
        LinkId::Relay(number) => format!("r{number}"),
        LinkId::Dialled(number) => format!("d{number}"),
        LinkId::Accepted(number) => format!("a{number}"),
    }
}
