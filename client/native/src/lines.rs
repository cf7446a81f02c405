//! Edits from standard input, one `PATH VALUE` to a line.

use std::io::{self, BufRead as _, Read as _};
use std::str::FromStr as _;

use spotter_model::Path;
use tokio::sync::mpsc;

use crate::limits::{EDIT_LINE_BYTES_MAX, EDITS_TOGETHER};

/// One line that asks for an edit, or says nothing sensible.
#[derive(Debug)]
pub(crate) struct Line {
    /// Counted from 1.
    pub(crate) number: usize,
    pub(crate) edit: Result<(Path, String), String>,
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
            let edit = match &read {
                Ok(0) => return,
                Ok(_) => parse(&bytes),
                Err(error) => Some(Err(format!("standard input cannot be read: {error}"))),
            };
            let ends = read.is_err() || bytes.len() > EDIT_LINE_BYTES_MAX;
            if let Some(edit) = edit
                && lines.blocking_send(Line { number, edit }).is_err()
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
fn parse(bytes: &[u8]) -> Option<Result<(Path, String), String>> {
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
    Some(parse_edit(line))
}

fn parse_edit(line: &str) -> Result<(Path, String), String> {
    let (path, value) = line
        .split_once([' ', '\t'])
        .ok_or_else(|| format!("expected PATH VALUE, not {line:?}"))?;
    let path = Path::from_str(path).map_err(|error| error.to_string())?;
    Ok((path, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_path_and_a_value() {
        let read = |line: &str| parse(line.as_bytes());
        let (path, value) = read("entries.5003.squat.2 182.5 good\r\n")
            .unwrap()
            .unwrap();
        assert_eq!(
            (path.to_string().as_str(), value.as_str()),
            ("entries.5003.squat.2", "182.5 good")
        );
        assert_eq!(read("meet.name \n").unwrap().unwrap().1, "");
        assert!(read("\n").is_none() && read("# from the weigh-in\n").is_none());
        assert!(read("meet.name\n").unwrap().is_err());
        assert!(read("nowhere.name x\n").unwrap().is_err());
        assert!(parse(b"meet.name \xff").unwrap().is_err());
    }
}
