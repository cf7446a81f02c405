//! The few things a journal asks of a disk, and the real one. Tests put a failing disk in its place.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Where journals lie.
pub trait Disk: Clone {
    /// An open file of this disk.
    type File: OpenFile + std::fmt::Debug;

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
}

impl Disk for RealDisk {
    type File = DiskFile;

    fn create_new(&self, path: &Path) -> io::Result<DiskFile> {
        let file =
            private(OpenOptions::new().read(true).write(true).create_new(true)).open(path)?;
        Ok(DiskFile { file })
    }

    fn open(&self, path: &Path) -> io::Result<DiskFile> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(DiskFile { file })
    }
}

impl OpenFile for DiskFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read(buffer)
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
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
        let (Ok(here), Ok(there)) = (self.file.metadata(), fs::metadata(path)) else {
            return false;
        };
        here.len() == len && same_file(&here, &there)
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

#[cfg(unix)]
fn same_file(here: &Metadata, there: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    here.dev() == there.dev() && here.ino() == there.ino()
}

/// Elsewhere an open file cannot be deleted or replaced.
#[cfg(not(unix))]
fn same_file(_here: &Metadata, _there: &Metadata) -> bool {
    true
}
