//! Edits from standard input, one to a line.

use std::io::{self, BufRead as _, Read as _};
use std::str::FromStr as _;

use spotter_model::{ChangeHash, Path};
use tokio::sync::mpsc;

use crate::limits::{EDIT_LINE_BYTES_MAX, EDITS_TOGETHER};

/// One line that asks for an edit, or says nothing sensible.
#[derive(Debug)]
pub(crate) struct Line {
    /// Counted from 1.
    pub(crate) number: usize,
    pub(crate) wish: Result<Wish, String>,
}

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    /// `PATH VALUE`.
    Set { path: Path, value: String },
    /// `again CHANGE`: to make somebody else's edit again that had to leave with a refused change.
    Again(ChangeHash),
}

/// Reads standard input in a thread of its own: nobody can wait for it and for other things at once.
pub(crate) fn from_stdin() -> mpsc::Receiver<Line> {
    let (lines, received) = mpsc::channel(EDITS_TOGETHER);
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut number = 0;
        loop {
            number += 1;
            let mut bytes = Vec::new();
            let longest = EDIT_LINE_BYTES_MAX as u64 + 1;
            let read = stdin.by_ref().take(longest).read_until(b'\n', &mut bytes);
            let wish = match &read {
                Ok(0) => return,
                Ok(_) => parse(&bytes),
                Err(error) => Some(Err(format!("standard input cannot be read: {error}"))),
            };
            let ends = read.is_err() || bytes.len() > EDIT_LINE_BYTES_MAX;
            if let Some(wish) = wish
                && lines.blocking_send(Line { number, wish }).is_err()
            {
                return;
            }
            if ends {
                return;
            }
        }
    });
    received
}

/// What a line asks for; nothing if it is empty or a remark.
fn parse(bytes: &[u8]) -> Option<Result<Wish, String>> {
    if bytes.len() > EDIT_LINE_BYTES_MAX {
        return Some(Err(format!(
            "it is longer than {EDIT_LINE_BYTES_MAX} bytes; nothing after it was read"
        )));
    }
    let Ok(line) = str::from_utf8(bytes) else {
        return Some(Err("it is not text in UTF-8".to_owned()));
    };
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line).trim_start();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    Some(parse_wish(line))
}

fn parse_wish(line: &str) -> Result<Wish, String> {
    let (path, value) = line
        .split_once([' ', '\t'])
        .ok_or_else(|| format!("expected PATH VALUE, not {line:?}"))?;
    if path == "again" {
        let change = ChangeHash::from_str(value.trim()).map_err(|error| error.to_string())?;
        return Ok(Wish::Again(change));
    }
    let path = Path::from_str(path).map_err(|error| error.to_string())?;
    let value = value.to_owned();
    Ok(Wish::Set { path, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_path_and_a_value() {
        let read = |line: &str| parse(line.as_bytes());
        let set = |path: &str, value: &str| {
            let (path, value) = (path.parse().unwrap(), value.to_owned());
            Some(Ok(Wish::Set { path, value }))
        };
        assert_eq!(
            read("entries.5003.squat.2 182.5 good\r\n"),
            set("entries.5003.squat.2", "182.5 good")
        );
        assert_eq!(read("meet.name \n"), set("meet.name", ""));
        let again = format!("again {}\n", "0a".repeat(32));
        assert!(matches!(read(&again), Some(Ok(Wish::Again(_)))));
        assert!(read("again and again\n").unwrap().is_err());
        assert!(read("\n").is_none() && read("# from the weigh-in\n").is_none());
        assert!(read("meet.name\n").unwrap().is_err());
        assert!(read("nowhere.name x\n").unwrap().is_err());
        assert!(parse(b"meet.name \xff").unwrap().is_err());
    }
}
