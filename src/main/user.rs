//! The user as whom the server runs. Root opens the doors, and then becomes another user.

use super::doors::DOORS;
use super::failure::Failure;
use super::options::Serve;
use super::serve::keeps_history;
use mio_chat::chat::FileFolder;
use mio_socketio::Listen;
use nix::unistd::{Gid, Uid, User as Entry, setgid, setgroups, setuid};
use rustix::fs::{Access, access};
use rustix::process::geteuid;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// The files of a history, by the endings of their names.
const HISTORY: [&str; 5] = ["", "-wal", "-shm", "-lock", "-journal"];

/// The permissions of a new folder of sent files.
const FILES_FOLDER_MODE: u32 = 0o700;

/// The permissions to make files in a folder.
const WRITE_AND_ENTER: u32 = 0o3;

/// A user of this machine.
#[derive(Debug, Clone)]
pub(crate) struct User {
    name: String,
    uid: Uid,
    gid: Gid,
    /// The groups to which it belongs.
    groups: Vec<Gid>,
}

impl User {
    /// The user with this name, or with this number if no user has it as a name. A number needs no
    /// entry in `/etc/passwd`, which a container may lack; `UID:GID` names a group as well.
    ///
    /// # Errors
    /// If there is none; the reason.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let failed = |error: nix::Error| error.desc().to_lowercase();
        if let Some(entry) = Entry::from_name(name).map_err(failed)? {
            return Self::of(entry);
        }
        let (uid, gid) = name.split_once(':').unwrap_or((name, name));
        let (Ok(number), Ok(gid)) = (uid.parse().map(Uid::from_raw), gid.parse()) else {
            return Err("this machine has no such user".to_owned());
        };
        match Entry::from_uid(number).map_err(failed)? {
            Some(entry) if !name.contains(':') => Self::of(entry),
            _ => {
                let gid = Gid::from_raw(gid);
                Ok(Self { name: name.to_owned(), uid: number, gid, groups: vec![gid] })
            }
        }
    }

    fn of(Entry { name, uid, gid, .. }: Entry) -> Result<Self, String> {
        let groups = groups(&name, gid)?;
        Ok(Self { name, uid, gid, groups })
    }

    /// Makes the files of the history the user's that are root's.
    fn own(&self, db: &Path) -> io::Result<()> {
        for ending in HISTORY {
            let mut path = db.as_os_str().to_owned();
            path.push(ending);
            self.own_one(Path::new(&path))?;
        }
        Ok(())
    }

    /// Makes the folder of sent files the user's if it is root's, with the files in it. One that
    /// does not exist yet is made, because the user may not be able to. A folder in which no server
    /// has kept files is left alone: it may be anything.
    fn own_folder(&self, folder: &Path) -> io::Result<()> {
        let is_new = DirBuilder::new().mode(FILES_FOLDER_MODE).create(folder).is_ok();
        if !is_new && !FileFolder::is_at(folder) {
            return Ok(());
        }
        for entry in fs::read_dir(folder)? {
            self.own_one(&entry?.path())?;
        }
        self.own_one(folder)
    }

    /// Makes a file or a folder the user's if it is root's. Links are left alone: they may lead
    /// anywhere, and so may the second name of a file.
    fn own_one(&self, path: &Path) -> io::Result<()> {
        let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
        let Ok(file) = File::options().read(true).custom_flags(flags).open(path) else {
            return Ok(());
        };
        let metadata = file.metadata()?;
        let is_only_one = metadata.is_dir() || metadata.is_file() && metadata.nlink() == 1;
        if is_only_one && metadata.uid() == 0 {
            fchown(&file, Some(self.uid.as_raw()), Some(self.gid.as_raw()))?;
        }
        Ok(())
    }

    /// Whether it may make files in a folder, as far as the folder's permissions say.
    pub(crate) fn may_write(&self, folder: &Metadata) -> bool {
        let bits = if folder.uid() == self.uid.as_raw() {
            folder.mode() >> 6
        } else if self.groups.iter().any(|gid| gid.as_raw() == folder.gid()) {
            folder.mode() >> 3
        } else {
            folder.mode()
        };
        self.uid.is_root() || bits & WRITE_AND_ENTER == WRITE_AND_ENTER
    }

    /// Whether it is root.
    pub(crate) fn is_root(&self) -> bool {
        self.uid.is_root()
    }

    /// Becomes this user for good.
    fn enter(&self) -> io::Result<()> {
        setgroups(&self.groups)?;
        setgid(self.gid)?;
        setuid(self.uid)?;
        // With a way back nothing would be given up.
        match self.uid.is_root() || setuid(Uid::from_raw(0)).is_err() {
            true => Ok(()),
            false => Err(io::Error::other("the system lets it become root again")),
        }
    }
}

