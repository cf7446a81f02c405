//! Where people are: passed on to those who say it, too, at once or not at all. Nothing of it is kept, logged or waited
//! for, and when it would be in the way of anything else it is dropped.

use spotter_model::LocationName;
use spotter_relay_protocol::{Frame, PresenceRelayed, RelayMessage, SessionId, Whereabouts};

use crate::house::House;
use crate::input::LinkId;
use crate::link::Member;
use crate::meet::{Meet, Reader};
use crate::rate::{Bucket, Rate};

/// What is remembered of a reader who says where its people are.
#[derive(Debug)]
pub(crate) struct Spoken {
    bucket: Bucket,
    location: LocationName,
    /// Whether somebody was there when it last said so.
    present: bool,
}

/// A change twice a second, and some in a row.
const RATE: Rate = Rate {
    per_second: 2,
    burst: 8,
};

impl Meet {
    /// Somebody says where its people are.
    pub(crate) fn presence(
        &mut self,
        house: &mut House,
        link: LinkId,
        member: &Member,
        at: Option<Whereabouts>,
    ) {
        let Some(reader) = self.readers.get_mut(&link) else {
            return;
        };
        let spoken = reader.spoken.get_or_insert_with(|| {
            Box::new(Spoken {
                bucket: Bucket::full(RATE, house.now),
                location: member.location.clone(),
                present: false,
            })
        });
        if spoken.bucket.take(1, RATE, house.now).is_err() {
            return;
        }
        let was_present = std::mem::replace(&mut spoken.present, at.is_some());
        if was_present || at.is_some() {
            let location = spoken.location.clone();
            self.pass_presence_on(house, link, member.session, location, at);
        }
    }

    /// A reader is gone, and nobody is there any more.
    pub(crate) fn presence_ends(&self, house: &mut House, link: LinkId, reader: Reader) {
        if let Some(spoken) = reader.spoken.filter(|spoken| spoken.present) {
            self.pass_presence_on(house, link, reader.session, spoken.location, None);
        }
    }

    fn pass_presence_on(
        &self,
        house: &mut House,
        from: LinkId,
        session_id: SessionId,
        location_name: LocationName,
        at: Option<Whereabouts>,
    ) {
        let relayed = PresenceRelayed {
            session_id,
            location_name,
            at,
        };
        let frame = Frame::from(RelayMessage::Presence(relayed).encode());
        for (&link, reader) in &self.readers {
            let listens = link != from && reader.spoken.is_some() && reader.is_live();
            if listens && house.links.is_nearly_idle(link) {
                house.links.send_frame(link, frame.clone());
            }
        }
    }
}
