//! The program itself, as an operator and a script use it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use spotter_relay_store::conformance::{change, head, meet, records};
use spotter_relay_store::{FlatFiles, LogStore};

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spotter-relay"));
    command.args(words);
    command
}

fn run(words: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A relay process; killed when dropped.
struct Relay {
    process: Child,
    address: String,
}

impl Relay {
    fn start(words: &[&str]) -> Self {
        let mut process = command(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.as_mut().unwrap();
        // The reader takes no more than the line, since the relay writes no more.
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line
            .trim_end()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        Self { process, address }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder with two meets, the first of them with three changes that no relay would admit but any store keeps.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = FlatFiles::new(dir.path());
    for number in [123_456_789, 7] {
        store.create(&head(meet(number)), &records(3)).unwrap();
    }
    for number in 1..4 {
        store.append(meet(123_456_789), &[change(number)]).unwrap();
    }
    store.finish(meet(7)).unwrap();
    dir
}

#[test]
fn it_says_one_line_when_it_is_ready_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut relay = Relay::start(&["serve", "--data", text(&data), "--listen", "127.0.0.1:0"]);
    assert!(
        relay
            .address
            .parse::<std::net::SocketAddr>()
            .unwrap()
            .port()
            > 0
    );
    std::net::TcpStream::connect(&relay.address).unwrap();
    relay.process.kill().unwrap();
    let mut rest = String::new();
    relay
        .process
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut rest)
        .unwrap();
    assert_eq!(rest, "");
    assert_eq!(
        fs::read_to_string(dir.path().join("data.key"))
            .unwrap()
            .trim()
            .len(),
        64
    );
    let diag = fs::read_to_string(data.join("diag.log")).unwrap();
    for line in diag.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["time"].is_string() && line["level"].is_string() && line["event"].is_string());
    }
}

#[test]
fn a_folder_serves_one_relay_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let data = text(dir.path());
    let key = dir.path().with_extension("key");
    let words = [
        "serve",
        "--data",
        data,
        "--listen",
        "127.0.0.1:0",
        "--key-file",
        text(&key),
    ];
    let _relay = Relay::start(&words);
    let (code, out, err) = run(&words);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("in use by another process"), "{err}");
    fs::remove_file(key).unwrap();
}

#[test]
fn other_machines_are_not_let_in_without_a_word_about_encryption() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) = run(&["serve", "--data", text(dir.path()), "--listen", "0.0.0.0:0"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("--allow-plaintext"), "{err}");
}

#[test]
fn settings_have_one_name_in_flags_environment_and_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("relay.toml");
    fs::write(
        &file,
        "data = '/srv/spotter'\nlinks-max = 3\nlinks-per-meet-max = 3\n",
    )
    .unwrap();
    let output = command(&[
        "check-config",
        "--config",
        text(&file),
        "--links-per-meet-max",
        "1",
    ])
    .env("SPOTTER_RELAY_LINKS_MAX", "2")
    .env("SPOTTER_RELAY_LINKS_PER_MEET_MAX", "2")
    .output()
    .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    for line in [
        "data = \"/srv/spotter\"",
        "links-max = 2",
        "links-per-meet-max = 1",
        "allow-plaintext = false",
    ] {
        assert!(
            printed.lines().any(|printed| printed == line),
            "{line} in {printed}"
        );
    }
    fs::write(&file, "links-maximum = 3\n").unwrap();
    let (code, _, err) = run(&["check-config", "--data", "d", "--config", text(&file)]);
    assert_eq!(code, 1);
    assert!(err.contains("links-maximum"), "{err}");
}

#[test]
fn a_command_that_makes_no_sense_is_answered_with_2_and_the_word_that_does_not() {
    for (words, named) in [
        (&["show", "12345", "--data", "d"][..], "12345"),
        (&["serve", "--listen", "everywhere"][..], "everywhere"),
        (&["serve", "--links-max", "many"][..], "many"),
        (&["dance"][..], "dance"),
    ] {
        let (code, _, err) = run(words);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(named), "{err}");
    }
}

#[test]
fn verify_exits_with_1_and_names_meet_file_line_and_offset() {
    let dir = folder();
    let log = dir.path().join("current-meets/123456789/updates.json.log");
    let (code, out, _) = run(&["verify", text(dir.path()), "--meet", "000000007"]);
    assert_eq!((code, out.lines().count()), (0, 1), "{out}");
    let mut bytes = fs::read(&log).unwrap();
    let second = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    bytes[second + 60] ^= 1;
    fs::write(&log, bytes).unwrap();
    let (code, out, _) = run(&["verify", text(dir.path())]);
    assert_eq!(code, 1);
    let damage = format!(
        "123-456-789: damaged: {}: damaged at line 2, offset {second}: checksum",
        log.display()
    );
    assert!(out.contains(&damage), "{out}");
    assert!(out.contains("2 meets checked, 1 damaged"), "{out}");
}

