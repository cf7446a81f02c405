//! Runs scrypt, one password at a time, where it holds nothing up.

use std::sync::{Arc, Mutex, PoisonError};

use spotter_relay::{Input, JobId, ScryptParams};
use spotter_relay_protocol::Password;
use tokio::sync::mpsc;

use crate::clock::Stopwatch;
use crate::driver::Told;
use crate::metrics::Metrics;

/// Hashes passwords on a thread that may take its time.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    inbox: mpsc::Sender<Told>,
    /// The one permit: each hash takes 128 MiB. The machine asks for one at a time; this makes it certain.
    permit: Arc<Mutex<()>>,
    metrics: Arc<Metrics>,
}

impl Hasher {
    pub(crate) fn new(inbox: mpsc::Sender<Told>, metrics: Arc<Metrics>) -> Self {
        Self {
            inbox,
            permit: Arc::default(),
            metrics,
        }
    }

    pub(crate) fn hash(
        &self,
        job: JobId,
        salt: [u8; 16],
        params: ScryptParams,
        password: Password,
    ) {
        let Self {
            inbox,
            permit,
            metrics,
        } = self.clone();
        tokio::task::spawn_blocking(move || {
            let hash = {
                let _permit = permit.lock().unwrap_or_else(PoisonError::into_inner);
                let begun = Stopwatch::start();
                let hash = scrypt(&password, &salt, params);
                metrics.password_checked(begun.passed());
                hash
            };
            let _ = inbox.blocking_send(Told::Happened(Input::PasswordHashed { job, hash }));
        });
    }
}

fn scrypt(password: &Password, salt: &[u8; 16], params: ScryptParams) -> Option<[u8; 32]> {
    let params = scrypt::Params::new(params.log_n, params.r, params.p).ok()?;
    let mut hash = [0; 32];
    scrypt::scrypt(password.expose().as_bytes(), salt, &params, &mut hash).ok()?;
    Some(hash)
}
