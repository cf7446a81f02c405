//! Beginning a meet on this device.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use spotter_client::Ask;

use super::{closing, meet, open};
use crate::cli::Source;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::{clock, out, words};

/// `new`.
pub(super) async fn new(dir: &Path, date: Option<String>) -> Result<(), Failure> {
    let date = date.unwrap_or_else(today);
    check_date(&date)?;
    let mut driver = open(dir)?;
    let outcome = begin(&mut driver, Ask::NewMeet { date }).await;
    closing(driver, outcome).await
}

/// `import`.
pub(super) async fn import(dir: &Path, file: &Source) -> Result<(), Failure> {
    let saved_json = file.read()?;
    let mut driver = open(dir)?;
    let outcome = begin(&mut driver, Ask::Import { saved_json })
        .await
        .map_err(|failure| failure.at(file.name()));
    closing(driver, outcome).await
}

async fn begin(driver: &mut Driver, ask: Ask) -> Result<(), Failure> {
    driver.ask(ask).await?;
    let entries = meet(driver.client())?.entries();
    let lifters = words::count(entries.len(), "lifter", "lifters");
    out::line(format!("a draft on this device: {lifters}"));
    Ok(())
}

fn check_date(date: &str) -> Result<(), Failure> {
    let parsed: Result<jiff::civil::Date, _> = date.parse();
    match parsed {
        Ok(parsed) if parsed.to_string() == date => Ok(()),
        Ok(_) | Err(_) => Err(Failure::usage(format!(
            "expected a date like 2026-11-20, not {date:?}"
        ))),
    }
}

fn today() -> String {
    let now = Timestamp::from_second(clock::wall().unix_seconds()).unwrap_or_default();
    now.to_zoned(TimeZone::system()).date().to_string()
}
