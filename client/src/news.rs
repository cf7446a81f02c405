//! What a client tells people without being asked, in words they know.

use std::fmt;

use spotter_model::{Author, ChangeHash, LocationName, MeetEvent};
use spotter_relay_protocol::{Roster, Whereabouts};

use crate::ask::short;
use crate::link_id::LinkId;
use crate::presences::Who;
use crate::status::{LinkState, PutOff};

/// One thing worth telling.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum News {
    /// The link to the relay is in another state.
    Link(LinkState),
    /// Something in the meet is shown differently, was overruled, or became disputed.
    Meet(Box<MeetEvent>),
    /// The password must be given again. Nothing is lost meanwhile and editing goes on.
    PasswordWanted {
        /// Why.
        reason: String,
    },
    /// This replica writes for another location, or with another priority, from its next edit on.
    WritesAs(Author),
    /// The relay refused a change for good, or kept another in its place: it and what was built on it left the
    /// document, and the edits made here were made again.
    Refused {
        /// The refused change.
        change: ChangeHash,
        /// For scripts.
        code: String,
        /// For people.
        reason: String,
        /// How many edits of this replica were made again.
        made_again: usize,
        /// How many of them could not be; they are kept aside.
        not_made_again: usize,
    },
    /// An edit of somebody else had to leave together with a refused change. Whoever sits here may make it again
    /// ([`Ask::MakeAgain`](crate::Ask::MakeAgain)).
    BuiltOnRefused {
        /// The change that left.
        change: ChangeHash,
        /// Whose edit it was, if known.
        author: Option<Author>,
        /// The refused change it was built on.
        refused: ChangeHash,
    },
    /// A change arrived that cannot join the document: nobody may accept it, or another one stands in its place. It
    /// is kept aside.
    NotAccepted {
        /// The change.
        change: ChangeHash,
        /// For scripts.
        code: String,
        /// For people.
        reason: String,
    },
    /// The relay does not take what it is offered, and will not for a while. Nothing is lost: it is kept here and offered
    /// again.
    PutOff(PutOff),
    /// The relay takes again what it did not.
    TakenAgain,
    /// The relay no longer knows what it once acknowledged; it is being given back.
    RelayForgot {
        /// How many changes it is offered.
        offered: usize,
    },
    /// The relay asks for everything it does not have.
    RelayAsks {
        /// How many changes it is offered.
        offered: usize,
    },
    /// The relay took the meet's records back from this replica.
    RelayRestored,
    /// The locations that may join, or their priorities, have changed.
    Roster(Roster),
    /// The meet was declared finished.
    Finished,
    /// This device cannot save. Editing stops until it can.
    CannotSave {
        /// What the local store reported.
        why: String,
    },
    /// This device can save again, and has saved everything.
    CanSaveAgain,
    /// Another replica proved that it holds this meet; changes are being exchanged.
    PeerJoined {
        /// Its connection.
        link: LinkId,
    },
    /// The connection to another replica ended.
    PeerLeft {
        /// Which.
        link: LinkId,
        /// Why.
        why: String,
    },
    /// A bundle that was taken in was made at this location.
    BundleFrom {
        /// Where it was made.
        location: LocationName,
        /// How many changes it brought that were not known here.
        brought: usize,
    },
    /// Other people look at something else, came, or are gone.
    Presence {
        /// Whose.
        who: Who,
        /// Their location, if known.
        location: Option<LocationName>,
        /// What they look at; nothing if nobody is there any more.
        at: Option<Whereabouts>,
    },
    /// Something happened that should not; the client carries on.
    Fault {
        /// What.
        what: String,
    },
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(state) => write!(f, "{state}"),
            Self::Meet(event) => write!(f, "{event}"),
            Self::PasswordWanted { reason } => {
                write!(
                    f,
                    "please give the meet's password again: {reason}; nothing is lost meanwhile"
                )
            }
            Self::WritesAs(author) => {
                write!(
                    f,
                    "writing as {} with priority {}",
                    author.location, author.priority
                )
            }
            Self::Refused {
                change,
                reason,
                made_again,
                not_made_again,
                ..
            } => {
                write!(f, "change {} was refused: {reason}; ", short(change))?;
                match made_again {
                    0 => f.write_str("none of this replica's edits had to be made again")?,
                    1 => f.write_str("1 edit was made again")?,
                    n => write!(f, "{n} edits were made again")?,
                }
                match not_made_again {
                    0 => Ok(()),
                    n => write!(f, ", {n} could not be and are kept aside"),
                }
            }
            Self::BuiltOnRefused {
                change,
                author,
                refused,
            } => {
                write!(f, "the edit {} ", short(change))?;
                if let Some(author) = author {
                    write!(f, "by {} ", author.location)?;
                }
                write!(
                    f,
                    "was built on the refused change {} and left with it; you can make it again",
                    short(refused)
                )
            }
            Self::NotAccepted { change, reason, .. } => {
                write!(
                    f,
                    "change {} was not accepted: {reason}; it is kept aside",
                    short(change)
                )
            }
            Self::PutOff(why) => write!(
                f,
                "the relay does not take new edits: {}; they are kept here and sent when it does",
                why.reason
            ),
            Self::TakenAgain => f.write_str("the relay takes edits again"),
            Self::RelayForgot { offered } => {
                write!(
                    f,
                    "the relay has lost its memory; giving it back {}",
                    changes(*offered)
                )
            }
            Self::RelayAsks { offered } => {
                write!(
                    f,
                    "the relay asks for what it does not have; giving it {}",
                    changes(*offered)
                )
            }
            Self::RelayRestored => f.write_str("the relay took the meet back from this replica"),
            Self::Roster(roster) => {
                f.write_str("locations that may join:")?;
                for (n, entry) in roster.entries().iter().enumerate() {
                    let comma = if n == 0 { "" } else { "," };
                    write!(f, "{comma} {} ({})", entry.location_name, entry.priority)?;
                }
                Ok(())
            }
            Self::Finished => f.write_str("the meet was declared finished"),
            Self::CannotSave { why } => {
                write!(
                    f,
                    "this device cannot save: {why}; nothing can be edited until it can"
                )
            }
            Self::CanSaveAgain => {
                f.write_str("this device can save again, and everything is saved")
            }
            Self::PeerJoined { link } => {
                write!(f, "exchanging changes with another replica ({link})")
            }
            Self::PeerLeft { link, why } => {
                write!(
                    f,
                    "no longer exchanging changes with another replica ({link}): {why}"
                )
            }
            Self::BundleFrom { location, brought } => {
                write!(
                    f,
                    "the bundle from {location} brought {}",
                    changes(*brought)
                )
            }
            Self::Presence { location, at, .. } => {
                let location = location.as_ref().map_or("somebody", LocationName::as_str);
                match at {
                    Some(_) => write!(f, "{location} looks at the meet"),
                    None => write!(f, "{location} no longer looks at the meet"),
                }
            }
            Self::Fault { what } => write!(f, "this should not happen: {what}"),
        }
    }
}

fn changes(number: usize) -> String {
    match number {
        1 => "1 change".to_owned(),
        n => format!("{n} changes"),
    }
}
