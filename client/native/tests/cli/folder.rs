//! The replica's folder: crashes, damage, and two processes at once.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use crate::bench::{Bench, finish};

const PATH: &str = "entries.5003.squat.2";

#[test]
fn a_torn_journal_recovers_and_keeps_what_was_saved() {
    let bench = Bench::with_meet();
    bench.ok(&["set", PATH, "180 good"]);
    let whole = fs::read(bench.journal()).unwrap();
    let torn = |tail: &[u8]| fs::write(bench.journal(), [whole.as_slice(), tail].concat()).unwrap();
    torn(b"{\"n\":9999,\"d\":1,\"p\":\"00");
    assert_eq!(
        bench.ok(&["get", PATH]),
        "180 good",
        "reading passes over it"
    );
    let finished = bench.run(&["set", PATH, "185 good"]);
    assert_eq!(finished.code, 0, "{finished:?}");
    assert!(
        finished.err.contains("never reported as saved"),
        "{}",
        finished.err
    );
    assert_eq!(bench.ok(&["get", PATH]), "185 good");
    assert!(bench.replica().join("replica.json.log.torn-1").exists());
}

#[test]
fn an_edit_cut_off_before_it_was_synced_leaves_the_one_before() {
    let bench = Bench::with_meet();
    bench.ok(&["set", PATH, "180 good"]);
    let before = fs::read(bench.journal()).unwrap();
    bench.ok(&["set", PATH, "185 good"]);
    let after = fs::read(bench.journal()).unwrap();
    fs::write(bench.journal(), &after[..before.len() + 20]).unwrap();
    assert_eq!(bench.ok(&["get", PATH]), "180 good");
    bench.ok(&["set", PATH, "190 good"]);
    assert_eq!(bench.ok(&["get", PATH]), "190 good");
}

#[test]
fn damage_to_what_was_saved_is_named_and_nothing_is_touched() {
    let bench = Bench::with_meet();
    for n in 0..5 {
        bench.ok(&["set", PATH, &format!("{} good", 180 + n)]);
    }
    let mut bytes = fs::read(bench.journal()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(bench.journal(), &bytes).unwrap();
    for arguments in [&["get", PATH][..], &["set", PATH, "1 good"], &["status"]] {
        let told = bench.fails(4, arguments);
        assert!(told.contains("line ") && told.contains("offset "), "{told}");
    }
    assert_eq!(fs::read(bench.journal()).unwrap(), bytes);
}

#[test]
fn an_edit_that_finds_no_room_is_not_reported_as_saved() {
    let bench = Bench::with_meet();
    bench.ok(&["set", PATH, "180 good"]);
    // What is there fits; a few edits more do not.
    let kilobytes = fs::metadata(bench.journal()).unwrap().len() / 1024 + 1;
    let full = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &full, "bash", env!("CARGO_BIN_EXE_spotter")]);
    command.arg("--replica").arg(bench.replica());
    let lines = "meet.name A\nmeet.name B\nmeet.name C\nmeet.name D\nmeet.name E\n";
    let finished = finish(command.arg("set"), lines);
    assert_eq!(finished.code, 4, "{finished:?}");
    assert!(
        finished.err.contains("not saved on this device"),
        "{}",
        finished.err
    );
    let saved = finished
        .out
        .lines()
        .last()
        .unwrap_or("meet.name Lakeside Open");
    assert_eq!(
        format!("meet.name {}", bench.ok(&["get", "meet.name"])),
        saved
    );
    bench.ok(&["set", "meet.name", "Room Again"]);
    assert_eq!(bench.ok(&["get", "meet.name"]), "Room Again");
    assert_eq!(bench.ok(&["get", PATH]), "180 good");
}

#[test]
fn a_journal_that_was_taken_away_takes_nothing_more_until_it_is_back() {
    let bench = Bench::with_meet();
    let mut running = bench
        .spotter()
        .args(["run", "--listen", "127.0.0.1:0", "--edits"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut edits = running.stdin.take().unwrap();
    let mut told = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut hears =
        |words: &str| assert!(told.any(|line| line.unwrap().contains(words)), "{words}");
    hears("listening on");
    let away = bench.replica().join("away");
    fs::rename(bench.journal(), &away).unwrap();
    writeln!(edits, "meet.name A Open").unwrap();
    hears("this device cannot save");
    fs::rename(&away, bench.journal()).unwrap();
    hears("everything is saved");
    writeln!(edits, "meet.city Oulu").unwrap();
    hears("meet.city Oulu");
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(bench.ok(&["get", "meet.name"]), "A Open");
    assert_eq!(bench.ok(&["get", "meet.city"]), "Oulu");
}

#[test]
fn whoever_ends_with_something_unsaved_says_so() {
    let bench = Bench::with_meet();
    let mut running = bench
        .spotter()
        .args(["run", "--listen", "127.0.0.1:0", "--edits", "--for", "2s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut edits = running.stdin.take().unwrap();
    let told = BufReader::new(running.stdout.take().unwrap()).lines();
    let mut told = told.map(Result::unwrap);
    assert!(told.any(|line| line.starts_with("listening on")));
    fs::remove_file(bench.journal()).unwrap();
    writeln!(edits, "meet.name A Open").unwrap();
    let output = running.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("not everything is saved"), "{said}");
}

#[test]
fn a_second_process_is_refused_and_reading_goes_on() {
    let bench = Bench::with_meet();
    let mut running = bench
        .spotter()
        .args(["run", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(running.stdout.take().unwrap()).lines();
    let listening = told
        .map(Result::unwrap)
        .any(|line| line.starts_with("listening on "));
    assert!(listening);
    let refused = bench.fails(4, &["set", PATH, "180 good"]);
    assert!(refused.contains("in use by another process"), "{refused}");
    assert_eq!(bench.ok(&["get", "meet.name"]), "Lakeside Open");
    running.kill().unwrap();
    running.wait().unwrap();
    bench.ok(&["set", PATH, "180 good"]);
}

#[test]
fn a_folder_without_a_replica_says_how_to_begin() {
    let bench = Bench::empty();
    for arguments in [
        &["get", "meet.name"][..],
        &["set", "meet.name", "x"],
        &["show"],
        &["status"],
        &["sync"],
        &["run"],
        &["export", "-"],
    ] {
        let told = bench.fails(1, arguments);
        assert!(
            told.contains("no replica") && told.contains("import"),
            "{told}"
        );
    }
    assert!(!bench.replica().exists(), "and makes none");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let bench = Bench::empty();
    fs::write(bench.replica(), "a file").unwrap();
    let told = bench.fails(4, &["new"]);
    assert!(told.contains("replica"), "{told}");
}
