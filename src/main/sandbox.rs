//! The sandbox. Once it serves, the process gives up rights that a chat never needs: to files, to
//! the network, to system calls. A fault that lets somebody run code in the server then gets them
//! little.

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use super::doors::DOORS;
use super::options::Serve;
use super::serve::keeps_history;
use mio_socketio::{Listen, ListenAddress};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The rights that a server still needs while it serves.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Folders in which it creates, writes and deletes files.
    writes: Vec<PathBuf>,
    /// Folders in which it reads files again: settings, certificates.
    reads: Vec<PathBuf>,
    /// Folders in which it deletes its Unix sockets.
    deletes: Vec<PathBuf>,
    /// It makes connections.
    connects: Option<Connects>,
}

/// The connections that a server makes. Hosts are looked up before it gives up its rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Connects {
    /// TCP connections to this port, with TLS or without.
    Tcp(u16),
    /// Connections to the Unix sockets in these folders.
    Unix(Vec<PathBuf>),
}

/// One kind of guard, and its state in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Guard {
    /// It holds; its extent.
    Holds(String),
    /// It does not; the reason.
    Lacks(String),
}

/// The guards of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sandbox {
    /// Landlock: files, and outgoing connections.
    pub(crate) files: Guard,
    /// seccomp: system calls.
    pub(crate) calls: Guard,
}

impl Needs {
    /// The needs of a server with these flags that listens as `listen` says.
    pub(crate) fn of(options: &Serve, listen: &Listen) -> Self {
        let mut needs = Self::default();
        if keeps_history(options) {
            needs.writes = folders(&options.db);
        }
        needs.writes.extend(options.files_folder().and_then(|it| it.canonicalize().ok()));
        let again = [&options.config, &options.tls_cert, &options.tls_key].into_iter().flatten();
        needs.reads.extend(again.flat_map(|file| folders(file)));
        needs.reads.extend(options.static_folder.iter().map(|folder| folder.path().to_owned()));
        let addresses = DOORS.iter().flat_map(|door| (door.addresses)(listen));
        needs.deletes.extend(addresses.filter_map(|address| match address {
            ListenAddress::Unix(path) => folders(&path).into_iter().next(),
            ListenAddress::Tcp(_) => None,
        }));
        needs.connects = options.nodes.connects();
        needs
    }

    /// The needs of a process that purges this file.
    pub(crate) fn of_purger(db: &Path) -> Self {
        Self { writes: folders(db), ..Self::default() }
    }

    /// Gives up everything else, for as long as this process lives. What the system does not offer
    /// is left out.
    pub(crate) fn enter(&self) -> Sandbox {
        #[cfg(target_os = "linux")]
        {
            let files = files::restrict(self);
            let calls = calls::restrict(self.connects.as_ref());
            Sandbox { files, calls }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let lacks = || Guard::Lacks("only Linux has it".to_owned());
            Sandbox { files: lacks(), calls: lacks() }
        }
    }
}

/// The folders of a file: that of its path, and that of the file itself if the path is a link.
/// Files that are put in its place there are found too.
pub(crate) fn folders(file: &Path) -> Vec<PathBuf> {
    let of = |file: &Path| {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()
    };
    let mut all: Vec<PathBuf> = of(file).into_iter().collect();
    let own = fs::canonicalize(file).ok().and_then(|file| of(&file));
    all.extend(own.filter(|own| !all.contains(own)));
    all
}

impl Sandbox {
    /// Says in the log what holds.
    pub(crate) fn log(&self) {
        let Self { files, calls } = self;
        let hint = "a fault in the server would reach further";
        match (files, calls) {
            (Guard::Holds(files), Guard::Holds(calls)) => {
                log::info!("guarded files=\"{files}\" calls=\"{calls}\"");
            }
            _ => log::warn!("guarded in part files=\"{files}\" calls=\"{calls}\" hint=\"{hint}\""),
        }
    }
}

impl Sandbox {
    /// A sentence about what holds.
    pub(crate) fn sentence(&self) -> String {
        let Self { files, calls } = self;
        format!(
            "It would give up files and connections ({files}) and system calls ({calls}) that it \
             does not need."
        )
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds(extent) => f.write_str(extent),
            Self::Lacks(why) => write!(f, "no: {why}"),
        }
    }
}
