//! What an operator does to a data folder from the command line. Everything is printed to a writer that is passed in.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

use spotter_journal_file::{DirLock, LockError};
use spotter_relay::OpenedMeet;
use spotter_relay_protocol::{LogId, MeetId};
use spotter_relay_store::{Finding, FlatFiles, LogStore, MeetPlace, StoreError};

use crate::clock;
use crate::key::{KeyError, random};
use crate::storage::words;

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such folder.
    #[error("there is no data folder {0}")]
    NoFolder(String),
    /// There is no such meet.
    #[error("there is no meet {0}")]
    NoSuchMeet(MeetId),
    /// A relay is using the folder.
    #[error("stop the relay first")]
    InUse(#[source] LockError),
    /// The store could not.
    #[error("the data folder cannot be used")]
    Store(#[source] StoreError),
    /// What was written could not be given to the owner of the folder.
    #[error(
        "what lies in {0} cannot be given to the owner of that folder; run this as root or as the relay's user"
    )]
    Owner(String, #[source] io::Error),
    /// There is no randomness.
    #[error("a new log needs a name")]
    Random(#[source] KeyError),
    /// The answer could not be printed.
    #[error("cannot print")]
    Print(#[from] io::Error),
}

/// Checks every log, or one, and prints what is wrong. Returns whether nothing is.
///
/// # Errors
///
/// No such folder or meet, or a folder that cannot be read.
pub fn verify(data: &Path, meet: Option<MeetId>, out: &mut dyn Write) -> Result<bool, AdminError> {
    let store = store(data)?;
    let places = places(&store, meet)?;
    let (mut damaged, mut torn) = (0, 0);
    for place in &places {
        let findings = store.verify(place);
        damaged += usize::from(findings.iter().any(|finding| !finding.harmless));
        torn +=
            usize::from(!findings.is_empty() && findings.iter().all(|finding| finding.harmless));
        for finding in findings {
            print_finding(&finding, out)?;
        }
    }
    writeln!(
        out,
        "{} meets checked, {damaged} damaged, {torn} to be put in order when next opened",
        places.len()
    )?;
    Ok(damaged == 0)
}

/// Rebuilds every damaged log, or one, from what is still sound. Returns whether all is well now. Whoever runs this,
/// the files belong to whom their folders belong.
///
/// # Errors
///
/// A relay uses the folder, no such meet, or a folder that cannot be written.
pub fn repair(data: &Path, meet: Option<MeetId>, out: &mut dyn Write) -> Result<bool, AdminError> {
    let store = store(data)?;
    let _lock = DirLock::take(data).map_err(AdminError::InUse)?;
    let mut well = true;
    hand_over(data)?;
    for place in places(&store, meet)? {
        let new_log_id = LogId::from_bytes(random().map_err(AdminError::Random)?);
        let name = place.meet;
        match store.repair(&place, new_log_id) {
            Ok(None) => well &= put_in_order(&store, &place, out)?,
            Ok(Some(repaired)) => writeln!(
                out,
                "{name}: {} changes kept, {} left out that build on lost ones; the damaged log is {}. Its members send \
                 what is missing when they next connect.",
                repaired.kept,
                repaired.left_out,
                repaired.set_aside.display()
            )?,
            Err(error) => {
                well = false;
                writeln!(out, "{name}: cannot be repaired: {}", words(&error))?;
            }
        }
        hand_over(&place.dir)?;
    }
    Ok(well)
}

/// Gives what lies in a folder to whom the folder belongs, once that is somebody else: what an operator writes as root has
/// to be the relay's afterwards.
fn hand_over(dir: &Path) -> Result<(), AdminError> {
    let keep = |error| AdminError::Owner(dir.display().to_string(), error);
    let Ok(folder) = fs::metadata(dir) else {
        // The meet lies elsewhere now: two copies of it were told apart.
        return Ok(());
    };
    for entry in fs::read_dir(dir).map_err(keep)? {
        let entry = entry.map_err(keep)?;
        let file = entry.metadata().map_err(keep)?;
        if (file.uid(), file.gid()) != (folder.uid(), folder.gid()) {
            lchown(entry.path(), Some(folder.uid()), Some(folder.gid())).map_err(keep)?;
        }
    }
    Ok(())
}

/// Prints one line for every meet.
///
/// # Errors
///
/// No such folder, or one that cannot be read.
pub fn list(data: &Path, out: &mut dyn Write) -> Result<(), AdminError> {
    let store = store(data)?;
    for place in store.meets().map_err(AdminError::Store)? {
        let log = fs::metadata(place.dir.join("updates.json.log"));
        let bytes = log.as_ref().map_or(0, fs::Metadata::len);
        writeln!(
            out,
            "{}  {:8}  {bytes:>10} bytes",
            place.meet,
            standing(&place)
        )?;
    }
    Ok(())
}

/// Prints what there is to know about a meet, except what its lifters are called and how much they lift. Returns whether
/// it is whole.
///
/// # Errors
///
/// No such folder or meet, or one that cannot be read.
pub fn show(data: &Path, meet: MeetId, out: &mut dyn Write) -> Result<bool, AdminError> {
    let store = store(data)?;
    let place = store.find(meet).ok_or(AdminError::NoSuchMeet(meet))?;
    writeln!(out, "meet       {meet} ({})", standing(&place))?;
    writeln!(out, "folder     {}", place.dir.display())?;
    let damage = match store.look(&place) {
        Ok(shown) => {
            show_contents(&shown, out)?;
            None
        }
        Err(damage @ StoreError::Damaged { .. }) => Some(damage),
        Err(error) => return Err(AdminError::Store(error)),
    };
    let findings = store.verify(&place);
    for finding in &findings {
        print_finding(finding, out)?;
    }
    let is_found = findings.iter().any(|finding| !finding.harmless);
    if let Some(damage) = &damage
        && !is_found
    {
        writeln!(out, "{meet}: {damage}")?;
    }
    Ok(!is_found && damage.is_none())
}

fn show_contents(shown: &OpenedMeet, out: &mut dyn Write) -> io::Result<()> {
    let auth = &shown.records.auth;
    writeln!(out, "created    {}", day_and_time(auth.created_at))?;
    writeln!(out, "changes    {}", shown.end)?;
    writeln!(out, "log id     {}", shown.log_id)?;
    writeln!(out, "root       {}", shown.root)?;
    writeln!(out, "epoch      {}", auth.epoch)?;
    for location in auth.roster.entries() {
        writeln!(
            out,
            "location   {} = {}",
            location.location_name, location.priority
        )?;
    }
    let now = i64::try_from(clock::wall_ms() / 1_000).unwrap_or(i64::MAX);
    for session in &shown.records.sessions.sessions {
        let revoked = auth
            .revoked
            .iter()
            .any(|revoked| revoked.session_id == session.session_id);
        let state = match () {
            () if revoked => "revoked",
            () if session.expires_at <= now => "expired",
            () => "valid",
        };
        writeln!(
            out,
            "session    {} {} until {} ({state})",
            session.session_id,
            session.location_name,
            day_and_time(session.expires_at)
        )?;
    }
    Ok(())
}

/// Opens a meet that is not damaged, which puts in order what a crash has left.
fn put_in_order(
    store: &FlatFiles,
    place: &MeetPlace,
    out: &mut dyn Write,
) -> Result<bool, AdminError> {
    match store.open(place.meet) {
        Ok(opened) => {
            if let Some(repaired) = opened.repaired {
                writeln!(out, "{}: {repaired}", place.meet)?;
            }
            store.close(place.meet).map_err(AdminError::Store)?;
            Ok(true)
        }
        Err(error) => {
            writeln!(out, "{}: {}", place.meet, words(&error))?;
            Ok(false)
        }
    }
}

fn print_finding(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let Finding {
        meet, file, what, ..
    } = finding;
    let kind = if finding.harmless {
        "to put in order"
    } else {
        "damaged"
    };
    writeln!(out, "{meet}: {kind}: {}: {what}", file.display())
}

fn store(data: &Path) -> Result<FlatFiles, AdminError> {
    if !data.is_dir() {
        return Err(AdminError::NoFolder(data.display().to_string()));
    }
    Ok(FlatFiles::new(data))
}

fn places(store: &FlatFiles, meet: Option<MeetId>) -> Result<Vec<MeetPlace>, AdminError> {
    match meet {
        None => store.meets().map_err(AdminError::Store),
        Some(meet) => Ok(vec![store.find(meet).ok_or(AdminError::NoSuchMeet(meet))?]),
    }
}

fn standing(place: &MeetPlace) -> &'static str {
    if place.finished {
        "finished"
    } else {
        "current"
    }
}

fn day_and_time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.to_string())
}