/// The groups of a user.
#[cfg(not(target_vendor = "apple"))]
fn groups(name: &str, gid: Gid) -> Result<Vec<Gid>, String> {
    let name = std::ffi::CString::new(name).map_err(|error| error.to_string())?;
    nix::unistd::getgrouplist(&name, gid).map_err(|error| error.desc().to_lowercase())
}

#[cfg(target_vendor = "apple")]
fn groups(_name: &str, gid: Gid) -> Result<Vec<Gid>, String> {
    Ok(vec![gid])
}

/// The user of `--user`.
///
/// # Errors
/// If there is none, or the process may not become that user.
pub(crate) fn wanted(options: &Serve) -> Result<Option<User>, Failure> {
    let Some(name) = &options.user else { return Ok(None) };
    let failed = |why| Failure::User(name.clone(), why);
    let user = User::named(name).map_err(failed)?;
    match geteuid().is_root() || geteuid().as_raw() == user.uid.as_raw() {
        true => Ok(Some(user)),
        false => Err(failed("only root can become another user".to_owned())),
    }
}

/// The first address of a door that others than this machine reach.
fn open_to_others(listen: &Listen) -> Option<SocketAddr> {
    let addresses = DOORS.iter().flat_map(|door| (door.addresses)(listen));
    let mut tcp = addresses.filter_map(|address| address.tcp());
    tcp.find(|address| !address.ip().is_loopback())
}

/// Refuses a server for others that would run as root.
///
/// # Errors
/// If it is one, and nobody has named the user.
pub(crate) fn refuse_root(listen: &Listen, user: Option<&User>) -> Result<(), Failure> {
    match open_to_others(listen).filter(|_| user.is_none() && geteuid().is_root()) {
        Some(address) => Err(Failure::Root(address)),
        None => Ok(()),
    }
}

/// Goes on as `user`, once the doors are open. The history's files and the sent ones come
/// along.
///
/// # Errors
/// If the system refuses it, or the user cannot keep a history.
pub(crate) fn enter(user: &User, options: &Serve) -> Result<(), Failure> {
    if !geteuid().is_root() || user.uid.is_root() {
        return Ok(());
    }
    let failed = |error: io::Error| Failure::User(user.name.clone(), error.to_string());
    let db = keeps_history(options).then_some(&*options.db);
    if let Some(db) = db {
        user.own(db).map_err(failed)?;
    }
    if let Some(files) = options.files_folder() {
        user.own_folder(&files).map_err(failed)?;
    }
    user.enter().map_err(failed)?;
    log::info!("running as user={} uid={} gid={}", user.name, user.uid, user.gid);
    if let Some(folder) = db.map(folder).filter(|it| access(it, Access::WRITE_OK).is_err()) {
        return Err(Failure::UserFolder(user.name.clone(), folder));
    }
    warn_of_unreadable(options);
    Ok(())
}

/// The folder of a history.
fn folder(db: &Path) -> PathBuf {
    let folder = db.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// Warns of files that are read again later, and that only root could read.
fn warn_of_unreadable(options: &Serve) {
    let again = [&options.config, &options.tls_cert, &options.tls_key].into_iter().flatten();
    for file in again.filter(|file| access(&**file, Access::READ_OK).is_err()) {
        log::warn!(
            "cannot be read again as this user file={} hint=\"make it readable for the user, or \
             start the server anew when it changes\"",
            file.display()
        );
    }
}
