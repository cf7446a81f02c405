//! Results that were handed in: `published-1.csv` with `published-1.json` beside it, and so on.

use std::path::Path;

use serde::Serialize;
use spotter_journal_file::{save_file, save_record};

use crate::{Publication, StoreError};

/// What is known about results beside the results.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About<'a> {
    t: i64,
    return_email: &'a str,
}

/// Keeps one more publication and returns how many there are. The description is written last and counts.
pub(super) fn keep(dir: &Path, publication: &Publication) -> Result<u32, StoreError> {
    let about = |number: u32| dir.join(format!("published-{number}.json"));
    let mut number = 1;
    while about(number).exists() {
        number += 1;
    }
    save_file(
        &dir.join(format!("published-{number}.csv")),
        publication.opl_csv.as_bytes(),
    )?;
    let told = About {
        t: publication.t,
        return_email: &publication.return_email,
    };
    save_record(&about(number), &told)?;
    Ok(number)
}
