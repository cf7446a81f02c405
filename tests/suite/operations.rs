//! What is handed to operators: a page of commands, a unit, alerts, a dashboard. None of it may say what is not so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{
    DEMONSTRATION, PASSWORD, Relay, Replica, World, copy_folder, finish, http_get, programs,
    spotter, spotter_relay, until,
};

/// The most that `systemd-analyze security` may find open, of 10.
const EXPOSURE_MAX: f64 = 1.5;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// What a relay tells when it has just begun to encrypt and count.
fn told() -> String {
    let place = TempDir::new().unwrap();
    let relay = Relay::start_with(place.path(), &["--metrics-address", "127.0.0.1:0"]);
    let address = until("the relay says where it counts", || {
        let printed = relay.printed();
        let line = printed
            .lines()
            .find_map(|line| line.strip_prefix("metrics on "));
        line.map(str::to_owned)
    });
    http_get(&address, "/metrics")
}

/// The names in a text that look like metrics, without what Prometheus adds for histograms.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.split(|c: char| !is_part(c))
        .filter(|word| word.starts_with("spotter_") || word.starts_with("process_"))
        .map(|word| {
            let ends = ["_bucket", "_sum", "_count"];
            let bare = ends.iter().find_map(|end| word.strip_suffix(end));
            bare.unwrap_or(word).to_owned()
        })
        .collect()
}

/// The metrics that a relay has, by the lines that say what each is.
fn metrics_of(told: &str) -> BTreeSet<String> {
    let lines = told.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    lines
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect()
}

/// The labels that a query picks out, as `name="value"`.
fn labels_in(query: &str) -> Vec<String> {
    let picked = query
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next());
    picked
        .flat_map(|inside| inside.split(','))
        .flat_map(|label| {
            let (name, values) = label.split_once('=').unwrap();
            let values = values.trim_start_matches('~').trim_matches('"');
            let each = values.split('|').map(|value| format!("{name}=\"{value}\""));
            each.collect::<Vec<_>>()
        })
        .filter(|label| !label.starts_with("job="))
        .collect()
}

fn queries_of_dashboard() -> Vec<String> {
    let dashboard: Value =
        serde_json::from_str(&read("relay/server/deploy/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    targets
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect()
}

fn queries_of_alerts() -> Vec<String> {
    let alerts = read("relay/server/deploy/alerts.yml");
    let lines = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "));
    lines.map(str::to_owned).collect()
}

#[test]
fn dashboard_and_alerts_ask_only_for_what_the_relay_tells() {
    let told = told();
    let has = metrics_of(&told);
    let (dashboard, alerts) = (queries_of_dashboard(), queries_of_alerts());
    assert!(dashboard.len() > 20 && alerts.len() > 8);
    for query in dashboard.iter().chain(&alerts) {
        let asked = metrics_in(query);
        let unknown: Vec<_> = asked.difference(&has).collect();
        assert!(unknown.is_empty(), "{unknown:?} in {query}");
        assert!(!asked.is_empty() || query.starts_with("up{"), "{query}");
        for label in labels_in(query) {
            assert!(told.contains(&label), "{label} in {query}");
        }
    }
}

#[test]
fn prometheus_own_checker_finds_no_fault() {
    let rules = root().join("relay/server/deploy/alerts.yml");
    let mut check_rules = Command::new("promtool");
    check_rules.args(["check", "rules"]).arg(rules);
    if check_rules.output().is_err() {
        // Where there is no such program, the tests beside this one have to do.
        return;
    }
    finish(&mut check_rules, None).ok();
    let mut check_metrics = Command::new("promtool");
    let found = finish(check_metrics.args(["check", "metrics"]), Some(&told()));
    assert_eq!((found.code, found.err.as_str()), (Some(0), ""), "{found:?}");
}

#[test]
fn the_page_for_operators_explains_every_metric_and_every_alert_and_no_others() {
    let page = read("docs/operating.md");
    let told = told();
    assert_eq!(metrics_in(&page), metrics_of(&told));
    // Whatever a row names beside metrics is a label of theirs, or one of its values.
    for row in page.lines().filter(|line| line.starts_with("| `spotter_")) {
        let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let (metrics, labels): (Vec<&str>, Vec<&str>) =
            named.iter().partition(|name| name.starts_with("spotter_"));
        for label in labels {
            let forms = [format!("{label}=\""), format!("=\"{label}\"")];
            let is_told = told.lines().any(|line| {
                metrics.iter().any(|metric| line.starts_with(metric))
                    && forms.iter().any(|form| line.contains(form))
            });
            assert!(is_told, "{label} in {row}");
        }
    }
    let alerts = read("relay/server/deploy/alerts.yml");
    let ruled: BTreeSet<&str> = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `SpotterRelay"));
    let explained = rows.map(|row| row.split('`').next().unwrap());
    let explained: BTreeSet<String> = explained
        .map(|name| format!("SpotterRelay{name}"))
        .collect();
    assert_eq!(
        explained
            .iter()
            .map(String::as_str)
            .collect::<BTreeSet<_>>(),
        ruled
    );
}

/// What a program says of itself, or of one of its commands.
fn help_of(program: &str, command: Option<&str>) -> String {
    let mut asked = match program {
        "spotter" => spotter(),
        _ => spotter_relay(),
    };
    finish(asked.args(command).arg("--help"), None).ok()
}

/// How our programs are called in a text, in scripts and in sentences: program, command and flags.
fn calls_in(text: &str) -> Vec<(&str, &str, Vec<&str>)> {
    let begins = |at: &usize| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|c| "\n`(/=".contains(c))
    };
    let all = text.match_indices("spotter").map(|(at, _)| at);
    let mut calls = Vec::new();
    for at in all.filter(begins) {
        let line = text[at..].split(['\n', '`', '|', ')']).next().unwrap();
        let mut words = line.split_whitespace().peekable();
        let program = words.next().unwrap();
        // The replica is named before the command.
        if words.next_if_eq(&"--replica").is_some() {
            words.next();
        }
        let is_command = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let command = words.next().filter(is_command);
        if let (true, Some(command)) = (["spotter", "spotter-relay"].contains(&program), command) {
            let flags = words.filter(|word| word.starts_with("--"));
            calls.push((program, command, flags.collect()));
        }
    }
    calls
}

