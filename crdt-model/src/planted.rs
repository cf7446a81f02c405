//! Bugs that are planted on purpose, one at a time, so that whoever looks for bugs can be tried.
//!
//! A simulator that has never found anything has shown nothing. Each of these bugs stands at the place where somebody
//! could make the mistake, in this package, the relay or the client, behind one question: [`is`]. Without the feature
//! `planted` the answer is a constant, so that no program but `spotter-sim` built for that trial holds any of them.
//!
//! Some mistakes would be repaired by the comparison of heads at the end of every catch-up, which is there for that. They
//! are planted together with its absence ([`without_comparison`]): a second line of defence must not hide that nobody
//! watches the first.

/// A mistake somebody could make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bug {
    /// The relay acknowledges and forwards before the disk has the change.
    AcknowledgedBeforeSync,
    /// A failed append is taken for done.
    FailedSyncCalledGood,
    /// Of concurrent writes the one that arrives last is shown.
    WinnerByArrival,
    /// Of concurrent writes the lower priority is shown.
    PriorityReversed,
    /// The highest priority among the values nobody has overwritten is shown, whatever they were written over.
    HighestAmongSurvivors,
    /// At the end of a catch-up nothing is compared: the second line of defence, left out alone.
    NothingCompared,
    /// A position is taken for one of this log, whichever log it is of.
    ResyncWithoutLogId,
    /// The history before a position is not compared, so that a relay that was rolled back goes unnoticed.
    ChainNotCompared,
    /// A relay that has lost its memory does not ask for what a client holds of it.
    LostMemoryNotAskedFor,
    /// What stands behind a pack is sent from one position too far on.
    PackEndSkipped,
    /// An actor follows from the location instead of being drawn at every start.
    SharedActor,
    /// What was not acknowledged is forgotten when the connection is lost.
    DroppedOutbox,
    /// What was not acknowledged is forgotten when the process starts.
    OutboxForgottenAtStart,
    /// The first acknowledgement counts for everything that waits for one.
    AcknowledgementForAll,
    /// A hole in the relay's numbers is passed over. Streams make no holes, so a relay whose forwarding stops makes them.
    GapCheckOff,
    /// A position is saved before the changes it covers.
    PositionAhead,
    /// An edit is called saved before the disk has it.
    SavedTooEarly,
    /// Now and then an edit is taken for one that says nothing new.
    EditSwallowed,
    /// A number that is typed loses what stands behind its point.
    ValueMangled,
    /// Forwarding ends at the author's own connection: whoever has connected after it hears nothing.
    ForwardingStops,
    /// A change that comes again is logged again.
    LoggedTwice,
    /// A session that the initiator ended goes on.
    RevokedStillAccepted,
    /// A session that has lasted its time is let in again.
    ExpiredLetIn,
    /// A connection goes on when its session has lasted its time.
    ExpiredGoesOn,
    /// Everything is said to be everywhere while edits wait for their acknowledgement.
    InSyncTooEarly,
    /// After a few lost connections nobody remembers to make another.
    WakeupLost,
}

impl Bug {
    /// All of them, in the order of the documents.
    pub const ALL: &[Self] = &[
        Self::AcknowledgedBeforeSync,
        Self::FailedSyncCalledGood,
        Self::WinnerByArrival,
        Self::PriorityReversed,
        Self::HighestAmongSurvivors,
        Self::NothingCompared,
        Self::ResyncWithoutLogId,
        Self::ChainNotCompared,
        Self::LostMemoryNotAskedFor,
        Self::PackEndSkipped,
        Self::SharedActor,
        Self::DroppedOutbox,
        Self::OutboxForgottenAtStart,
        Self::AcknowledgementForAll,
        Self::GapCheckOff,
        Self::PositionAhead,
        Self::SavedTooEarly,
        Self::EditSwallowed,
        Self::ValueMangled,
        Self::ForwardingStops,
        Self::LoggedTwice,
        Self::RevokedStillAccepted,
        Self::ExpiredLetIn,
        Self::ExpiredGoesOn,
        Self::InSyncTooEarly,
        Self::WakeupLost,
    ];

