//! Processes beside the server that do slow work for it. The server may not start any once it is
//! guarded, and one that has died would be gone for good. So it starts a process before, which
//! waits: whenever the server writes something, it starts a worker with the same stream, and starts
//! the next one after that has ended.
//!
//! Somebody may kill that process too. So it has a deputy, which has the stream of the server too,
//! and takes its place, with another deputy, once it has died. If the deputy dies, also while a
//! worker runs, it starts another one. Only if both are killed at once is nobody left.

use super::failure::Failure;
use super::options::OnDemand;
use super::pause;
use mio_chat::limits::{WORKER_AGAIN_MS, WORKER_LOOK_MS, WORKER_LOST};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::iter;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Starts this program once more, to run a command of it (its name and its arguments) whenever
/// something is written to the stream. A worker may write its files for itself to `folder`, and is
/// killed after `life`, if that is given.
///
/// # Errors
/// If the system refuses it.
pub(crate) fn start(
    command: &[&OsStr],
    folder: &Path,
    life: Option<Duration>,
) -> io::Result<(UnixStream, Child)> {
    let (ours, its) = UnixStream::pair()?;
    let mut waiting = Command::new(own_program()?);
    waiting.arg("on-demand");
    if let Some(life) = life {
        waiting.arg("--life").arg(life.as_millis().to_string());
    }
    waiting.arg("--").args(command);
    waiting.stdin(OwnedFd::from(its)).stdout(Stdio::null()).stderr(Stdio::null());
    // Settings in the environment are for the server. SQLite's files for itself belong where the
    // process may write.
    waiting.env_clear().env("SQLITE_TMPDIR", folder);
    // Signals of a terminal are for the server.
    let child = waiting.process_group(0).spawn()?;
    Ok((ours, child))
}

/// The program that runs, also if another one has taken its place on the disk.
fn own_program() -> io::Result<PathBuf> {
    let own = Path::new("/proc/self/exe");
    if own.exists() { Ok(own.to_owned()) } else { std::env::current_exe() }
}

/// Makes this process end with its server, and not by a signal that an operator sends to all
/// processes of this name, to have files read again or to stop the server.
pub(crate) fn end_with_the_server() -> Result<(), Failure> {
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        flag::register(signal, Arc::default()).map_err(Failure::Running)?;
    }
    Ok(())
}

/// Runs a worker whenever the server has something for it, until the server has gone.
pub(crate) fn run(options: &OnDemand) -> Result<(), Failure> {
    end_with_the_server()?;
    let server = io::stdin().as_fd().try_clone_to_owned().map_err(Failure::Running)?;
    if options.deputy {
        let other = io::stdout().as_fd().try_clone_to_owned().map_err(Failure::Running)?;
        wait_for_end(&other).map_err(|error| Failure::Running(error.into()))?;
        // Its files are closed before the system ends the worker that it had started, which could
        // still take what the server writes next.
        pause(Duration::from_millis(WORKER_LOOK_MS));
        lose(&UnixStream::from(server.try_clone().map_err(Failure::Running)?));
    }
    let mut deputy = None;
    loop {
        if deputy.is_none() && look(&server) != Some(Wish::Gone) {
            deputy = Started::deputy(options, &server);
        }
        match wish(&server, deputy.as_ref()).map_err(|error| Failure::Running(error.into()))? {
            Wish::Work if work(options, &server, &mut deputy) => (),
            Wish::Work => {
                lose(&UnixStream::from(server.try_clone().map_err(Failure::Running)?));
                pause(Duration::from_millis(WORKER_AGAIN_MS));
            }
            Wish::Deputy => bury(&mut deputy),
            Wish::Gone => return Ok(()),
        }
    }
}

/// A process that this one has started.
struct Started {
    child: Child,
    /// Each of the two has an end, and sees there that the other has died.
    way: OwnedFd,
}

impl Started {
    /// Starts the process that takes the place of this one if it dies; `None` if the system refuses
    /// that now.
    fn deputy(options: &OnDemand, server: &OwnedFd) -> Option<Self> {
        let mut deputy = Command::new(own_program().ok()?);
        deputy.args(["on-demand", "--deputy"]);
        if let Some(life) = options.life {
            deputy.arg("--life").arg(life.to_string());
        }
        deputy.arg("--").args(&options.command);
        Self::start(deputy, server)
    }

    /// Starts a worker; `None` if the system refuses that now.
    fn worker(options: &OnDemand, server: &OwnedFd) -> Option<Self> {
        let mut worker = Command::new(own_program().ok()?);
        worker.args(&options.command);
        Self::start(worker, server)
    }

    fn start(mut command: Command, server: &OwnedFd) -> Option<Self> {
        let (ours, its) = UnixStream::pair().ok()?;
        command.stdin(server.try_clone().ok()?).stdout(OwnedFd::from(its)).stderr(Stdio::null());
        Some(Self { child: command.spawn().ok()?, way: ours.into() })
    }