#[test]
fn every_command_and_flag_that_operators_are_told_of_exists() {
    let mut seen = BTreeSet::new();
    for file in [
        "docs/operating.md",
        "relay/server/deploy/spotter-relay.service",
    ] {
        let text = read(file).replace("\\\n", " ");
        for (program, command, flags) in calls_in(&text) {
            // A command that does not exist has no help.
            let help = help_of(program, Some(command));
            let known = help.split(|c: char| c.is_whitespace() || "[,`".contains(c));
            let known: BTreeSet<&str> = known.collect();
            for flag in &flags {
                assert!(known.contains(flag), "{program} {command} {flag} in {file}");
            }
            seen.insert((program.to_owned(), command.to_owned()));
        }
    }
    let commands: Vec<&str> = seen.iter().map(|(_, command)| &**command).collect();
    for command in [
        "golive",
        "join",
        "import",
        "serve",
        "healthcheck",
        "verify",
        "repair",
    ] {
        assert!(commands.contains(&command), "{command} of {commands:?}");
    }
}

#[test]
fn every_setting_that_operators_are_told_of_exists() {
    let known = help_of("spotter-relay", Some("serve"));
    for file in [
        "relay.toml",
        "spotter-relay.service",
        "Containerfile",
        "compose.yml",
    ] {
        let text = read(&format!("relay/server/deploy/{file}"));
        let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        for variable in words.filter(|word| word.starts_with("SPOTTER_RELAY_")) {
            assert!(
                known.contains(&format!("{variable}=")),
                "{variable} in {file}"
            );
        }
    }
    let page = read("docs/operating.md");
    let section = |number: u32| {
        let rest = page.split(&format!("## {number}. ")).nth(1).unwrap();
        rest.split("\n## ").next().unwrap()
    };
    let alerts = page.lines().filter(|line| line.contains("| Raise `"));
    let told = [section(6), section(9)].into_iter().chain(alerts);
    let mut seen = 0;
    for text in told {
        // What stands in marks and is one word: a setting, or a command that looks at them.
        for word in text.split('`').skip(1).step_by(2) {
            let is_one = word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if is_one && word != "check-config" {
                assert!(known.contains(&format!("--{word}")), "{word}");
                seen += 1;
            }
        }
    }
    assert!(seen > 12, "{seen}");
    let place = TempDir::new().unwrap();
    let settings = root().join("relay/server/deploy/relay.toml");
    let mut check = spotter_relay();
    check
        .arg("check-config")
        .arg("--config")
        .arg(settings)
        .arg("--data")
        .arg(place.path());
    finish(&mut check, None).ok();
}