    /// What it is called on command lines and in documents.
    pub fn name(self) -> &'static str {
        self.told().0
    }

    /// What goes wrong, in a sentence.
    pub fn words(self) -> &'static str {
        self.told().1
    }

    /// The bug of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name)
    }

    /// Whether the comparison of heads would repair what it does, and is therefore left out with it.
    pub fn is_without_comparison(self) -> bool {
        matches!(
            self,
            Self::NothingCompared
                | Self::ResyncWithoutLogId
                | Self::ChainNotCompared
                | Self::LostMemoryNotAskedFor
                | Self::PackEndSkipped
                | Self::DroppedOutbox
                | Self::OutboxForgottenAtStart
                | Self::AcknowledgementForAll
                | Self::GapCheckOff
                | Self::PositionAhead
        )
    }

    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::AcknowledgedBeforeSync => (
                "acknowledged-before-sync",
                "the relay acknowledges and forwards before the disk has the change",
            ),
            Self::FailedSyncCalledGood => (
                "failed-sync-called-good",
                "the relay takes a failed append for done",
            ),
            Self::WinnerByArrival => (
                "winner-by-arrival",
                "of concurrent writes the one that arrives last is shown",
            ),
            Self::PriorityReversed => (
                "priority-reversed",
                "of concurrent writes the lower priority is shown",
            ),
            Self::HighestAmongSurvivors => (
                "highest-among-survivors",
                "the highest priority among the values nobody has overwritten is shown, so that a beaten location wins again",
            ),
            Self::NothingCompared => (
                "nothing-compared",
                "what client and relay hold is not compared at the end of a catch-up",
            ),
            Self::ResyncWithoutLogId => (
                "resync-without-log-id",
                "a position is taken for one of the relay's log, whichever log it is of",
            ),
            Self::ChainNotCompared => (
                "chain-not-compared",
                "the history before a position is not compared, so that a relay that was rolled back goes unnoticed",
            ),
            Self::LostMemoryNotAskedFor => (
                "lost-memory-not-asked-for",
                "a relay that has lost its memory does not ask for what a client holds of it",
            ),
            Self::PackEndSkipped => (
                "pack-end-skipped",
                "what stands behind a pack is sent from one position too far on",
            ),
            Self::SharedActor => (
                "shared-actor",
                "an actor follows from the location instead of being drawn at every start",
            ),
            Self::DroppedOutbox => (
                "dropped-outbox",
                "a client forgets what was not acknowledged when its connection is lost",
            ),
            Self::OutboxForgottenAtStart => (
                "outbox-forgotten-at-start",
                "a client forgets what was not acknowledged when its process starts",
            ),
            Self::AcknowledgementForAll => (
                "acknowledgement-for-all",
                "the first acknowledgement counts for everything that waits for one",
            ),
            Self::GapCheckOff => (
                "gap-check-off",
                "a client passes over a hole in the relay's numbers, which a relay makes whose forwarding stops",
            ),
            Self::PositionAhead => (
                "position-ahead",
                "a client saves a position before the changes it covers",
            ),
            Self::SavedTooEarly => (
                "saved-too-early",
                "a person is told that an edit is saved before the disk has it",
            ),
            Self::EditSwallowed => (
                "edit-swallowed",
                "a client takes one edit in seven for one that says nothing new",
            ),
            Self::ValueMangled => (
                "value-mangled",
                "a number that is typed loses what stands behind its point",
            ),
            Self::ForwardingStops => (
                "forwarding-stops",
                "the relay's forwarding ends at the author's own connection, and whoever has connected later hears nothing",
            ),
            Self::LoggedTwice => (
                "logged-twice",
                "the relay logs a change again that comes again",
            ),
            Self::RevokedStillAccepted => (
                "revoked-still-accepted",
                "a session that the initiator ended goes on",
            ),
            Self::ExpiredLetIn => (
                "expired-let-in",
                "the relay lets in a session that has lasted its time",
            ),
            Self::ExpiredGoesOn => ("expired-goes-on", "a connection outlives its session"),
            Self::InSyncTooEarly => (
                "in-sync-too-early",
                "a client says that everything is everywhere while edits wait for their acknowledgement",
            ),
            Self::WakeupLost => (
                "wakeup-lost",
                "a client that has lost a few connections never wakes up to make another",
            ),
        }
    }
}

/// Whether this bug is planted on this thread.
#[cfg(not(feature = "planted"))]
#[inline]
pub const fn is(_bug: Bug) -> bool {
    false
}

/// Whether the bug that is planted comes without the comparison of heads.
#[cfg(not(feature = "planted"))]
#[inline]
pub const fn without_comparison() -> bool {
    false
}

#[cfg(feature = "planted")]
pub use trial::{is, plant, without_comparison};

#[cfg(feature = "planted")]
mod trial {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// From now on everything on this thread has this bug, or none.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Whether this bug is planted on this thread.
    pub fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Whether the bug that is planted comes without the comparison of heads.
    pub fn without_comparison() -> bool {
        PLANTED.get().is_some_and(Bug::is_without_comparison)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_is_listed_once_under_a_name_of_its_own() {
        for (at, bug) in Bug::ALL.iter().enumerate() {
            assert_eq!(Bug::ALL.iter().position(|other| other == bug), Some(at));
            assert_eq!(Bug::named(bug.name()), Some(*bug));
        }
    }

    #[cfg(not(feature = "planted"))]
    #[test]
    fn nothing_is_planted_in_what_is_released() {
        assert!(Bug::ALL.iter().all(|bug| !is(*bug)) && !without_comparison());
    }
}
