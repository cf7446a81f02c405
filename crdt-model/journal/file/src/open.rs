//! Opening a journal after whatever has happened to it, and looking at one without touching it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use spotter_journal::{Line, Place, Scanner, Standing, Unreadable, Verdict};

use crate::disk::{Disk, OpenFile};
use crate::{JournalError, JournalFile};

/// How much is read at a time. Each piece ends at a place from which reading can begin later.
const PIECE_BYTES: usize = 64 * 1024;

/// How many torn tails are kept beside a journal before opening it asks for somebody to tidy up.
const TORN_TAILS_MAX: u32 = 10_000;

/// A journal that was opened.
#[derive(Debug)]
pub struct Opened<D: Disk> {
    /// The journal, ready for appending.
    pub journal: JournalFile<D>,
    /// The tail that was cut off, if the last write had not got to the disk as a whole.
    pub torn: Option<Torn>,
}

/// A torn tail that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Where the cut-off bytes are now: the journal's path with `.torn-<n>` behind it.
    pub set_aside: PathBuf,
    /// The offset at which the journal was cut.
    pub at: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// What is in a journal that nobody has touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// What the bytes are.
    pub verdict: Verdict,
    /// How many records stand in order.
    pub records: u64,
    /// How many bytes the file has.
    pub bytes: u64,
}

impl<D: Disk> JournalFile<D> {
    /// Opens a journal, hands its records to `sink` in order, and makes certain of its end: a torn tail is copied to a
    /// file beside it and cut off, and what no watermark vouches for is written once more and synced, since memory may
    /// show bytes that the disk never got. Its name is synced, too, since whoever created it may have failed before that.
    ///
    /// # Errors
    ///
    /// [`JournalError::Damaged`] if bytes that once were safe have changed; the file is left as it is. Otherwise those
    /// of the operating system.
    pub fn open(
        disk: D,
        path: &Path,
        mut sink: impl FnMut(Line<'_>) -> Result<(), Unreadable>,
    ) -> Result<Opened<D>, JournalError> {
        let mut file = disk.open(path).map_err(JournalError::io("open", path))?;
        let mut scanner = Scanner::new();
        let mut checkpoints = vec![Place::START];
        let mut bytes = 0;
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            let count = file
                .read_at(&mut buffer, bytes)
                .map_err(JournalError::io("read", path))?;
            if count == 0 {
                break;
            }
            bytes += count as u64;
            scanner.feed(&buffer[..count], |line| match line.standing {
                Standing::InOrder => sink(line),
                Standing::Adrift => Ok(()),
            });
            checkpoints.push(scanner.place());
        }
        checkpoints.dedup();
        let (end, watermark) = (scanner.place(), scanner.watermark());
        let torn = match scanner.finish() {
            Verdict::Clean => None,
            Verdict::Torn { at } => Some(set_aside(&disk, &mut file, path, at, bytes)?),
            Verdict::Corrupt { at, line, what } => {
                return Err(JournalError::Damaged {
                    path: path.to_owned(),
                    at,
                    line,
                    what,
                });
            }
        };
        make_certain(&mut file, watermark..end.offset).map_err(JournalError::io("sync", path))?;
        disk.sync_entry(path)
            .map_err(JournalError::io("sync the folder of", path))?;
        let journal = Self::opened(path, file, end, checkpoints);
        Ok(Opened { journal, torn })
    }
}

/// Reads a journal without touching it: nothing is repaired, nothing is locked. Records adrift are handed out too.
///
/// # Errors
///
/// Those of the operating system; damage is no error but what is asked for.
pub fn inspect(
    path: &Path,
    mut sink: impl FnMut(Line<'_>) -> Result<(), Unreadable>,
) -> Result<Inspection, JournalError> {
    let mut file = File::open(path).map_err(JournalError::io("open", path))?;
    let mut scanner = Scanner::new();
    let mut buffer = vec![0; PIECE_BYTES];
    let mut bytes = 0;
    loop {
        let count = file
            .read(&mut buffer)
            .map_err(JournalError::io("read", path))?;
        if count == 0 {
            break;
        }
        bytes += count as u64;
        scanner.feed(&buffer[..count], &mut sink);
    }
    Ok(Inspection {
        records: scanner.place().records,
        verdict: scanner.finish(),
        bytes,
    })
}

/// Copies the tail to a file of its own, durably, and only then cuts it off.
fn set_aside<D: Disk>(
    disk: &D,
    file: &mut D::File,
    path: &Path,
    at: u64,
    bytes: u64,
) -> Result<Torn, JournalError> {
    let mut tail = vec![0; (bytes - at) as usize];
    read_exact_at(file, &mut tail, at).map_err(JournalError::io("read", path))?;
    let set_aside = write_beside(disk, path, &tail)?;
    file.cut(at).map_err(JournalError::io("cut", path))?;
    file.sync().map_err(JournalError::io("sync", path))?;
    Ok(Torn {
        set_aside,
        at,
        bytes: bytes - at,
    })
}

/// Writes the tail to the first free name `<path>.torn-<n>`.
fn write_beside<D: Disk>(disk: &D, path: &Path, tail: &[u8]) -> Result<PathBuf, JournalError> {
    for number in 1..=TORN_TAILS_MAX {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".torn-{number}"));
        let beside = PathBuf::from(name);
        let mut file = match disk.create_new(&beside) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(JournalError::io("create", &beside)(error)),
        };
        file.write_all_at(tail, 0)
            .and_then(|()| file.sync())
            .map_err(JournalError::io("write", &beside))?;
        disk.sync_entry(&beside)
            .map_err(JournalError::io("sync the folder of", &beside))?;
        return Ok(beside);
    }
    let full = io::Error::other(format!("{TORN_TAILS_MAX} torn tails lie beside it already"));
    Err(JournalError::io("set aside the torn tail of", path)(full))
}

/// Writes the bytes of a range over themselves and syncs.
fn make_certain<F: OpenFile>(file: &mut F, doubtful: std::ops::Range<u64>) -> io::Result<()> {
    let mut bytes = vec![0; doubtful.end.saturating_sub(doubtful.start) as usize];
    read_exact_at(file, &mut bytes, doubtful.start)?;
    file.write_all_at(&bytes, doubtful.start)?;
    file.sync()
}

fn read_exact_at<F: OpenFile>(
    file: &mut F,
    mut buffer: &mut [u8],
    mut offset: u64,
) -> io::Result<()> {
    while !buffer.is_empty() {
        let count = file.read_at(buffer, offset)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = &mut buffer[count..];
        offset += count as u64;
    }
    Ok(())
}
