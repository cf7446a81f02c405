//! The few things a journal asks of a disk, and the real one. Tests put a failing disk in its place.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::dir;

/// Where journals lie.
pub trait Disk: Clone {
    /// An open file of this disk.
    type File: OpenFile + std::fmt::Debug;

    /// A file system of this disk as a whole.
    type Volume: Volume + std::fmt::Debug;

    /// Creates a file that must not exist yet, for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`File::create_new`].
    fn create_new(&self, path: &Path) -> io::Result<Self::File>;

    /// Opens an existing file for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`File::open`].
    fn open(&self, path: &Path) -> io::Result<Self::File>;

    /// Waits until the entry that names a file of this disk is on the medium.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn sync_entry(&self, path: &Path) -> io::Result<()>;

    /// The file system that a path lies on, if it can be synced as a whole and says so when that fails. To be asked for
    /// before what it shall sync is written, since it answers for failures from then on.
    fn volume(&self, path: &Path) -> Option<Self::Volume>;
}

/// A file system, for syncing many files at the price of one.
pub trait Volume {
    /// What tells it from others of the same disk.
    fn id(&self) -> u64;

    /// Waits until the content of all its files is on the medium.
    ///
    /// # Errors
    ///
    /// Those of the operating system; after one, nothing may be assumed about what was written to any of its files since
    /// the last success.
    fn sync(&self) -> io::Result<()>;
}

/// An open file.
pub trait OpenFile {
    /// Reads what it can from an offset; 0 is the end.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all the bytes at an offset, in one call if the system takes them in one.
    ///
    /// # Errors
    ///
    /// Those of the operating system; some of the bytes may have been written.
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Waits until the content is on the medium.
    ///
    /// # Errors
    ///
    /// Those of the operating system; after one, nothing may be assumed about what was written since the last success.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file to a length.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    fn cut(&mut self, len: u64) -> io::Result<()>;

    /// Whether the path names this very file and it has this length.
    fn is_still(&self, path: &Path, len: u64) -> bool;
}

/// The disk of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

/// A file of the [`RealDisk`].
#[derive(Debug)]
pub struct DiskFile {
    file: File,
    /// What tells it from every other file, for as long as it is open.
    identity: Identity,
}

/// A file system of the [`RealDisk`].
#[derive(Debug)]
pub struct DiskVolume {
    id: u64,
    /// A folder of it. Failures are counted from the opening of this on, and told once.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nothing to ask"))]
    folder: File,
}

impl Volume for DiskVolume {
    fn id(&self) -> u64 {
        self.id
    }

    #[cfg(target_os = "linux")]
    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.folder)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn sync(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Disk for RealDisk {
    type File = DiskFile;
    type Volume = DiskVolume;

    fn create_new(&self, path: &Path) -> io::Result<DiskFile> {
        let file =
            private(OpenOptions::new().read(true).write(true).create_new(true)).open(path)?;
        DiskFile::new(file)
    }

    fn open(&self, path: &Path) -> io::Result<DiskFile> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        DiskFile::new(file)
    }

    fn sync_entry(&self, path: &Path) -> io::Result<()> {
        dir::sync_folder_of(path)
    }

    #[cfg(target_os = "linux")]
    fn volume(&self, path: &Path) -> Option<DiskVolume> {
        use std::os::unix::fs::MetadataExt;
        if !tells_of_failures() {
            return None;
        }
        let folder = File::open(path).ok()?;
        let id = folder.metadata().ok()?.dev();
        Some(DiskVolume { id, folder })
    }

    #[cfg(not(target_os = "linux"))]
    fn volume(&self, _path: &Path) -> Option<DiskVolume> {
        None
    }
}

/// Whether `syncfs` reports what could not be written: since Linux 5.8. Before, it called everything good.
#[cfg(target_os = "linux")]
fn tells_of_failures() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next(), numbers.next());
    (major, minor) >= (Some(5), Some(8))
}

impl DiskFile {
    fn new(file: File) -> io::Result<Self> {
        let identity = identity(&file.metadata()?);
        Ok(Self { file, identity })
    }
}

impl OpenFile for DiskFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read(buffer)
    }

    #[cfg(unix)]
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
    }

    #[cfg(not(unix))]
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        use std::io::Write;
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn is_still(&self, path: &Path, len: u64) -> bool {
        let there = fs::metadata(path);
        there.is_ok_and(|there| there.len() == len && identity(&there) == self.identity)
    }
}

/// Lets only the owner read what is created.
#[cfg(unix)]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// The file system and the number of a file on it. No other file can have both while this one is open.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Elsewhere an open file cannot be deleted or replaced.
#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_metadata: &Metadata) -> Identity {}
