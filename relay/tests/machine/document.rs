//! `docs/protocol.md` lists this relay's defaults. `UPDATE_GOLDEN=1` fills them in anew.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use spotter_relay::Limits;

#[test]
fn the_document_lists_the_default_policy() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md");
    let document = fs::read_to_string(&path).unwrap();
    let mark = "<!-- policy -->\n";
    let begin = document.find(mark).unwrap() + mark.len();
    let table = table(&Limits::default());
    if document[begin..].starts_with(&table) {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_GOLDEN").is_some(),
        "the document should say\n{table}"
    );
    let old = if document[begin..].starts_with('|') {
        document[begin..].find("\n\n").unwrap() + 1
    } else {
        0
    };
    fs::write(
        &path,
        format!("{}{table}{}", &document[..begin], &document[begin + old..]),
    )
    .unwrap();
}

fn table(limits: &Limits) -> String {
    let seconds = |millis: u64| millis / 1_000;
    let rows: [(&str, u64, &str); 29] = [
        ("connections", limits.links_max as u64, "of one relay"),
        (
            "connections from one address",
            limits.links_per_address_max as u64,
            "an IPv4 address, or a /64 of IPv6",
        ),
        (
            "connections to one meet",
            limits.links_per_meet_max as u64,
            "",
        ),
        ("displays", limits.displays_max as u64, "of one relay"),
        (
            "displays of one meet",
            limits.displays_per_meet_max as u64,
            "",
        ),
        ("time to join", seconds(limits.join_within_ms), "seconds"),
        (
            "rejected joins on one connection",
            u64::from(limits.rejections_per_link_max),
            "then it is closed",
        ),
        (
            "password checks that wait",
            limits.hash_queue_max as u64,
            "one runs at a time",
        ),
        (
            "failed joins from one address",
            u64::from(limits.failed_joins_per_minute_max),
            "a minute; joins that succeed do not count",
        ),
        (
            "wrong passwords at one meet from one address",
            u64::from(limits.guesses_free),
            "then each costs a wait, 1 second doubled up to 15 minutes",
        ),
        (
            "new meets from one address",
            u64::from(limits.creations_per_hour_max),
            "an hour",
        ),
        ("a session", seconds(limits.session_ms) / 86_400, "days"),
        (
            "sessions listed for one meet",
            limits.sessions_per_meet_max as u64,
            "",
        ),
        (
            "sessions of one device",
            limits.sessions_per_device_max as u64,
            "connected or listed",
        ),
        (
            "sessions given beside others in one meet",
            limits.beside_per_second,
            "a second",
        ),
        ("of them at once", limits.beside_burst, ""),
        (
            "message bytes of one session",
            limits.bytes_per_second,
            "a second",
        ),
        ("of them at once", limits.bytes_burst, ""),
        (
            "operations of one session",
            limits.ops_per_second,
            "a second; a pull by heads costs one for each change of the meet, one by position 1,000",
        ),
        ("of them at once", limits.ops_burst, ""),
        (
            "messages of one session",
            limits.messages_per_second,
            "a second",
        ),
        ("of them at once", limits.messages_burst, ""),
        (
            "changes of one session that wait for others",
            limits.waiting_changes_max as u64,
            "",
        ),
        ("their bytes", limits.waiting_bytes_max as u64, ""),
        ("heads of one meet", limits.heads_max as u64, ""),
        ("bytes of changes in one meet", limits.meet_bytes_max, ""),
        (
            "bytes sent to a connection and not yet gone",
            limits.outstanding_bytes_max as u64,
            "beyond which it is closed as a slow reader",
        ),
        (
            "quiet before a ping",
            seconds(limits.ping_every_ms),
            "seconds",
        ),
        (
            "quiet before the end",
            seconds(limits.silent_ms_max),
            "seconds",
        ),
    ];
    let mut table = "| what | limit | |\n| --- | --- | --- |\n".to_owned();
    for (what, limit, note) in rows {
        writeln!(table, "| {what} | {} | {note} |", thousands(limit)).unwrap();
    }
    table.replace("|  |", "| |")
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
