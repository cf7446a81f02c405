//! Files that leave and enter: OpenLifter's saved meets, and bundles carried on a stick.

use std::path::Path;

use spotter_client::{Ask, Reply};
use spotter_journal_file::save_file;
use spotter_model::Author;

use super::edit::unexpected;
use super::{Reader, closing, open, open_existing};
use crate::cli::{Bundle, Seat, Source};
use crate::driver::Driver;
use crate::failure::Failure;
use crate::store::chain;
use crate::{out, words};

/// `export`.
pub(super) fn export(dir: &Path, file: &Path) -> Result<(), Failure> {
    let mut reader = Reader::open(dir)?;
    let saved = reader.meet()?.export(None)?;
    let text = serde_json::to_string(&saved)
        .map_err(|error| Failure::refused(format!("the meet cannot be written: {error}")))?;
    deliver(file, text)
}

/// `bundle`.
pub(super) async fn bundle(dir: &Path, bundle: Bundle) -> Result<(), Failure> {
    match bundle {
        Bundle::Export { file, location } => {
            let mut driver = open_existing(dir)?;
            let outcome = pack(&mut driver, &file, location).await;
            closing(driver, outcome).await
        }
        Bundle::Import { file, location } => {
            let text = file.read()?;
            let mut driver = open(dir)?;
            let outcome = unpack(&mut driver, &file, text, location).await;
            closing(driver, outcome).await
        }
    }
}

async fn pack(driver: &mut Driver, file: &Path, location: Option<Seat>) -> Result<(), Failure> {
    let author = location.map(author);
    let reply = driver.ask(Ask::PackBundle { author }).await?;
    let Reply::Bundle(text) = reply else {
        return Err(unexpected(&reply));
    };
    deliver(file, text.trim_end_matches('\n').to_owned())
}

async fn unpack(
    driver: &mut Driver,
    file: &Source,
    text: String,
    location: Option<Seat>,
) -> Result<(), Failure> {
    let author = location.map(author);
    let answer = driver.ask(Ask::UnpackBundle { text, author }).await;
    let reply = answer.map_err(|failure| failure.at(file.name()))?;
    let Reply::Unpacked(unpacked) = reply else {
        return Err(unexpected(&reply));
    };
    out::line(format!(
        "from {}, {}: {} new, {} known",
        unpacked.header.location,
        words::time(unpacked.header.created.unix_seconds()),
        words::count(unpacked.brought, "change", "changes"),
        unpacked.known,
    ));
    let lacking = [
        (unpacked.refused, "refused"),
        (
            unpacked.waiting,
            "built on changes that are neither here nor in the bundle",
        ),
    ];
    for (number, what) in lacking.into_iter().filter(|(number, _)| *number > 0) {
        out::remark(format!(
            "{}: {what}",
            words::count(number, "change", "changes")
        ));
    }
    match unpacked.damage {
        None => Ok(()),
        Some(damage) => Err(
            Failure::refused(format!("{} is damaged: {damage}", file.name()))
                .hint("what could be read of it was taken in"),
        ),
    }
}

fn author(seat: Seat) -> Author {
    Author {
        location: seat.name,
        priority: seat.priority,
    }
}

/// Writes a file as a whole or not at all, or to standard output.
fn deliver(file: &Path, mut text: String) -> Result<(), Failure> {
    if file.as_os_str() == "-" {
        out::line(text);
        return Ok(());
    }
    if file.is_dir() {
        return Err(Failure::refused(format!("{} is a folder", file.display())));
    }
    text.push('\n');
    save_file(file, text.as_bytes()).map_err(|error| Failure::local(chain(&error)))
}
