//! The bounds of the format. They are part of admission: every replica of every version that speaks this
//! format refuses exactly what lies beyond them, so none of them can ever be a setting.

/// Bytes of one change. A typical edit takes about 120; a spreadsheet row with long notes a few thousand.
pub const CHANGE_BYTES_MAX: usize = 65_536;

/// Operations in one change. The largest honest change (a genesis) has a few hundred.
pub const CHANGE_OPS_MAX: usize = 1_024;

/// Bytes of a key.
pub const KEY_BYTES_MAX: usize = 256;

/// Bytes of a text value. Longer texts are carried in several registers.
pub const TEXT_BYTES_MAX: usize = 16_384;

/// Bytes of an actor id: exactly this many.
pub const ACTOR_BYTES: usize = 8;

/// Bytes of a change's message, the reason a person gave.
pub const MESSAGE_BYTES_MAX: usize = 1_024;

/// Seconds since 1970 that a change may carry: up to the end of the year 9999, which every calendar can print.
pub const WALL_TIME_MAX: i64 = 253_402_300_799;

/// Dependencies a change may name. A replica with more heads writes on a subset.
pub const DEPENDENCIES_MAX: usize = 64;

/// The largest operation counter. Automerge keeps counters in 32 bits; half of them is headroom that no
/// hostile change can use up.
pub const COUNTER_MAX: u32 = (1 << 31) - 1;

/// The largest sequence number of one actor.
pub const SEQ_MAX: u32 = (1 << 31) - 1;

/// Bytes of an author, as written in an actor's first change.
pub const AUTHOR_BYTES_MAX: usize = 512;

/// Characters of a location's name.
pub const LOCATION_CHARS_MAX: usize = 64;

/// The highest priority a location can have.
pub const PRIORITY_MAX: u32 = 1_000_000;

/// How deep maps may be nested; readers recurse.
pub const DEPTH_MAX: u8 = 8;
