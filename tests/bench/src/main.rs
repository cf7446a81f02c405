//! How fast Spotter is, as ratios within one run.
//!
//! Machines differ and are noisy, so each figure stands beside a reference measured a moment before on the same
//! machine: a hash of the same bytes, a bare append and sync, a bare broadcast on the same WebSocket library. The two
//! take turns in several rounds. Computing is measured in processor time, waiting in wall-clock time; medians and
//! percentiles, never means.
//!
//! The servers under test are processes of their own on one core, the load comes from this process on the others,
//! and every load is made before the clock starts. To add a group, write a module with a function that takes the report and
//! whether the run is long, and list it in [`GROUPS`].

mod apply;
mod broadcast;
mod browser;
mod clock;
mod crowd;
mod day;
mod exchange;
mod fleet;
mod history;
mod host;
mod latency;
mod many;
mod mint;
mod model;
mod pack;
mod pages;
mod plots;
mod profile;
mod proxy;
mod replica;
mod report;
mod resident;
mod servers;
mod start;
mod storms;
mod sync;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use crate::history::ok;
use crate::report::{Report, Run, out};

/// Figures that are measured together.
struct Group {
    name: &'static str,
    about: &'static str,
    /// Takes the report and whether the run is long.
    measure: fn(&mut Report, bool),
    /// About how many seconds the short and the long form take.
    seconds: (u64, u64),
}

/// Everything that can be measured, in the order of the table.
const GROUPS: &[Group] = &[
    // Before all others, which leave memory behind that the allocator would use again.
    Group {
        name: "memory",
        about: "the index of an awake meet",
        measure: |report, _| model::memory(report),
        seconds: (6, 6),
    },
    Group {
        name: "admission",
        about: "decoding and admitting a change, and its place in the replay order",
        measure: model::admission,
        seconds: (3, 15),
    },
    Group {
        name: "edit",
        about: "a local edit and the reading of what it shows",
        measure: model::local_edit,
        seconds: (2, 15),
    },
    Group {
        name: "load",
        about: "loading a meet in a client, waking one in a relay",
        measure: model::load_and_wake,
        seconds: (2, 20),
    },
    Group {
        name: "latency",
        about: "from an edit to the screens of 10 and 200 readers, and the relay's processor time for it",
        measure: latency::measure,
        seconds: (35, 100),
    },
    Group {
        name: "change",
        about: "the relay's processor time for a change, many or one in flight",
        measure: latency::measure_changes,
        seconds: (10, 20),
    },
    Group {
        name: "many",
        about: "100 or 1,000 meets at once, three clients and an edit a second each",
        measure: many::measure,
        seconds: (40, 130),
    },
    Group {
        name: "resident",
        about: "memory of a relay for a meet and for a connection, idle",
        measure: resident::measure,
        seconds: (4, 12),
    },
    Group {
        name: "start",
        about: "starting with 10,000 or 100,000 meets on disk",
        measure: start::measure,
        seconds: (3, 30),
    },
    Group {
        name: "storms",
        about: "what others notice of a restart, slow readers, a flood, a large meet that wakes",
        measure: storms::measure,
        seconds: (35, 75),
    },
    Group {
        name: "pack",
        about: "bytes and processor time of many changes: as they are, deflated, packed",
        measure: pack::measure,
        seconds: (8, 8),
    },
    Group {
        name: "exchange",
        about: "bytes and round trips of a cold join, of coming back, of sending offline edits",
        measure: exchange::measure,
        seconds: (8, 8),
    },
    Group {
        name: "browser",
        about: "in Chromium: clicks to other screens, the start of a page, its memory, bytes of a day",
        measure: browser::measure,
        seconds: (120, 200),
    },
    Group {
        name: "profile",
        about: "where a relay's processor time goes, by `perf`, and a client's",
        measure: profile::measure,
        seconds: (20, 30),
    },
    Group {
        name: "sync",
        about: "ways to bring the appends of many logs to the disk together",
        measure: sync::measure,
        seconds: (65, 250),
    },
];

