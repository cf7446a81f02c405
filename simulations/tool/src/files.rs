//! Reading and writing files, with the path in what goes wrong.

use std::fs;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use spotter_sim_plan::Event;

use crate::trouble::Trouble;

/// Reads a text.
///
/// # Errors
/// It cannot be read.
pub(crate) fn read(path: &Path) -> Result<String, Trouble> {
    fs::read_to_string(path).map_err(Trouble::with(path))
}

/// Writes a text, making the folder it lies in.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Trouble> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    fs::write(path, text).map_err(Trouble::with(path))
}

/// Writes a value as JSON for people.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Trouble> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Trouble::File {
        path: path.to_path_buf(),
        source: error.into(),
    })?;
    write(path, &format!("{text}\n"))
}

/// Makes a folder and those above it.
///
/// # Errors
/// It cannot be made.
pub(crate) fn make_folder(path: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(path).map_err(Trouble::with(path))
}

/// Writes a trace, one event a line.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_trace(path: &Path, trace: &[Event]) -> Result<(), Trouble> {
    let file = fs::File::create(path).map_err(Trouble::with(path))?;
    let mut out = BufWriter::new(file);
    for event in trace {
        serde_json::to_writer(&mut out, event)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(Trouble::with(path))?;
    }
    out.flush().map_err(Trouble::with(path))
}

/// Reads a trace.
///
/// # Errors
/// It cannot be read; the words name the line that is no event.
pub(crate) fn read_trace(path: &Path) -> Result<Vec<Event>, Trouble> {
    let file = fs::File::open(path).map_err(Trouble::with(path))?;
    let mut trace = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(Trouble::with(path))?;
        if line.trim().is_empty() {
            continue;
        }
        let event = serde_json::from_str(&line).map_err(|error| {
            let path = path.display();
            Trouble::Asked(format!(
                "{path}:{}: no event of a trace: {error}",
                number + 1
            ))
        })?;
        trace.push(event);
    }
    Ok(trace)
}