#[test]
fn a_torn_tail_is_no_damage_and_repair_puts_it_in_order() {
    let dir = folder();
    let log = dir.path().join("finished-meets/000000007/updates.json.log");
    let mut bytes = fs::read(&log).unwrap();
    bytes.extend_from_slice(b"{\"n\":");
    fs::write(&log, bytes).unwrap();
    let (code, out, _) = run(&["verify", text(dir.path()), "--meet", "7".repeat(9).as_str()]);
    assert_eq!((code, out.as_str()), (1, ""));
    let (code, out, _) = run(&["verify", text(dir.path()), "--meet", "000-000-007"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("to put in order") && out.contains("torn at offset"),
        "{out}"
    );
    let (code, out, _) = run(&["repair", "000-000-007", "--data", text(dir.path())]);
    assert_eq!(code, 0);
    assert!(out.contains("torn-1"), "{out}");
    let (_, out, _) = run(&["verify", text(dir.path()), "--meet", "000-000-007"]);
    assert_eq!(out.lines().count(), 1);
}

#[test]
fn what_root_repairs_belongs_to_the_relay_afterwards() {
    let dir = folder();
    let place = dir.path().join("finished-meets/000000007");
    let log = place.join("updates.json.log");
    let mut bytes = fs::read(&log).unwrap();
    bytes.extend_from_slice(b"{\"n\":");
    fs::write(&log, bytes).unwrap();
    // Nobody but root can give files away; for anybody else the files are their own before and after.
    let (me, nobody) = (fs::metadata(&log).unwrap().uid(), 65_534);
    let relay = if me == 0 { nobody } else { me };
    for path in [dir.path().to_owned(), place.clone(), log.clone()] {
        chown(path, Some(relay), None).unwrap();
    }
    let (code, out, _) = run(&["repair", "000-000-007", "--data", text(dir.path())]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("torn-1"), "{out}");
    for entry in fs::read_dir(&place).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().uid(), relay, "{entry:?}");
    }
}

#[test]
fn list_and_show_tell_what_is_there() {
    let dir = folder();
    let (code, out, _) = run(&["list", "--data", text(dir.path())]);
    assert_eq!(code, 0);
    assert!(
        out.contains("123-456-789  current") && out.contains("000-000-007  finished"),
        "{out}"
    );
    let (code, out, _) = run(&["show", "000-000-007", "--data", text(dir.path())]);
    assert_eq!(code, 0, "{out}");
    let (code, out, _) = run(&["show", "123456789", "--data", text(dir.path())]);
    assert_eq!(code, 1, "no relay would have admitted its changes: {out}");
    for told in ["changes    3", "location   Desk = 10", "epoch      3"] {
        assert!(out.contains(told), "{told} in {out}");
    }
    let (code, _, err) = run(&["show", "999-999-999", "--data", text(dir.path())]);
    assert_eq!(
        (code, err.as_str()),
        (1, "spotter-relay: there is no meet 999-999-999\n")
    );
}

#[test]
fn show_says_of_a_damaged_meet_that_it_is_damaged_and_where() {
    let dir = folder();
    let log = dir.path().join("current-meets/123456789/updates.json.log");
    let mut bytes = fs::read(&log).unwrap();
    let second = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    bytes[second + 20] ^= 1;
    fs::write(&log, bytes).unwrap();
    let (code, out, err) = run(&["show", "123456789", "--data", text(dir.path())]);
    assert_eq!((code, err.as_str()), (1, ""), "{out}");
    let damage = format!("123-456-789: damaged: {}: damaged at line 2", log.display());
    assert!(out.contains(&damage), "{out}");
}

#[test]
fn settings_that_cannot_be_kept_are_refused_before_anything_runs() {
    for (words, named) in [
        (["--drain-seconds", "18446744073709551615"], "drain-seconds"),
        (["--metrics-address", "127.0.0.1:8765"], "metrics-address"),
    ] {
        let (code, _, err) = run(&[&["check-config", "--data", "d"], &words[..]].concat());
        assert_eq!(code, 1, "{err}");
        assert!(err.contains(named), "{err}");
    }
}
