//! The subcommands, one file each.

mod bench;
#[cfg(feature = "planted")]
mod bugs;
mod check;
mod expand;
mod list;
mod replay;
mod report;
mod run;
mod schema;
mod shrink;
mod sweep;
mod wanted;

use clap::{Parser, Subcommand};

use crate::study::Study;
use crate::summary;
use crate::trouble::{Ended, Trouble};

/// Simulate meets whose network fails: the real machines of Spotter, from a seed, in one thread.
///
/// A scenario says what people and trouble are like. With a seed it becomes a plan: a plain list of everything that
/// happens. A plan is run, giving a trace, and the trace is judged. The same plan gives the same trace on every machine.
#[derive(Parser)]
#[command(name = "spotter-sim", version = version(), max_term_width = 110, after_help = AFTER)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "\
Begin with:
  spotter-sim list                                  the scenarios that come with the program
  spotter-sim run two-desks-offline --rule all --out first    one world under every rule
  spotter-sim report first -o first.html            see it

Exit status: 0 nothing found; 1 an invariant is broken, or a trace is not as expected; 2 the request makes no
sense; 4 a file cannot be read or written.";

#[derive(Subcommand)]
enum Command {
    List(list::List),
    Expand(expand::Expand),
    Run(run::Run),
    Sweep(sweep::Sweep),
    Replay(replay::Replay),
    Shrink(shrink::Shrink),
    Check(check::Check),
    Report(report::Report),
    Bench(bench::Bench),
    #[cfg(feature = "planted")]
    Bugs(bugs::Bugs),
    Schema(schema::Schema),
    Study(Study),
}

/// Does what the command line asks.
///
/// # Errors
/// It makes no sense, or a file cannot be read or written.
pub(crate) fn run() -> Result<Ended, Trouble> {
    match Arguments::parse().command {
        Command::List(command) => command.run(),
        Command::Expand(command) => command.run(),
        Command::Run(command) => command.run(),
        Command::Sweep(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Shrink(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Bench(command) => command.run(),
        #[cfg(feature = "planted")]
        Command::Bugs(command) => command.run(),
        Command::Schema(command) => command.run(),
        Command::Study(command) => command.run(),
    }
}

fn version() -> &'static str {
    Box::leak(summary::made_by().into_boxed_str())
}
