//! What meets and connections take of a relay's memory while nobody says anything, from its resident size.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio_tungstenite::Connector;

use crate::clock::pause;
use crate::history::ok;
use crate::host::memory_folder;
use crate::latency::prepare;
use crate::mint::{Minted, Place};
use crate::report::{Bar, Report};
use crate::run_local;
use crate::servers::Server;
use crate::wire::Wire;

/// Clients that make a meet awake.
const FIRST: usize = 2;
/// Clients that come later to the same meets.
const LATER: usize = 2;
/// Meets that use up what allocator and runtime keep of the first hundred of anything.
const WARM_UP: usize = 50;

/// Lots of meets that come and go, one after the other.
const LOTS: usize = 16;

/// Bytes a meet and bytes a connection.
struct Resident {
    meet: f64,
    connection: f64,
}

/// Of meets that have just begun: their genesis, and nothing else.
pub(crate) fn measure(report: &mut Report, long: bool) {
    let meets = if long { 1_000 } else { 200 };
    let measured = run_local(with_idle_clients(meets, None));
    let what = format!("a meet with two idle clients, {meets} of them");
    report.add(
        "resident",
        what,
        (measured.meet / 1e3, "KB"),
        None,
        Bar::Value(20.0),
    );
    let what = format!("another idle connection, {} of them", meets * LATER);
    report.add(
        "resident",
        what,
        (measured.connection / 1e3, "KB"),
        None,
        Bar::Value(10.0),
    );
    let left = run_local(left_behind(meets / 4));
    let count = LOTS / 2 * (meets / 4);
    let what = format!("a meet that everybody has left, {count} of them");
    report.add("resident", what, (left / 1e3, "KB"), None, Bar::Value(1.0));
    let encrypted = run_local(with_idle_clients(meets, Some(Certificate::new())));
    let what = format!("the same over TLS: a meet with two idle clients, {meets} of them");
    report.add(
        "resident",
        what,
        (encrypted.meet / 1e3, "KB"),
        None,
        Bar::None,
    );
    let what = format!(
        "the same over TLS: another idle connection, {} of them",
        meets * LATER
    );
    report.add(
        "resident",
        what,
        (encrypted.connection / 1e3, "KB"),
        None,
        Bar::None,
    );
}

/// A certificate that signs itself, in files for the relay and trusted by the clients.
struct Certificate {
    files: TempDir,
    trusting: Connector,
}

impl Certificate {
    fn new() -> Self {
        let made = ok(rcgen::generate_simple_self_signed(["localhost".to_owned()]));
        let files = memory_folder();
        ok(fs::write(files.path().join("cert"), made.cert.pem()));
        let key = made.signing_key.serialize_pem();
        ok(fs::write(files.path().join("key"), key));
        let mut roots = RootCertStore::empty();
        ok(roots.add(made.cert.der().clone()));
        let config = ClientConfig::builder().with_root_certificates(roots);
        Self {
            files,
            trusting: Connector::Rustls(Arc::new(config.with_no_client_auth())),
        }
    }

    fn arguments(&self) -> [String; 4] {
        let path = |name: &str| self.files.path().join(name).display().to_string();
        [
            "--tls-cert".to_owned(),
            path("cert"),
            "--tls-key".to_owned(),
            path("key"),
        ]
    }
}

async fn with_idle_clients(meets: usize, certificate: Option<Certificate>) -> Resident {
    let (base, _) = prepare(0);
    let place = Place::with_meets(meets + WARM_UP, FIRST + LATER, &base[..1]);
    let arguments = certificate.as_ref().map(Certificate::arguments);
    let arguments: Vec<&str> = arguments.iter().flatten().map(String::as_str).collect();
    let relay = Server::relay(place.path(), &arguments);
    let trusting = certificate.map(|certificate| certificate.trusting);
    let (warm_up, measured) = place.meets.split_at(WARM_UP);
    let mut idle = Vec::new();
    come(&relay, &trusting, warm_up, 0..FIRST + LATER, &mut idle).await;
    let before = relay.resident_bytes();
    come(&relay, &trusting, measured, 0..FIRST, &mut idle).await;
    let awake = relay.resident_bytes();
    come(&relay, &trusting, measured, FIRST..FIRST + LATER, &mut idle).await;
    let crowded = relay.resident_bytes();
    Resident {
        meet: (awake - before) / meets as f64,
        connection: (crowded - awake) / (meets * LATER) as f64,
    }
}

/// Bytes of a meet that nobody is connected to any more: what the later half of many lots of meets adds that come and go
/// like those before, since a process keeps for later what it has once had.
async fn left_behind(meets: usize) -> f64 {
    let (base, _) = prepare(0);
    let place = Place::with_meets(LOTS * meets, FIRST, &base[..1]);
    let relay = Server::relay(place.path(), &[]);
    let mut sizes = Vec::new();
    for lot in place.meets.chunks(meets) {
        let mut wires = Vec::new();
        come(&relay, &None, lot, 0..FIRST, &mut wires).await;
        drop(wires);
        rest(&relay).await;
        sizes.push(relay.resident_bytes());
    }
    let half = LOTS / 2;
    (sizes[LOTS - 1] - sizes[half - 1]) / (half * meets) as f64
}

/// Has these sessions of every meet return, and waits until the relay has nothing left to do.
async fn come(
    relay: &Server,
    trusting: &Option<Connector>,
    meets: &[Minted],
    sessions: std::ops::Range<usize>,
    idle: &mut Vec<Wire>,
) {
    for meet in meets {
        for session in sessions.clone() {
            let wire = match trusting {
                Some(trusting) => Wire::open_encrypted(relay.address, trusting.clone()).await,
                None => Wire::open(relay.address, "/").await,
            };
            idle.push(wire.joined(meet, session).await);
        }
    }
    rest(relay).await;
}

/// Waits until the relay has nothing left to do.
async fn rest(relay: &Server) {
    let mut before = Duration::MAX;
    while before != relay.cpu() {
        before = relay.cpu();
        pause(Duration::from_millis(200)).await;
    }
}
