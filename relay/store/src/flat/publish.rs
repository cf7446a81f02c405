//! Results that were handed in: `published-1.csv` with `published-1.json` beside it, and so on.

use std::path::Path;

use serde::Serialize;
use spotter_journal_file::{save_file, save_record};
use spotter_model::ChangeHash;
use spotter_relay::Publication;
use spotter_relay_protocol::SessionId;

use crate::StoreError;

/// What is known about results beside the results.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About<'a> {
    received_at: i64,
    by: SessionId,
    server_seq_num: u64,
    heads: &'a [ChangeHash],
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
        received_at: publication.received_at,
        by: publication.by,
        server_seq_num: publication.server_seq_num,
        heads: &publication.heads,
        return_email: &publication.return_email,
    };
    save_record(&about(number), &told)?;
    Ok(number)
}
