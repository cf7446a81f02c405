//! Every code that goes over the wire: a stable kebab-case word that programs act on, beside a reason
//! that people read. A word from a newer peer is kept as it is, never an error.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! codes {
    ($(#[$about:meta])* $name:ident, $(#[$rest_about:meta])* $rest:ident; $($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            $(#[$rest_about])*
            $rest(Box<str>),
        }

        impl $name {
            /// Every word with a variant of its own, for tables and tests.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word as it travels.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::$rest(word) => word,
                }
            }

            /// The code of this word.
            pub fn from_word(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)*
                    other => Self::$rest(other.into()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::from_word(&String::deserialize(deserializer)?))
            }
        }
    };
}

codes! {
    /// Why a meet was not created, joined or recovered (`JOIN_REJECTED`).
    JoinCode, /// A word this version does not know.
    Other;
    /// The password is wrong or there is no such meet; which of the two is not told.
    WrongMeetOrPassword = "wrong-meet-or-password",
    /// The password is right, but the roster has no location of this name.
    UnknownLocation = "unknown-location",
    /// The session is over; the password opens another.
    SessionExpired = "session-expired",
    /// The initiator ended the session; the password opens another.
    SessionRevoked = "session-revoked",
    /// The token was not made by this relay.
    SessionUnknown = "session-unknown",
    /// The relay has no memory of this meet and wants the recovery ticket.
    TicketWanted = "ticket-wanted",
    /// The ticket was not made by this relay, or is about another meet.
    TicketRefused = "ticket-refused",
    /// The list of locations is no roster.
    BadRoster = "bad-roster",
    /// Too many passwords are waiting to be checked.
    Busy = "busy",
    /// Too many wrong guesses from this address, or at this meet.
    TooManyAttempts = "too-many-attempts",
    /// Too many connections or sessions.
    Full = "full",
    /// The relay speaks a newer protocol than the client.
    ProtocolTooOld = "protocol-too-old",
    /// The relay speaks an older protocol than the client.
    ProtocolTooNew = "protocol-too-new",
    /// The meet's log is damaged and waits for the operator.
    MeetDamaged = "meet-damaged",
    /// The relay cannot read or write its files at the moment.
    StorageTrouble = "storage-trouble",
    /// The relay is about to stop.
    GoingAway = "going-away",
}

codes! {
    /// Why an update was not taken (`UPDATE_REJECTED`).
    UpdateCode, /// A reason of admission, in the model's words; always for good.
    Admission;
    /// The change builds on one that was refused for good.
    DependsOnRefused = "depends-on-refused",
    /// Too many changes wait for others that never came.
    WaitingFull = "waiting-full",
    /// More bytes or operations than a session may send just now.
    TooFast = "too-fast",
    /// The relay cannot write its files at the moment.
    StorageTrouble = "storage-trouble",
    /// More changes are waiting for the disk than the relay keeps in memory.
    Busy = "busy",
    /// The meet's log has reached the size this relay allows.
    MeetFull = "meet-full",
}

codes! {
    /// Why an administrative word, a pull or a publication was not followed (`REFUSED`).
    AdminCode, /// A word this version does not know.
    Other;
    /// Only the initiator may.
    NotInitiator = "not-initiator",
    /// The old password is wrong.
    WrongPassword = "wrong-password",
    /// There is no such session.
    UnknownSession = "unknown-session",
    /// There is no such location.
    UnknownLocation = "unknown-location",
    /// There is no such display key.
    UnknownDisplayKey = "unknown-display-key",
    /// Only the initiator may, or the location that made it.
    NotMaker = "not-maker",
    /// The name belongs to another location.
    NameTaken = "name-taken",
    /// Too many locations, revoked sessions or display keys.
    TooMany = "too-many",
    /// A value is not acceptable; the reason names it.
    BadValue = "bad-value",
    /// Too many passwords are waiting to be checked.
    Busy = "busy",
    /// Too many wrong guesses from this address, or at this meet.
    TooManyAttempts = "too-many-attempts",
    /// More words than a session may send just now.
    TooFast = "too-fast",
    /// The connection has joined a meet already.
    AlreadyJoined = "already-joined",
    /// The relay cannot write its files at the moment; nothing has changed.
    StorageTrouble = "storage-trouble",
}

codes! {
    /// Why a session does not carry a message (`INVALID_SESSION`).
    SessionCode, /// A word this version does not know.
    Other;
    /// The connection has not joined a meet.
    NotJoined = "not-joined",
    /// The message names another session than the connection's.
    OtherSession = "other-session",
    /// The session is over; the password opens another.
    SessionExpired = "session-expired",
    /// The initiator ended the session; the password opens another.
    SessionRevoked = "session-revoked",
}

codes! {
    /// Why a replica does not exchange changes with another (`PEER_REFUSED`).
    PeerCode, /// A word this version does not know.
    Other;
    /// The other replica holds another meet.
    OtherMeet = "other-meet",
    /// The other replica could not prove that it holds this meet.
    WrongProof = "wrong-proof",
    /// The other replica speaks an older protocol.
    ProtocolTooOld = "protocol-too-old",
    /// The other replica speaks a newer protocol.
    ProtocolTooNew = "protocol-too-new",
    /// The words came in the wrong order.
    OutOfOrder = "out-of-order",
}

/// Why a relay closed a connection: a WebSocket close code and the word sent as its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseReason {
    /// The relay stops; come back after the pause it named.
    GoingAway,
    /// A message could not be read.
    Malformed,
    /// A message was longer than allowed.
    TooLarge,
    /// Nobody joined in time.
    NotJoined,
    /// Too many connections.
    Full,
    /// Another connection came with the same session.
    Replaced,
    /// The reader took too long; catch up by position.
    SlowReader,
    /// Nothing was heard for too long.
    Silent,
    /// The session expired or was revoked.
    SessionEnded,
    /// The meet's records could not be read; come back later.
    MeetTrouble,
    /// The connection asked for too much.
    TooFast,
}

impl CloseReason {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 11] = [
        Self::GoingAway,
        Self::Malformed,
        Self::TooLarge,
        Self::NotJoined,
        Self::Full,
        Self::Replaced,
        Self::SlowReader,
        Self::Silent,
        Self::SessionEnded,
        Self::MeetTrouble,
        Self::TooFast,
    ];

    /// The WebSocket close code.
    pub const fn number(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::TooLarge => 1009,
            Self::Malformed => 4000,
            Self::NotJoined => 4001,
            Self::Full => 4002,
            Self::Replaced => 4003,
            Self::SlowReader => 4004,
            Self::Silent => 4005,
            Self::SessionEnded => 4006,
            Self::MeetTrouble => 4007,
            Self::TooFast => 4008,
        }
    }

    /// The word sent with it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GoingAway => "going-away",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::NotJoined => "not-joined",
            Self::Full => "full",
            Self::Replaced => "replaced",
            Self::SlowReader => "slow-reader",
            Self::Silent => "silent",
            Self::SessionEnded => "session-ended",
            Self::MeetTrouble => "meet-trouble",
            Self::TooFast => "too-fast",
        }
    }
}
