//! The contract between a relay and whatever keeps its meets.

use spotter_relay::{LogEntry, LogSlice, MeetRecords, Publication};
use spotter_relay_protocol::{LogId, MeetId};

use crate::{LogHead, Opened, StoreError};

/// Keeps the logs and the records of meets.
///
/// # What is durable when
///
/// When a verb that changes something returns `Ok`, the change has reached the disk and will be found by [`open`] after
/// any crash of the process or the machine. When it returns an error, nothing has been promised: the change may be
/// found later or not. The one exception is [`StoreError::Full`], after which everything is as before the call.
///
/// # Who may call
///
/// One process at a time holds a store. Calls block and may come from many threads; those on different meets do not
/// wait for each other, those on one meet happen one after the other.
///
/// # Trouble
///
/// Trouble with one meet never touches another. After [`StoreError::Unsure`] the meet is closed and has to be opened
/// anew, which finds out what was kept; a store never tries a failed sync again and calls it good. A write that was
/// interrupted by a crash leaves no trace but what [`Opened::repaired`] says. Damage to what once was durable is
/// [`StoreError::Damaged`] each time the meet is opened, until somebody repairs it; nothing is ever passed over.
///
/// [`open`]: Self::open
pub trait LogStore: Send + Sync {
    /// Makes a new meet, with an empty log, and opens it. There is either the whole of it afterwards or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Taken`] if the id names a meet, current or finished.
    fn create(&self, head: &LogHead, records: &MeetRecords) -> Result<(), StoreError>;

    /// Opens a meet, checks its log from the first byte to the last, and repairs what a crash has interrupted. Opening
    /// an open meet tells the same again.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchMeet`], [`StoreError::Damaged`], or the world's.
    fn open(&self, meet: MeetId) -> Result<Opened, StoreError>;

    /// Reads changes in the order of their positions: those after a position, about `bytes_max` bytes of log, at least
    /// one change unless the end is reached.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotOpen`], [`StoreError::Damaged`], or the world's.
    fn read(&self, meet: MeetId, after: u64, bytes_max: usize) -> Result<LogSlice, StoreError>;

    /// The name of an open meet's log.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotOpen`].
    fn log_id(&self, meet: MeetId) -> Result<LogId, StoreError>;

    /// Keeps bytes beside the log, in the place of those kept before: the pack of its beginning. Nothing depends on
    /// them; a store may lose or damage them, and whoever asks for them has to look whether they are what was kept.
    ///
    /// # Errors
    ///
    /// Those of the world; then the bytes kept before may still be there. They never close the meet.
    fn keep_pack(&self, meet: MeetId, file: &[u8]) -> Result<(), StoreError>;

    /// The bytes kept beside the log, if there are any.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotOpen`], or the world's.
    fn kept_pack(&self, meet: MeetId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Appends changes to one meet and returns the position of the last one.
    ///
    /// # Errors
    ///
    /// As [`append_many`](Self::append_many).
    fn append(&self, meet: MeetId, entries: &[LogEntry]) -> Result<u64, StoreError> {
        let mut outcomes = self.append_many(&[(meet, entries)]);
        outcomes.pop().unwrap_or(Err(StoreError::NotOpen))
    }

    /// Appends changes to several meets, each named once, and returns for each in turn the position of its last one.
    /// The meets may share what makes their changes durable, and wait for each other here.
    ///
    /// # Errors
    ///
    /// To each meet its own. [`StoreError::Full`] leaves the log as it was; after [`StoreError::Unsure`] the meet must be
    /// opened anew. Where one sync was for all, its failure is that of all who relied on it.
    fn append_many(&self, appends: &[(MeetId, &[LogEntry])]) -> Vec<Result<u64, StoreError>>;

    /// Replaces the meet's records.
    ///
    /// # Errors
    ///
    /// Those of the world; each record is then the old or the new one, never a mixture.
    fn save_records(&self, meet: MeetId, records: &MeetRecords) -> Result<(), StoreError>;

    /// Keeps results that were handed in, beside those handed in before, and returns how many there are now.
    ///
    /// # Errors
    ///
    /// Those of the world.
    fn publish(&self, meet: MeetId, publication: &Publication) -> Result<u32, StoreError>;

    /// Moves a meet to the finished ones. It stays open and can still be read and appended to, for replicas that come
    /// back late. Finishing a finished meet changes nothing.
    ///
    /// # Errors
    ///
    /// Those of the world; the meet is then in one place or the other, never in both.
    fn finish(&self, meet: MeetId) -> Result<(), StoreError>;

    /// Closes a meet that nobody is connected to, so that it costs nothing, and protects the end of its log. Closing a
    /// closed meet changes nothing.
    ///
    /// # Errors
    ///
    /// Those of the world; the meet is closed nevertheless.
    fn close(&self, meet: MeetId) -> Result<(), StoreError>;
}
