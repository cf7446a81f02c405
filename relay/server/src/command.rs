//! The command line.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use spotter_relay_protocol::MeetId;
use tokio::net::TcpListener;

use crate::admin;
use crate::healthcheck::{self, HealthError};
use crate::limits::BLOCKING_THREADS;
use crate::notify::{self, State};
use crate::reload::{ReloadError, Reloaded, Reloader};
use crate::settings::{Options, Settings, SettingsError};
use crate::storage::words;
use crate::tls::TlsError;
use crate::{Listeners, Premises, ServeError};

const EXAMPLES: &str = "\
Examples:
  Serve on this machine, with meets in ./meets and the key in ./meets.key:
      spotter-relay serve --data meets

  Serve a gym's own network (nothing is encrypted):
      spotter-relay serve --data meets --listen 0.0.0.0:8765 --allow-plaintext

  Serve the world, encrypted, and tell Prometheus how it goes:
      spotter-relay serve --data /srv/spotter --listen 0.0.0.0:443 --tls-cert fullchain.pem \\
          --tls-key privkey.pem --metrics-address 127.0.0.1:9765

  Serve behind a proxy that does TLS, for a page of your own:
      spotter-relay serve --data /srv/spotter --trusted-proxies 127.0.0.1 \\
          --origins https://lift.example.org

  Look for damage after a crash, from a backup script:
      spotter-relay verify /srv/spotter || mail -s 'spotter: damage' operator

Every setting can be a flag (--links-max 500), an environment variable
(SPOTTER_RELAY_LINKS_MAX=500) or a line of the settings file (links-max = 500).
A flag wins over a variable, a variable over the file.";

/// The relay of Spotter: carries the edits of a powerlifting meet between its locations, and keeps them.
#[derive(Debug, Parser)]
#[command(name = "spotter-relay", version, after_help = EXAMPLES, max_term_width = 110)]
pub struct Command {
    #[command(subcommand)]
    word: Word,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Run the relay. Prints `listening on ADDR` when it is ready.
    ///
    /// It stops on SIGTERM or Ctrl-C: clients are told when to come back, and what is being written is finished.
    /// On SIGHUP it reads settings, certificate and key again; what cannot change while it runs is named in the log.
    /// GET /healthz says whether it lives, GET /readyz whether it takes new connections.
    Serve {
        #[command(flatten)]
        sources: Sources,
        /// Print the settings that hold, as a settings file, and do not run.
        #[arg(long)]
        print_config: bool,
    },
    /// Check the settings and print those that hold, as a settings file.
    CheckConfig {
        #[command(flatten)]
        sources: Sources,
    },
    /// Ask the relay that runs with these settings on this machine how it is: whether it lives, and with --ready whether
    /// it takes new connections and its disk can be written. Exits with 1 if not.
    Healthcheck {
        #[command(flatten)]
        sources: Sources,
        /// Ask whether it takes new connections and can write, not only whether it lives.
        #[arg(long)]
        ready: bool,
    },
    /// Check every log. Prints each damage with meet, file, line and offset, and exits with 1 if there is any.
    ///
    /// Touches nothing, so it can be run on a backup or beside a running relay.
    Verify {
        /// The data folder.
        #[arg(value_name = "DIR")]
        data: PathBuf,
        /// Only this meet.
        #[arg(long, value_name = "MEET")]
        meet: Option<MeetId>,
    },
    /// Rebuild damaged logs from what is sound in them; the damaged file is kept. The relay must not be running.
    ///
    /// What is lost comes back from the members' own copies when they next connect.
    Repair {
        /// Only this meet.
        #[arg(value_name = "MEET")]
        meet: Option<MeetId>,
        #[command(flatten)]
        folder: Folder,
    },
    /// List all meets.
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// Show a meet: its locations, sessions and log, and whether it is damaged. Exits with 1 if it is.
    Show {
        /// The meet, as 123-456-789 or 123456789.
        #[arg(value_name = "MEET")]
        meet: MeetId,
        #[command(flatten)]
        folder: Folder,
    },
}

#[derive(Args, Debug)]
struct Sources {
    #[command(flatten)]
    options: Options,
    /// A settings file (TOML), with the names of the flags.
    #[arg(long, value_name = "FILE", env = "SPOTTER_RELAY_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Folder {
    /// The data folder.
    #[arg(long, value_name = "DIR", env = "SPOTTER_RELAY_DATA")]
    data: PathBuf,
}

