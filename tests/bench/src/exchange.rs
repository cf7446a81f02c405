//! What goes over the network when a client joins a meet for the first time, comes back after a while, and sends what it
//! wrote while it was cut off: bytes and round trips, counted on the socket between a real client and a real relay. Beside
//! it, what Automerge's own sync protocol takes for the same.

use automerge::sync::{State, SyncDoc as _};
use automerge::{Automerge, Change as AutomergeChange};
use spotter_client::Join;
use spotter_model::{Change, Edit, LocationName};
use spotter_relay_protocol::Password;

use crate::day::Day;
use crate::history::ok;
use crate::mint::{PASSWORD, Place, offers};
use crate::proxy::{Cable, Counts};
use crate::replica::Replica;
use crate::report::{Bar, Report};
use crate::run_local;
use crate::servers::Server;
use crate::wire::Wire;

const LIFTERS: usize = 200;
const EDITS: usize = 5_000;
const MISSED: usize = 100;
const OFFLINE: usize = 1_000;

/// What one exchange took.
struct Taken {
    counts: Counts,
    /// The messages that carried the changes.
    messages: usize,
}

/// A meet of 200 lifters and 5,000 edits.
pub(crate) fn measure(report: &mut Report, _long: bool) {
    let mut day = Day::begin(LIFTERS);
    day.go_on(EDITS);
    let saved = day.save().len();
    let place = Place::with_password(&day.log);
    let ([cold, missed, offline], [known, heard]) = run_local(exchanges(&place, &mut day));
    let whole = Some(("the document saved by Automerge, bytes", saved as f64));
    let two_trips = Bar::Value(2.0);
    tell(
        report,
        "cold join",
        &cold,
        whole,
        [Bar::Ratio(1.05), two_trips],
    );
    tell(
        report,
        "after missing 100 changes",
        &missed,
        None,
        [Bar::Value(1_200.0), two_trips],
    );
    tell(
        report,
        "1,000 edits made offline",
        &offline,
        None,
        [Bar::Value(4_700.0), Bar::None],
    );
    let full = document(&day.log);
    let cases = [
        ("cold join", Automerge::new(), document(&day.log[..known])),
        (
            "after missing 100 changes",
            document(&day.log[..known]),
            document(&day.log[..heard]),
        ),
        (
            "1,000 edits made offline",
            full,
            document(&day.log[..heard]),
        ),
    ];
    for (what, client, server) in cases {
        let (bytes, round_trips) = automerge_sync(client, server);
        report.add(
            "exchange",
            format!("{what}: Automerge's own sync"),
            (bytes as f64, "bytes"),
            None,
            Bar::None,
        );
        report.add(
            "exchange",
            format!("{what}: its round trips, without an upgrade"),
            (round_trips as f64, ""),
            None,
            Bar::None,
        );
    }
}

fn tell(
    report: &mut Report,
    what: &str,
    taken: &Taken,
    reference: Option<(&'static str, f64)>,
    [bar, round_trips_bar]: [Bar; 2],
) {
    let Taken { counts, messages } = taken;
    let all = counts.up + counts.down - counts.upgrade;
    report.add(
        "exchange",
        format!("{what}: the messages with the changes"),
        (*messages as f64, "bytes"),
        reference,
        bar,
    );
    report.add(
        "exchange",
        format!("{what}: everything after the upgrade"),
        (all as f64, "bytes"),
        reference,
        Bar::None,
    );
    report.add(
        "exchange",
        format!("{what}: the upgrade"),
        (counts.upgrade as f64, "bytes"),
        None,
        Bar::None,
    );
    report.add(
        "exchange",
        format!("{what}: round trips, upgrade included"),
        (counts.round_trips as f64, ""),
        None,
        round_trips_bar,
    );
}

/// The exchanges, and how long the log was before and after the changes that were missed.
async fn exchanges(place: &Place, day: &mut Day) -> ([Taken; 3], [usize; 2]) {
    let relay = Server::relay(place.path(), &[]);
    let cable = Cable::to(relay.address).await;
    let mut replica = Replica::new(1, day.now());
    let join = Join {
        relay: format!("ws://{}", cable.address),
        meet_id: ok(place.meets[0].meet_id.parse()),
        location: ok(LocationName::parse("screen")),
        password: ok(Password::parse(PASSWORD)),
    };
    replica.join(join).await;
    let cold = Taken {
        counts: cable.take(),
        messages: replica.take_bytes().1,
    };
    replica.cut().await;
    let known = day.log.len();
    day.go_on(MISSED);
    let mut writer = Wire::join(relay.address, &place.meets[0], 0).await;
    for offer in offers(&day.log[known..]) {
        writer.send(offer).await;
    }
    acknowledged(&mut writer, day.log.len() - known).await;
    let missed_until = day.log.len();
    cable.take();
    replica.take_bytes();
    replica.sync().await;
    let missed = Taken {
        counts: cable.take(),
        messages: replica.take_bytes().1,
    };
    replica.cut().await;
    let edits: Vec<(Edit, i64)> = day.cut_off(OFFLINE);
    for (edit, at) in edits {
        replica.edit(edit, at).await;
    }
    cable.take();
    replica.take_bytes();
    replica.sync().await;
    let offline = Taken {
        counts: cable.take(),
        messages: replica.take_bytes().0,
    };
    day.log.extend(replica.changes_after(missed_until));
    ([cold, missed, offline], [known, missed_until])
}

async fn acknowledged(writer: &mut Wire, changes: usize) {
    let mut acknowledged = 0;
    while acknowledged < changes {
        let message = writer.message("UPDATE_ACK").await;
        acknowledged += message["updateAcks"].as_array().map_or(0, Vec::len);
    }
}

fn document(changes: &[Change]) -> Automerge {
    let mut document = Automerge::new();
    let changes = changes
        .iter()
        .map(|change| ok(AutomergeChange::from_bytes(change.bytes().to_vec())));
    ok(document.apply_changes(changes));
    document
}

/// Bytes of all messages, and how often the client had to wait for an answer.
fn automerge_sync(mut client: Automerge, mut server: Automerge) -> (usize, usize) {
    let (mut of_client, mut of_server) = (State::new(), State::new());
    let (mut bytes, mut round_trips) = (0, 0);
    loop {
        let asked = client.generate_sync_message(&mut of_client);
        let was_asked = asked.is_some();
        if let Some(message) = asked {
            bytes += message.clone().encode().len();
            ok(server.receive_sync_message(&mut of_server, message));
        }
        let answered = server.generate_sync_message(&mut of_server);
        round_trips += usize::from(was_asked && answered.is_some());
        if !was_asked && answered.is_none() {
            return (bytes, round_trips);
        }
        if let Some(message) = answered {
            bytes += message.clone().encode().len();
            ok(client.receive_sync_message(&mut of_client, message));
        }
    }
}
