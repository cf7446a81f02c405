//! How it stood with the relay when it was last spoken to: what `status` can say while nobody is connected.

use std::path::Path;

use serde::{Deserialize, Serialize};
use spotter_client::{LinkState, Status, WallTime};
use spotter_journal_file::{load_record, save_record};

use crate::store::chain;

const CONTACT: &str = "contact.json";

/// The end of the latest stay at the relay, or of the latest attempt.
///
/// Nothing rests on it: without the file, or with an old one, a replica knows less about itself and does the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    /// When the relay was last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_contact: Option<WallTime>,
    /// The state of the link, in words.
    pub(crate) link: String,
    /// Whether something that the relay held was known, or had to be feared, to be missing here.
    pub(crate) need_resync: bool,
    /// Why the relay did not take what it was offered, if it was so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) put_off: Option<WhyPutOff>,
}

/// Why a relay took nothing, as it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WhyPutOff {
    /// For scripts.
    pub(crate) code: String,
    /// For people.
    pub(crate) reason: String,
}

impl Contact {
    /// What a client says of itself now. An earlier contact is remembered if there was none since.
    pub(crate) fn of(status: &Status, earlier: Option<&Self>) -> Self {
        Self {
            last_contact: status
                .last_contact
                .or_else(|| earlier.and_then(|earlier| earlier.last_contact)),
            link: in_words(&status.link),
            need_resync: status.need_resync,
            put_off: status.put_off.as_ref().map(|why| WhyPutOff {
                code: why.code.clone(),
                reason: why.reason.clone(),
            }),
        }
    }

    /// Whether both say the same but for the time.
    pub(crate) fn says_what(&self, other: &Self) -> bool {
        self.link == other.link
            && self.need_resync == other.need_resync
            && self.put_off == other.put_off
    }

    /// What was last remembered in this folder.
    pub(crate) fn load(dir: &Path) -> Option<Self> {
        load_record(&dir.join(CONTACT)).unwrap_or_else(|error| {
            tracing::warn!(error = %chain(&error), "the last contact is not known");
            None
        })
    }

    /// Remembers it in this folder.
    pub(crate) fn save(&self, dir: &Path) {
        if let Err(error) = save_record(&dir.join(CONTACT), self) {
            tracing::warn!(error = %chain(&error), "the last contact was not remembered");
        }
    }
}

/// The state of a link, without the countdown that is over when this is read.
fn in_words(link: &LinkState) -> String {
    match link {
        LinkState::Offline { why, .. } => format!("offline: {why}"),
        LinkState::Joining | LinkState::CatchingUp | LinkState::Live => link.to_string(),
    }
}