/// What went wrong, for the last line of a failed command.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Health(#[from] HealthError),
    #[error(transparent)]
    Admin(#[from] admin::AdminError),
    #[error("cannot print")]
    Print(#[from] io::Error),
    #[error("cannot print the settings")]
    PrintSettings(#[from] toml::ser::Error),
}

impl Command {
    /// Carries the command out. 0 is success, 1 damage or failure; clap answers a wrong command line with 2.
    pub fn run(self) -> ExitCode {
        match self.word.run(&mut io::stdout()) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(failure) => {
                let _ = writeln!(io::stderr(), "spotter-relay: {}", words(&failure));
                ExitCode::FAILURE
            }
        }
    }
}

impl Word {
    /// Whether all is well.
    fn run(self, out: &mut dyn Write) -> Result<bool, Failure> {
        match self {
            Self::Serve {
                sources,
                print_config: false,
            } => serve(&sources, out)?,
            Self::Serve { sources, .. } | Self::CheckConfig { sources } => {
                let settings = sources.settings()?;
                settings.check_files()?;
                write!(out, "{}", toml::to_string(&settings.to_options())?)?;
            }
            Self::Healthcheck { sources, ready } => {
                let path = if ready { "/readyz" } else { "/healthz" };
                let answer = healthcheck::ask(&sources.settings()?, path)?;
                writeln!(out, "{}", answer.said)?;
                return Ok(answer.is_well);
            }
            Self::Verify { data, meet } => return Ok(admin::verify(&data, meet, out)?),
            Self::Repair { meet, folder } => return Ok(admin::repair(&folder.data, meet, out)?),
            Self::List { folder } => admin::list(&folder.data, out)?,
            Self::Show { meet, folder } => return Ok(admin::show(&folder.data, meet, out)?),
        }
        Ok(true)
    }
}

impl Sources {
    /// What holds by the flags, the environment and the file as they are now.
    fn settings(&self) -> Result<Settings, SettingsError> {
        let file = match &self.config {
            Some(path) => Options::load(path)?,
            None => Options::default(),
        };
        self.options.clone().or(file).complete()
    }
}

/// Where there is one core, one thread does everything that waits for no disk: handing work to another would only cost.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = match std::thread::available_parallelism() {
        Ok(cores) if cores.get() > 1 => tokio::runtime::Builder::new_multi_thread(),
        Ok(_) | Err(_) => tokio::runtime::Builder::new_current_thread(),
    };
    builder
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
}

fn serve(sources: &Sources, out: &mut dyn Write) -> Result<(), Failure> {
    let settings = sources.settings()?;
    let (address, metrics) = (settings.listen, settings.metrics_address);
    allow_many_files();
    let premises = Premises::take(settings)?;
    let cannot_listen = |source| ServeError::Listen { address, source };
    let runtime = runtime().map_err(cannot_listen)?;
    runtime.block_on(async {
        let stop = asked_to_stop().map_err(cannot_listen)?;
        let listeners = Listeners {
            relay: listen(address).await?,
            metrics: match metrics {
                Some(address) => Some(listen(address).await?),
                None => None,
            },
        };
        tell_addresses(&listeners, out).map_err(ServeError::Tell)?;
        let rereading = reread_when_asked(sources, premises.reloader()).map_err(cannot_listen)?;
        notify::tell(State::Ready);
        let stop = async {
            tokio::select! {
                () = stop => {}
                never = rereading => match never {},
            }
            notify::tell(State::Stopping);
        };
        Ok(premises.serve(listeners, stop).await?)
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|source| ServeError::Listen { address, source })
}

/// Says where clients and collectors find the relay, as far as somebody may have asked for any port that is free.
fn tell_addresses(listeners: &Listeners, out: &mut dyn Write) -> io::Result<()> {
    let address = listeners.relay.local_addr()?;
    tracing::info!(%address, "listening");
    let mut told = format!("listening on {address}\n");
    if let Some(metrics) = &listeners.metrics {
        let address = metrics.local_addr()?;
        tracing::info!(%address, "metrics");
        told.push_str(&format!("metrics on {address}\n"));
    }
    out.write_all(told.as_bytes())?;
    out.flush()
}

/// Reads settings, certificate and key again, whenever the operator asks for it. The signal is heard from this call on, so
/// that asking early does not end the process.
#[cfg(unix)]
fn reread_when_asked(
    sources: &Sources,
    reloader: Reloader,
) -> io::Result<impl Future<Output = Infallible>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut asked = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            asked.recv().await;
            notify::tell(State::Reloading);
            tell_reloaded(reloader.reload(sources.settings()));
            notify::tell(State::Ready);
        }
    })
}

fn tell_reloaded(outcome: Result<Reloaded, ReloadError>) {
    match outcome {
        Ok(Reloaded {
            changed,
            needs_restart,
        }) => {
            let changed = changed.join(", ");
            tracing::info!(changed, "settings were read again");
            if !needs_restart.is_empty() {
                let settings = needs_restart.join(", ");
                tracing::warn!(settings, "these hold only from the next start");
            }
        }
        Err(error) => {
            let trouble = words(&error);
            tracing::error!(trouble, "settings were not taken over");
        }
    }
}

#[cfg(not(unix))]
fn reread_when_asked(_: &Sources, _: Reloader) -> io::Result<impl Future<Output = Infallible>> {
    Ok(std::future::pending())
}

/// Takes as many file descriptors as the system lets this process have: one for each connection and each awake meet.
/// Where that fails the usual number has to do.
#[cfg(unix)]
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let allowed = getrlimit(Resource::Nofile);
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: allowed.maximum,
            ..allowed
        },
    );
}

#[cfg(not(unix))]
fn allow_many_files() {}

/// Comes true when the operator wants the relay to stop.
#[cfg(unix)]
fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
