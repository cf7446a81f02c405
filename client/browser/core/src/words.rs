//! What a meet and a replica look like in JSON. Names and shapes are those of the program `spotter`
//! (`docs/command-line.md`) wherever it has the same thing.

use serde_json::{Map, Value, json};
use spotter_client::{LinkId, LinkState, Present, Reply, Status, WallTime, Who};
use spotter_model::{Author, Conflict, EntryName, Held, HistoryItem, Shown};
use spotter_relay_protocol::{DisplayKeyShown, Roster, SessionShown};

use crate::message::link_name;

/// Seconds since 1970 as RFC 3339 has them, in UTC.
pub(crate) fn time(unix_seconds: i64) -> String {
    let (days, second) = (
        unix_seconds.div_euclid(86_400),
        unix_seconds.rem_euclid(86_400),
    );
    // Days are counted from the first of March, so that a leap day is the last of its year; eras have 400 years.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn wall(time_if_any: Option<WallTime>) -> Option<String> {
    time_if_any.map(|wall| time(wall.unix_seconds()))
}

/// One write.
pub(crate) fn held(held: &Held) -> Map<String, Value> {
    let mut json = Map::new();
    let mut put = |name: &str, value: Value| json.insert(name.to_owned(), value);
    put("value", held.value.clone().unwrap_or_default());
    put("text", held.text.as_str().into());
    put("write", held.write.to_string().into());
    put("location", held.author.location.as_str().into());
    put("priority", held.author.priority.get().into());
    put("time", time(held.time).into());
    if let Some(reason) = &held.reason {
        put("reason", reason.as_str().into());
    }
    put("change", held.change.to_string().into());
    json
}

/// What a register shows.
pub(crate) fn shown(shown: &Shown) -> Value {
    let mut json = held(&shown.held);
    json.insert("path".to_owned(), shown.path.to_string().into());
    json.insert("conflict".to_owned(), shown.conflict.into());
    Value::Object(json)
}

/// One conflict.
pub(crate) fn conflict(conflict: &Conflict) -> Value {
    let overruled: Vec<_> = conflict.overruled.iter().map(held).collect();
    json!({
        "path": conflict.path.to_string(),
        "stands": held(&conflict.stands),
        "overruled": overruled,
    })
}

/// One write of a history.
pub(crate) fn history_item(item: &HistoryItem) -> Value {
    let mut json = held(&item.held);
    let replaces: Vec<String> = item.replaces.iter().map(ToString::to_string).collect();
    json.insert("replaces".to_owned(), replaces.into());
    json.insert("standing".to_owned(), item.standing.into());
    json.insert("shown".to_owned(), item.shown.into());
    Value::Object(json)
}

/// The path of an entry.
pub(crate) fn entry_path(entry: &EntryName) -> String {
    format!("entries.{entry}")
}

/// A location and its priority.
pub(crate) fn author(author: &Author) -> Value {
    json!({"location": author.location.as_str(), "priority": author.priority.get()})
}

/// The locations that may join.
pub(crate) fn roster(roster: &Roster) -> Value {
    let seats = roster.entries().iter();
    let seats =
        seats.map(|seat| json!({"location": seat.location_name, "priority": seat.priority}));
    seats.collect()
}

/// What a request is answered with.
pub(crate) fn reply(reply: &Reply) -> Value {
    match reply {
        Reply::Edited { change } => json!({"change": change.map(|change| change.to_string())}),
        Reply::Joined { meet_id, author } => json!({
            "meetId": meet_id.to_string(),
            "location": author.location.as_str(),
            "priority": author.priority.get(),
        }),
        Reply::Undone { path, change } => {
            json!({"path": path.to_string(), "change": change.to_string()})
        }
        Reply::Bundle(text) => text.as_str().into(),
        Reply::Unpacked(unpacked) => json!({
            "brought": unpacked.brought,
            "known": unpacked.known,
            "refused": unpacked.refused,
            "waiting": unpacked.waiting,
            "damage": unpacked.damage,
            "location": unpacked.header.location.as_str(),
            "meetId": unpacked.header.meet_id.map(|id| id.to_string()),
            "relay": unpacked.header.relay,
        }),
        Reply::Sessions(sessions) => sessions.iter().map(session).collect(),
        Reply::DisplayKeyAdded { key_id, key } => {
            json!({"id": key_id.to_string(), "key": key.expose()})
        }
        Reply::DisplayKeys(keys) => keys.iter().map(display_key).collect(),
        Reply::Done | _ => Value::Null,
    }
}

