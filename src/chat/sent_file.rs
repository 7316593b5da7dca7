//! Files on their way to a client.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file or folder as it was at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    device: u64,
    inode: u64,
    /// The last change, in seconds and nanoseconds; 0 for a folder.
    changed: (i64, i64),
    pub(super) bytes: u64,
}

impl Version {
    pub(super) fn of(about: &Metadata) -> Self {
        let (device, inode) = (about.dev(), about.ino());
        match about.is_dir() {
            true => Self { device, inode, changed: (0, 0), bytes: 0 },
            false => {
                let changed = (about.mtime(), about.mtime_nsec());
                Self { device, inode, changed, bytes: about.len() }
            }
        }
    }

    /// A tag that changes with it (RFC 9110, 8.8.3).
    pub(super) fn tag(&self) -> String {
        let Self { device, inode, changed: (seconds, nanoseconds), bytes } = self;
        format!("\"{device:x}-{inode:x}-{seconds:x}.{nanoseconds:x}-{bytes:x}\"")
    }
}

/// A file that is being sent. It is opened anew for each piece, so that a client that reads slowly
/// takes no descriptor.
pub(super) struct Sent {
    path: PathBuf,
    version: Version,
    at: u64,
}

impl Sent {
    /// The file at `path`, which must stay in this version, from the byte `at` on.
    pub(super) const fn from(path: PathBuf, version: Version, at: u64) -> Self {
        Self { path, version, at }
    }
}

impl Read for Sent {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (mut file, version) = open(&self.path)?;
        if version != self.version {
            return Err(io::Error::other("the file has changed"));
        }
        file.seek(SeekFrom::Start(self.at))?;
        let count = file.read(into)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// Opens a file to send.
pub(super) fn open(path: &Path) -> io::Result<(File, Version)> {
    // The loop would wait for a pipe.
    if !fs::metadata(path)?.is_file() {
        return Err(ErrorKind::NotFound.into());
    }
    let file = File::open(path)?;
    let version = Version::of(&file.metadata()?);
    Ok((file, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changes_on_its_way_is_not_mixed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "one").expect("a file");
        let version = open(&path).expect("the file").1;
        let mut sent = Sent::from(path.clone(), version, 0);
        let mut into = [0; 2];
        assert_eq!((sent.read(&mut into).ok(), &into), (Some(2), b"on"));
        fs::write(&path, "other").expect("a file");
        assert!(sent.read(&mut into).is_err());
    }
}
