//! Offers in packs over real sockets: unpacked for members only, and in the order in which everything was said.

use futures_util::SinkExt as _;
use spotter_model::Change;
use spotter_relay_protocol::{
    ChangeBytes, ClientMessage, Frame, JoinBy, OfferedUpdate, RelayMessage, UpdateInit,
};
use tokio_tungstenite::tungstenite::Message;

use crate::counted::{number, scrape, start_counting};
use crate::wire::{Desk, Wire, go_live, join};

fn offer(changes: &[(u64, Change)]) -> UpdateInit {
    let updates = changes.iter().map(|(local_seq_num, change)| OfferedUpdate {
        local_seq_num: *local_seq_num,
        change: ChangeBytes::from(change.clone()),
        after_server_seq_num: None,
    });
    UpdateInit {
        session_token: None,
        updates: updates.collect(),
    }
}

async fn say_packed(wire: &mut Wire, changes: &[(u64, Change)]) {
    let Frame::Packed(bytes) = offer(changes).packed().unwrap() else {
        panic!("not packed")
    };
    let message = Message::Binary(bytes.to_vec().into());
    wire.0.send(message).await.unwrap();
}

#[tokio::test]
async fn a_pack_is_unpacked_for_members_only_and_what_is_said_next_comes_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let (relay, metrics) = start_counting(&dir.path().join("data"), &[]);
    let (mut desk, root) = Desk::new();
    let (_initiator, meet_id, token) = go_live(&relay, root).await;
    (0..500).for_each(|_| desk.make());
    let all: Vec<(u64, Change)> = desk.unacknowledged.iter().cloned().collect();

    let mut stranger = Wire::connect(relay.address).await;
    say_packed(&mut stranger, &all).await;
    let answer = stranger.hear().await;
    assert!(
        matches!(&answer, Some(RelayMessage::Malformed(m)) if m.err_msg.contains("not agreed")),
        "{answer:?}"
    );
    assert!(stranger.hear().await.is_none(), "the connection is closed");
    let told = scrape(metrics).await;
    assert_eq!(number(&told, "spotter_packs_unpacked_total"), 0.0);

    let mut member = Wire::connect(relay.address).await;
    let ClientMessage::JoinMeet(mut joining) = join(meet_id, JoinBy::Token(token)) else {
        panic!("not a join")
    };
    joining.packs = vec![1];
    member.say(ClientMessage::JoinMeet(joining)).await;
    // The genesis by itself, as text, right behind a pack that has it too: whichever is taken first is new.
    say_packed(&mut member, &all).await;
    let again = vec![(9_999, all[0].1.clone())];
    member.say(ClientMessage::UpdateInit(offer(&again))).await;
    let mut acked = Vec::new();
    while acked.len() < 502 {
        match member.hear().await {
            Some(RelayMessage::UpdateAck(ack)) => acked.extend(ack.update_acks),
            Some(RelayMessage::MeetJoined(_) | RelayMessage::CaughtUp(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    let known = acked.iter().find(|ack| ack.local_seq_num == 9_999).unwrap();
    assert_eq!(
        (known.server_seq_num, known.after_server_seq_num),
        (1, None),
        "the pack came first"
    );
    let told = scrape(metrics).await;
    assert_eq!(number(&told, "spotter_packs_unpacked_total"), 1.0);
}
