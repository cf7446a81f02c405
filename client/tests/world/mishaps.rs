//! Wires that are cut and processes that die.

use spotter_client::{Ask, Input, LinkId};

use super::{Line, Parcel, RelaySide, Wire, World};

impl<R: RelaySide> World<R> {
    /// Cuts a device off: whatever is on its wires is gone.
    pub fn cut(&mut self, node: usize) {
        self.nodes[node].cut = true;
        for line in self.lines_of(node) {
            self.forget_wire(line);
            self.hang_up(line);
            if let Some(other) = self.other_end.remove(&line) {
                self.other_end.remove(&other);
                self.forget_wire(other);
                self.post(Wire::ToNode(other), Parcel::Lost);
            }
            let why = "connection reset".to_owned();
            self.step(node, Input::Disconnected { link: line.1, why });
        }
    }

    pub(super) fn lines_of(&self, node: usize) -> Vec<Line> {
        let status_links = (1..=200).map(LinkId::Relay);
        let peers = self
            .other_end
            .keys()
            .filter(|(owner, _)| *owner == node)
            .copied();
        status_links.map(|link| (node, link)).chain(peers).collect()
    }

    pub fn heal(&mut self, node: usize) {
        self.nodes[node].cut = false;
        self.ask(node, Ask::StayConnected(true));
    }

    /// Kills a process and starts it again: what was not synced is gone.
    pub fn crash(&mut self, node: usize) {
        let cut = self.nodes[node].cut;
        for line in self.lines_of(node) {
            self.forget_wire(line);
            self.hang_up(line);
            if let Some(other) = self.other_end.remove(&line) {
                self.other_end.remove(&other);
                self.post(Wire::ToNode(other), Parcel::Lost);
            }
        }
        self.wires.remove(&Wire::Disk(node));
        let client = self.fresh_client();
        let device = &mut self.nodes[node];
        device.client = client;
        device.saving = None;
        device.cut = cut;
        let records = device.journal.clone();
        self.step(node, Input::Opened { records });
    }

    /// Lets the relay lose its connections, as when it is killed.
    pub fn drop_all_lines(&mut self) {
        for node in 0..self.nodes.len() {
            if !self.nodes[node].cut {
                self.cut(node);
                self.nodes[node].cut = false;
            }
        }
    }
}