/// Measures Spotter and prints a table of ratios.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  cargo xtask bench\n  cargo xtask bench --long --json bench.json\n  cargo xtask bench --only latency --against bench.json\n  cargo xtask bench --long --write-docs"
)]
struct Options {
    /// Measure the large cases too (50,000 changes, 1,000 meets, 100,000 meets on disk).
    #[arg(long)]
    long: bool,
    /// Run only the groups whose name contains one of these.
    #[arg(long, value_name = "TEXT,...", value_delimiter = ',')]
    only: Vec<String>,
    /// List the groups and how long they take, and measure nothing.
    #[arg(long)]
    list: bool,
    /// Write the figures as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Show beside each figure its ratio to the one in this file, which `--json` has written.
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Write tables and plots into docs/performance.md.
    #[arg(long)]
    write_docs: bool,
    /// Be the bare broadcast: what this program starts beside a relay.
    #[arg(long, hide = true)]
    bare_broadcast: bool,
}

impl Options {
    fn wants(&self, group: &Group) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| group.name.contains(only))
    }

    fn seconds(&self, group: &Group) -> u64 {
        if self.long {
            group.seconds.1
        } else {
            group.seconds.0
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.bare_broadcast {
        broadcast::serve();
        return ExitCode::SUCCESS;
    }
    if options.list {
        for group in GROUPS {
            let (short, long) = group.seconds;
            let (name, about) = (group.name, group.about);
            out(&format!(
                "{name:<10} {short:>4} s, long {long:>4} s   {about}"
            ));
        }
        return ExitCode::SUCCESS;
    }
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            out(&words);
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let earlier = options.against.as_deref().map(Run::load).transpose()?;
    let groups: Vec<&Group> = GROUPS.iter().filter(|group| options.wants(group)).collect();
    let progress = progress(groups.iter().map(|group| options.seconds(group)).sum());
    let mut report = Report::new(options.long, earlier, progress.clone());
    begin(&report);
    for group in groups {
        progress.set_message(group.name);
        (group.measure)(&mut report, options.long);
        progress.inc(options.seconds(group));
    }
    progress.finish_and_clear();
    out(&format!("\n{}", report.table()));
    let missed = report.missed();
    out(&match missed.len() {
        0 => "\nevery bar was kept".to_owned(),
        count => format!("\n{count} bars were not kept; the table says which"),
    });
    if let Some(path) = &options.json {
        report.run.save(path)?;
    }
    if options.write_docs {
        let groups: Vec<_> = GROUPS
            .iter()
            .map(|group| (group.name, group.about))
            .collect();
        pages::write(&report.run, &groups)?;
    }
    Ok(())
}

/// Says what is measured on, and what would spoil it.
fn begin(report: &Report) {
    let (cores, load) = (host::cores(), report.run.load_average);
    report.say(&format!("{}; load average {load:.2}", report.run.machine));
    if load > 0.5 {
        report.say("others are using this machine: read the ratios, not the times");
    }
    if cores < 2 {
        report.say("with a single core the load and the servers disturb each other");
    }
    let files = host::allow_many_files();
    if files < 12_000 {
        report.say(&format!(
            "only {files} files may be open at once; `ulimit -Hn 20000` as root, or the large cases will fail"
        ));
    }
    host::leave_server_core();
}

/// A bar with the time left, on a terminal.
fn progress(seconds: u64) -> ProgressBar {
    let bar = ProgressBar::new(seconds);
    let style = ProgressStyle::with_template("{bar:30} {msg}, about {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_secs(1));
    bar
}

/// Runs a load in this thread.
pub(crate) fn run_local<T>(load: impl Future<Output = T>) -> T {
    let runtime = ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build());
    tokio::task::LocalSet::new().block_on(&runtime, load)
}
