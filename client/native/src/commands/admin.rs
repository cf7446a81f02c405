//! Words to the relay: locations, the password, sessions, the end of a meet.

use std::path::Path;

use serde_json::{Value, json};
use spotter_client::{Ask, Reply, Word};
use spotter_model::{LocationName, Priority};
use spotter_relay_protocol::{EMAIL_BYTES_MAX, OPL_CSV_BYTES_MAX, SessionShown};

use super::live::{connect, exchange};
use super::{Waited, ask_until, closing, must_exist, open_to_connect, read};
use crate::cli::{DisplayKeys, Location, Patience, Secret, Session, Source};
use crate::driver::Driver;
use crate::failure::Failure;
use crate::{clock, out, words};

/// `location`.
pub(super) async fn location(dir: &Path, location: Location) -> Result<(), Failure> {
    match location {
        Location::List { json } => read::roster(dir, json),
        Location::Add { seat, patience } => {
            let done = format!("{} may join, with priority {}", seat.name, seat.priority);
            let word = |driver: &mut Driver| match priority_of(driver, &seat.name) {
                Ok(_) => Err(Failure::refused(format!(
                    "there is a location {} already",
                    seat.name
                ))
                .hint("`location priority` gives it another priority")),
                Err(_) => Ok(set_location(&seat.name, seat.priority, None)),
            };
            say(dir, &patience, word, |_| out::line(done)).await
        }
        Location::Rename {
            name,
            new_name,
            patience,
        } => {
            let done = format!("{name} is called {new_name} from its next join on");
            let word = |driver: &mut Driver| {
                let priority = priority_of(driver, &name)?;
                Ok(set_location(&name, priority, Some(new_name.clone())))
            };
            say(dir, &patience, word, |_| out::line(done)).await
        }
        Location::Priority {
            name,
            priority,
            patience,
        } => {
            let done = format!("{name} has priority {priority} from its next join on");
            let word = |driver: &mut Driver| {
                priority_of(driver, &name)?;
                Ok(set_location(&name, priority, None))
            };
            say(dir, &patience, word, |_| out::line(done)).await
        }
    }
}

fn set_location(name: &LocationName, priority: Priority, new_name: Option<LocationName>) -> Word {
    Word::SetLocation {
        location: name.clone(),
        priority,
        new_name,
    }
}

/// The present priority of a location, by its name of today.
fn priority_of(driver: &mut Driver, name: &LocationName) -> Result<Priority, Failure> {
    let membership = driver.client().membership();
    let entries = membership.map_or(&[][..], |membership| membership.roster.entries());
    let entry = entries.iter().find(|entry| entry.location_name == *name);
    entry.map(|entry| entry.priority).ok_or_else(|| {
        let known: Vec<&str> = entries.iter().map(|e| e.location_name.as_str()).collect();
        Failure::refused(format!("there is no location {name}"))
            .hint(format!("there are: {}", known.join(", ")))
    })
}

/// `password`.
pub(super) async fn password(
    dir: &Path,
    old: &Secret,
    new: &Secret,
    patience: &Patience,
) -> Result<(), Failure> {
    let (old, new) = (old.password()?, new.password()?);
    let word = |_: &mut Driver| Ok(Word::ChangePassword { old, new });
    say(dir, patience, word, |_| {
        out::line("whoever joins from now on needs the new password");
    })
    .await
}

/// `finish`.
pub(super) async fn finish(dir: &Path, patience: &Patience) -> Result<(), Failure> {
    let word = |_: &mut Driver| Ok(Word::FinishMeet);
    say(dir, patience, word, |_| out::line("the meet is finished")).await
}

/// `publish`.
pub(super) async fn publish(
    dir: &Path,
    file: &Source,
    return_email: String,
    patience: &Patience,
) -> Result<(), Failure> {
    let opl_csv = file.read()?;
    let too_long = |what: &str, bytes: usize, most: usize| {
        Failure::refused(format!(
            "{what} has {bytes} bytes; the relay takes at most {most}"
        ))
    };
    if opl_csv.len() > OPL_CSV_BYTES_MAX {
        return Err(too_long(&file.name(), opl_csv.len(), OPL_CSV_BYTES_MAX));
    }
    if return_email.len() > EMAIL_BYTES_MAX {
        return Err(too_long("the address", return_email.len(), EMAIL_BYTES_MAX));
    }
    let word = |_: &mut Driver| {
        Ok(Word::Publish {
            return_email,
            opl_csv,
        })
    };
    say(dir, patience, word, |_| {
        out::line("the results are on the relay's disk");
    })
    .await
}

