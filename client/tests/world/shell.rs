//! What a shell does, done at once or left on a wire until somebody delivers it.

use std::collections::VecDeque;

use spotter_client::{Action, Input, LinkId, Record, Reply};
use spotter_relay_protocol::Frame;

use super::{HANG_UP, Line, Parcel, RelaySide, Said, Wire, World};

impl<R: RelaySide> World<R> {
    pub fn step(&mut self, node: usize, input: Input) {
        let actions = self.nodes[node].client.step(self.now, input);
        if let Some(at) = self.nodes[node].client.next_wakeup() {
            assert!(
                at > self.now.moment,
                "node {node} would be woken without end"
            );
        }
        for action in actions {
            self.perform(node, action);
        }
    }

    pub(super) fn perform(&mut self, node: usize, action: Action) {
        match action {
            Action::Save { batch, records } => {
                assert!(self.nodes[node].saving.is_none(), "one batch at a time");
                self.nodes[node].saving = Some((batch, records));
                self.post(Wire::Disk(node), Parcel::Synced);
            }
            Action::Connect {
                link: link @ LinkId::Relay(_),
                ..
            } => {
                let parcel = if self.nodes[node].cut {
                    Parcel::Lost
                } else {
                    Parcel::Opened
                };
                self.post(Wire::ToNode((node, link)), parcel);
            }
            Action::Connect { link, address } => self.connect_peer((node, link), &address),
            Action::Disconnect { link } => {
                self.forget_wire((node, link));
                self.hang_up((node, link));
                if let Some(other) = self.other_end.remove(&(node, link)) {
                    self.other_end.remove(&other);
                    self.post(Wire::ToNode(other), Parcel::Lost);
                }
            }
            Action::Send {
                link: link @ LinkId::Relay(_),
                frame,
            } => {
                self.post(Wire::ToRelay((node, link)), Parcel::Message(frame));
            }
            Action::Send { link, frame } => {
                if let Some(other) = self.other_end.get(&(node, link)).copied() {
                    self.post(Wire::ToNode(other), Parcel::Message(frame));
                }
            }
            Action::Ping { link } => self.post(Wire::ToNode((node, link)), Parcel::Pong),
            Action::Answer { request, answer } => {
                if let Ok(Reply::Edited { change: Some(hash) }) = &answer {
                    self.nodes[node].promised.push(*hash);
                }
                let answered = self.nodes[node].answers.insert(request, answer);
                assert!(answered.is_none(), "{request:?} was answered twice");
            }
            Action::Tell(news) => self.nodes[node].told.push(news),
        }
    }

    pub(super) fn connect_peer(&mut self, dialling: Line, address: &str) {
        let peer: usize = address.strip_prefix("peer-").unwrap().parse().unwrap();
        if self.nodes[dialling.0].cut || self.nodes[peer].cut {
            return self.post(Wire::ToNode(dialling), Parcel::Lost);
        }
        self.accepted += 1;
        let accepted = (peer, LinkId::Accepted(self.accepted));
        self.other_end.insert(dialling, accepted);
        self.other_end.insert(accepted, dialling);
        self.post(Wire::ToNode(dialling), Parcel::Opened);
        self.post(Wire::ToNode(accepted), Parcel::Opened);
    }

    pub(super) fn post(&mut self, wire: Wire, parcel: Parcel) {
        self.wires.entry(wire).or_default().push_back(parcel);
    }

    pub(super) fn forget_wire(&mut self, line: Line) {
        self.wires.remove(&Wire::ToNode(line));
        self.wires.remove(&Wire::ToRelay(line));
    }

    /// Delivers the next parcel of one of the wires that have any; false if there is none.
    pub fn deliver(&mut self, choice: usize) -> bool {
        self.wires.retain(|_, parcels| !parcels.is_empty());
        if self.relay.is_writing() {
            self.post(Wire::RelayDisk, Parcel::Synced);
        }
        let wires: Vec<Wire> = self.wires.keys().copied().collect();
        let Some(wire) = wires.get(choice % wires.len().max(1)).copied() else {
            return false;
        };
        let Some(parcel) = self.wires.get_mut(&wire).and_then(VecDeque::pop_front) else {
            return false;
        };
        match wire {
            Wire::Disk(node) => self.sync(node),
            Wire::RelayDisk => {
                self.wires.remove(&Wire::RelayDisk);
                let said = self.relay.sync();
                self.post_all(said);
            }
            Wire::ToRelay(line) => self.give_to_relay(line, parcel),
            Wire::ToNode(line) => self.give_to_node(line, parcel),
        }
        true
    }

    pub(super) fn sync(&mut self, node: usize) {
        let Some((batch, records)) = self.nodes[node].saving.take() else {
            return;
        };
        if self.nodes[node].disk_full {
            let why = "no space left on device".to_owned();
            return self.step(node, Input::SaveFailed { batch, why });
        }
        // Through the text that stands on disk, so that every record is one that can be read again.
        let text: Vec<String> = records
            .iter()
            .map(|record| serde_json::to_string(record).unwrap())
            .collect();
        let read = text
            .iter()
            .map(|line| serde_json::from_str::<Record>(line).unwrap());
        self.nodes[node].journal.extend(read);
        self.step(node, Input::Saved { batch });
    }

    pub(super) fn give_to_relay(&mut self, line: Line, parcel: Parcel) {
        let Parcel::Message(frame) = parcel else {
            return;
        };
        let said = self.relay.received(line, &frame);
        self.post_all(said);
    }

    pub(super) fn post_all(&mut self, said: Said) {
        for (line, frame) in said {
            if frame == Frame::from(HANG_UP) {
                self.forget_wire(line);
                self.post(Wire::ToNode(line), Parcel::Lost);
                continue;
            }
            self.post(Wire::ToNode(line), Parcel::Message(frame.clone()));
            if self.echo {
                self.post(Wire::ToNode(line), Parcel::Message(frame));
            }
        }
    }

    /// Tells the relay that a connection is gone.
    pub(super) fn hang_up(&mut self, line: Line) {
        let said = self.relay.disconnected(line);
        self.post_all(said);
    }

    pub(super) fn give_to_node(&mut self, line: Line, parcel: Parcel) {
        let (node, link) = line;
        match parcel {
            Parcel::Opened => {
                if matches!(link, LinkId::Relay(_)) {
                    self.relay.connected(line);
                }
                self.step(node, Input::Connected { link });
            }
            Parcel::Message(frame) => self.step(node, Input::Received { link, frame }),
            Parcel::Pong => self.step(node, Input::Heard { link }),
            Parcel::Lost => {
                let why = "connection refused".to_owned();
                self.step(node, Input::Disconnected { link, why });
            }
            Parcel::Synced => {}
        }
    }
}