/// The blocks of a page that say of themselves that they can be run, in their order.
fn blocks_to_run(page: &str) -> String {
    let blocks = page.split("```sh run\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_commands_for_authorities_backup_restore_and_retention_do_what_the_page_says() {
    let world = World::of(&[("Registration", 10), ("Platform 1", 20)]);
    let place = TempDir::new().unwrap();
    copy_folder(&world.relay.data(), &place.path().join("meets"));
    let script = blocks_to_run(&read("docs/operating.md"));
    assert!(script.contains("openssl") && script.contains("repair"));
    let path = std::env::join_paths(
        std::iter::once(programs())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut shell = Command::new("bash");
    shell
        .args(["-euc", &script])
        .current_dir(place.path())
        .env("PATH", path.unwrap());
    let printed = finish(&mut shell, None).ok();
    assert!(printed.contains("1 meets checked, 0 damaged"), "{printed}");
    assert!(
        printed.contains("tls-cert = \"relay-tls.pem\""),
        "{printed}"
    );
    let left = fs::read_dir(place.path().join("meets/current-meets"))
        .unwrap()
        .count();
    assert_eq!(left, 0);
    let kept = fs::read_dir(place.path().join("backup/current-meets"))
        .unwrap()
        .count();
    assert_eq!(kept, 1);
}

#[test]
fn a_full_meet_says_so_to_everybody_and_goes_on_when_there_is_room() {
    const SIZE: &str = "the meet has reached the size that its relay allows";
    let place = TempDir::new().unwrap();
    let settings = place.path().join("relay.toml");
    fs::write(&settings, "meet-bytes-max = 9000\n").unwrap();
    let with = ["--metrics-address", "127.0.0.1:0", "--config"];
    let with = [&with[..], &[settings.to_str().unwrap()]].concat();
    let relay = Relay::start_with(place.path(), &with);
    let password = place.path().join("password");
    fs::write(&password, PASSWORD).unwrap();
    let desk = Replica::at(place.path().join("desk"));
    desk.ok(&["import", DEMONSTRATION]);
    let changes = desk.status()["changes"].clone();
    let told = desk.run(&[
        "golive",
        "--relay",
        &format!("ws://{}", relay.address()),
        "--location",
        "Desk=1",
        "--password-file",
        password.to_str().unwrap(),
    ]);
    let told = told.refused();
    assert!(told.contains(SIZE) && !told.contains("live at"), "{told}");
    assert!(desk.sync_in_vain().contains(SIZE));
    let status = desk.status();
    assert_eq!(status["whyNotSent"]["code"], "meet-full", "{status}");
    assert_eq!(status["changes"], changes, "nothing is lost");
    assert!(desk.ok(&["status"]).contains(SIZE));
    relay.counts("spotter_changes_put_off_total{reason=\"meet-full\"}", 2);
    assert!(relay.printed().contains("changes-put-off"));

    fs::write(&settings, "meet-bytes-max = 9000000\n").unwrap();
    kill_process(relay.pid(), Signal::HUP).unwrap();
    until("the settings are read again", || {
        relay
            .printed()
            .contains("settings were read again")
            .then_some(())
    });
    desk.sync();
    let status = desk.status();
    assert_eq!(
        (&status["editsNotSent"], &status["whyNotSent"]),
        (&json!(0), &json!(null))
    );
    assert_eq!(status["changes"], changes);
}

#[test]
fn the_unit_opens_little_of_the_machine() {
    let unit = root().join("relay/server/deploy/spotter-relay.service");
    let mut analyze = Command::new("systemd-analyze");
    analyze
        .args(["security", "--offline=true", "--no-pager"])
        .arg(unit);
    let Ok(analyzed) = analyze.output() else {
        // Where there is no systemd there is nothing that could be opened.
        return;
    };
    let printed = String::from_utf8_lossy(&analyzed.stdout).into_owned();
    let overall = printed
        .lines()
        .find(|line| line.contains("Overall exposure level"))
        .unwrap();
    let (_, figure) = overall.rsplit_once(": ").unwrap();
    let exposure: f64 = figure.split(' ').next().unwrap().parse().unwrap();
    assert!(exposure <= EXPOSURE_MAX, "{printed}");
}
