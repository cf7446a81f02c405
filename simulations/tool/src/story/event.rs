//! An event of a trace in words.

use spotter_sim_plan::{Happened, Whose};

use super::{Names, puts, short};

/// Who and what; `None` for what only those want to know who asked for everything.
pub(super) fn told(names: &Names, what: &Happened, all: bool) -> Option<(String, String)> {
    let (who, what, is_story) = worded(names, what);
    (is_story || all).then_some((who, what))
}

/// Who, what, and whether it belongs to the story.
#[expect(
    clippy::too_many_lines,
    reason = "one arm for each kind of event, in the order of the type"
)]
fn worded(names: &Names, what: &Happened) -> (String, String, bool) {
    let device = |number| names.device(number);
    match what {
        Happened::Began {
            version,
            rule,
            scenario,
            seed,
            ..
        } => (
            String::new(),
            format!("{scenario} begins, seed {seed}, rule {rule}, version {version}"),
            true,
        ),
        Happened::Wrote { device: at, write } => {
            let edit = write.edit.map_or_else(
                || "of its own".to_owned(),
                |edit| format!("edit {}", edit.0),
            );
            let what = format!(
                "writes {} ({edit}, {})",
                puts(&write.puts),
                short(&write.name)
            );
            (device(*at), what, write.edit.is_some())
        }
        Happened::NotWritten {
            device: at,
            edit,
            nothing_new,
            why,
        } => {
            let what = match nothing_new {
                true => format!("shows already what edit {} says", edit.0),
                false => format!("cannot make edit {}: {why}", edit.0),
            };
            (device(*at), what, !nothing_new)
        }
        Happened::Saved { device: at, write } => {
            (device(*at), format!("has saved {}", short(write)), false)
        }
        Happened::Acknowledged {
            device: at,
            write,
            position,
            ..
        } => (
            device(*at),
            format!(
                "is told that {} is kept at position {position}",
                short(write)
            ),
            false,
        ),
        Happened::Learnt { device: at, writes } => {
            (device(*at), format!("learns {}", list(writes)), false)
        }
        Happened::Forgot {
            device: at,
            writes,
            why,
        } => (
            device(*at),
            format!("forgets {} ({why})", list(writes)),
            true,
        ),
        Happened::Refused {
            device: at,
            write,
            code,
        } => (
            device(*at),
            format!("has {} refused: {code}", short(write)),
            true,
        ),
        Happened::Shows {
            device: at,
            register,
            value,
            own,
            ..
        } => {
            let by = if *own {
                "by its own hand"
            } else {
                "from elsewhere"
            };
            (
                device(*at),
                format!("shows {register} = {value} {by}"),
                false,
            )
        }
        Happened::Status {
            device: at,
            link,
            not_sent,
            in_sync,
            need_resync,
        } => {
            let waiting = match not_sent {
                0 => String::new(),
                count => format!(", {count} not sent"),
            };
            let more = if *need_resync {
                ", something is missing"
            } else {
                ""
            };
            let all = if *in_sync { ", all is everywhere" } else { "" };
            (device(*at), format!("is {link}{waiting}{more}{all}"), false)
        }
        Happened::Logged {
            relay,
            position,
            write,
            ..
        } => {
            let what = format!("has {} on disk at position {position}", short(write));
            (names.whose(Whose::Relay(*relay)), what, false)
        }
        Happened::Joined {
            relay,
            device: joined,
            ..
        } => {
            let who = joined.map_or_else(|| "an attacker".to_owned(), device);
            (
                names.whose(Whose::Relay(*relay)),
                format!("lets {who} in"),
                false,
            )
        }
        Happened::SessionEnded { relay, session } => {
            let what = format!("session {} ends", short(session));
            (names.whose(Whose::Relay(*relay)), what, true)
        }
        Happened::Left { relay, session } => {
            let what = format!("the connection of session {} is over", short(session));
            (names.whose(Whose::Relay(*relay)), what, false)
        }
        Happened::ClockRead { relay, shows } => (
            names.whose(Whose::Relay(*relay)),
            format!("reads its clock: {shows} ms since 1970"),
            false,
        ),
        Happened::Opened {
            whose,
            found,
            records,
            synced,
            rotten,
        } => {
            let rot = if *rotten {
                ", bytes had changed by themselves"
            } else {
                ""
            };
            let what =
                format!("opens its disk: {found}, {records} records, {synced} were synced{rot}");
            (
                names.whose(*whose),
                what,
                found != "clean" && found != "none",
            )
        }
        Happened::Holds {
            relay,
            what,
            amount,
            limit,
        } => (
            names.whose(Whose::Relay(*relay)),
            format!("holds {amount} {what} of {limit}"),
            false,
        ),
        Happened::Attacked {
            relay,
            with,
            answers,
        } => {
            let what = format!("answers {with} with {}", answers.join(", "));
            (names.whose(Whose::Relay(*relay)), what, true)
        }
        Happened::Hashed { relay } => (
            names.whose(Whose::Relay(*relay)),
            "hashes a password".to_owned(),
            false,
        ),
        Happened::Trouble { whose, what } => (names.whose(*whose), format!("* {what}"), true),
        Happened::Calm => (
            String::new(),
            "--- calm: everything is healed, nobody edits ---".to_owned(),
            true,
        ),
        Happened::Traffic {
            device: at,
            up,
            down,
            messages_up,
            messages_down,
            befell,
        } => {
            let befell: Vec<String> = befell
                .by_name()
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(name, count)| format!(", {name} {count}"))
                .collect();
            let what = format!(
                "sent {up} bytes in {messages_up} messages, was sent {down} in {messages_down}{}",
                befell.concat()
            );
            (device(*at), what, false)
        }
        Happened::Disk {
            whose,
            syncs,
            bytes,
        } => (
            names.whose(*whose),
            format!("synced {syncs} times, has {bytes} bytes on disk"),
            false,
        ),
        Happened::Rests {
            device: at,
            heads,
            state,
            conflicts,
            ..
        } => {
            let heads: Vec<&str> = heads.iter().map(|head| short(head)).collect();
            let what = format!(
                "rests with state {}, heads {}, {conflicts} conflicts listed",
                short(state),
                heads.join(" ")
            );
            (device(*at), what, true)
        }
        Happened::Fault { whose, what } => {
            (names.whose(*whose), format!("!!! FAULT: {what}"), true)
        }
        Happened::Ended { handled } => (
            String::new(),
            format!("the end; {handled} things were handled"),
            true,
        ),
    }
}

fn list(writes: &[String]) -> String {
    let shown: Vec<&str> = writes.iter().take(6).map(|write| short(write)).collect();
    match writes.len() {
        0..=6 => shown.join(" "),
        more => format!("{} and {} more", shown.join(" "), more - 6),
    }
}
