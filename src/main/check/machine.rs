//! The facts about the machine and its files that matter to a check.

use super::super::options::Serve;
use super::super::serve;
use super::super::user::User;
use rustix::fs::{Access, access, statfs, statvfs};
use rustix::process::{Resource, geteuid, getrlimit};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Kinds of file systems (statfs(2)) in memory: tmpfs and ramfs.
const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];
/// Kinds of file systems on other machines: NFS, SMB, CIFS, 9P.
const ELSEWHERE: [u64; 4] = [0x6969, 0x517b, 0xff53_4d42, 0x0102_1997];

/// The machine, as far as it matters.
#[derive(Debug, Clone, Default)]
pub(super) struct Machine {
    /// The check runs as root, and so would the server at first.
    pub(super) is_root: bool,
    /// The user whom the server would become; why there is none.
    pub(super) user: Option<Result<User, String>>,
    /// Files that the process may have open.
    pub(super) files: u64,
    /// Bytes of memory that the process may have, if that is known.
    pub(super) memory: Option<u64>,
    /// The folder of the history, if one is kept.
    pub(super) folder: Option<Folder>,
    /// The history's files and their permissions.
    pub(super) history: Vec<(PathBuf, u32)>,
    /// The configuration file's permissions.
    pub(super) config: Option<u32>,
}

/// The folder of the history.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) is_writable: bool,
    pub(super) is_in_memory: bool,
    pub(super) is_elsewhere: bool,
    pub(super) mode: u32,
    /// Bytes that are free.
    pub(super) free: u64,
}

impl Machine {
    /// This machine, and the files that `options` name.
    pub(super) fn of(options: &Serve) -> Self {
        let db = serve::keeps_history(options).then_some(&*options.db);
        let files = db.map(|db| ["", "-wal", "-shm"].map(|ending| beside(db, ending)));
        let mode = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.mode());
        let history = files.into_iter().flatten();
        let is_root = geteuid().is_root();
        let user = options.user.as_deref().map(User::named);
        let becomes = user.as_ref().and_then(|user| user.as_ref().ok()).filter(|_| is_root);
        Self {
            is_root,
            // The server raises its limit to the highest that it may have.
            files: getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX),
            memory: memory(),
            folder: db.map(|db| folder(db, becomes)),
            history: history.filter_map(|it| mode(&it).map(|mode| (it, mode))).collect(),
            config: options.config.as_deref().and_then(mode),
            user,
        }
    }
}

fn beside(db: &Path, ending: &str) -> PathBuf {
    let mut name = db.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The folder of a history that the server, or the user whom it becomes, writes.
fn folder(db: &Path, becomes: Option<&User>) -> Folder {
    let db = fs::canonicalize(db).unwrap_or_else(|_| db.to_owned());
    let path = db.parent().filter(|path| !path.as_os_str().is_empty());
    let path = path.unwrap_or(Path::new(".")).to_owned();
    // The number has 32 bits, but its type differs between machines.
    let kind = statfs(&path).map(|stat| stat.f_type as u64 & 0xffff_ffff).unwrap_or_default();
    let free = statvfs(&path).map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize));
    let metadata = fs::metadata(&path);
    let is_writable = match (becomes, &metadata) {
        (Some(user), Ok(metadata)) => user.may_write(metadata),
        _ => access(&path, Access::WRITE_OK | Access::EXEC_OK).is_ok(),
    };
    Folder {
        is_writable,
        is_in_memory: IN_MEMORY.contains(&kind),
        is_elsewhere: ELSEWHERE.contains(&kind),
        mode: metadata.map(|metadata| metadata.mode()).unwrap_or_default(),
        free: free.unwrap_or(u64::MAX),
        path,
    }
}

/// The memory of the machine, or what the control group leaves of it.
fn memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        Some(total.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    });
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|text| text.trim().parse().ok());
    machine.into_iter().chain(group).min()
}
