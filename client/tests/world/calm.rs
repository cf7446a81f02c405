//! Time that passes until nothing is left to do, and what must hold then.

use spotter_client::Input;

use super::{RelaySide, World};

impl<R: RelaySide> World<R> {
    pub fn advance(&mut self, ms: u64) {
        self.now.moment = self.now.moment.after_ms(ms);
        let said = self.relay.pass(ms);
        self.post_all(said);
        for node in 0..self.nodes.len() {
            self.step(node, Input::Tick);
        }
    }

    /// Delivers everything, and lets time pass from one wake-up to the next for two minutes at most.
    pub fn settle(&mut self) {
        let end = self.now.moment.after_ms(120_000);
        loop {
            let mut turn = 0;
            while self.deliver(turn) {
                turn += 1;
                assert!(turn < 200_000, "the world never becomes quiet");
            }
            let quiet = (0..self.nodes.len()).all(|node| self.is_content(node));
            let wakeups = self
                .nodes
                .iter()
                .filter_map(|node| node.client.next_wakeup());
            match wakeups.min() {
                Some(at) if !quiet && at <= end => {
                    let ms = at.ms_since(self.now.moment).max(1);
                    self.advance(ms);
                }
                Some(_) | None => return,
            }
        }
    }

    pub(super) fn is_content(&self, node: usize) -> bool {
        let status = self.status(node);
        status.in_sync || status.meet_id.is_none()
    }

    /// Checks what must hold in the calm: everyone is in sync, has the same meet, and nothing promised is lost.
    pub fn agree(&mut self) {
        let heads = self.relay.heads();
        for node in 0..self.nodes.len() {
            let status = self.status(node);
            assert!(status.in_sync, "node {node} is not in sync: {status:?}");
            assert!(!status.need_resync);
            assert_eq!(
                self.meet(node).heads(),
                heads,
                "node {node} shows something else"
            );
            let promised = self.nodes[node].promised.clone();
            for hash in promised {
                assert!(
                    self.relay.hashes().contains(&hash),
                    "the edit {hash} of node {node} was lost"
                );
            }
        }
    }
}
