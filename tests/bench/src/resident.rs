//! What meets and connections take of a relay's memory while nobody says anything, from its resident size.

use std::time::Duration;

use crate::clock::pause;
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

/// Bytes a meet and bytes a connection.
struct Resident {
    meet: f64,
    connection: f64,
}

/// Of meets that have just begun: their genesis, and nothing else.
pub(crate) fn measure(report: &mut Report, long: bool) {
    let meets = if long { 1_000 } else { 200 };
    let measured = run_local(with_idle_clients(meets));
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
}

async fn with_idle_clients(meets: usize) -> Resident {
    let (base, _) = prepare(0);
    let place = Place::with_meets(meets + WARM_UP, FIRST + LATER, &base[..1]);
    let relay = Server::relay(place.path(), &[]);
    let (warm_up, measured) = place.meets.split_at(WARM_UP);
    let mut idle = Vec::new();
    come(&relay, warm_up, 0..FIRST + LATER, &mut idle).await;
    let before = relay.resident_bytes();
    come(&relay, measured, 0..FIRST, &mut idle).await;
    let awake = relay.resident_bytes();
    come(&relay, measured, FIRST..FIRST + LATER, &mut idle).await;
    let crowded = relay.resident_bytes();
    Resident {
        meet: (awake - before) / meets as f64,
        connection: (crowded - awake) / (meets * LATER) as f64,
    }
}

/// Has these sessions of every meet return, and waits until the relay has nothing left to do.
async fn come(
    relay: &Server,
    meets: &[Minted],
    sessions: std::ops::Range<usize>,
    idle: &mut Vec<Wire>,
) {
    for meet in meets {
        for session in sessions.clone() {
            idle.push(Wire::join(relay.address, meet, session).await);
        }
    }
    let mut before = Duration::MAX;
    while before != relay.cpu() {
        before = relay.cpu();
        pause(Duration::from_millis(200)).await;
    }
}
