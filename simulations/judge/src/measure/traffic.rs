//! What it cost: bytes, messages, syncs, queues.

use spotter_sim_plan::{Event, Happened, Whose};

use super::{Measures, ratio};
use crate::past::Past;

/// What was counted so far.
#[derive(Debug, Default)]
pub(super) struct Counted {
    up: u64,
    down: u64,
    messages: u64,
    /// Syncs and bytes of servers' disks, if the trace tells of any.
    disks: Option<(u64, u64)>,
    logged: u64,
    hashed: u64,
    queue: Option<u64>,
    handled: u64,
    payload: u64,
}

impl Counted {
    pub(super) fn event(&mut self, event: &Event) {
        match &event.what {
            Happened::Traffic {
                up,
                down,
                messages_up,
                messages_down,
                ..
            } => {
                self.up += up;
                self.down += down;
                self.messages += messages_up + messages_down;
            }
            Happened::Disk {
                whose: Whose::Relay(_),
                syncs,
                bytes,
            } => {
                let (synced, kept) = self.disks.unwrap_or_default();
                self.disks = Some((synced + syncs, kept + bytes));
            }
            Happened::Wrote { write, .. } => {
                let says = |(register, value): (&String, &serde_json::Value)| {
                    register.len() as u64 + value.to_string().len() as u64
                };
                self.payload += write.puts.iter().map(says).sum::<u64>();
            }
            Happened::Logged { .. } => self.logged += 1,
            Happened::Hashed { .. } => self.hashed += 1,
            Happened::Holds { what, amount, .. } if what == "queue-bytes" => {
                self.queue = Some(self.queue.unwrap_or(0).max(*amount));
            }
            Happened::Ended { handled } => self.handled = *handled,
            Happened::Began { .. }
            | Happened::NotWritten { .. }
            | Happened::Saved { .. }
            | Happened::Acknowledged { .. }
            | Happened::Learnt { .. }
            | Happened::Forgot { .. }
            | Happened::Refused { .. }
            | Happened::Shows { .. }
            | Happened::Status { .. }
            | Happened::Joined { .. }
            | Happened::SessionEnded { .. }
            | Happened::Left { .. }
            | Happened::ClockRead { .. }
            | Happened::Opened { .. }
            | Happened::Holds { .. }
            | Happened::Attacked { .. }
            | Happened::Trouble { .. }
            | Happened::Calm
            | Happened::Disk { .. }
            | Happened::Rests { .. }
            | Happened::Fault { .. } => {}
        }
    }

    pub(super) fn into(self, past: &Past<'_>, measures: &mut Measures) {
        let bytes = self.up + self.down;
        let devices = past.plan.devices.len() as u64;
        measures.up_bytes = self.up;
        measures.down_bytes = self.down;
        measures.messages = self.messages;
        measures.bytes_per_edit = ratio(bytes, measures.edits);
        measures.metadata_ratio = ratio(bytes, self.payload * devices);
        measures.log_bytes = self.disks.map(|(_, bytes)| bytes);
        measures.syncs = self.disks.map(|(syncs, _)| syncs);
        measures.syncs_per_write = self.disks.and_then(|(syncs, _)| ratio(syncs, self.logged));
        measures.peak_queue_bytes = self.queue;
        measures.passwords_hashed = self.hashed;
        measures.handled = self.handled;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spotter_sim_plan::{Befell, DeviceNumber, Happened, RelayNumber, Whose};

    use crate::measure;
    use crate::story::Story;

    #[test]
    fn bytes_are_shared_among_edits_and_what_they_say() {
        let mut story = Story::of_two();
        story.write(0, "a", |write| {
            write.puts = [("meet.name".to_owned(), json!("x"))].into()
        });
        story.wrote(1, "b", 1).learnt(0, &["b"]).learnt(1, &["a"]);
        for device in 0..2 {
            story.tell(Happened::Traffic {
                device: DeviceNumber(device),
                up: 100,
                down: 40,
                messages_up: 3,
                messages_down: 2,
                befell: Befell::default(),
            });
        }
        story.tell(Happened::Disk {
            whose: Whose::Relay(RelayNumber(0)),
            syncs: 6,
            bytes: 500,
        });
        for amount in [70, 90] {
            story.tell(Happened::Holds {
                relay: RelayNumber(0),
                what: "queue-bytes".to_owned(),
                amount,
                limit: 1_000,
            });
        }
        story.rests();
        let measures = measure(&story.plan, &story.trace);
        assert_eq!(
            (measures.up_bytes, measures.down_bytes, measures.messages),
            (200, 80, 10)
        );
        assert_eq!(measures.bytes_per_edit, Some(140.0));
        // "meet.name" and "\"x\"" are 12 bytes, "r" and "1" are 2; each is told twice.
        assert_eq!(measures.metadata_ratio, Some(10.0));
        // The beginning of the meet is logged too.
        assert_eq!(measures.syncs_per_write, Some(2.0));
        assert_eq!(
            (measures.log_bytes, measures.peak_queue_bytes),
            (Some(500), Some(90))
        );
    }
}
