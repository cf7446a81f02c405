//! The command line: every command, its arguments, and what `--help` says about it.

mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand};
use spotter_model::{LocationName, OpId, Path, Priority, Seen};
use spotter_relay_protocol::{DisplayKeyId, DisplayLabel, MeetId, SessionId};

pub(crate) use values::{Seat, Secret, Source};
use values::{duration, entry, json_object, label, location, priority, relay_url, seen};

use spotter_model::EntryName;

/// A replica of a powerlifting meet, on the command line.
///
/// A replica is a folder that holds one copy of one meet. Everything can be read and edited without a network: an edit
/// is on this device's disk before it is reported as saved. `sync` and `run` exchange changes with the relay; `run` and
/// `bundle` also without one.
#[derive(Debug, Parser)]
#[command(name = "spotter", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    /// The folder of this replica; made by the command that begins a meet in it.
    #[arg(long, value_name = "DIR", env = "SPOTTER_REPLICA", global = true)]
    pub(crate) replica: Option<PathBuf>,
    /// Say more on standard error: -v decisions, -vv messages and files, -vvv everything. Never a password or a token.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  spotter --replica desk import my-meet.openlifter
  spotter --replica desk golive --relay ws://127.0.0.1:8765 --password-file password \\
          --location Registration=10 --with \"Platform 1=20\" --with Jury=30
  spotter --replica table join --relay ws://127.0.0.1:8765 --meet 123-456-789 \\
          --location \"Platform 1\" --password-file password
  spotter --replica table set entries.5003.squat.2 \"182.5 good\"
  spotter --replica table sync
  spotter --replica table conflicts
  spotter --replica table export my-meet.openlifter

Paths:
  meet.name  meet.date  meet.platformsOnDays.2  meet.plates.25      a field of the meet
  entries.5003.name  entries.5003.bodyweightKg  entries.5003.flight  a field of a lifter's entry
  entries.5003.squat.2                              an attempt: \"182.5 good\", \"182.5 no\", \"182.5 -\", \"400 lb\"
  lifting.1.2                                       what day 1, platform 2 is at: \"B S\"
  entries.@00112233aabbccdd.3.name                  an entry by its key, which is never ambiguous

