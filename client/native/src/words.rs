//! What a meet and a replica look like in words, and in JSON for programs.

mod board;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use spotter_client::{Client, Status, WallTime};
use spotter_model::{Author, Conflict, Held, HistoryItem, Shown};

use crate::contact::{Contact, WhyPutOff};

pub(crate) use board::board;

/// A wall clock's reading as people at the venue read it.
pub(crate) fn time(unix_seconds: i64) -> String {
    match Timestamp::from_second(unix_seconds) {
        Ok(time) => {
            let zoned = time.to_zoned(TimeZone::system());
            zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
        Err(_) => format!("{unix_seconds} s after 1970"),
    }
}

/// The same for programs: RFC 3339, in UTC.
fn time_json(unix_seconds: i64) -> Value {
    match Timestamp::from_second(unix_seconds) {
        Ok(time) => Value::from(time.to_string()),
        Err(_) => Value::from(unix_seconds),
    }
}

/// A location and its priority.
pub(crate) fn author(author: &Author) -> String {
    format!("{} ({})", author.location, author.priority)
}

/// A number of things, named rightly.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

/// One write, for programs.
pub(crate) fn held_json(held: &Held) -> Map<String, Value> {
    let mut json = Map::new();
    json.insert("value".to_owned(), held.value.clone().unwrap_or_default());
    json.insert("text".to_owned(), Value::from(held.text.as_str()));
    json.insert("write".to_owned(), Value::from(held.write.to_string()));
    json.insert(
        "location".to_owned(),
        Value::from(held.author.location.as_str()),
    );
    json.insert(
        "priority".to_owned(),
        Value::from(held.author.priority.get()),
    );
    json.insert("time".to_owned(), time_json(held.time));
    if let Some(reason) = &held.reason {
        json.insert("reason".to_owned(), Value::from(reason.as_str()));
    }
    json.insert("change".to_owned(), Value::from(held.change.to_string()));
    json
}

/// What a register shows, for programs.
pub(crate) fn shown_json(shown: &Shown) -> Map<String, Value> {
    let mut json = Map::new();
    json.insert("path".to_owned(), Value::from(shown.path.to_string()));
    json.extend(held_json(&shown.held));
    json.insert("conflict".to_owned(), Value::from(shown.conflict));
    json
}

/// One conflict, for programs.
pub(crate) fn conflict_json(conflict: &Conflict) -> Value {
    let overruled: Vec<_> = conflict.overruled.iter().map(held_json).collect();
    json!({
        "path": conflict.path.to_string(),
        "stands": held_json(&conflict.stands),
        "overruled": overruled,
    })
}

/// One conflict: what stands first, then what it overruled.
pub(crate) fn conflict(conflict: &Conflict) -> Vec<String> {
    let mut lines = vec![
        conflict.path.to_string(),
        format!("  stands     {}", held(&conflict.stands)),
    ];
    let overruled = conflict.overruled.iter();
    lines.extend(overruled.map(|other| format!("  overruled  {}", held(other))));
    lines
}

/// One write: what, who, when, why, and its name.
fn held(held: &Held) -> String {
    let mut text = format!(
        "{}  by {}  at {}",
        value(held),
        author(&held.author),
        time(held.time)
    );
    if let Some(reason) = &held.reason {
        text.push_str(&format!("  because {reason:?}"));
    }
    text.push_str(&format!("  [{}]", held.write));
    text
}

fn value(held: &Held) -> &str {
    if held.value.is_none() {
        "(empty)"
    } else if held.text.is_empty() {
        "\"\""
    } else {
        &held.text
    }
}

/// One write of a history.
pub(crate) fn history_item(item: &HistoryItem) -> String {
    let standing = match (item.shown, item.standing) {
        (true, _) => "shown     ",
        (false, true) => "overruled ",
        (false, false) => "replaced  ",
    };
    let seen: Vec<String> = item.replaces.iter().map(ToString::to_string).collect();
    let seen = match seen.as_slice() {
        [] => String::new(),
        seen => format!("  having seen {}", seen.join(", ")),
    };
    format!("{standing} {}{seen}", held(&item.held))
}

/// One write of a history, for programs.
pub(crate) fn history_json(item: &HistoryItem) -> Map<String, Value> {
    let mut json = held_json(&item.held);
    let replaces: Vec<String> = item.replaces.iter().map(ToString::to_string).collect();
    json.insert("replaces".to_owned(), Value::from(replaces));
    json.insert("standing".to_owned(), Value::from(item.standing));
    json.insert("shown".to_owned(), Value::from(item.shown));
    json
}

/// How a replica is doing, for programs.
pub(crate) fn status_json(
    client: &mut Client,
    status: &Status,
    contact: Option<&Contact>,
) -> Value {
    let wall = |time: Option<WallTime>| time.map(|time| time_json(time.unix_seconds()));
    let membership = client.membership();
    let roster: Option<Vec<Value>> = membership.map(|membership| {
        let seats = membership.roster.entries().iter();
        let seats =
            seats.map(|seat| json!({"name": seat.location_name, "priority": seat.priority}));
        seats.collect()
    });
    json!({
        "meetId": status.meet_id.map(|id| id.to_string()),
        "root": status.root.map(|root| root.to_string()),
        "draft": status.draft,
        "finished": status.finished,
        "location": status.author.as_ref().map(|author| author.location.as_str()),
        "priority": status.author.as_ref().map(|author| author.priority.get()),
        "relay": membership.map(|membership| membership.relay.as_str()),
        "initiator": membership.is_some_and(|membership| membership.initiator),
        "sessionExpiresAt": wall(membership.and_then(|m| m.session.as_ref()).map(|s| s.expires_at)),
        "roster": roster,
        "link": contact.map(|contact| contact.link.as_str()),
        "lastContact": wall(contact.and_then(|contact| contact.last_contact)),
        "needResync": need_resync(status, contact),
        "editsNotSent": status.edits_not_sent,
        "oldestNotSent": wall(status.oldest_not_sent),
        "whyNotSent": why_not_sent(status, contact)
            .map(|why| json!({"code": why.code, "reason": why.reason})),
        "position": status.position,
        "changes": status.changes,
        "conflicts": client.meet().map_or(0, |meet| meet.conflicts().len()),
        "setAside": set_aside(client),
    })
}

/// Whether the relay may hold something that is not here: as of the last contact, and always before the first.
fn need_resync(status: &Status, contact: Option<&Contact>) -> bool {
    status.meet_id.is_some() && contact.is_none_or(|contact| contact.need_resync)
}

/// Why the relay did not take what waits to be sent, as of the last contact.
fn why_not_sent<'a>(status: &Status, contact: Option<&'a Contact>) -> Option<&'a WhyPutOff> {
    let waits = status.meet_id.is_some() && status.edits_not_sent > 0;
    contact?.put_off.as_ref().filter(|_| waits)
}

