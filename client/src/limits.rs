//! Every bound and delay of the client, each with its reason.

use spotter_relay_protocol::PACKED_CHANGES_MAX;

/// Bytes of changes sent to the relay and not yet acknowledged: enough to fill a slow line while the relay
/// syncs, little enough to be sent again after a lost connection.
pub(crate) const IN_FLIGHT_BYTES_MAX: usize = 256 * 1024;

/// Bytes of changes in one message; base64 and framing keep it well below the relay's bound on a message.
pub(crate) const MESSAGE_BYTES_MAX: usize = 128 * 1024;

/// Changes in one message: what the relay accepts at once.
pub(crate) const MESSAGE_CHANGES_MAX: usize = 256;

/// Bytes of packed changes sent to the relay and not yet acknowledged.
pub(crate) const PACKED_IN_FLIGHT_BYTES_MAX: usize = 512 * 1024;

/// Bytes of changes packed into one message to a peer: even what cannot be compressed stays below the bound on a message.
pub(crate) const PACKED_PEER_BYTES_MAX: usize = 768 * 1024;

/// Bytes of changes in one record, so that a line of the local store stays of a size people can open.
pub(crate) const RECORD_BYTES_MAX: usize = 256 * 1024;

/// Bytes of changes in one bundle that is read: some dozen times the largest meet measured, and little enough for a browser's tab. A
/// dozen kilobytes of the file may hold two megabytes of them.
pub(crate) const BUNDLE_BYTES_MAX: usize = 256 << 20;

/// The first pause before connecting again; doubled after every failure.
pub(crate) const BACKOFF_FIRST_MS: u64 = 500;

/// The longest pause: a volunteer who plugs the cable back in should not wait longer.
pub(crate) const BACKOFF_LONGEST_MS: u64 = 30_000;

/// How long a connection must stay live before its next failure counts as the first again.
pub(crate) const STEADY_MS: u64 = 30_000;

/// How long a connection may take from dialling to joined: a password check waits its turn at the relay.
pub(crate) const JOINING_MS: u64 = 60_000;

/// Silence after which the client asks whether anybody is there.
pub(crate) const PING_EVERY_MS: u64 = 20_000;

/// Silence after which a connection counts as dead, although nobody closed it.
pub(crate) const SILENCE_MAX_MS: u64 = 60_000;

/// How long a change may be in flight without an answer before the connection is given up.
pub(crate) const ANSWER_MAX_MS: u64 = 60_000;

/// How long a hole in the relay's numbers may stay open before the client asks for what is missing: the
/// relay may send acknowledgements and relayed changes of one batch in either order.
pub(crate) const HOLE_MS: u64 = 1_000;

/// Positions remembered beyond a hole: more than one message of the relay brings.
pub(crate) const BEYOND_HOLE_MAX: usize = 2 * PACKED_CHANGES_MAX;

/// The pause before a failed save is tried again; doubled up to the longest. It is also the shortest between two attempts
/// that people ask for by wanting to edit.
pub(crate) const SAVE_AGAIN_FIRST_MS: u64 = 1_000;

/// The longest pause between attempts to save: for so long people can be turned away although the disk has room again.
pub(crate) const SAVE_AGAIN_LONGEST_MS: u64 = 10_000;

/// The pause taken when the relay says "later" without saying when.
pub(crate) const RESEND_DEFAULT_MS: u64 = 1_000;

/// From which pause on people are told that the relay takes nothing: what passes sooner is over before it is read.
pub(crate) const PUT_OFF_LONG_MS: u64 = 5_000;

/// The longest the relay may make the client wait in one word.
pub(crate) const RETRY_AFTER_MAX_MS: u64 = 15 * 60_000;

/// Connections with other replicas at once.
pub(crate) const PEERS_MAX: usize = 32;

/// How long another replica may take to prove that it holds this meet.
pub(crate) const PROVING_MS: u64 = 10_000;

/// Requests to the relay waiting for its answer (roster, sessions, publishing).
pub(crate) const WORDS_WAITING_MAX: usize = 16;

/// Changes of others, built on a refused one, that are kept ready to be made again.
pub(crate) const OFFERS_MAX: usize = 1_024;

/// Refused changes of others that are kept for inspection; beyond that they are refused and forgotten.
pub(crate) const ASIDE_MAX: usize = 4_096;

/// How often it is said where people are while nothing about it changes.
pub(crate) const PRESENCE_EVERY_MS: u64 = 10_000;

/// The shortest pause between two words about where people are: relays drop what comes faster for long.
pub(crate) const PRESENCE_AGAIN_MS: u64 = 500;

/// After how much silence people are taken to be gone: two lost words are no reason to.
pub(crate) const PRESENCE_FORGOTTEN_MS: u64 = 25_000;

/// Others whose people are shown; more are passed over. A large meet has a dozen locations.
pub(crate) const PRESENCES_MAX: usize = 128;

/// Own edits that can be taken back, the latest ones: more than anybody remembers having made.
pub(crate) const UNDO_MAX: usize = 256;

/// Hexadecimal digits of a peer's challenge.
pub(crate) const CHALLENGE_DIGITS: usize = 32;
