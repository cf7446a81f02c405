//! The relay as a program: sockets, files, a clock and an operator around the machine of `spotter-relay`.
//!
//! The loop, in prose. One task, the driver, owns the machine. Everything that happens reaches it through one bounded
//! queue: a connection was opened, a message came, a batch is on disk, a password is hashed. It gives each to the
//! machine and has done what the machine answers: messages go to the connections' own queues, what concerns files to
//! threads that may wait for a disk, passwords to one thread that may take its time. Nothing is decided here.
//!
//! [`Premises::take`] gets hold of the folder and the key, [`Premises::serve`] runs until the caller says stop. The
//! caller brings the listener, so that a test can listen on port 0, and the signal.
//!
//! ```no_run
//! use spotter_relay_server::{Options, Premises};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let options = Options { data: Some("meets".into()), ..Options::default() };
//! let premises = Premises::take(options.complete()?)?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! premises.serve(listener, async { tokio::signal::ctrl_c().await.unwrap_or(()) }).await?;
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod clock;
mod diagnostics;
mod displays;
mod door;
mod driver;
mod hasher;
mod healthcheck;
mod key;
mod limits;
mod link;
mod measured;
mod metrics;
mod monitor;
mod network;
mod notify;
mod orders;
mod packs;
mod ready;
mod reload;
mod serve;
mod settings;
mod storage;
mod tls;
mod turns;
mod unpacking;

pub mod admin;
pub mod command;

pub use key::{KeyError, load_or_make_key};
pub use network::{Network, NotANetwork};
pub use reload::{ReloadError, Reloaded, Reloader};
pub use serve::{Listeners, Premises, ServeError};
pub use settings::{LogLevel, Options, Settings, SettingsError, TlsFiles};
pub use tls::TlsError;
