//! `docs/protocol.md` says what the code does: its examples are the golden files, its tables hold the numbers of the
//! code, and it names every code. `UPDATE_GOLDEN=1` fills them in anew.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use spotter_model::{Change, Refusal, limits};
use spotter_relay_protocol::*;

use crate::{examples, reader};

#[test]
fn the_document_quotes_every_golden_file_exactly() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in &names {
        let golden = fs::read_to_string(folder.join(name)).unwrap();
        let marker = format!("golden {}", name.trim_end_matches(".json"));
        hold(&marker, &format!("```json\n{golden}```\n"), "```\n");
    }
    let quoted = document().matches("<!-- golden ").count();
    assert_eq!(
        quoted,
        names.len(),
        "the document quotes a file that is not there"
    );
}

#[test]
fn the_document_names_every_code() {
    let document = document();
    let codes = JoinCode::WORDS
        .iter()
        .chain(UpdateCode::WORDS)
        .chain(AdminCode::WORDS);
    let codes = codes
        .chain(SessionCode::WORDS)
        .chain(PeerCode::WORDS)
        .chain(&Refusal::CODES);
    for code in codes {
        assert!(document.contains(&format!("`{code}`")), "{code}");
    }
}

#[test]
fn the_document_lists_the_close_codes() {
    let means = |reason: CloseReason| match reason {
        CloseReason::GoingAway => "the relay stops; come back after the pause it named",
        CloseReason::Malformed => "a message could not be read",
        CloseReason::TooLarge => "a message was longer than allowed",
        CloseReason::NotJoined => "nobody joined in time, or too many attempts failed",
        CloseReason::Full => "too many connections",
        CloseReason::Replaced => "another connection came with the same session",
        CloseReason::SlowReader => {
            "too much was waiting to be read; come back and catch up by position"
        }
        CloseReason::Silent => "nothing was heard for too long",
        CloseReason::SessionEnded => "the session expired or was revoked",
        CloseReason::MeetTrouble => "the meet's files could not be read; come back later",
        CloseReason::TooFast => "too many messages",
    };
    let mut table = "| code | word | means |\n| --- | --- | --- |\n".to_owned();
    for reason in CloseReason::ALL {
        writeln!(
            table,
            "| {} | `{}` | {} |",
            reason.number(),
            reason.as_str(),
            means(reason)
        )
        .unwrap();
    }
    hold("close codes", &table, "\n\n");
}

#[test]
fn the_document_lists_the_limits_of_words() {
    hold(
        "limits",
        &rows(&[
            (
                "a message",
                MESSAGE_BYTES_MAX,
                "bytes; longer ones close the connection (1009)",
            ),
            ("a message before joining", FIRST_MESSAGE_BYTES_MAX, "bytes"),
            (
                "a message that carries several changes",
                SLICE_BYTES,
                "bytes of changes, as an aim",
            ),
            ("changes in a message", UPDATES_PER_MESSAGE_MAX, ""),
            (
                "bytes of changes in a packed `UPDATE_INIT`",
                PACKED_INIT_BYTES_MAX,
                "unpacked",
            ),
            (
                "changes in a packed `UPDATE_RELAY`, numbers in the runs of a message",
                PACKED_CHANGES_MAX,
                "",
            ),
            (
                "bytes of changes in a packed `UPDATE_RELAY`",
                PACKED_BYTES_MAX,
                "unpacked",
            ),
            (
                "heads in `JOIN_MEET`",
                HEADS_WHEN_JOINING_MAX,
                "with more, leave them out and pull by heads after joining",
            ),
            ("heads in other messages", HEADS_MAX, ""),
            ("locations of a meet", LOCATIONS_MAX, ""),
            (
                "former names of a location",
                FORMER_NAMES_MAX,
                "the oldest is forgotten first",
            ),
            ("password, at least", PASSWORD_CHARS_MIN, "characters"),
            ("password, at most", PASSWORD_BYTES_MAX, "bytes"),
            ("session token", TOKEN_CHARS_MAX, "characters"),
            ("ticket", TICKET_CHARS_MAX, "characters"),
            (
                "sessions revoked before their time",
                REVOKED_MAX,
                "per meet",
            ),
            ("display keys", DISPLAY_KEYS_MAX, "per meet"),
            ("a display key", DISPLAY_KEY_CHARS, "characters, exactly"),
            ("`field` in `PRESENCE`", PRESENCE_FIELD_BYTES_MAX, "bytes"),
            ("`oplCsv`", OPL_CSV_BYTES_MAX, "bytes"),
            ("`returnEmail`", EMAIL_BYTES_MAX, "bytes"),
        ]),
        "\n\n",
    );
}

