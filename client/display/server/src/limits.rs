//! The bounds of this shell, each with its reason.

use std::time::Duration;

/// Messages that wait to be written to one reader. A display that has this many waiting is not reading; it is closed,
/// comes back and starts over.
pub(crate) const OUTBOX: usize = 64;

/// What waits for one meet's display: requests, and slices of changes one at a time.
pub(crate) const INBOX: usize = 256;

/// How long a reader may take to accept a message.
pub(crate) const WRITING: Duration = Duration::from_secs(10);

/// How often readers are told that the connection stands; they may call it dead after twice that.
pub(crate) const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(10);

/// How often a reader is pinged, and how often in a row it may not answer.
pub(crate) const PING_EVERY: Duration = Duration::from_secs(20);
pub(crate) const PINGS_UNANSWERED: u32 = 2;

/// What a reader says in one message: a version check, with room for spaces.
pub(crate) const HEARD_BYTES_MAX: usize = 1 << 10;

/// How long a connection may take to be closed in good order.
pub(crate) const FAREWELL: Duration = Duration::from_secs(2);

/// How long a request waits for a meet to be read from its log.
pub(crate) const CATCHING_UP: Duration = Duration::from_secs(8);

/// How long somebody who was let in may come again without being asked anew; so that a display that polls, or starts over,
/// costs one check of a password. What was revoked ends at once all the same.
pub(crate) const PASS_HOLDS: Duration = Duration::from_secs(60);

/// Passes that are kept for that. With more, whoever comes is asked each time.
pub(crate) const PASSES_MAX: usize = 4_096;

/// Sizes of a reader's buffers: what it says is short.
pub(crate) const READ_BUFFER: usize = 1 << 10;
pub(crate) const WRITE_BUFFER: usize = 4 << 10;
pub(crate) const WRITE_BUFFER_MAX: usize = 4 << 20;