    /// Waits for its end. False if it did not end well.
    fn ends_well(mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.success())
    }
}

/// Takes leave of a deputy that has died. The next one is not started at once: it may die too.
fn bury(deputy: &mut Option<Started>) {
    deputy.take().map(Started::ends_well);
    pause(Duration::from_millis(WORKER_AGAIN_MS));
}

/// The event for which the process waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// The server has something to do.
    Work,
    /// Another deputy must be started: the last one has died.
    Deputy,
    /// The server has gone.
    Gone,
}

/// Waits for the next event.
fn wish(server: &OwnedFd, deputy: Option<&Started>) -> rustix::io::Result<Wish> {
    loop {
        let way = deputy.map(|deputy| PollFd::new(&deputy.way, PollFlags::IN));
        let mut all: Vec<PollFd<'_>> =
            [PollFd::new(server, PollFlags::IN)].into_iter().chain(way).collect();
        match poll(&mut all, None) {
            Err(Errno::INTR) => continue,
            polled => polled?,
        };
        if let Some(wish) = look(server) {
            return Ok(wish);
        }
        if all.get(1).is_some_and(|way| !way.revents().is_empty()) {
            return Ok(Wish::Deputy);
        }
    }
}

/// Looks whether the server has something, or has gone.
fn look(server: &OwnedFd) -> Option<Wish> {
    match recv(server, &mut [0_u8][..], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Err(Errno::AGAIN | Errno::INTR) => None,
        Ok((_, 0)) | Err(_) => Some(Wish::Gone),
        Ok(_) => Some(Wish::Work),
    }
}

/// Waits until the process at the other end has died, which writes nothing.
fn wait_for_end(other: &OwnedFd) -> rustix::io::Result<()> {
    loop {
        match poll(&mut [PollFd::new(other, PollFlags::IN)], None) {
            Err(Errno::INTR) => (),
            polled => return polled.map(drop),
        }
    }
}

/// Makes a worker end with the process that has started it: another one may read from the stream
/// after that.
pub(crate) fn end_with_the_starter() -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .map_err(|error| Failure::Running(error.into()))?;
    // It may have died before, and then no signal comes. It had the other end of the output.
    let output = io::stdout();
    let mut way = [PollFd::new(&output, PollFlags::empty())];
    poll(&mut way, Some(&Timespec::default())).map_err(|error| Failure::Running(error.into()))?;
    if way.iter().any(|way| way.revents().contains(PollFlags::HUP)) {
        return Err(Failure::Running(io::ErrorKind::BrokenPipe.into()));
    }
    Ok(())
}

/// Runs a worker to its end, and starts another deputy when the last one has died. False if the
/// worker did not end well.
fn work(options: &OnDemand, server: &OwnedFd, deputy: &mut Option<Started>) -> bool {
    let Some(mut worker) = Started::worker(options, server) else { return false };
    let mut life_ms = 0;
    loop {
        if deputy.is_none() {
            *deputy = Started::deputy(options, server);
        }
        let looks_again = options.life.is_some() || deputy.is_none();
        match first_end(&worker, deputy.as_ref(), looks_again) {
            Ok(Some(End::Worker)) => return worker.ends_well(),
            Ok(Some(End::Deputy)) => {
                bury(deputy);
                life_ms += WORKER_AGAIN_MS;
            }
            Ok(None) => life_ms += WORKER_LOOK_MS,
            Err(_) => {
                let _ = worker.child.kill();
                return worker.ends_well();
            }
        }
        if options.life.is_some_and(|most_ms| life_ms > most_ms) {
            let _ = worker.child.kill();
        }
    }
}

/// The one that has died first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Worker,
    Deputy,
}

/// Waits until one of the two has died. `None` if it `looks_again` after a while and both live.
fn first_end(
    worker: &Started,
    deputy: Option<&Started>,
    looks_again: bool,
) -> rustix::io::Result<Option<End>> {
    let look = Duration::from_millis(WORKER_LOOK_MS);
    let look = looks_again.then(|| Timespec::try_from(look).unwrap_or_default());
    let both = iter::once(worker).chain(deputy);
    let mut ways: Vec<PollFd<'_>> = both.map(|one| PollFd::new(&one.way, PollFlags::IN)).collect();
    while let Err(error) = poll(&mut ways, look.as_ref()) {
        if error != Errno::INTR {
            return Err(error);
        }
    }
    let ended = ways.iter().position(|way| !way.revents().is_empty());
    Ok(ended.map(|at| if at == 0 { End::Worker } else { End::Deputy }))
}

/// Tells the server that whatever it wrote before is lost.
fn lose(mut server: &UnixStream) {
    let mut lost = [0; 4096];
    let _ = server.set_nonblocking(true);
    while server.read(&mut lost).is_ok_and(|count| count > 0) {}
    // A server that reads no more is about to end.
    let _ = server.write_all(format!("{WORKER_LOST}\n").as_bytes());
    let _ = server.set_nonblocking(false);
}
