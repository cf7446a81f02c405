//! Arguments that are more than text: parsed once, at the edge, with an error that names the thing and the value.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};
use spotter_model::{EntryName, LocationName, OpId, Path, Priority, Seen};
use spotter_relay_protocol::{DisplayLabel, Password};
use url::Url;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The most bytes that are read of any file: far above the largest meet, far below the memory of a small machine.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// The most bytes of a file that should hold a password.
const PASSWORD_FILE_BYTES_MAX: u64 = 4 << 10;

/// The longest time anybody can be told to wait: a week.
const DURATION_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A location and its priority, as `NAME=PRIORITY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) name: LocationName,
    pub(crate) priority: Priority,
}

impl FromStr for Seat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = text.rsplit_once('=').ok_or_else(|| {
            format!("expected a name and a priority, like \"Platform 1=20\", not {text:?}")
        })?;
        Ok(Self {
            name: location(name)?,
            priority: priority(number.trim())?,
        })
    }
}

/// A file to read, or standard input.
#[derive(Clone, Debug)]
pub(crate) struct Source(PathBuf);

impl FromStr for Source {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(PathBuf::from(text)))
    }
}

impl Source {
    /// Reads the whole of it as text.
    pub(crate) fn read(&self) -> Result<String, Failure> {
        let bytes = self.bytes(FILE_BYTES_MAX)?;
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Failure::refused(format!(
                "{} is not text: byte {at} is not UTF-8",
                self.name()
            ))
        })
    }

    /// As a person would call it.
    pub(crate) fn name(&self) -> String {
        if self.is_stdin() {
            "standard input".to_owned()
        } else {
            self.0.display().to_string()
        }
    }

    fn bytes(&self, bytes_max: u64) -> Result<Vec<u8>, Failure> {
        let unreadable =
            |error: io::Error| Failure::refused(format!("cannot read {}: {error}", self.name()));
        let mut bytes = Vec::new();
        if self.is_stdin() {
            io::stdin().take(bytes_max + 1).read_to_end(&mut bytes)
        } else {
            let file = File::open(&self.0).map_err(unreadable)?;
            file.take(bytes_max + 1).read_to_end(&mut bytes)
        }
        .map_err(unreadable)?;
        if bytes.len() as u64 > bytes_max {
            return Err(Failure::refused(format!(
                "{} is longer than {bytes_max} bytes",
                self.name()
            )));
        }
        Ok(bytes)
    }

    fn is_stdin(&self) -> bool {
        self.0.as_os_str() == "-"
    }
}

/// A file whose first line is a password.
#[derive(Clone, Debug)]
pub(crate) struct Secret(Source);

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Source::from_str(text).map(Self)
    }
}

impl Secret {
    /// Reads the password. No error says what it was.
    pub(crate) fn password(&self) -> Result<Password, Failure> {
        let bytes = Zeroizing::new(self.0.bytes(PASSWORD_FILE_BYTES_MAX)?);
        let name = self.0.name();
        let text =
            str::from_utf8(&bytes).map_err(|_| Failure::refused(format!("{name} is not text")))?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains('\n') {
            return Err(Failure::refused(format!(
                "{name} holds more than one line; a password is one"
            )));
        }
        Password::parse(line).map_err(|error| Failure::refused(format!("{name}: {error}")))
    }
}

/// What a display key is for.
pub(super) fn label(text: &str) -> Result<DisplayLabel, String> {
    DisplayLabel::parse(text).map_err(|error| error.to_string())
}

pub(super) fn location(text: &str) -> Result<LocationName, String> {
    LocationName::parse(text).map_err(|error| error.to_string())
}

pub(super) fn priority(text: &str) -> Result<Priority, String> {
    let number: u32 = text
        .parse()
        .map_err(|_| format!("a priority is a whole number from 0 to 1000000, not {text:?}"))?;
    Priority::new(number).map_err(|error| error.to_string())
}

/// The address of a relay. Whether it may be readable on the way is decided where it is used.
pub(super) fn relay_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no address: {error}"))?;
    if !matches!(url.scheme(), "ws" | "wss") {
        return Err(format!(
            "a relay's address begins with wss:// or ws://, not {}://",
            url.scheme()
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(format!("{text:?} names no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a relay's address holds no user and no password".to_owned());
    }
    if url.fragment().is_some() {
        return Err(format!(
            "{text:?} has a fragment, which a relay's address cannot"
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn seen(text: &str) -> Result<Seen, String> {
    if text == "nothing" {
        return Ok(Seen::Nothing);
    }
    let write: Result<OpId, _> = text.parse();
    write.map(Seen::Write).map_err(|error| error.to_string())
}

/// An entry by its id or key, with or without `entries.` before it.
pub(super) fn entry(text: &str) -> Result<EntryName, String> {
    let name = text.strip_prefix("entries.").unwrap_or(text);
    let path: Result<Path, _> = format!("entries.{name}.name").parse();
    let named = path.ok().and_then(|path| path.entry_name().cloned());
    named
        .filter(|named| named.to_string() == name)
        .ok_or_else(|| {
            format!(
                "an entry is named by its id or key, like 5003 or @00112233aabbccdd.3, not {text:?}"
            )
        })
}

pub(super) fn json_object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("expected a JSON object: {error}"))
}

/// `10s`, `2m`, `1h`, `500ms`, or a number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(no_duration(text)),
    };
    let number: f64 = digits.parse().map_err(|_| no_duration(text))?;
    Duration::try_from_secs_f64(number * seconds)
        .ok()
        .filter(|duration| *duration <= DURATION_MAX)
        .ok_or_else(|| no_duration(text))
}

fn no_duration(text: &str) -> String {
    format!("expected a time of at most a week, like 10s, 2m or 500ms, not {text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_a_name_and_a_priority() {
        let seat: Seat = "Platform 1=20".parse().unwrap();
        assert_eq!(
            (seat.name.as_str(), seat.priority.get()),
            ("Platform 1", 20)
        );
        assert_eq!("A=B=7".parse::<Seat>().unwrap().name.as_str(), "A=B");
        for wrong in [
            "Jury",
            "Jury=",
            "Jury=high",
            "=3",
            "Jury=-1",
            "Jury=1000001",
        ] {
            assert!(wrong.parse::<Seat>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        let read = |text| duration(text).unwrap();
        assert_eq!(read("10s"), Duration::from_secs(10));
        assert_eq!(read("1"), Duration::from_secs(1));
        assert_eq!(read("1.5m"), Duration::from_secs(90));
        assert_eq!(read("500ms"), Duration::from_millis(500));
        for wrong in [
            "", "s", "ten", "-1s", "1y", "1e30h", "inf", "NaN", "1s ", "5µs",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_relay_is_named_by_a_websocket_address() {
        for good in ["ws://127.0.0.1:8765", "wss://relay.example.org/spotter"] {
            assert_eq!(relay_url(good), Ok(good.to_owned()));
        }
        for wrong in [
            "127.0.0.1:8765",
            "http://x",
            "ws://",
            "ws://a:b@c",
            "",
            "ws://x#y",
        ] {
            assert!(relay_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_entry_is_named_by_id_or_key() {
        for good in ["5003", "entries.5003", "-7", "@00112233aabbccdd.3"] {
            assert!(entry(good).is_ok(), "{good}");
        }
        for wrong in ["", "Aino", "5003.name", "@00112233aabbccdd"] {
            assert!(entry(wrong).is_err(), "{wrong}");
        }
    }
}
