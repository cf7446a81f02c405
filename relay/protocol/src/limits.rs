//! The bounds of every word on the wire, each with its reason. The limits of a change's own bytes are
//! part of the format and live in the model; rates and quotas are a relay's policy and live there.

/// The one version of these words that exists.
pub const PROTOCOL: u32 = 1;

/// Longest message either side accepts, in bytes of text. A batch of changes is cut to fit.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Longest message accepted before a session exists: the largest roster, a ticket and 256 heads fit.
pub const FIRST_MESSAGE_BYTES_MAX: usize = 96 << 10;

/// What a sender aims at for one message that carries several changes, so that others get a turn between two.
pub const SLICE_BYTES: usize = 128 << 10;

/// Most changes in one `UPDATE_INIT`, and in one plain `UPDATE_RELAY`.
pub const UPDATES_PER_MESSAGE_MAX: usize = 1_000;

/// Most bytes of changes in a packed `UPDATE_INIT`: what a relay looks at in one go, a thousand usual changes.
pub const PACKED_INIT_BYTES_MAX: usize = 256 << 10;

/// Most changes in a packed `UPDATE_RELAY`, and most numbers in the runs of one message: a day of a large meet. Packs
/// gain by their length, and it is one client that reads one.
pub const PACKED_CHANGES_MAX: usize = 10_000;

/// Most bytes of changes in a packed `UPDATE_RELAY`.
pub const PACKED_BYTES_MAX: usize = 2 << 20;

/// What a sender aims at for one packed message as it travels, so that a slow line is not filled for long.
pub const PACKED_SLICE_BYTES: usize = 512 << 10;

/// Most heads in `JOIN_MEET`; a replica with more joins first and then sends `CLIENT_PULL`.
pub const HEADS_WHEN_JOINING_MAX: usize = 256;

/// Most heads in any other message. Each costs 67 bytes, so this stays inside a message.
pub const HEADS_MAX: usize = 10_000;

/// Most locations in a roster. A large meet has a dozen.
pub const LOCATIONS_MAX: usize = 32;

/// Former names remembered for one location; the oldest is forgotten first.
pub const FORMER_NAMES_MAX: usize = 2;

/// Fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 10;

/// Most bytes of a password, so that hashing it costs the same for everyone.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// Most characters of a session token's text.
pub const TOKEN_CHARS_MAX: usize = 1_024;

/// Most characters of a recovery ticket's text: room for the longest names, the most revocations and the most display
/// keys at once. A usual one has a thousand.
pub const TICKET_CHARS_MAX: usize = 72 << 10;

/// Most sessions that may be revoked before their time at once.
pub const REVOKED_MAX: usize = 256;

/// Most display keys of a meet at once: a screen or an overlay each for the platforms of a large meet.
pub const DISPLAY_KEYS_MAX: usize = 16;

/// Characters of a display key: 32 bytes.
pub const DISPLAY_KEY_CHARS: usize = 43;

/// Most bytes of the name of a field in `PRESENCE`.
pub const PRESENCE_FIELD_BYTES_MAX: usize = 64;

/// Most bytes of the results in `PUBLISH_MEET`; a thousand lifters take a quarter of this.
pub const OPL_CSV_BYTES_MAX: usize = 768 << 10;

/// Most bytes of an e-mail address.
pub const EMAIL_BYTES_MAX: usize = 254;
