//! Passes that somebody holds or held a moment ago, so that nobody is asked for the same right twice in a row.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use spotter_relay_protocol::MeetId;
use tokio::time::{Instant, sleep_until};

use crate::clock;
use crate::gate::{Credential, Gate, Pass, Refusal};
use crate::limits::{PASS_HOLDS, PASSES_MAX};

type Name = [u8; 32];

/// The passes by a hash of what they were given for.
#[derive(Debug, Default)]
pub(crate) struct Passes(Mutex<BTreeMap<Name, Kept>>);

#[derive(Debug)]
struct Kept {
    pass: Arc<Pass>,
    until: Instant,
}

impl Passes {
    /// The pass that is there, or a new one.
    pub(crate) async fn get<G: Gate>(
        self: &Arc<Self>,
        gate: &G,
        from: IpAddr,
        (meet, by): (MeetId, Credential),
    ) -> Result<Arc<Pass>, Refusal> {
        let name = name(meet, &by);
        if let Some(pass) = self.again(&name) {
            return Ok(pass);
        }
        let pass = Arc::new(gate.admit(from, meet, by).await?);
        if let Some(until) = self.keep(name, &pass) {
            tokio::spawn(Arc::clone(self).let_go(name, until));
        }
        Ok(pass)
    }

    fn again(&self, name: &Name) -> Option<Arc<Pass>> {
        let mut passes = self.lock();
        let kept = passes.get_mut(name)?;
        if kept.pass.ended().is_some() {
            passes.remove(name);
            return None;
        }
        kept.until = clock::after(PASS_HOLDS);
        Some(Arc::clone(&kept.pass))
    }

    fn keep(&self, name: Name, pass: &Arc<Pass>) -> Option<Instant> {
        let mut passes = self.lock();
        if passes.len() >= PASSES_MAX {
            return None;
        }
        let until = clock::after(PASS_HOLDS);
        let pass = Arc::clone(pass);
        let before = passes.insert(name, Kept { pass, until });
        // Whoever watches over the one before watches over this one.
        before.is_none().then_some(until)
    }

    /// Lets a pass go once nobody has asked for it for a while.
    async fn let_go(self: Arc<Self>, name: Name, mut until: Instant) {
        loop {
            sleep_until(until).await;
            let mut passes = self.lock();
            match passes.get(&name) {
                Some(kept) if kept.until > until => until = kept.until,
                Some(_) | None => {
                    let gone = passes.remove(&name);
                    drop(passes);
                    drop(gone);
                    return;
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a pass is kept under; the credential itself is kept nowhere.
fn name(meet: MeetId, by: &Credential) -> Name {
    let (kind, text) = match by {
        Credential::Key(key) => ("key", key.expose()),
        Credential::Password(password) => ("password", password.expose()),
    };
    let mut hash = Sha256::new();
    for part in [meet.digits().as_str(), kind, text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
