//! What a relay allows, each with its reason. These are policy: answered with "later" or a closed connection,
//! never part of a change's verdict.

use spotter_relay_protocol::HEADS_MAX;

/// The settings of one relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once. Each costs under 10 KB idle.
    pub links_max: usize,
    /// Connections at once from one address block; a gym sits behind one address.
    pub links_per_address_max: usize,
    /// Connections at once to one meet.
    pub links_per_meet_max: usize,
    /// Displays at once, of all meets. Each costs a few hundred bytes here.
    pub displays_max: usize,
    /// Displays at once of one meet.
    pub displays_per_meet_max: usize,
    /// How long a connection may stay without joining.
    pub join_within_ms: u64,
    /// Attempts to join on one connection.
    pub rejections_per_link_max: u32,
    /// How often an idle connection is pinged.
    pub ping_every_ms: u64,
    /// After how much silence a connection is given up.
    pub silent_ms_max: u64,
    /// Password checks that may wait; there is one permit.
    pub hash_queue_max: usize,
    /// Failed joins a minute from one address block.
    pub failed_joins_per_minute_max: u32,
    /// Wrong passwords at one meet from one address block before each further one has to wait.
    pub guesses_free: u32,
    /// The first such wait, doubled with each further wrong password.
    pub guess_wait_ms_first: u64,
    /// The longest such wait.
    pub guess_wait_ms_max: u64,
    /// Pairs of meet and address block whose guesses are remembered.
    pub guessers_max: usize,
    /// Meets created an hour from one address block.
    pub creations_per_hour_max: u32,
    /// How long a session lasts.
    pub session_ms: u64,
    /// Sessions listed for one meet; the oldest that is not connected is dropped from the list first.
    pub sessions_per_meet_max: usize,
    /// Sessions of one device, connected or listed: one was opened with the password, the others were given beside it. A browser
    /// has one for each of its tabs.
    pub sessions_per_device_max: usize,
    /// Sessions a second that a meet gives beside others: each is written to the disk.
    pub beside_per_second: u64,
    /// Such sessions at once.
    pub beside_burst: u64,
    /// Message bytes a second from one link, in the long run: a backlog of honest edits drains at over 1 MiB/s.
    pub bytes_per_second: u64,
    /// Message bytes at once.
    pub bytes_burst: u64,
    /// Operations a second from one link: a hundred bytes can hold a thousand.
    pub ops_per_second: u64,
    /// Operations at once.
    pub ops_burst: u64,
    /// Messages a second from one link.
    pub messages_per_second: u64,
    /// Messages at once.
    pub messages_burst: u64,
    /// Changes of one link that may wait for what they build on.
    pub waiting_changes_max: usize,
    /// Their bytes.
    pub waiting_bytes_max: usize,
    /// Bytes of changes a meet keeps in memory until the disk has them.
    pub pending_bytes_max: usize,
    /// Bytes of packed offers to one meet that may wait to be unpacked, as long as they are then. Whoever offers more is
    /// told to come back, and the packs of other meets take turns with these.
    pub unpacking_bytes_max: usize,
    /// Bytes of changes in one append.
    pub batch_bytes_max: usize,
    /// Heads of one meet. Every catch-up ends with all of them in one message, which must stay within its length.
    pub heads_max: usize,
    /// Bytes of changes in one meet.
    pub meet_bytes_max: u64,
    /// Bytes sent to a link and not yet gone, beyond which it is too slow to keep.
    pub outstanding_bytes_max: usize,
    /// Bytes outstanding below which the next slice of a catch-up is sent.
    pub catch_up_below_bytes: usize,
    /// Bytes outstanding below which presence is passed on.
    pub presence_below_bytes: usize,
    /// Bytes of changes read from a log at once, when catching up.
    pub slice_bytes: usize,
    /// Bytes of changes read from a log at once, when waking a meet. Each of them is hashed and admitted before anybody
    /// else's turn comes.
    pub waking_slice_bytes: usize,
    /// The pause asked for when the disk is in trouble.
    pub storage_retry_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            links_max: 8_192,
            links_per_address_max: 1_024,
            links_per_meet_max: 512,
            displays_max: 8_192,
            displays_per_meet_max: 1_024,
            join_within_ms: 10_000,
            rejections_per_link_max: 5,
            ping_every_ms: 20_000,
            silent_ms_max: 60_000,
            hash_queue_max: 16,
            failed_joins_per_minute_max: 10,
            guesses_free: 5,
            guess_wait_ms_first: 1_000,
            guess_wait_ms_max: 15 * 60_000,
            guessers_max: 10_000,
            creations_per_hour_max: 120,
            session_ms: 7 * 24 * 3_600_000,
            sessions_per_meet_max: 512,
            sessions_per_device_max: 64,
            beside_per_second: 2,
            beside_burst: 128,
            bytes_per_second: 2 << 20,
            bytes_burst: 4 << 20,
            ops_per_second: 200_000,
            ops_burst: 400_000,
            messages_per_second: 5_000,
            messages_burst: 10_000,
            waiting_changes_max: 1_000,
            waiting_bytes_max: 1 << 20,
            pending_bytes_max: 8 << 20,
            unpacking_bytes_max: 8 << 20,
            batch_bytes_max: 1 << 20,
            heads_max: HEADS_MAX,
            meet_bytes_max: 64 << 20,
            outstanding_bytes_max: 1 << 20,
            catch_up_below_bytes: 256 << 10,
            presence_below_bytes: 16 << 10,
            slice_bytes: 64 << 10,
            waking_slice_bytes: 16 << 10,
            storage_retry_ms: 5_000,
        }
    }
}
