//! The commands `export`, `purge` and `backup`.

use super::failure::Failure;
use super::options::{Export, ExportFormat, Purge, ServersConfig};
use super::pause;
use clap::Args;
use mio_chat::chat::history::{self, Format, OpenError};
use mio_chat::limits::{COPY_NICENESS, PURGE_PAUSE_SECONDS, PURGE_PAUSE_TO_SLICE};
use mio_socketio::Stopwatch;
use rustix::process::nice;
use std::io::{self, BufWriter};
use std::path::PathBuf;
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
    #[command(flatten)]
    pub(crate) config: ServersConfig,
}

/// Copies the history.
pub(crate) fn backup(options: &Backup) -> Result<(), Failure> {
    let Backup { to, force, db, .. } = options;
    stand_back();
    history::backup(db, to, *force).map_err(|error| match error {
        error @ (OpenError::Io(_) | OpenError::InUse) => Failure::Backup(to.clone(), error),
        error => Failure::File(db.clone(), error),
    })
}

/// Lets a server on the same processor go first: people wait for it, and a copy has time. If the
/// system refuses, nothing is lost.
pub(crate) fn stand_back() {
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

/// Erases old messages, and prints their number.
pub(crate) fn purge(options: &Purge) -> Result<(), Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let before_ms = now_ms - i64::from(options.older_than) * DAY_MS;
    let failed = |error| Failure::File(options.db.clone(), error);
    let old = history::Purge::open(&options.db, before_ms, options.room.as_deref());
    let mut old = old.map_err(failed)?;
    old.tell_nodes().map_err(failed)?;
    let mut count = 0;
    while let Some((some, length)) = step(&mut old).map_err(failed)? {
        count += some;
        pause(length);
    }
    super::logging::say(&format!("{count} messages deleted\n"));
    Ok(())
}

/// Does one step of a purge. Returns how many messages it deleted, and how long to pause, which
/// gives other programs that wait for the file a chance; `None` when everything is done.
pub(crate) fn step(old: &mut history::Purge) -> Result<Option<(usize, Duration)>, OpenError> {
    let watch = Stopwatch::start();
    let Some(count) = old.step()? else { return Ok(None) };
    let seconds = (watch.seconds() * PURGE_PAUSE_TO_SLICE).max(PURGE_PAUSE_SECONDS);
    Ok(Some((count, Duration::from_secs_f64(seconds))))
}
