//! The history from outside: `export` and `purge`.

use super::failure::Failure;
use super::options::{Export, ExportFormat, Purge};
use mio_chat::chat::history::{self, Format, OpenError};
use mio_chat::limits::PURGE_PAUSE_NS;
use rustix::event::{Timespec, poll};
use std::io::{self, BufWriter};
use std::time::{SystemTime, UNIX_EPOCH};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Writes the history to standard output.
pub(crate) fn export(options: &Export) -> Result<(), Failure> {
    let format = match options.format {
        ExportFormat::Txt => Format::Text,
        ExportFormat::Jsonl => Format::JsonLines,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    match history::export(&options.db, options.room.as_deref(), format, &mut out) {
        // Whoever reads it has seen enough.
        Err(OpenError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(OpenError::Io(error)) => Err(Failure::Export(OpenError::Io(error))),
        done => done.map_err(|error| Failure::File(options.db.clone(), error)),
    }
}

/// Deletes old messages, and tells how many.
pub(crate) fn purge(options: &Purge) -> Result<(), Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let before_ms = now_ms - i64::from(options.older_than) * DAY_MS;
    let failed = |error| Failure::File(options.db.clone(), error);
    let mut old = history::Purge::open(&options.db, before_ms).map_err(failed)?;
    let mut count = 0;
    while let Some(some) = old.step().map_err(failed)? {
        count += some;
        // Whoever waits for the file gets it now.
        let pause = Timespec { tv_sec: 0, tv_nsec: PURGE_PAUSE_NS };
        let _ = poll(&mut [], Some(&pause));
    }
    super::logging::say(&format!("{count} messages deleted\n"));
    Ok(())
}