#[test]
fn the_document_lists_the_limits_of_changes() {
    hold(
        "format",
        &rows(&[
            ("a change", limits::CHANGE_BYTES_MAX, "bytes"),
            (
                "operations in a change",
                limits::CHANGE_OPS_MAX,
                "and at least one",
            ),
            ("a key", limits::KEY_BYTES_MAX, "bytes, and at least one"),
            ("a text", limits::TEXT_BYTES_MAX, "bytes"),
            ("an actor", limits::ACTOR_BYTES, "bytes, exactly"),
            ("a message", limits::MESSAGE_BYTES_MAX, "bytes"),
            (
                "time, from 0",
                limits::WALL_TIME_MAX as usize,
                "seconds since 1970 (the end of the year 9999)",
            ),
            (
                "preds, in all of a change's operations together",
                16_384,
                "",
            ),
            (
                "dependencies",
                limits::DEPENDENCIES_MAX,
                "none only in the genesis",
            ),
            (
                "an operation counter, from 1",
                limits::COUNTER_MAX as usize,
                "2^31 - 1",
            ),
            (
                "a sequence number, from 1",
                limits::SEQ_MAX as usize,
                "2^31 - 1",
            ),
            ("an author", limits::AUTHOR_BYTES_MAX, "bytes"),
            (
                "a location's name",
                limits::LOCATION_CHARS_MAX,
                "characters",
            ),
            ("a priority, from 0", limits::PRIORITY_MAX as usize, ""),
            ("maps inside maps", usize::from(limits::DEPTH_MAX), "deep"),
        ]),
        "\n\n",
    );
}

#[test]
fn the_example_of_a_change_is_taken_apart_as_described() {
    let change = examples::edit();
    let parts = reader::parts(change.bytes());
    let mut listing = "```\n".to_owned();
    for part in &parts {
        for (line, bytes) in part.bytes.chunks(16).enumerate() {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let means = if line == 0 { part.means.as_str() } else { "" };
            writeln!(
                listing,
                "{}",
                format!("{:<48} {means}", hex.join(" ")).trim_end()
            )
            .unwrap();
        }
    }
    listing.push_str("```\n");
    let together: Vec<u8> = parts
        .iter()
        .flat_map(|part| part.bytes.iter().copied())
        .collect();
    assert_eq!(Change::decode(&together), Ok(change));
    hold("example", &listing, "```\n");
}

fn rows(limits: &[(&str, usize, &str)]) -> String {
    let mut table = "| what | limit | |\n| --- | --- | --- |\n".to_owned();
    for (what, limit, note) in limits {
        writeln!(table, "| {what} | {} | {note} |", thousands(*limit)).unwrap();
    }
    table.replace("|  |", "| |")
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let first = (digits.len() + 2) % 3 + 1;
    let (head, tail) = digits.split_at(first);
    let groups = tail
        .as_bytes()
        .chunks(3)
        .map(|group| String::from_utf8_lossy(group).into_owned());
    std::iter::once(head.to_owned())
        .chain(groups)
        .collect::<Vec<_>>()
        .join(",")
}

/// The document has `body` behind `marker`; what is there now ends with `end`.
fn hold(marker: &str, body: &str, end: &str) {
    let document = document();
    let mark = format!("<!-- {marker} -->\n");
    let begin = document
        .find(&mark)
        .unwrap_or_else(|| panic!("the document lacks {mark}"))
        + mark.len();
    if document[begin..].starts_with(body) {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_GOLDEN").is_some(),
        "the document differs behind {mark}; it should say\n{body}"
    );
    // The opening fence of a block is no closing one.
    let inside = if end == "```\n" {
        begin + document[begin..].find('\n').unwrap()
    } else {
        begin
    };
    let old = document[inside..]
        .find(end)
        .map_or(begin, |at| inside + at + end.len());
    let rest = if document[begin..].starts_with('\n') {
        &document[begin..]
    } else {
        &document[old..]
    };
    let gap = if end == "\n\n" && !rest.starts_with('\n') {
        "\n"
    } else {
        ""
    };
    fs::write(path(), format!("{}{body}{gap}{rest}", &document[..begin])).unwrap();
}

fn document() -> String {
    fs::read_to_string(path()).unwrap()
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol.md")
}