/// `session`.
pub(super) async fn session(dir: &Path, session: Session) -> Result<(), Failure> {
    match session {
        Session::List { json, patience } => {
            let word = |_: &mut Driver| Ok(Word::ListSessions);
            let reply = ask(dir, &patience, word).await?;
            let Reply::Sessions(sessions) = reply else {
                return Err(super::edit::unexpected(&reply));
            };
            list(&sessions, json)
        }
        Session::Revoke { id, patience } => {
            let word = |_: &mut Driver| Ok(Word::RevokeSession { session_id: id });
            say(dir, &patience, word, |_| {
                out::line(format!("session {id} is over"));
            })
            .await
        }
    }
}

/// `display-key`.
pub(super) async fn display_key(dir: &Path, keys: DisplayKeys) -> Result<(), Failure> {
    match keys {
        DisplayKeys::Add {
            label,
            json,
            patience,
        } => {
            let word = |_: &mut Driver| Ok(Word::AddDisplayKey { label });
            let reply = ask(dir, &patience, word).await?;
            let Reply::DisplayKeyAdded { key_id, key } = reply else {
                return Err(super::edit::unexpected(&reply));
            };
            if json {
                let added = json!({ "keyId": key_id, "displayKey": key.expose() });
                return out::json(&added);
            }
            out::line(format!("{key_id}  {}", key.expose()));
            Ok(())
        }
        DisplayKeys::List { json, patience } => {
            let word = |_: &mut Driver| Ok(Word::ListDisplayKeys);
            let reply = ask(dir, &patience, word).await?;
            let Reply::DisplayKeys(keys) = reply else {
                return Err(super::edit::unexpected(&reply));
            };
            if json {
                return out::json(&serde_json::to_value(&keys).unwrap_or(Value::Null));
            }
            for key in keys {
                let since = words::time(key.since);
                out::line(format!(
                    "{}  {}  since {since}  {}",
                    key.key_id, key.location_name, key.label
                ));
            }
            Ok(())
        }
        DisplayKeys::Revoke { id, patience } => {
            let word = |_: &mut Driver| Ok(Word::RevokeDisplayKey { key_id: id });
            say(dir, &patience, word, |_| {
                out::line(format!("display key {id} opens nothing any more"));
            })
            .await
        }
    }
}

fn list(sessions: &[SessionShown], json: bool) -> Result<(), Failure> {
    if json {
        let sessions = serde_json::to_value(sessions).unwrap_or(Value::Null);
        return out::json(&sessions);
    }
    for session in sessions {
        let mut notes = vec![if session.connected {
            "connected"
        } else {
            "away"
        }];
        notes.extend(session.initiator.then_some("initiator"));
        notes.extend(session.this_one.then_some("this one"));
        out::line(format!(
            "{}  {}  since {}  until {}  {}",
            session.session_id,
            session.location_name,
            words::time(session.issued_at),
            words::time(session.expires_at),
            notes.join(", ")
        ));
    }
    Ok(())
}

async fn say(
    dir: &Path,
    patience: &Patience,
    word: impl FnOnce(&mut Driver) -> Result<Word, Failure>,
    done: impl FnOnce(Reply),
) -> Result<(), Failure> {
    ask(dir, patience, word).await.map(done)
}

/// Connects, catches up, so that what is known of the roster is of today, and says the word.
async fn ask(
    dir: &Path,
    patience: &Patience,
    word: impl FnOnce(&mut Driver) -> Result<Word, Failure>,
) -> Result<Reply, Failure> {
    must_exist(dir)?;
    let mut driver = open_to_connect(dir)?;
    let outcome = asked(&mut driver, patience, word).await;
    closing(driver, outcome).await
}

async fn asked(
    driver: &mut Driver,
    patience: &Patience,
    word: impl FnOnce(&mut Driver) -> Result<Word, Failure>,
) -> Result<Reply, Failure> {
    let deadline = Some(clock::after(patience.limit));
    connect(driver, deadline, None).await?;
    exchange(driver, deadline).await?;
    let word = Ask::Word(word(driver)?);
    match ask_until(driver, word, deadline).await? {
        Waited::Answered(reply) => {
            // What followed from it, such as a new ticket, is kept before the connection is given up.
            exchange(driver, deadline).await?;
            Ok(reply)
        }
        Waited::TooLong => Err(Failure::not_reached("the relay did not answer in time")),
    }
}
