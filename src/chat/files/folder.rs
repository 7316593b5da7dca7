//! The folder of the files that people have sent: each is named by a hash of its upload and its
//! content.

use super::kind::{self, Image};
use super::sent_file::{Version, open};
use crate::chat::history::file_id;
use crate::limits::{FILE_PIECE_BYTES, FILE_UNSENT_MS, FILES_TO_ADDRESS, FILES_TO_PERSON};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Nobody else may read the folder or its files.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// The file with the key of all hashes.
const KEY: &str = "key";
const KEY_BYTES: usize = 32;
/// The beginning of the names of files that are not whole yet.
const PART: &str = "upload-";

/// The hash of a file's content, while it comes.
pub(super) type Hash = Hmac<Sha256>;

/// A folder of files that people have sent.
///
/// A file has the name of a keyed hash of its upload and its content, which nobody can guess, not
/// even of content that they have. No two uploads share a file: each goes with its own message.
#[derive(Clone)]
pub struct FileFolder {
    root: PathBuf,
    key: [u8; KEY_BYTES],
    /// Bytes of one file.
    pub(super) file_bytes_max: u64,
    /// Bytes of all files.
    pub(super) all_bytes_max: u64,
    /// Bytes of one piece.
    pub(super) piece_bytes: usize,
}

/// A file of the folder, found by its id.
pub(super) struct FoundFile {
    pub(super) path: PathBuf,
    pub(super) version: Version,
    pub(super) image: Option<Image>,
}

impl FileFolder {
    /// Opens the folder at `root`, which is made if it is not there. It takes files of up to
    /// `file_bytes_max` bytes and `all_bytes_max` in all, in requests of up to `request_bytes_max`
    /// bytes.
    ///
    /// # Errors
    /// If there can be no such folder, or its key cannot be read.
    pub fn open(
        root: &Path,
        file_bytes_max: u64,
        all_bytes_max: u64,
        request_bytes_max: usize,
    ) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(root)?;
        let root = root.canonicalize()?;
        let key = key(&root.join(KEY))?;
        let piece_bytes = FILE_PIECE_BYTES.min(request_bytes_max);
        let folder = Self { root, key, file_bytes_max, all_bytes_max, piece_bytes };
        folder.remove_old_parts()?;
        Ok(folder)
    }

    /// Whether a server has kept files in the folder at `root`.
    pub fn is_at(root: &Path) -> bool {
        root.join(KEY).is_file()
    }

    /// Its path, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Bytes that one person's files may have.
    pub(super) const fn person_bytes_max(&self) -> u64 {
        let part = self.all_bytes_max / FILES_TO_PERSON;
        // A small folder still takes one file.
        if part > self.file_bytes_max { part } else { self.file_bytes_max }
    }

    /// Bytes that files from one address may have.
    pub(super) const fn address_bytes_max(&self) -> u64 {
        let (part, person) = (self.all_bytes_max / FILES_TO_ADDRESS, self.person_bytes_max());
        if part > person { part } else { person }
    }

    /// Removes what an earlier server has left of uploads. Another server of the chat may have the
    /// same folder, so those that may still go on stay.
    fn remove_old_parts(&self) -> io::Result<()> {
        let old = Duration::from_millis(FILE_UNSENT_MS.cast_unsigned());
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let is_part = entry.file_name().as_encoded_bytes().starts_with(PART.as_bytes());
            let age = || entry.metadata()?.modified()?.elapsed().map_err(io::Error::other);
            if is_part && age().is_ok_and(|age| age > old) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// The hash of something that begins with this text: of an upload without content yet.
    ///
    /// # Panics
    /// Never: a key of any length will do.
    pub(super) fn hash(&self, begin: &str) -> Hash {
        let mut hash = Hash::new_from_slice(&self.key).expect("a key of any length will do");
        hash.update(begin.as_bytes());
        hash
    }

    /// The file of an upload that is not whole yet. The upload's name is the server's own.
    pub(super) fn part(&self, upload: &str) -> PathBuf {
        self.root.join(format!("{PART}{upload}"))
    }

    /// Gives a whole file of the person with the id `person` its name, the id, and tells what it
    /// is.
    ///
    /// # Errors
    /// If the file cannot be read or renamed.
    pub(super) fn finish(
        &self,
        part: &Path,
        hash: Hash,
        person: &str,
    ) -> io::Result<(String, Option<Image>)> {
        let image = kind::image(open(part)?.0)?;
        let id = file_id(&hash.finalize().into_bytes(), person);
        fs::rename(part, self.root.join(&id))?;
        Ok((id, image))
    }

    /// The file with this id, which has only hexadecimal digits.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub(super) fn find(&self, id: &str) -> io::Result<FoundFile> {
        let path = self.root.join(id);
        let (file, version) = open(&path)?;
        Ok(FoundFile { path, version, image: kind::image(file)? })
    }

    /// Deletes the file with this id.
    pub(super) fn remove(&self, id: &str) {
        remove(&self.root.join(id));
    }
}

/// Writes a piece of a file at its place.
///
/// # Errors
/// If it cannot be written whole.
pub(super) fn write_piece(part: &Path, at: u64, piece: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(FILE_MODE).open(part)?;
    file.write_all_at(piece, at)
}

/// Deletes a file, if it is there.
pub(super) fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            log::warn!("a file cannot be deleted file={} error=\"{error}\"", path.display());
        }
        _ => (),
    }
}

/// The key in this file; a new one if there is no such file.
fn key(path: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    match fs::read(path) {
        Ok(kept) => {
            let kept: &[u8; KEY_BYTES] = kept.as_slice().try_into().map_err(|_| {
                let why = format!("{} has no key of {KEY_BYTES} bytes", path.display());
                io::Error::new(ErrorKind::InvalidData, why)
            })?;
            return Ok(*kept);
        }
        Err(error) if error.kind() == ErrorKind::NotFound => (),
        Err(error) => return Err(error),
    }
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(&key)?;
    Ok(key)
}

impl std::fmt::Debug for FileFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileFolder").field("root", &self.root).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open_in(root: &Path) -> io::Result<FileFolder> {
        FileFolder::open(root, 10, 1_000, 100)
    }

    fn sent(folder: &FileFolder, upload: &str, content: &[u8]) -> String {
        let part = folder.part(upload);
        write_piece(&part, 0, content).expect("a file");
        let mut hash = folder.hash(upload);
        hash.update(content);
        folder.finish(&part, hash, "p").expect("a name").0
    }

    #[test]
    fn each_upload_is_a_file_of_its_own_with_a_name_that_only_this_folder_gives() {
        let outside = tempfile::tempdir().expect("a folder");
        let folder = open_in(&outside.path().join("a/b")).expect("a new folder");
        let id = sent(&folder, "x", b"same");
        let other = sent(&folder, "y", b"same");
        assert_ne!(id, other, "it goes with another message");
        let again = open_in(folder.path()).expect("the folder");
        assert_eq!(sent(&again, "x", b"same"), id, "the key stays");
        let elsewhere = open_in(&outside.path().join("c")).expect("a new folder");
        assert_ne!(sent(&elsewhere, "x", b"same"), id);
        folder.remove(&other);
        folder.remove(&other);
        assert!(folder.find(&other).is_err() && folder.find(&id).is_ok());
    }

    #[test]
    fn a_folder_with_another_key_than_one_of_ours_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(KEY), "short").expect("a file");
        let error = open_in(folder.path()).expect_err("the key is too short");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}