Exit status:
  0  done
  1  refused, not found, or not as expected
  2  the command line makes no sense
  3  somebody could not be reached, or not everything is exchanged yet; trying again may help
  4  this device: the folder is in use, damaged, or cannot be written";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Begin a meet from nothing, as a draft on this device.
    New {
        /// The day it takes place [default: today].
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<String>,
    },
    /// Begin a meet from a file that OpenLifter saved, as a draft on this device.
    #[command(after_help = "Example:\n  spotter --replica desk import my-meet.openlifter")]
    Import {
        /// The saved file; `-` reads standard input.
        file: Source,
    },
    /// Make this replica's meet live at a relay, and print the meet's ID.
    #[command(
        after_help = "Example:\n  spotter --replica desk golive --relay wss://relay.example.org \
        --password-file password \\\n          --location Registration=10 --with \"Platform 1=20\" --with Jury=30\n\n\
        Where two locations write without knowing of each other, the higher priority stands. Give each its own."
    )]
    Golive(GoLive),
    /// Join a live meet as one of its locations, and fetch it. Joining again gives the password again.
    #[command(
        after_help = "Example:\n  spotter --replica table join --relay wss://relay.example.org \
        --meet 123-456-789 \\\n          --location \"Platform 1\" --password-file password"
    )]
    Join(Join),
    /// Write a value, or many from standard input, each as one change.
    #[command(
        after_help = "Examples:\n  spotter --replica table set entries.5003.squat.2 \"182.5 good\"\n  \
        spotter --replica table set entries.5003.squat.2 \"182.5 no\" --reason \"jury overruled 2:1\"\n  \
        spotter --replica table set < edits.txt      # lines such as: entries.5003.bodyweightKg 81.4\n\n\
        A value equal to the one shown writes nothing; to settle a conflict, see `restore`. Lines that make no sense are named and left out; the others are written, and the exit status is 1."
    )]
    Set(Set),
    /// Print the value at a path.
    #[command(
        after_help = "Examples:\n  spotter --replica table get entries.5003.squat.2\n  \
        spotter --replica table get meet.name --json"
    )]
    Get {
        /// Which value.
        path: Path,
        /// Print who wrote it, when and as which write, too, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a field empty again, as if nobody had ever filled it in.
    Clear {
        /// Which field.
        path: Path,
        #[command(flatten)]
        how: How,
    },
    /// Add a lifter, and print the new entry's path.
    #[command(
        after_help = "Example:\n  spotter --replica desk add \"Aino Kettunen\" \
        --fields '{\"sex\":\"F\",\"birthDate\":\"1999-03-02\",\"events\":[\"SBD\"]}'"
    )]
    Add {
        /// The lifter's name.
        name: String,
        /// Further fields with OpenLifter's names, as a JSON object.
        #[arg(long, value_name = "JSON", value_parser = json_object)]
        fields: Option<serde_json::Map<String, serde_json::Value>>,
        #[command(flatten)]
        how: How,
    },
    /// Withdraw a lifter. The entry keeps everything it holds.
    Withdraw {
        /// The entry: its id, or its key as `add` printed it.
        #[arg(value_parser = entry)]
        entry: EntryName,
        #[command(flatten)]
        how: How,
    },
    /// Take back a withdrawal.
    Reinstate {
        /// The entry: its id, or its key.
        #[arg(value_parser = entry)]
        entry: EntryName,
        #[command(flatten)]
        how: How,
    },
    /// Make OpenLifter's own actions, a JSON list of them, as edits.
    #[command(
        after_help = "Example:\n  spotter --replica table act actions.json\n\n\
        Actions name lifters by OpenLifter's ids. Entries that the actions themselves add are counted from `--first-id` on, as the program that recorded them did, whatever ids they get here."
    )]
    Act {
        /// The file with the actions; `-` reads standard input.
        file: Source,
        /// The id of the first entry that the actions add [default: the meet's `nextEntryId`].
        #[arg(long, value_name = "N", allow_negative_numbers = true)]
        first_id: Option<i64>,
    },
    /// Print the meet: who lifts, and what they have lifted.
    Show {
        /// Print it as OpenLifter would save it, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Exchange changes with the relay until both hold the same and it is on disk.
    #[command(
        after_help = "Examples:\n  spotter --replica table sync\n  spotter --replica table sync --for 10s\n\n\
        Without `--for` it keeps trying for as long as trying can help."
    )]
    Sync {
        /// Give up after this long: `10s`, `2m`, `500ms`, or a number of seconds. Exit status 3 if not everything is
        /// exchanged by then.
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        limit: Option<Duration>,
        /// The meet's password, in case the session is over.
        #[arg(long, value_name = "FILE")]
        password_file: Option<Secret>,
        #[command(flatten)]
        vouching: Vouching,
    },
    /// Stay connected and tell what happens, line by line, until interrupted.
    #[command(after_help = "Examples:\n  spotter --replica table run\n  \
        spotter --replica table run --listen 0.0.0.0:8777        # at the venue, without any relay\n  \
        spotter --replica jury  run --peer 192.168.1.20:8777")]
    Run(Run),
    /// Show the meet to browsers: pages, scoreboard and overlay from this device, which need no relay and no internet. Otherwise
    /// as `run`.
    #[command(after_help = "Examples:\n  spotter --replica desk serve\n  \
        spotter --replica desk serve --http 0.0.0.0:8780         # to every device at the venue\n\n\
        It prints the addresses of scoreboard and overlay with a key that only reads. Nothing is encrypted: \
        for a network of your own.")]
    Serve(Serve),
    /// Say how this replica is doing: what it holds, what is not sent yet, when the relay was last heard of.
    Status {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List what several locations wrote without knowing of each other: what stands, and what it overruled.
    Conflicts {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Give a field again what one of its writes gave it; this also settles a conflict.
    #[command(
        after_help = "Examples:\n  spotter --replica jury restore entries.5003.squat.2 41@00112233aabbccdd\n  \
        spotter --replica jury restore entries.5003.squat.2     # settles a conflict with what is shown\n\n\
        `history PATH` and `conflicts` name the writes."
    )]
    Restore {
        /// Which field.
        path: Path,
        /// Which write [default: the one that is shown].
        write: Option<OpId>,
        #[command(flatten)]
        how: How,
    },
    /// Print every write of a field: what, who, when, why, and having seen which others.
    History {
        /// Which field.
        path: Path,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the meet to a file that OpenLifter opens.
    Export {
        /// Where to; `-` writes to standard output. A file that is there is replaced as a whole.
        file: PathBuf,
    },
    /// Carry a meet on a stick.
    #[command(subcommand)]
    Bundle(Bundle),
    /// The locations that may join. Changing them is for the one who made the meet live.
    #[command(subcommand)]
    Location(Location),
    /// Change the meet's password for those who join later.
    #[command(
        after_help = "Example:\n  spotter --replica desk password --password-file old --new-password-file new"
    )]
    Password {
        /// The file with the present password.
        #[arg(long, value_name = "FILE")]
        password_file: Secret,
        /// The file with the new one.
        #[arg(long, value_name = "FILE")]
        new_password_file: Secret,
        #[command(flatten)]
        patience: Patience,
    },
    /// Who is joined.
    #[command(subcommand)]
    Session(Session),
    /// Keys that let scoreboards and overlays read the meet, and do nothing else.
    #[command(
        subcommand,
        after_help = "Example:\n  spotter --replica desk display-key add \"Overlay of the stream\""
    )]
    DisplayKey(DisplayKeys),
    /// Declare the meet finished: it takes no more edits.
    Finish {
        #[command(flatten)]
        patience: Patience,
    },
    /// Hand the results over to whoever runs the relay.
    #[command(
        after_help = "Example:\n  spotter --replica desk publish results.opl.csv --email desk@example.org"
    )]
    Publish {
        /// The results as OpenPowerlifting takes them; `-` reads standard input.
        file: Source,
        /// Where questions should go.
        #[arg(long, value_name = "ADDRESS")]
        email: String,
        #[command(flatten)]
        patience: Patience,
    },
    /// Tell the whole story in a terminal: a relay and three locations as real processes, one cut off, a conflict, the
    /// heal, who won and why. Takes about a minute and needs no replica.
    Demo {
        /// Tell it without pauses.
        #[arg(long)]
        fast: bool,
    },
}

