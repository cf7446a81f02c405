//! The program from outside: what it keeps, what it prints, and what it says of requests that make no sense.

#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SCENARIO: &str = "two-desks-offline";

/// The file of that scenario.
fn builtin() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../scenarios/{SCENARIO}.json"))
}

#[test]
fn rows_do_not_depend_on_threads_or_on_having_been_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = |out: &str, jobs: &str| {
        let grid = "network.loss=0,0.05";
        let arguments = [
            "sweep", SCENARIO, "--seeds", "1..2", "--grid", grid, "--jobs", jobs,
        ];
        let done = spotter_sim(folder.path(), &[&arguments[..], &["--out", out]].concat());
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        fs::read_to_string(folder.path().join(out).join("results.csv")).unwrap()
    };
    let one = sweep("one", "1");
    assert_eq!(one.lines().count(), 5);
    assert_eq!(sweep("two", "2"), one);
    // The program died while it wrote the third row.
    let third = one.match_indices('\n').nth(2).unwrap().0;
    fs::write(folder.path().join("one/results.csv"), &one[..third + 40]).unwrap();
    assert_eq!(sweep("one", "2"), one);
}

#[test]
fn a_sweep_that_goes_on_counts_what_had_failed_and_takes_no_other_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("mine.json");
    let with_expectation = |text: &str| {
        let found = fs::read_to_string(builtin()).unwrap();
        let mut mine: serde_json::Value = serde_json::from_str(&found).unwrap();
        mine["expect"] = serde_json::from_str(text).unwrap();
        fs::write(&scenario, mine.to_string()).unwrap();
    };
    let sweep = |seeds: &str| {
        let arguments = ["sweep", "mine.json", "--seeds", seeds, "--out", "kept"];
        let done = spotter_sim(folder.path(), &arguments);
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    let summary = || -> (u64, u64) {
        let text = fs::read_to_string(folder.path().join("kept/summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
        let number = |name: &str| summary[name].as_u64().unwrap();
        (number("worlds"), number("failures"))
    };
    with_expectation(r#"{ "refused": 99 }"#);
    let (status, said) = sweep("1..2");
    assert_eq!((status, summary()), (Some(1), (2, 2)), "{said}");
    assert!(
        said.contains("spotter-sim replay --scenario mine.json"),
        "{said}"
    );
    assert!(!said.contains("spotter-sim shrink"), "{said}");
    assert_eq!((sweep("1..2").0, summary()), (Some(1), (2, 2)));
    assert_eq!((sweep("1..3").0, summary()), (Some(1), (3, 3)));
    with_expectation("{}");
    assert_eq!(
        sweep("1..3").0,
        Some(2),
        "rows of another scenario under the same name"
    );
    let run = ["run", "mine.json", "--out", "kept"];
    assert_eq!(spotter_sim(folder.path(), &run).status.code(), Some(2));
    assert_eq!(summary(), (3, 3));
}

#[test]
fn an_archive_replays_to_the_same_trace_and_another_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = |seed: &str, out: &str| {
        let done = spotter_sim(
            folder.path(),
            &["run", SCENARIO, "--seed", seed, "--out", out],
        );
        assert_eq!(done.status.code(), Some(0), "{done:?}");
    };
    run("1", "kept");
    run("2", "other");
    let replay = |plan: &str| {
        let plan = format!("{plan}/plan.json");
        let arguments = ["replay", "--plan", &plan, "--expect", "kept/summary.json"];
        let done = spotter_sim(folder.path(), &arguments);
        (done.status.code(), last_line(&done))
    };
    assert_eq!(
        replay("kept"),
        (Some(0), "the trace is the same, byte for byte".to_owned())
    );
    assert_eq!(replay("other").0, Some(1));
    let arguments = ["check", "kept/trace.jsonl", "--plan", "kept/plan.json"];
    let done = spotter_sim(folder.path(), &arguments);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
}

#[test]
fn a_report_is_one_file_that_loads_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = [
        "run", SCENARIO, "--rule", "all", "--watch", "screens", "--out", "kept",
    ];
    assert_eq!(spotter_sim(folder.path(), &run).status.code(), Some(0));
    let done = spotter_sim(folder.path(), &["report", "kept", "-o", "page.html"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    for loaded in ["http", "src=", "href=", "@import", "<script"] {
        assert!(!page.contains(loaded), "the page has {loaded}");
    }
    for rule in ["spotter", "server-arbitration", "last-writer-wins"] {
        assert!(page.contains(rule), "{rule} is not in the page");
    }
    assert!(!page.contains("NaN"));
    // A table that is wider than the page is scrolled in a frame of its own.
    let tables = page.split("<table").skip(1).count();
    let framed = page.split("<div class=\"scroll\"").skip(1);
    let framed = framed.filter(|rest| rest.split('>').nth(1) == Some("<table"));
    assert_eq!((tables, framed.count()), (2, 2));
}

/// Two locations of equal priority write the same register apart: a server that decides on arrival has as many results as
/// there are orders of coming back, and ours has one.
#[test]
fn distinct_outcomes_are_kept_and_shown_with_the_order_of_each_world() {
    let folder = tempfile::tempdir().unwrap();
    let (scenario, rules) = ("b11-equal-priorities", "spotter,server-arbitration");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let counted = |name: &str| -> serde_json::Value {
        let summary: serde_json::Value = serde_json::from_str(&read(name)).unwrap();
        summary["distinctOutcomes"].clone()
    };
    let run = [
        "run", scenario, "--rule", rules, "--orders", "--out", "kept",
    ];
    let done = spotter_sim(folder.path(), &run);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let expected = serde_json::json!([{
        "scenario": scenario, "settings": {}, "seed": 1, "orders": 2,
        "outcomes": { "server-arbitration": 2, "spotter": 1 },
    }]);
    assert_eq!(counted("kept/summary.json"), expected);
    let sweep = [
        "sweep", scenario, "--rule", rules, "--orders", "--seeds", "1", "--out", "swept",
    ];
    let done = spotter_sim(folder.path(), &sweep);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(counted("swept/summary.json"), expected);
    // The rows of a sweep are sorted by the rule as well.
    let rows = |name: &str| -> Vec<String> {
        let mut rows: Vec<String> = read(name).lines().map(str::to_owned).collect();
        rows.sort();
        rows
    };
    assert_eq!(rows("swept/results.csv"), rows("kept/results.csv"));
    let done = spotter_sim(folder.path(), &["report", "kept", "-o", "page.html"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let page = read("page.html");
    for words in [
        "order 0: East, then West",
        "order 1: West, then East",
        "Distinct outcomes over all orders",
    ] {
        assert!(page.contains(words), "{words} is not in the page");
    }
}

#[test]
fn the_scenario_of_the_guide_gets_a_chart_of_everything_over_numbers_and_a_table_for_each_word() {
    let folder = tempfile::tempdir().unwrap();
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/simulations.md");
    let guide = fs::read_to_string(guide).unwrap();
    let mine = guide.split("```json\n").nth(1).unwrap();
    let mine = mine.split("```").next().unwrap();
    fs::write(folder.path().join("mine.json"), mine).unwrap();
    let page = |out: &str, grid: &str| {
        let sweep = [
            "sweep",
            "mine.json",
            "--seeds",
            "1..2",
            "--rule",
            "all",
            "--watch",
            "screens",
            "--out",
            out,
            "--grid",
            grid,
        ];
        let done = spotter_sim(folder.path(), &sweep);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        let done = spotter_sim(folder.path(), &["report", out, "-o", "page.html"]);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        fs::read_to_string(folder.path().join("page.html")).unwrap()
    };
    let numbers = page("numbers", "faults.0.for=15s,5m");
    for measure in [
        "flaps",
        "returns",
        "staleness_s_p95",
        "spread_s_p99",
        "catch_up_s_p50",
        "convergence_s",
    ] {
        let over = numbers
            .split("Over <code>faults.0.for</code>")
            .nth(1)
            .unwrap();
        assert!(over.contains(measure), "there is no chart of {measure}");
    }
    let words = page("words", "faults.0.do.cut.lane=up,down,both");
    for word in ["up", "down", "both"] {
        let heading = format!("<code>faults.0.do.cut.lane={word}</code>");
        let table = words.split(&heading).nth(1).unwrap();
        let table = table.split("</table>").next().unwrap();
        assert!(
            table.contains("staleness_s_p95") && table.contains("flaps"),
            "{word}"
        );
    }
}

#[test]
fn a_report_says_what_failed_and_from_which_sources_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(builtin()).unwrap();
    let mut scenario: serde_json::Value = serde_json::from_str(&text).unwrap();
    scenario["expect"]["refused"] = 99.into();
    fs::write(folder.path().join("mine.json"), scenario.to_string()).unwrap();
    let done = spotter_sim(folder.path(), &["run", "mine.json", "--out", "kept"]);
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let path = folder.path().join("kept/summary.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    summary["commit"] = "0123456789abcdef0123456789abcdef01234567-changed".into();
    fs::write(&path, summary.to_string()).unwrap();
    spotter_sim(folder.path(), &["report", "kept", "-o", "page.html"]);
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(
        !page.contains("an invariant"),
        "only what is expected was missed"
    );
    assert!(page.contains("1 world in which something else came out than the scenario expects"));
    assert!(page.contains("expect.refused: expected 99, found 0"));
    assert!(page.contains("(0123456789ab, changed)"));
}

#[test]
fn requests_that_make_no_sense_end_with_2_and_words() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\n \"name\": \"mine\",\n \"duration\": \"5m\",\n \"locations\": 7\n}";
    fs::write(folder.path().join("mine.json"), text).unwrap();
    fs::write(folder.path().join("trace.jsonl"), "{}\n").unwrap();
    let told = |arguments: &[&str], words: &[&str]| {
        let done = spotter_sim(folder.path(), arguments);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{arguments:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?}: {said}");
        }
    };
    told(&["run", "mine.json"], &["mine.json", "4", "locations"]);
    let named = r#"{"traceFile": "nowhere.txt"}"#;
    let text = fs::read_to_string(builtin()).unwrap();
    let mut scenario: serde_json::Value = serde_json::from_str(&text).unwrap();
    scenario["network"]["latency"] = serde_json::from_str(named).unwrap();
    let text = serde_json::to_string_pretty(&scenario).unwrap();
    fs::write(folder.path().join("wifi.json"), text).unwrap();
    let words = ["line ", "network.latency.traceFile", "nowhere.txt"];
    told(&["run", "wifi.json"], &words);
    told(
        &["sweep", SCENARIO, "--seeds", "1", "--jobs", "0"],
        &["--jobs"],
    );
    told(&["run", "two-desks"], &["did you mean", SCENARIO]);
    told(&["run", SCENARIO, "--rule", "dice"], &["dice", "spotter"]);
    told(
        &["run", SCENARIO, "--set", "locations.9.priority=1"],
        &["locations has 3 items"],
    );
    for command in ["run", "expand"] {
        let set = "network.loss=2";
        told(
            &[command, SCENARIO, "--set", set],
            &[
                "two-desks-offline with --set 'network.loss=2': network.loss: 2 is not between 0 and 1",
            ],
        );
    }
    told(
        &[
            "sweep",
            SCENARIO,
            "--seeds",
            "1",
            "--grid",
            "network.loss=0,2",
        ],
        &["with --set 'network.loss=2': network.loss: 2 is not"],
    );
    told(&["run", SCENARIO, "--variant", "7"], &["no variant 7"]);
    told(
        &["replay", "--scenario", SCENARIO, "--until", "soon"],
        &["soon"],
    );
    told(&["report", "."], &["results.csv"]);
    told(
        &["check", "trace.jsonl", "--plan", "mine.json"],
        &["mine.json"],
    );
}

#[test]
fn shrinking_refuses_what_is_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let done = spotter_sim(
        folder.path(),
        &["shrink", "--plan", SCENARIO, "-o", "small.json"],
    );
    assert_eq!(done.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&done.stderr).contains("no invariant is broken"),
        "{done:?}"
    );
}

fn spotter_sim(folder: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_spotter-sim"));
    program
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn last_line(done: &Output) -> String {
    let text = String::from_utf8_lossy(&done.stdout);
    text.lines().last().unwrap_or_default().to_owned()
}
