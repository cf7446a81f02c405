//! Bad input in every argument: a clear error that names the thing and the value, and its exit status.

use std::fs;
use std::net::TcpListener;

use crate::bench::{Bench, finish};

/// Refused by the command line itself, with exit status 2.
const MAKES_NO_SENSE: &[(&[&str], &str)] = &[
    (&[], "Usage"),
    (&["dance"], "dance"),
    (&["new", "--date", "20.11.2026"], "20.11.2026"),
    (&["new", "--date", "2026-02-30"], "2026-02-30"),
    (&["get"], "PATH"),
    (&["get", "name"], "meet, entries or lifting"),
    (&["get", "entries.5003.squat.6"], "1 to 5"),
    (&["set", "meet.name"], "VALUE"),
    (&["set", "entries.x.name", "y"], "no entry's id"),
    (
        &["set", "meet.name", "x", "--seen", "yesterday"],
        "yesterday",
    ),
    (&["restore", "meet.name", "17"], "17"),
    (&["add", "x", "--fields", "[]"], "JSON object"),
    (&["withdraw", "Aino"], "Aino"),
    (&["sync", "--for", "soon"], "soon"),
    (&["sync", "--for=-1s"], "-1s"),
    (&["location", "add", "Jury"], "Jury"),
    (&["location", "add", "Jury=high"], "high"),
    (&["location", "add", "=3"], "location"),
    (&["location", "priority", "Jury", "1000001"], "1000001"),
    (&["session", "revoke", "xyz"], "xyz"),
    (&["bundle", "export", "f", "--location", "Desk"], "Desk"),
    (
        &[
            "join",
            "--relay",
            "ws://127.0.0.1:1",
            "--meet",
            "12-34",
            "--location",
            "A",
            "--password-file",
            "p",
        ],
        "12-34",
    ),
    (
        &[
            "join",
            "--relay",
            "127.0.0.1:1",
            "--meet",
            "123456789",
            "--location",
            "A",
            "--password-file",
            "p",
        ],
        "127.0.0.1:1",
    ),
    (
        &[
            "join",
            "--relay",
            "http://x",
            "--meet",
            "123456789",
            "--location",
            "A",
            "--password-file",
            "p",
        ],
        "http",
    ),
    (
        &[
            "golive",
            "--relay",
            "ws://127.0.0.1:1",
            "--location",
            "A",
            "--password-file",
            "p",
        ],
        "priority",
    ),
    (&["act", "f", "--first-id", "x"], "x"),
    (&["run", "--for", "1y"], "1y"),
];

/// Refused by the meet or the replica, with exit status 1.
const REFUSED: &[(&[&str], &str)] = &[
    (&["get", "meet.nothing"], "meet.nothing"),
    (&["get", "entries.4711.name"], "4711"),
    (&["set", "entries.5003.sex", "Q"], "M, F, Mx"),
    (&["set", "entries.5003.squat.1", "heavy"], "heavy"),
    (&["set", "entries.5003.bodyweightKg", "-3"], "-3"),
    (&["set", "entries.5003.birthDate", "yesterday"], "yesterday"),
    (&["set", "meet.lengthDays", "99"], "99"),
    (&["history", "entries.4711.name"], "4711"),
    (&["add", "x", "--fields", r#"{"sex":7}"#], "sex"),
    (&["withdraw", "4711"], "4711"),
    (&["import", "no-such-file"], "no-such-file"),
    (&["act", "no-such-file"], "no-such-file"),
    (&["bundle", "import", "no-such-file"], "no-such-file"),
    (&["sync"], "not a member"),
    (&["run"], "not a member"),
    (&["location", "list"], "not a member"),
    (&["session", "list"], "not a member"),
    (&["run", "--peer", "8.8.8.8:1"], "8.8.8.8"),
];

#[test]
fn a_command_line_that_makes_no_sense_is_named() {
    let bench = Bench::with_meet();
    for (arguments, words) in MAKES_NO_SENSE {
        let told = bench.fails(2, arguments);
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
}

#[test]
fn what_is_refused_is_named() {
    let bench = Bench::with_meet();
    for (arguments, words) in REFUSED {
        let told = bench.fails(1, arguments);
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    assert_eq!(
        bench.json(&["status", "--json"])["changes"],
        13,
        "and nothing was written"
    );
}

#[test]
fn a_replica_must_be_named() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_spotter"));
    let finished = finish(command.arg("show").env_remove("SPOTTER_REPLICA"), "");
    assert_eq!(finished.code, 2);
    assert!(finished.err.contains("--replica"), "{}", finished.err);
}

#[test]
fn every_command_explains_itself() {
    let bench = Bench::empty();
    let help = bench.ok(&["--help"]);
    for words in [
        "Examples:",
        "Paths:",
        "Exit status:",
        "golive",
        "bundle",
        "demo",
    ] {
        assert!(help.contains(words), "{words}");
    }
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names.iter().filter(|name| **name != "help") {
        assert!(bench.ok(&[name, "--help"]).contains("Usage"), "{name}");
    }
}

#[test]
fn passwords_are_checked_and_never_repeated() {
    let bench = Bench::with_meet();
    let file = bench.file("password");
    let live = |location: &str| {
        bench.run(&[
            "golive",
            "--relay",
            "ws://127.0.0.1:1",
            "--location",
            location,
            "--password-file",
            &file,
        ])
    };
    for (password, words) in [
        ("nine char", "10"),
        ("two lines\nof password\n", "one line"),
        ("", "10"),
    ] {
        fs::write(&file, password).unwrap();
        let finished = live("A=1");
        assert_eq!(finished.code, 1);
        assert!(finished.err.contains(words), "{}", finished.err);
        assert!(
            password.is_empty() || !finished.err.contains(password.trim_end()),
            "{}",
            finished.err
        );
    }
    fs::write(&file, vec![b'x'; 5_000]).unwrap();
    assert_eq!(live("A=1").code, 1);
    fs::remove_file(&file).unwrap();
    let finished = live("A=1");
    assert!(
        finished.code == 1 && finished.err.contains("password"),
        "{finished:?}"
    );
}

#[test]
fn a_password_does_not_leave_this_machine_readable() {
    let bench = Bench::with_meet();
    let file = bench.file("password");
    fs::write(&file, "lift heavy things").unwrap();
    let told = bench.fails(
        1,
        &[
            "golive",
            "--relay",
            "ws://192.0.2.1:8765",
            "--location",
            "A=1",
            "--password-file",
            &file,
        ],
    );
    assert!(
        told.contains("not encrypted") && told.contains("--allow-plaintext"),
        "{told}"
    );
}

#[test]
fn a_relay_that_cannot_be_reached_is_another_matter_than_a_refusal() {
    let bench = Bench::with_meet();
    let file = bench.file("password");
    fs::write(&file, "lift heavy things\n").unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("ws://{nobody}");
    let told = bench.fails(
        3,
        &[
            "golive",
            "--relay",
            &url,
            "--location",
            "A=1",
            "--password-file",
            &file,
            "--for",
            "20s",
        ],
    );
    assert!(told.contains("refused"), "{told}");
    assert!(!told.contains("lift heavy things"), "{told}");
    let twice = bench.fails(
        2,
        &[
            "golive",
            "--relay",
            &url,
            "--location",
            "A=1",
            "--with",
            "A=2",
            "--password-file",
            &file,
        ],
    );
    assert!(twice.contains("named twice"), "{twice}");
}
