//! The commands `export`, `purge` and `backup`.

use super::failure::Failure;
use super::options::{Export, ExportFormat, Purge};
use super::pause;
use clap::Args;
use mio_chat::chat::history::{self, Format, OpenError, PurgeOrder};
use mio_chat::limits::{COPY_NICENESS, PURGE_PAUSE_SECONDS, PURGE_PAUSE_TO_SLICE};
use mio_socketio::Stopwatch;
use rustix::process::nice;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// File to write, which must not exist yet. To restore it, stop the server, move its file and
    /// those beside it (-wal, -shm) away, copy the backup to where --db points, and start the
    /// server.
    #[arg(value_name = "TO")]
    pub(crate) to: PathBuf,
    /// Replace an existing file.
    #[arg(long)]
    pub(crate) force: bool,
    /// File of the history.
    #[arg(long, value_name = "PATH", env = "MIO_CHAT_DB", default_value = "mio-chat.db")]
    pub(crate) db: PathBuf,
}

/// Copies the history.
pub(crate) fn backup(options: &Backup) -> Result<(), Failure> {
    let Backup { to, force, db } = options;
    stand_back();
    history::backup(db, to, *force).map_err(|error| match error {
        error @ (OpenError::Io(_) | OpenError::InUse) => Failure::Backup(to.clone(), error),
        error => Failure::File(db.clone(), error),
    })
}

/// Lets a server on the same processor go first: people wait for it, and a copy has time. If the
/// system refuses, nothing is lost.
fn stand_back() {
    let _ = nice(COPY_NICENESS);
}

/// Writes the history to standard output.
pub(crate) fn export(options: &Export) -> Result<(), Failure> {
    let format = match options.format {
        ExportFormat::Txt => Format::Text,
        ExportFormat::Jsonl => Format::JsonLines,
    };
    stand_back();
    let mut out = BufWriter::new(io::stdout().lock());
    match history::export(&options.db, options.room.as_deref(), format, &mut out) {
        // The reader has seen enough.
        Err(OpenError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(OpenError::Io(error)) => Err(Failure::Export(OpenError::Io(error))),
        done => done.map_err(|error| Failure::File(options.db.clone(), error)),
    }
}

/// Starts this program once more, to purge a file as another node was told to, while the server
/// goes on.
pub(crate) fn start_purge(db: &Path, order: &PurgeOrder) -> io::Result<Child> {
    // The running program itself, even if another has replaced it on the disk.
    let own = Path::new("/proc/self/exe");
    let program = if own.exists() { own.to_owned() } else { std::env::current_exe()? };
    let mut command = Command::new(program);
    command.arg("purge").arg("--db").arg(db);
    command.arg(format!("--told-before={}", order.before_ms));
    if let Some(room) = &order.room {
        command.arg("--room").arg(room);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

/// Erases old messages, and prints their number.
pub(crate) fn purge(options: &Purge) -> Result<(), Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let by_days = |days: u32| now_ms - i64::from(days) * DAY_MS;
    let before_ms = options.older_than.map(by_days).or(options.told_before).unwrap_or(i64::MIN);
    let failed = |error| Failure::File(options.db.clone(), error);
    let room = options.room.as_deref();
    let is_told = options.told_before.is_some();
    let mut old = match history::Purge::open(&options.db, before_ms, room) {
        // Messages purged at another node may never have been here.
        Err(OpenError::NoRoom(_)) if is_told => return Ok(()),
        opened => opened.map_err(failed)?,
    };
    match is_told {
        true => stand_back(),
        false => old.tell_nodes().map_err(failed)?,
    }
    let mut count = 0;
    loop {
        let watch = Stopwatch::start();
        let Some(some) = old.step().map_err(failed)? else { break };
        count += some;
        // Gives other programs that wait for the file a chance.
        let seconds = (watch.seconds() * PURGE_PAUSE_TO_SLICE).max(PURGE_PAUSE_SECONDS);
        pause(Duration::from_secs_f64(seconds));
    }
    super::logging::say(&format!("{count} messages deleted\n"));
    Ok(())
}
