//! The bounds of this shell, each with its reason. Those of the client are in its machine.

use std::time::Duration;

/// What arrived on all connections and waits for the machine. A full queue stops the reading of sockets, and so the
/// senders.
pub(crate) const INBOX: usize = 256;

/// Messages to one connection that wait to be written. The machine keeps a few outstanding; a connection with this
/// many is not reading, and is left.
pub(crate) const OUTBOX: usize = 1_024;

/// How long opening a connection may take, from looking the name up to the end of the upgrade.
pub(crate) const CONNECTING: Duration = Duration::from_secs(20);

/// How long a connection may take to be closed in good order.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

/// Connections of other replicas that have not finished their upgrade.
pub(crate) const GREETING_MAX: usize = 16;

/// The size of a connection's read buffer.
pub(crate) const READ_BUFFER: usize = 16 << 10;

/// The most that may wait in a connection's write buffer: a few messages of the largest size.
pub(crate) const WRITE_BUFFER_MAX: usize = 4 << 20;

/// Edits from standard input that wait for the disk; those read meanwhile share its next sync.
pub(crate) const EDITS_TOGETHER: usize = 256;

/// The longest line of edits from standard input: the longest value of a register, and its path.
pub(crate) const EDIT_LINE_BYTES_MAX: usize = 64 << 10;

/// Browsers' connections at once: a venue full of screens, with several files under way for each.
pub(crate) const BROWSERS_MAX: usize = 512;

/// Displays that read a feed at once.
pub(crate) const DISPLAYS_MAX: usize = 256;

/// How long a browser may take to send a request.
pub(crate) const REQUESTING: Duration = Duration::from_secs(5);

/// How long a browser's connection may stay for plain requests before it has to come again.
pub(crate) const BROWSING: Duration = Duration::from_secs(60);

/// The size of a request's head.
pub(crate) const HEAD_BYTES: usize = 16 << 10;

/// How long whoever offers a wrong password or key waits for the answer; one at a time, so that nobody guesses quickly.
pub(crate) const WRONG_WAITS: Duration = Duration::from_millis(500);

/// How often progress is shown.
pub(crate) const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// The pause after the system could not accept a connection, mostly for want of file descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How long a connection that another replica opened may take for its upgrade.
pub(crate) const UPGRADING: Duration = Duration::from_secs(5);
