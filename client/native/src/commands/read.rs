//! Commands that only look.

use std::path::Path;

use serde_json::Value;
use spotter_client::Problem;
use spotter_model::Path as MeetPath;

use super::Reader;
use crate::contact::Contact;
use crate::failure::Failure;
use crate::{out, words};

/// `get`.
pub(super) fn get(dir: &Path, path: &MeetPath, json: bool) -> Result<(), Failure> {
    let mut reader = Reader::open(dir)?;
    let shown = reader.meet()?.get(path)?;
    if json {
        return out::json(&words::shown_json(&shown));
    }
    out::line(&shown.held.text);
    Ok(())
}

/// `show`.
pub(super) fn show(dir: &Path, json: bool) -> Result<(), Failure> {
    let mut reader = Reader::open(dir)?;
    let saved = reader.meet()?.export(None)?;
    if json {
        return out::json(&saved);
    }
    words::board(&saved).iter().for_each(out::line);
    let disputed = reader.meet()?.conflicts().len();
    if disputed > 0 {
        let conflicts = words::count(disputed, "conflict", "conflicts");
        out::line(format!("\n{conflicts}; `spotter conflicts` lists them"));
    }
    Ok(())
}

/// `status`.
pub(super) fn status(dir: &Path, json: bool) -> Result<(), Failure> {
    let mut reader = Reader::open(dir)?;
    let contact = Contact::load(&reader.dir);
    let status = reader.client.status(reader.clock.moment());
    if json {
        let json = words::status_json(&mut reader.client, &status, contact.as_ref());
        return out::json(&json);
    }
    words::status(&mut reader.client, &status, contact.as_ref())
        .iter()
        .for_each(out::line);
    Ok(())
}

/// `conflicts`.
pub(super) fn conflicts(dir: &Path, json: bool) -> Result<(), Failure> {
    let mut reader = Reader::open(dir)?;
    let conflicts = reader.meet()?.conflicts();
    if json {
        let listed: Vec<Value> = conflicts.iter().map(words::conflict_json).collect();
        return out::json(&listed);
    }
    if conflicts.is_empty() {
        out::line("no conflicts");
    }
    conflicts
        .iter()
        .flat_map(words::conflict)
        .for_each(out::line);
    Ok(())
}

/// `history`.
pub(super) fn history(dir: &Path, path: &MeetPath, json: bool) -> Result<(), Failure> {
    let mut reader = Reader::open(dir)?;
    let items = reader.meet()?.history(path)?;
    if json {
        let listed: Vec<_> = items.iter().map(words::history_json).collect();
        return out::json(&listed);
    }
    if items.is_empty() {
        out::line(format!("{path} has never been filled in"));
    }
    items.iter().map(words::history_item).for_each(out::line);
    Ok(())
}

/// `location list`.
pub(super) fn roster(dir: &Path, json: bool) -> Result<(), Failure> {
    let reader = Reader::open(dir)?;
    let Some(membership) = reader.client.membership() else {
        return Err(Failure::refused(Problem::NoPasswordWanted.to_string()));
    };
    let entries = membership.roster.entries();
    if json {
        return out::json(&entries);
    }
    for entry in entries {
        let former: Vec<&str> = entry
            .renamed_from
            .iter()
            .map(|name| name.as_str())
            .collect();
        let former = match former.as_slice() {
            [] => String::new(),
            former => format!("  once {}", former.join(", ")),
        };
        out::line(format!(
            "{:>7}  {}{former}",
            entry.priority, entry.location_name
        ));
    }
    Ok(())
}
