//! What is handed to operators: a page of commands, a unit, alerts, a dashboard. None of it may say what is not so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{
    Relay, World, copy_folder, finish, http_get, programs, spotter, spotter_relay, until,
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
    assert_eq!(metrics_in(&page), metrics_of(&told()));
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

#[test]
fn every_flag_and_setting_that_operators_are_told_of_exists() {
    let help = |command: &mut Command| finish(command.arg("--help"), None).ok();
    let mut known = String::new();
    for word in [
        "serve",
        "healthcheck",
        "check-config",
        "verify",
        "repair",
        "list",
        "show",
    ] {
        known += &help(spotter_relay().arg(word));
    }
    for word in ["golive", "join", "import"] {
        known += &help(spotter().arg(word));
    }
    let page = read("docs/operating.md").replace("\\\n", " ");
    let ours = page.lines().filter(|line| {
        let line = line.trim_start();
        line.starts_with("spotter") && !line.contains('|')
    });
    for line in ours {
        for flag in line
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
        {
            assert!(known.contains(flag), "{flag} in {line}");
        }
    }
    for file in [
        "relay.toml",
        "spotter-relay.service",
        "Containerfile",
        "compose.yml",
    ] {
        let text = read(&format!("relay/server/deploy/{file}"));
        let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        for variable in words.filter(|word| word.starts_with("SPOTTER_RELAY_")) {
            assert!(known.contains(variable), "{variable} in {file}");
        }
    }
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
