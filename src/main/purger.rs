//! The process that purges a node's file after a purge at another node. It is started on demand,
//! and told what to purge by a pair of sockets.

use super::failure::Failure;
use super::history::{stand_back, step};
use super::on_demand;
use super::options::PurgeAsTold;
use super::sandbox::Needs;
use mio_chat::chat::Purger;
use mio_chat::chat::history::{OpenError, Purge, PurgeOrder};
use mio_chat::limits::{PURGE_ANSWER_BYTES_MAX, PURGE_ORDER_BYTES_MAX};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Starts what is needed to purge a file as it is told, again and again.
///
/// # Errors
/// If the system refuses it.
pub(crate) fn start(db: &Path) -> io::Result<Purger> {
    let folder = db.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let command = ["purge-as-told", "--db"].map(OsStr::new).into_iter().chain([db.as_os_str()]);
    let command: Vec<&OsStr> = command.collect();
    // A purge takes as long as it takes.
    let (ours, child) = on_demand::start(&command, folder, None)?;
    Purger::new(ours, child)
}

/// Purges as it is told until the server has gone. It gives up the rights that it does not need.
pub(crate) fn run(options: &PurgeAsTold) -> Result<(), Failure> {
    stand_back();
    on_demand::end_with_the_server()?;
    on_demand::end_with_the_starter()?;
    let server = io::stdin().as_fd().try_clone_to_owned().map_err(Failure::Running)?;
    let server = UnixStream::from(server);
    Needs::of_purger(&options.db).enter();
    loop {
        let mut line = String::new();
        let mut order = BufReader::new(&server).take(PURGE_ORDER_BYTES_MAX);
        if order.read_line(&mut line).map_err(Failure::Running)? == 0 {
            return Ok(());
        }
        let mut answer = match PurgeOrder::of_line(&line).map(|it| purge(&options.db, it, &server))
        {
            Some(Ok(true)) => Purger::DONE.to_owned(),
            Some(Ok(false)) => return Ok(()),
            Some(Err(error)) => error.to_string(),
            None => "it is no order".to_owned(),
        };
        answer.truncate(answer.floor_char_boundary(PURGE_ANSWER_BYTES_MAX - 1));
        answer.push('\n');
        (&server).write_all(answer.as_bytes()).map_err(Failure::Running)?;
    }
}

/// Purges the file. False if the server has gone before the end.
fn purge(db: &Path, orders: Vec<PurgeOrder>, server: &UnixStream) -> Result<bool, OpenError> {
    let mut old = match Purge::all(db, orders) {
        // Messages purged at another node may never have been here.
        Err(OpenError::NoRoom(_)) => return Ok(true),
        opened => opened?,
    };
    while let Some((_, pause)) = step(&mut old)? {
        if has_gone(server, pause) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Waits, and says whether the server has gone meanwhile. It says nothing before it has an answer.
fn has_gone(server: &UnixStream, pause: Duration) -> bool {
    let pause = Timespec::try_from(pause).unwrap_or_default();
    poll(&mut [PollFd::new(server, PollFlags::IN)], Some(&pause)).is_ok_and(|count| count > 0)
}