fn set_aside(client: &Client) -> Vec<Value> {
    let aside = client.changes_set_aside();
    let aside = aside.map(|aside| {
        json!({"change": aside.hash, "code": aside.code, "reason": aside.reason, "own": aside.own})
    });
    aside.collect()
}

/// How a replica is doing.
pub(crate) fn status(
    client: &mut Client,
    status: &Status,
    contact: Option<&Contact>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |name: &str, what: String| lines.push(format!("{name:<14} {what}"));
    if let Some(meet) = client.meet() {
        let lifters = meet
            .entries()
            .iter()
            .filter(|entry| !entry.withdrawn)
            .count();
        let changes = count(status.changes, "change", "changes");
        say(
            "meet",
            format!("{}, {changes}", count(lifters, "lifter", "lifters")),
        );
        let conflicts = meet.conflicts().len();
        say("conflicts", conflicts.to_string());
    } else {
        say("meet", "none yet".to_owned());
    }
    match (status.meet_id, client.membership()) {
        (Some(id), Some(membership)) => {
            say("live as", format!("{id} at {}", membership.relay));
            if membership.session.is_none() {
                say(
                    "session",
                    "over; the password is wanted, nothing is lost meanwhile".to_owned(),
                );
            }
        }
        _ if status.draft => say("live as", "not live: a draft on this device".to_owned()),
        _ => say("live as", "not live here".to_owned()),
    }
    if status.finished {
        say("finished", "yes: it takes no more edits".to_owned());
    }
    if let Some(who) = &status.author {
        say("writing as", author(who));
    }
    if status.meet_id.is_some() {
        say("not sent yet", not_sent(status));
        if let Some(why) = why_not_sent(status, contact) {
            let kept = "the edits are kept here and sent when it takes them";
            say("why not", format!("{}; {kept}", why.reason));
        }
        say("last contact", last_contact(contact));
        let need = if need_resync(status, contact) {
            "yes"
        } else {
            "no"
        };
        say("need resync", need.to_owned());
    }
    if status.set_aside > 0 {
        let changes = count(status.set_aside, "refused change", "refused changes");
        say(
            "set aside",
            format!("{changes}; `status --json` names them"),
        );
    }
    lines
}

/// "3 edits not sent yet, the oldest from 14:03".
pub(crate) fn not_sent(status: &Status) -> String {
    let edits = count(status.edits_not_sent, "edit", "edits");
    match status.oldest_not_sent {
        Some(oldest) => format!("{edits}, the oldest from {}", time(oldest.unix_seconds())),
        None => edits,
    }
}

fn last_contact(contact: Option<&Contact>) -> String {
    match contact {
        None => "never".to_owned(),
        Some(contact) => {
            let when = contact.last_contact.map(|when| time(when.unix_seconds()));
            format!(
                "{}, then {}",
                when.as_deref().unwrap_or("never"),
                contact.link
            )
        }
    }
}