/// How an edit is made.
#[derive(Args, Debug, Default)]
pub(crate) struct How {
    /// Why, for those who read the history.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `golive`.
#[derive(Args, Debug)]
pub(crate) struct GoLive {
    /// The relay's address, `wss://HOST` or `ws://127.0.0.1:PORT`.
    #[arg(long, value_name = "URL", value_parser = relay_url)]
    pub(crate) relay: String,
    /// The location of this replica, and its priority.
    #[arg(long, value_name = "NAME=PRIORITY")]
    pub(crate) location: Seat,
    /// Another location that may join, and its priority.
    #[arg(long, value_name = "NAME=PRIORITY")]
    pub(crate) with: Vec<Seat>,
    /// The file with the password that everyone will join with: at least 10 characters; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Secret,
    /// Although the meet is live already under another ID: that relay and its key are lost for good.
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) plaintext: Plaintext,
    #[command(flatten)]
    pub(crate) vouching: Vouching,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

/// `join`.
#[derive(Args, Debug)]
pub(crate) struct Join {
    /// The relay's address, `wss://HOST` or `ws://127.0.0.1:PORT`.
    #[arg(long, value_name = "URL", value_parser = relay_url)]
    pub(crate) relay: String,
    /// The meet's ID, such as 123-456-789.
    #[arg(long, value_name = "ID")]
    pub(crate) meet: MeetId,
    /// The location of this replica, by its name.
    #[arg(long, value_name = "NAME", value_parser = location)]
    pub(crate) location: LocationName,
    /// The file with the meet's password; `-` reads standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Secret,
    #[command(flatten)]
    pub(crate) plaintext: Plaintext,
    #[command(flatten)]
    pub(crate) vouching: Vouching,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

/// Whether passwords and edits may travel readable.
#[derive(Args, Debug)]
pub(crate) struct Plaintext {
    /// Use `ws://` although others on the way can then read the password and all edits. For a network of your own.
    #[arg(long, env = "SPOTTER_ALLOW_PLAINTEXT")]
    pub(crate) allow_plaintext: bool,
}

/// Who may vouch for the relay.
#[derive(Args, Debug)]
pub(crate) struct Vouching {
    /// The certificate of the authority that vouches for the relay, in PEM form: from now on this replica trusts it and
    /// nobody else. It is kept in the replica's folder as `ca.pem`; without that file the web's authorities are trusted.
    #[arg(long, value_name = "FILE", env = "SPOTTER_CA")]
    pub(crate) ca: Option<PathBuf>,
}

/// How long the relay may take.
#[derive(Args, Debug)]
pub(crate) struct Patience {
    /// Give up after this long: `10s`, `2m`, `500ms`, or a number of seconds.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, default_value = "60s")]
    pub(crate) limit: Duration,
}

/// `set`.
#[derive(Args, Debug)]
pub(crate) struct Set {
    /// Which field; without it, `PATH VALUE` lines are read from standard input.
    #[arg(requires = "value")]
    pub(crate) path: Option<Path>,
    /// What to write there.
    #[arg(allow_negative_numbers = true)]
    pub(crate) value: Option<String>,
    /// Write only if this write, as `get --json` names it, is still what is shown; `nothing` for a field that is empty.
    #[arg(long, value_name = "WRITE", value_parser = seen, requires = "path")]
    pub(crate) seen: Option<Seen>,
    #[command(flatten)]
    pub(crate) how: How,
}

/// `run`.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// Also exchange changes with the replica that listens at this address, whenever it is there.
    #[arg(long, value_name = "ADDR")]
    pub(crate) peer: Vec<String>,
    /// Also let other replicas of this meet connect here, such as `0.0.0.0:8777`; port 0 picks one.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Vec<String>,
    /// Read `PATH VALUE` lines from standard input meanwhile, and write each as one change. The line `again CHANGE`
    /// makes somebody's edit again that had to leave with a refused change.
    #[arg(long)]
    pub(crate) edits: bool,
    /// End after this long.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) limit: Option<Duration>,
    /// The meet's password, in case the session is over.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<Secret>,
    #[command(flatten)]
    pub(crate) plaintext: Plaintext,
    #[command(flatten)]
    pub(crate) vouching: Vouching,
}

/// `serve`.
#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Address and port for browsers; port 0 picks one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8780")]
    pub(crate) http: std::net::SocketAddr,
    /// Make another key for displays: the addresses printed before show nothing any more.
    #[arg(long)]
    pub(crate) new_key: bool,
    /// Updates that are kept for displays that connect; whoever has missed more fetches everything.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) display_overlap: usize,
    #[command(flatten)]
    pub(crate) run: Run,
}

