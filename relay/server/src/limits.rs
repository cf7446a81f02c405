//! The bounds of the shell itself, each with its reason. Those of the relay are in its machine.

use std::time::Duration;

/// How long a connection may take to send a request or to complete the upgrade.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(5);

/// Connections that may be agreeing on encryption at once: each holds up to some 30 KB for as long as that takes.
pub(crate) const HANDSHAKES: usize = 512;

/// Those of one address: enough for a gym that comes back at once, and leaves turns for others if one address stalls.
pub(crate) const HANDSHAKES_PER_ADDRESS: usize = 128;

/// How long a connection that the relay closes may take to read what is left and to close its side.
pub(crate) const FAREWELL: Duration = Duration::from_secs(3);

/// Connections beyond those the machine allows, so that it can refuse in words and `/readyz` is still answered.
pub(crate) const SPARE_CONNECTIONS: usize = 256;

/// What has been told and waits for the machine. Enough for every connection of a large meet to have said something.
pub(crate) const INBOX: usize = 4_096;

/// Messages to one connection that wait to be written. Their bytes are bounded by the machine; a connection that has
/// this many waiting is not reading.
pub(crate) const ORDERS: usize = 2_048;

/// Bytes that have left a connection before the machine is told of them. Far below what the machine lets be
/// outstanding, so that a reader of whom it is never told is neither held up nor taken for slow.
pub(crate) const SENT_TOLD_FROM: usize = 16 << 10;

/// What has been told that the driver takes in one go.
pub(crate) const TOLD_TOGETHER: usize = 256;

/// The size of a connection's read buffer, in which a small edit fits; the library's own is 128 KiB, whether or not anybody
/// says anything.
pub(crate) const READ_BUFFER: usize = 1 << 10;

/// Written at once even before a flush. Small, because a connection's write buffer keeps the size it once had, and what is
/// written when somebody joins would make it twice as large as ever again needed.
pub(crate) const WRITE_BUFFER: usize = 1 << 10;

/// The most that may wait in a connection's write buffer. Above what the machine lets be outstanding, plus one
/// message of the largest size.
pub(crate) const WRITE_BUFFER_MAX: usize = 4 << 20;

/// Meets on display at once: each is a whole document in memory, a few megabytes for a large meet.
pub(crate) const DISPLAYED_MEETS: usize = 256;

/// When a display that found no room is to come again.
pub(crate) const RETRY_FULL_MS: u64 = 5_000;

/// How long a connection may stay for plain requests before it has to come again: enough for the largest file of the pages
/// over a bad network.
pub(crate) const BROWSING: Duration = Duration::from_secs(60);

/// Collectors of metrics that are answered at once; further ones wait.
pub(crate) const COLLECTORS: usize = 8;

/// How long a collector may stay connected before it has to come again.
pub(crate) const COLLECTOR_STAYS: Duration = Duration::from_secs(300);

/// How long the answer to `/readyz` holds: anybody may ask, and each time costs a sync.
pub(crate) const READY_FOR: Duration = Duration::from_secs(1);

/// How long a check of a running relay waits for its answer.
pub(crate) const HEALTH_CHECK: Duration = Duration::from_secs(5);

/// The size of an HTTP request's head.
pub(crate) const HEAD_BYTES: usize = 16 << 10;

/// Threads that wait for disks.
pub(crate) const BLOCKING_THREADS: usize = 64;

/// Threads that pack logs, of those that wait for disks.
pub(crate) const PACKING_THREADS: usize = 2;

/// Threads that unpack what clients offer. Few, so that those who pack little at great cost to the relay take a core or two
/// from it and not its attention.
pub(crate) const UNPACKING_THREADS: usize = 2;

/// The pause after the system could not accept a connection, mostly for want of file descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What clients are told to wait before they come back to a relay that stops, before each adds its own jitter.
pub(crate) const RETRY_AFTER_DRAIN_MS: u64 = 2_000;

/// The size at which diag.log is moved aside: months of a busy relay, and no more than a disk can spare twice.
pub(crate) const DIAG_BYTES_MAX: u64 = 32 << 20;

/// Meets whose appends are written before one sync. Bounds what a lot holds in memory, and how long its first waits for
/// its last.
pub(crate) const APPENDED_TOGETHER: usize = 1_024;

/// How long the thread that appends waits for more before it does something else.
pub(crate) const APPENDER_STAYS: Duration = Duration::from_secs(1);

/// Logs that are closed at a time when the relay stops; each waits for the disk.
pub(crate) const CLOSED_SIDE_BY_SIDE: usize = 16;

/// How soon after a sync that several meets shared the next one may begin. A disk that syncs faster than this would have
/// each sync shared by few, and a sync costs more than the rest of an edit. A meet that is edited alone never waits for it.
pub(crate) const SHARED_SYNC_EVERY: Duration = Duration::from_millis(3);

/// How late the machine may be reminded of the time. What it watches is counted in seconds, and every connection has a
/// moment of its own: looking at those that come close together in one go spares a wake for each.
pub(crate) const REMINDED_LATE: Duration = Duration::from_millis(100);
