//! Files on their way to a client.

use mio_socketio::{WebRequest, WebResponse};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file or folder as it was at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) struct Version {
    device: u64,
    inode: u64,
    /// The last change, in seconds and nanoseconds; 0 for a folder.
    changed: (i64, i64),
    pub(in crate::chat) bytes: u64,
}

impl Version {
    pub(in crate::chat) fn of(about: &Metadata) -> Self {
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
    pub(in crate::chat) fn tag(&self) -> String {
        let Self { device, inode, changed: (seconds, nanoseconds), bytes } = self;
        format!("\"{device:x}-{inode:x}-{seconds:x}.{nanoseconds:x}-{bytes:x}\"")
    }
}

/// A file that is being sent. It is opened anew for each piece, so that a client that reads slowly
/// takes no descriptor.
pub(in crate::chat) struct Sent {
    path: PathBuf,
    version: Version,
    at: u64,
}

impl Sent {
    /// The file at `path`, which must stay in this version, from the byte `at` on.
    pub(in crate::chat) const fn from(path: PathBuf, version: Version, at: u64) -> Self {
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

/// The part of a file that a request asks for (RFC 9110, 14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Whole,
    /// The bytes from the first to the last.
    Bytes(u64, u64),
    /// Bytes after its end.
    Nothing,
}

/// Answers with a file, or with the part of it that the request asks for.
pub(in crate::chat) fn send(
    request: &WebRequest<'_>,
    content_type: &str,
    path: PathBuf,
    version: Version,
) -> WebResponse {
    let all = version.bytes;
    let is_of_this = request.head.header("if-range").is_none_or(|tag| tag == version.tag());
    let range = request.head.header("range").filter(|_| is_of_this);
    let response = match range.map_or(Wanted::Whole, |range| wanted(range, all)) {
        Wanted::Whole => WebResponse::stream(content_type, Sent::from(path, version, 0), all),
        Wanted::Bytes(first, last) => {
            let sent = Sent::from(path, version, first);
            let mut response = WebResponse::stream(content_type, sent, last + 1 - first);
            response.status = 206;
            response.header("Content-Range", &format!("bytes {first}-{last}/{all}"))
        }
        Wanted::Nothing => {
            let response = WebResponse::text(416, "the file ends before that\n");
            response.header("Content-Range", &format!("bytes */{all}"))
        }
    };
    response.header("Accept-Ranges", "bytes")
}

/// The part of a file with `all` bytes that a `Range` names. The whole file is right for anything
/// that is not understood, and for several parts at once.
fn wanted(range: &str, all: u64) -> Wanted {
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let range = range.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-'));
    let Some((first, last)) = range else { return Wanted::Whole };
    match (number(first), number(last)) {
        (Some(first), _) if first >= all && (last.is_empty() || number(last).is_some()) => {
            Wanted::Nothing
        }
        (Some(first), Some(last)) if last >= first => Wanted::Bytes(first, last.min(all - 1)),
        (Some(first), None) if last.is_empty() => Wanted::Bytes(first, all - 1),
        (None, Some(0)) if first.is_empty() => Wanted::Nothing,
        (None, Some(_)) if first.is_empty() && all == 0 => Wanted::Nothing,
        (None, Some(count)) if first.is_empty() => {
            Wanted::Bytes(all.saturating_sub(count), all - 1)
        }
        _ => Wanted::Whole,
    }
}

/// Opens a file to send.
pub(in crate::chat) fn open(path: &Path) -> io::Result<(File, Version)> {
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
    fn a_range_is_one_part_of_a_file_or_the_whole() {
        for (range, part) in [
            ("bytes=0-", Wanted::Bytes(0, 9)),
            ("bytes=0-0", Wanted::Bytes(0, 0)),
            ("bytes=3-5", Wanted::Bytes(3, 5)),
            ("bytes=3-99999999999999999999999", Wanted::Bytes(3, 9)),
            ("bytes=-4", Wanted::Bytes(6, 9)),
            ("bytes=-40", Wanted::Bytes(0, 9)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-3", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=x-", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(wanted(range, 10), part, "{range}");
        }
        assert_eq!(["bytes=0-", "bytes=-1"].map(|range| wanted(range, 0)), [Wanted::Nothing; 2]);
    }

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