/// `bundle`.
#[derive(Debug, Subcommand)]
pub(crate) enum Bundle {
    /// Write everything into a file to carry. The first bundle of a draft makes it a meet that others may have.
    #[command(
        after_help = "Example:\n  spotter --replica desk bundle export meet.bundle --location Registration=10"
    )]
    Export {
        /// Where to; `-` writes to standard output.
        file: PathBuf,
        /// Who writes here, where no relay has said so.
        #[arg(long, value_name = "NAME=PRIORITY")]
        location: Option<Seat>,
    },
    /// Take in a file that was carried here; a new replica begins from it.
    #[command(
        after_help = "Example:\n  spotter --replica table bundle import meet.bundle --location \"Platform 1=20\""
    )]
    Import {
        /// The bundle; `-` reads standard input.
        file: Source,
        /// Who writes here from now on, where no relay has said so. Without it a new replica can only be read.
        #[arg(long, value_name = "NAME=PRIORITY")]
        location: Option<Seat>,
    },
}

/// `location`.
#[derive(Debug, Subcommand)]
pub(crate) enum Location {
    /// List the locations that may join, as this replica last heard.
    List {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let another location join.
    #[command(after_help = "Example:\n  spotter --replica desk location add \"Platform 2=21\"")]
    Add {
        /// Its name and priority.
        #[arg(value_name = "NAME=PRIORITY")]
        seat: Seat,
        #[command(flatten)]
        patience: Patience,
    },
    /// Give a location another name; what it wrote before keeps the old one.
    Rename {
        /// Its name now.
        #[arg(value_parser = location)]
        name: LocationName,
        /// Its name from now on.
        #[arg(value_parser = location)]
        new_name: LocationName,
        #[command(flatten)]
        patience: Patience,
    },
    /// Give a location another priority, for what it writes after its next join.
    Priority {
        /// Its name.
        #[arg(value_parser = location)]
        name: LocationName,
        /// Its priority; the higher number wins.
        #[arg(value_parser = priority)]
        priority: Priority,
        #[command(flatten)]
        patience: Patience,
    },
}

/// `session`.
#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    /// List the sessions of the meet: id, location, when it ends, and whether it is connected.
    List {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        patience: Patience,
    },
    /// End a session: that replica must give the password again.
    Revoke {
        /// Its id, as `session list` prints it.
        id: SessionId,
        #[command(flatten)]
        patience: Patience,
    },
}

/// `display-key`.
#[derive(Debug, Subcommand)]
pub(crate) enum DisplayKeys {
    /// Make a key, and print its id and the key. The relay keeps a hash: the key is printed this once.
    Add {
        /// What it is for.
        #[arg(value_parser = label)]
        label: DisplayLabel,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        patience: Patience,
    },
    /// List the keys of the meet: id, location that made it, since when, and what it is for.
    List {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        patience: Patience,
    },
    /// End a key, and the displays that were opened with it.
    Revoke {
        /// Its id, as `display-key list` prints it.
        id: DisplayKeyId,
        #[command(flatten)]
        patience: Patience,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }
}
