//! The file of a Unix socket: its creation, its permissions, and its removal.

use crate::limits::{ACCEPT_BACKLOG, SOCKET_FILE_MODE};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs::{self, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The file of a listening socket. It is removed when this is dropped, unless another has taken its
/// place.
#[derive(Debug)]
pub struct OwnedFile {
    path: PathBuf,
    /// The device and the number of the file.
    identity: (u64, u64),
}

impl OwnedFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for OwnedFile {
    fn drop(&mut self) {
        let is_own = |found: Metadata| identity(&found) == self.identity;
        if fs::symlink_metadata(&self.path).is_ok_and(is_own)
            && let Err(error) = fs::remove_file(&self.path)
        {
            log::warn!("cannot remove path={} error=\"{error}\"", self.path.display());
        }
    }
}

/// Listens at `path`. The permissions are set before anybody can connect.
///
/// # Errors
/// `AddrInUse` if a server listens there, `AlreadyExists` if there is a file that is not a socket;
/// or an error of the system.
pub(super) fn listen(path: &Path) -> io::Result<(Socket, OwnedFile)> {
    let address = SockAddr::unix(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.bind(&address) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            remove_left(path, &address)?;
            socket.bind(&address)?;
        }
        bound => bound?,
    }
    let identity = identity(&fs::symlink_metadata(path)?);
    let file = OwnedFile { path: path.to_owned(), identity };
    fs::set_permissions(path, Permissions::from_mode(SOCKET_FILE_MODE))?;
    socket.listen(ACCEPT_BACKLOG)?;
    Ok((socket, file))
}

/// Removes the socket at `path` if the server that listened there has died.
fn remove_left(path: &Path, address: &SockAddr) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "there is a file that is no socket"));
    }
    // A socket of the other type learns whether there is a server (EPROTOTYPE) without connecting.
    match Socket::new(Domain::UNIX, Type::DGRAM, None)?.connect(address) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(error),
        Ok(()) | Err(_) => {
            Err(io::Error::new(ErrorKind::AddrInUse, "another server is listening there"))
        }
    }
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    fn kind(path: &Path) -> ErrorKind {
        listen(path).map(drop).expect_err("it cannot listen").kind()
    }

    #[test]
    fn only_a_socket_that_nobody_listens_at_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.sock");
        // A dropped listener leaves its file, as a killed server does.
        drop(UnixListener::bind(&path).expect("a socket"));
        let (socket, file) = listen(&path).expect("it is replaced");
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, SOCKET_FILE_MODE);
        assert_eq!(kind(&path), ErrorKind::AddrInUse);
        drop((socket, file));
        assert!(!path.exists(), "the file goes with the listener");
        fs::write(&path, "a letter").expect("a file");
        assert_eq!(kind(&path), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("a file"), b"a letter");
        assert_eq!(kind(&folder.path().join("none/chat.sock")), ErrorKind::NotFound);
        assert_eq!(kind(&folder.path().join("x".repeat(200))), ErrorKind::InvalidInput);
    }

    #[test]
    fn a_file_that_has_taken_its_place_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("chat.sock");
        let own = listen(&path).expect("nobody is there");
        fs::rename(&path, folder.path().join("moved")).expect("it is moved");
        let _other = UnixListener::bind(&path).expect("a socket");
        drop(own);
        assert!(path.exists());
    }
}