/// Somebody who is there; `tab` is the connection to them, which in a browser leads to another tab of it.
pub(crate) fn present(present: &Present, tab: Option<LinkId>) -> Value {
    let mut json = match serde_json::to_value(&present.at) {
        Ok(Value::Object(at)) => at,
        Ok(_) | Err(_) => Map::new(),
    };
    let mut put = |name: &str, value: Value| json.insert(name.to_owned(), value);
    let location = present.location.as_ref().map(|location| location.as_str());
    put("location", location.into());
    put("since", time(present.since.unix_seconds()).into());
    if let Who::Session(session) = present.who {
        put("session", session.to_string().into());
    }
    if let Some(link) = tab {
        put("tab", link_name(link).into());
    }
    Value::Object(json)
}

fn display_key(key: &DisplayKeyShown) -> Value {
    json!({
        "id": key.key_id.to_string(),
        "label": key.label.to_string(),
        "location": key.location_name.as_str(),
        "since": time(key.since),
    })
}

fn session(session: &SessionShown) -> Value {
    json!({
        "sessionId": session.session_id.to_string(),
        "locationName": session.location_name.as_str(),
        "initiator": session.initiator,
        "issuedAt": time(session.issued_at),
        "expiresAt": time(session.expires_at),
        "connected": session.connected,
        "thisOne": session.this_one,
    })
}

/// The link to the relay.
pub(crate) fn link(state: &LinkState) -> Value {
    let (name, why, retry) = match state {
        LinkState::Offline { why, retry_in_ms } => ("offline", Some(why.to_string()), *retry_in_ms),
        LinkState::Joining => ("joining", None, None),
        LinkState::CatchingUp => ("catching-up", None, None),
        LinkState::Live => ("live", None, None),
    };
    let mut json = Map::new();
    json.insert("state".to_owned(), name.into());
    if let Some(why) = why {
        json.insert("why".to_owned(), why.into());
    }
    if let Some(ms) = retry {
        json.insert("retryInMs".to_owned(), ms.into());
    }
    Value::Object(json)
}

/// The link to the relay, and why the relay does not take what is sent over it.
fn link_of(status: &Status) -> Value {
    let mut json = link(&status.link);
    if let (LinkState::Live | LinkState::CatchingUp, Some(why)) = (&status.link, &status.put_off)
        && why.is_long()
    {
        json["why"] = why.reason.clone().into();
    }
    json
}

/// What the machine's picture of itself says; the desk adds what only it knows.
pub(crate) fn status(status: &Status) -> Map<String, Value> {
    let offers: Vec<String> = status.offers.iter().map(ToString::to_string).collect();
    let mut json = Map::new();
    let mut put = |name: &str, value: Value| json.insert(name.to_owned(), value);
    put("link", link_of(status));
    put("draft", status.draft.into());
    put("meetId", status.meet_id.map(|id| id.to_string()).into());
    put(
        "location",
        status
            .author
            .as_ref()
            .map(|author| author.location.as_str())
            .into(),
    );
    put(
        "priority",
        status
            .author
            .as_ref()
            .map(|author| author.priority.get())
            .into(),
    );
    put("editsNotSent", status.edits_not_sent.into());
    put("oldestNotSent", wall(status.oldest_not_sent).into());
    let why = status.put_off.as_ref();
    let why = why.map(|why| json!({"code": why.code, "reason": why.reason}));
    put("whyNotSent", why.into());
    put("lastContact", wall(status.last_contact).into());
    put("inSync", status.in_sync.into());
    put("needResync", status.need_resync.into());
    put("cannotSave", status.cannot_save.clone().into());
    put("finished", status.finished.into());
    put("peers", status.peers.into());
    put("changes", status.changes.into());
    put("setAside", status.set_aside.into());
    put("offers", offers.into());
    json
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_written_as_rfc_3339_has_them() {
        let known = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_795_000_000, "2026-11-18T11:06:40Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ];
        for (seconds, text) in known {
            assert_eq!(time(seconds), text);
        }
    }
}
