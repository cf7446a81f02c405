//! What the operator's monitoring sees of a relay at work.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use spotter_relay_protocol::{
    ChangeBytes, ClientMessage, MeetId, OfferedUpdate, RelayMessage, UpdateInit,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::wire::{Desk, Relay, Wire, create_meet, go_live, try_password};

/// Starts a relay that tells what it counts, and says where.
pub(crate) fn start_counting(data: &Path, more: &[&str]) -> (Relay, SocketAddr) {
    let mut words = vec!["--metrics-address", "127.0.0.1:0"];
    words.extend(more);
    let relay = Relay::start_with(data, &words);
    let diag = fs::read_to_string(data.join("diag.log")).unwrap();
    let told = diag.lines().map(serde_json::from_str::<serde_json::Value>);
    let told = told
        .map(Result::unwrap)
        .find(|line| line["event"] == "metrics");
    let address = told.unwrap()["address"].as_str().unwrap().parse().unwrap();
    (relay, address)
}

/// Everything that is counted.
pub(crate) async fn scrape(address: SocketAddr) -> String {
    let answer = get(address, "/metrics").await;
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("version=0.0.4"),
        "{head}"
    );
    text.to_owned()
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

/// One number by its name and labels, exactly as it is told.
pub(crate) fn number(told: &str, name: &str) -> f64 {
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} in {told}"))
        .parse()
        .unwrap()
}

async fn send_everything(desk: &mut Desk, wire: &mut Wire) {
    while !desk.unacknowledged.is_empty() {
        desk.offer(wire).await;
        let word = wire.hear().await.unwrap();
        desk.heard(word);
    }
}

async fn join_with_a_wrong_password(relay: &Relay, meet_id: MeetId) {
    let answer = try_password(relay.address, meet_id, "wrong horse").await;
    assert!(
        matches!(answer, RelayMessage::JoinRejected(_)),
        "{answer:?}"
    );
}

async fn offer_nonsense(wire: &mut Wire) {
    let update = OfferedUpdate {
        local_seq_num: 99,
        change: ChangeBytes::new(vec![1, 2, 3]),
        after_server_seq_num: None,
    };
    let offer = ClientMessage::UpdateInit(UpdateInit {
        session_token: None,
        updates: vec![update],
    });
    wire.say(offer).await;
    let answer = wire.hear().await;
    assert!(
        matches!(answer, Some(RelayMessage::UpdateRejected(_))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn numbers_move_with_what_happens_and_name_no_meet_no_address_and_no_location() {
    let dir = tempfile::tempdir().unwrap();
    let (relay, metrics) = start_counting(&dir.path().join("data"), &[]);
    let before = scrape(metrics).await;
    assert_eq!(number(&before, "spotter_meets_awake"), 0.0);

    let (mut desk, root) = Desk::new();
    let (mut wire, meet_id, _) = go_live(&relay, root).await;
    (0..3).for_each(|_| desk.make());
    send_everything(&mut desk, &mut wire).await;
    offer_nonsense(&mut wire).await;
    join_with_a_wrong_password(&relay, meet_id).await;

    let told = scrape(metrics).await;
    for (name, is) in [
        ("spotter_meets_awake", 1.0),
        ("spotter_meet_events_total{event=\"went-live\"}", 1.0),
        (
            "spotter_joins_total{outcome=\"wrong-meet-or-password\"}",
            1.0,
        ),
        ("spotter_password_check_seconds_count", 2.0),
        ("spotter_password_checks_pending", 0.0),
        ("spotter_changes_appended_total", 4.0),
        ("spotter_append_changes_sum", 4.0),
        ("spotter_changes_refused_total{code=\"not-a-chunk\"}", 1.0),
        ("spotter_connections_accepted_total", 2.0),
        ("spotter_storage_errors_total{operation=\"append\"}", 0.0),
        ("spotter_last_failed_append_timestamp_seconds", 0.0),
        ("spotter_certificate_expires_timestamp_seconds", 0.0),
        ("spotter_config_last_reload_successful", 1.0),
        ("spotter_draining", 0.0),
    ] {
        assert_eq!(number(&told, name), is, "{name}");
    }
    for moved in [
        "spotter_append_seconds_sum",
        "spotter_append_bytes_total",
        "spotter_messages_received_total",
        "spotter_received_bytes_total",
        "spotter_messages_sent_total",
        "spotter_sent_bytes_total",
        "spotter_data_free_bytes",
        "process_resident_memory_bytes",
        "process_open_fds",
    ] {
        assert!(number(&told, moved) > 0.0, "{moved}");
    }
    let id = meet_id.to_string();
    for secret in [id.replace('-', ""), id, "127.0.0.1".into(), "Desk".into()] {
        assert!(!told.contains(&secret), "{secret}");
    }
    assert!(get(metrics, "/").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn an_append_that_fails_is_counted_and_dated() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (relay, metrics) = start_counting(&data, &[]);
    let (mut desk, root) = Desk::new();
    let (mut wire, _) = create_meet(&relay, root).await;
    send_everything(&mut desk, &mut wire).await;
    fs::remove_dir_all(data.join("current-meets")).unwrap();
    desk.make();
    desk.offer(&mut wire).await;
    while let Some(word) = wire.hear().await {
        if matches!(word, RelayMessage::UpdateRejected(_)) {
            break;
        }
    }
    let told = scrape(metrics).await;
    assert_eq!(
        number(&told, "spotter_storage_errors_total{operation=\"append\"}"),
        1.0
    );
    assert!(number(&told, "spotter_last_failed_append_timestamp_seconds") > 1.7e9);
    assert_eq!(number(&told, "spotter_changes_appended_total"), 1.0);
}

#[tokio::test]
async fn a_relay_whose_disk_takes_nothing_is_alive_and_not_ready() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let relay = Relay::start(&data);
    fs::remove_dir_all(&data).unwrap();
    assert!(
        get(relay.address, "/healthz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    let answer = get(relay.address, "/readyz").await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("cannot be written"),
        "{answer}"
    );
}
