//! Offers that come packed. Unpacking is the one thing a short message can make dear, so it is decided here who may have it
//! done, and charged for; the shell does it beside everything else.
//!
//! What a pack unpacks to is charged before: the pack itself says how much that is. What its arithmetic took is known only
//! afterwards and is charged then, a byte for each bit beyond. Honest edits take about as many bits as bytes; one bit costs
//! about as much time as a byte that comes in text.

use std::collections::BTreeMap;

use spotter_relay_protocol::{MeetId, PackedInit, Unpacked};

use crate::action::Action;
use crate::admit::{Later, charge_bytes};
use crate::answers::Answers;
use crate::house::House;
use crate::input::LinkId;
use crate::machine::Relay;
use crate::meet::Meet;

/// What is being unpacked. It stays here until the shell has answered, even if its link is gone: until then it takes
/// memory and waits its turn.
#[derive(Debug, Default)]
pub(crate) struct Unpacking {
    links: BTreeMap<LinkId, Offered>,
    /// The bytes of all offers to a meet.
    bytes: BTreeMap<MeetId, usize>,
}

/// One offer that is being unpacked.
#[derive(Debug)]
struct Offered {
    meet: MeetId,
    /// As long as it is packed or will be unpacked, whichever is longer. They are charged for.
    bytes: usize,
}

impl Meet {
    /// Has unpacked what a member offers in a pack, if it may offer as much just now. The message had so many bytes.
    pub(crate) fn offer_packed(
        &self,
        house: &mut House,
        link: LinkId,
        init: PackedInit,
        message_bytes: usize,
    ) {
        let bytes = message_bytes.max(init.changes_bytes);
        let allowed = self
            .may_offer(house)
            .and_then(|()| {
                house
                    .unpacking
                    .has_room(self.id, link, house.limits.unpacking_bytes_max)
            })
            .and_then(|()| charge_bytes(house, link, bytes));
        if let Err(later) = allowed {
            let mut answers = Answers::default();
            later.answer(link, init.local_seq_nums.numbers(), &mut answers);
            return answers.send(&mut house.links);
        }
        let meet = self.id;
        house.unpacking.begin(link, Offered { meet, bytes });
        house.links.out.push(Action::Unpack { link, meet, init });
    }
}

impl Relay {
    /// The shell has unpacked an offer. Whoever made it may be gone by now.
    pub(crate) fn unpacked(&mut self, link: LinkId, unpacked: Unpacked) {
        let Some(offered) = self.house.unpacking.end(link) else {
            return;
        };
        if self.house.links.member(link).is_none() {
            return;
        }
        let (rate, now) = (self.house.limits.bytes_rate(), self.house.now);
        let beyond = unpacked.bits.saturating_sub(offered.bytes as u64);
        if let Some(sender) = self.house.links.get_mut(link) {
            sender.bytes.charge(beyond, rate, now);
        }
        match unpacked.outcome {
            Ok(init) => self.in_meet(offered.meet, |meet, house| {
                meet.offer_unpacked(house, link, init.updates);
            }),
            Err(error) => self.unreadable(link, error),
        }
    }
}

impl Unpacking {
    /// Whether another offer to a meet may wait.
    fn has_room(&self, meet: MeetId, link: LinkId, bytes_max: usize) -> Result<(), Later> {
        if self.links.contains_key(&link) {
            return Err(Later::soon("the last pack is still being unpacked"));
        }
        let waiting = self.bytes.get(&meet).copied().unwrap_or(0);
        if waiting > bytes_max {
            return Err(Later::soon(
                "more packs are waiting to be unpacked than fit",
            ));
        }
        Ok(())
    }

    fn begin(&mut self, link: LinkId, offered: Offered) {
        *self.bytes.entry(offered.meet).or_default() += offered.bytes;
        self.links.insert(link, offered);
    }

    fn end(&mut self, link: LinkId) -> Option<Offered> {
        let offered = self.links.remove(&link)?;
        if let Some(bytes) = self.bytes.get_mut(&offered.meet) {
            *bytes -= offered.bytes;
            if *bytes == 0 {
                self.bytes.remove(&offered.meet);
            }
        }
        Some(offered)
    }
}
