//! Pipelined load on a relay, with every acknowledgement remembered outside of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use spotter_model::Change;

use crate::harness::{Author, Wire, base64, until};

/// Changes on the way at any time.
const IN_FLIGHT: usize = 64;

/// Somebody who sends changes as fast as they are acknowledged, and remembers every acknowledgement.
pub(super) struct Load {
    wire: Wire,
    author: Author,
    changes: Vec<Change>,
    /// How many of them were sent on this connection or acknowledged before.
    sent: usize,
    /// By place in `changes`, the position that the relay acknowledged.
    acknowledged: BTreeMap<usize, u64>,
    meet_id: Value,
    token: Value,
    log_id: Value,
    /// The last position known, and the chain there.
    known: (u64, Value),
}

impl Load {
    /// Takes a meet of its own live.
    pub(super) fn begin(address: &str) -> Self {
        let mut author = Author::begin(7);
        let (wire, created) = Wire::create(address, &mut author);
        Self {
            wire,
            changes: vec![author.genesis().clone()],
            author,
            sent: 0,
            acknowledged: BTreeMap::new(),
            meet_id: created["meetId"].clone(),
            token: created["sessionToken"].clone(),
            log_id: created["logId"].clone(),
            known: (0, json!("00000000")),
        }
    }

    /// How many changes were acknowledged so far.
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// Sends what may be on the way, and hears what has been acknowledged.
    pub(super) fn go_on(&mut self) {
        while self.sent < self.acknowledged.len() + IN_FLIGHT {
            if self.sent == self.changes.len() {
                let lift = format!("entry {}", self.sent % 50);
                self.changes
                    .push(self.author.write(&lift, &self.sent.to_string()));
            }
            if !self
                .wire
                .offer(self.sent as u64, &self.changes[self.sent..=self.sent])
            {
                return;
            }
            self.sent += 1;
        }
        if let Ok(Some(message)) = self.wire.next() {
            self.note(&message);
        }
    }

    /// Hears what the relay had sent before it ended; returns the kinds of messages.
    pub(super) fn hear_what_had_left(&mut self) -> BTreeSet<String> {
        let mut kinds = BTreeSet::new();
        until("the connection ends", || match self.wire.next() {
            Ok(Some(message)) => {
                self.note(&message);
                kinds.insert(message["msgType"].as_str().unwrap().to_owned());
                None
            }
            Ok(None) => None,
            Err(()) => Some(()),
        });
        kinds
    }

    fn note(&mut self, message: &Value) {
        assert_ne!(message["msgType"], "UPDATE_REJECTED", "{message}");
        assert_ne!(
            message["msgType"], "SERVER_PULL",
            "the relay has forgotten something"
        );
        let Some(acks) = message["updateAcks"].as_array() else {
            return;
        };
        for ack in acks {
            let (local, server) = (
                ack["localSeqNum"].as_u64().unwrap(),
                ack["serverSeqNum"].as_u64().unwrap(),
            );
            let before = self
                .acknowledged
                .insert(usize::try_from(local).unwrap(), server);
            assert!(
                before.is_none_or(|before| before == server),
                "change {local} moved from {before:?} to {server}"
            );
            if server > self.known.0 && !message["chain"].is_null() {
                self.known.0 = server;
            }
        }
        if !message["chain"].is_null() {
            self.known.1 = message["chain"].clone();
        }
    }

    /// Joins again and checks that the relay still has what it acknowledged, in the same places.
    pub(super) fn come_back(&mut self, address: &str, kill: u32) {
        let (position, chain) = self.known.clone();
        let fields = json!({
            "meetId": self.meet_id, "sessionToken": self.token,
            "position": {"logId": self.log_id, "serverSeqNum": position, "chain": chain},
        });
        let (wire, joined) = Wire::join(address, &fields);
        assert_eq!(
            joined["logId"], self.log_id,
            "kill {kill}: the relay has lost its log"
        );
        assert!(
            joined["serverSeqNum"].as_u64().unwrap() >= position,
            "kill {kill}: {joined} after {position}"
        );
        self.wire = wire;
        let mut position = position;
        loop {
            let message = self
                .wire
                .hear_one_of(&["UPDATE_RELAY", "CAUGHT_UP", "SERVER_PULL"]);
            assert_ne!(
                message["msgType"], "SERVER_PULL",
                "kill {kill}: the relay has forgotten something"
            );
            if message["msgType"] == "CAUGHT_UP" {
                break;
            }
            for update in message["updatesRelayed"].as_array().unwrap() {
                position += 1;
                assert_eq!(update["serverSeqNum"], position, "kill {kill}");
            }
        }
        self.sent = (0..)
            .find(|number| !self.acknowledged.contains_key(number))
            .unwrap();
    }

    /// Reads the whole log and checks every acknowledgement against it.
    pub(super) fn check_everything_acknowledged_is_there(&mut self) {
        self.wire
            .say(&json!({"msgType": "CLIENT_PULL", "lastServerSeq": 0, "logId": self.log_id}));
        let mut log: Vec<String> = Vec::new();
        loop {
            let message = self.wire.hear_one_of(&["UPDATE_RELAY", "CAUGHT_UP"]);
            if message["msgType"] == "CAUGHT_UP" {
                break;
            }
            for update in message["updatesRelayed"].as_array().unwrap() {
                log.push(update["change"].as_str().unwrap().to_owned());
                assert_eq!(update["serverSeqNum"], log.len());
            }
        }
        for (number, position) in &self.acknowledged {
            let place = usize::try_from(*position).unwrap() - 1;
            let change = base64(self.changes[*number].bytes());
            assert_eq!(
                log.get(place),
                Some(&change),
                "change {number}, acknowledged at {position}"
            );
        }
        let once: BTreeSet<_> = log.iter().collect();
        assert_eq!(once.len(), log.len(), "no change is in the log twice");
    }
}
