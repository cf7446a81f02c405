//! A relay whose folder is taken away or damaged under its hands.

use std::fs;
use std::path::Path;

use spotter_relay_protocol::{
    ClientMessage, JoinBy, JoinCode, JoinMeet, MeetId, RelayMessage, SessionToken, Ticket,
    UpdateCode,
};
use spotter_relay_store::FlatFiles;

use crate::wire::{Desk, Relay, Wire, create_meet, go_live};

async fn join(
    relay: &Relay,
    meet_id: MeetId,
    token: &SessionToken,
    ticket: Option<&Ticket>,
) -> (Wire, RelayMessage) {
    let mut wire = Wire::connect(relay.address).await;
    let join = JoinMeet {
        protocol: 1,
        meet_id,
        by: JoinBy::Token(token.clone()),
        ticket: ticket.cloned(),
        position: None,
        heads: None,
        epoch: None,
        packs: Vec::new(),
    };
    wire.say(ClientMessage::JoinMeet(join)).await;
    let answer = wire.hear().await.unwrap();
    (wire, answer)
}

/// Offers everything the desk holds, from the first change on, and waits until all of it is acknowledged.
async fn send_everything(desk: &mut Desk, wire: &mut Wire) {
    while !desk.unacknowledged.is_empty() {
        desk.offer(wire).await;
        let word = wire.hear().await.unwrap();
        desk.heard(word);
    }
}

#[tokio::test]
async fn a_folder_deleted_under_a_running_relay_comes_back_from_a_member_without_a_password() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let relay = Relay::start(&data);
    let (mut desk, root) = Desk::new();
    let (mut wire, made) = create_meet(&relay, root).await;
    desk.make();
    send_everything(&mut desk, &mut wire).await;
    let kept = desk.everything();

    fs::remove_dir_all(data.join("current-meets")).unwrap();
    desk.make();
    desk.offer(&mut wire).await;
    let acknowledged = desk.acknowledged.len();
    while let Some(word) = wire.hear().await {
        if matches!(word, RelayMessage::UpdateRejected(_)) {
            break;
        }
        desk.heard(word);
    }
    assert_eq!(
        desk.acknowledged.len(),
        acknowledged,
        "what went into a deleted file is not acknowledged"
    );

    let (_, answer) = join(&relay, made.meet_id, &made.session_token, None).await;
    assert!(
        matches!(&answer, RelayMessage::JoinRejected(rejected) if rejected.code == JoinCode::TicketWanted),
        "{answer:?}"
    );
    let (mut wire, answer) = join(
        &relay,
        made.meet_id,
        &made.session_token,
        Some(&made.ticket),
    )
    .await;
    let RelayMessage::MeetJoined(joined) = answer else {
        panic!("{answer:?}")
    };
    assert_ne!(joined.log_id, made.log_id);
    desk.start_over(kept);
    send_everything(&mut desk, &mut wire).await;
    assert_eq!(positions(&data, made.meet_id), 3);
}

/// How many changes a meet has on disk, read as a backup would be.
fn positions(data: &Path, meet: MeetId) -> u64 {
    let store = FlatFiles::new(data);
    let place = store.find(meet).unwrap();
    store.look(&place).unwrap().end
}

#[tokio::test]
async fn a_damaged_meet_is_refused_in_words_and_no_other_meet_notices() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut relay = Relay::start(&data);
    let (mut desk, root) = Desk::new();
    let (mut wire, damaged, token) = go_live(&relay, root).await;
    for _ in 0..5 {
        desk.make();
    }
    send_everything(&mut desk, &mut wire).await;
    desk.make();
    send_everything(&mut desk, &mut wire).await;
    relay.kill();
    let log = data
        .join("current-meets")
        .join(damaged.digits())
        .join("updates.json.log");
    let mut bytes = fs::read(&log).unwrap();
    bytes[700] ^= 1;
    fs::write(&log, &bytes).unwrap();

    let relay = Relay::start(&data);
    let (_, answer) = join(&relay, damaged, &token, None).await;
    let RelayMessage::JoinRejected(rejected) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(rejected.code, JoinCode::MeetDamaged);
    assert!(rejected.retry_after_ms.is_some());
    assert_eq!(
        fs::read(&log).unwrap(),
        bytes,
        "the damaged file is left as it is"
    );
    let told = fs::read_to_string(data.join("diag.log")).unwrap();
    assert!(
        told.contains("\"level\":\"error\"") && told.contains("line "),
        "{told}"
    );

    let (mut other, root) = Desk::new();
    let (mut wire, _, _) = go_live(&relay, root).await;
    other.make();
    send_everything(&mut other, &mut wire).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_stops_acknowledging_and_the_relay_goes_on_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let relay = Relay::start_without_room(&data);
    let (mut desk, root) = Desk::new();
    let (mut wire, made) = create_meet(&relay, root).await;
    let refused = loop {
        if desk.unacknowledged.is_empty() {
            desk.make();
        }
        desk.offer(&mut wire).await;
        let word = wire.hear().await.unwrap();
        if let RelayMessage::UpdateRejected(rejected) = &word {
            break rejected.updates_rejected[0].clone();
        }
        desk.heard(word);
    };
    assert_eq!(
        (refused.code, refused.for_good),
        (UpdateCode::StorageTrouble, false)
    );
    assert!(refused.retry_after_ms.is_some());
    assert!(
        desk.acknowledged.len() > 50,
        "{} fitted",
        desk.acknowledged.len()
    );
    assert_eq!(
        positions(&data, made.meet_id),
        desk.acknowledged.len() as u64
    );

    relay.make_room();
    desk.under_way = 0;
    desk.make();
    while !desk.unacknowledged.is_empty() {
        desk.offer(&mut wire).await;
        let word = wire.hear().await.unwrap();
        if matches!(word, RelayMessage::UpdateRejected(_)) {
            // Refused before there was room: all of it is sent again.
            desk.under_way = 0;
        } else {
            desk.heard(word);
        }
    }
    assert_eq!(
        positions(&data, made.meet_id),
        desk.acknowledged.len() as u64
    );
}
