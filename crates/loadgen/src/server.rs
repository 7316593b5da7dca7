//! A server that the generator starts itself, for the time of the run.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::Failure;
use crate::options::Options;
use crate::protocol::Protocol;
use crate::signals::{Signals, pause};

/// The program, beside this one.
const PROGRAM: &str = "mio-chat";

/// Time in which the server must print its addresses.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// Time in which the server must end when asked; then it is killed.
const END_TIMEOUT: Duration = Duration::from_secs(3);

/// How often to look whether it has started or ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Lines of the server's output to show after a failure.
const TAIL: usize = 10;

/// A running server, ended when this is dropped.
pub(crate) struct Server {
    child: Child,
    /// The server's standard error: a file, which nothing has to empty.
    log: File,
    /// The address where it accepts connections.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a server on free ports and waits until it listens.
    pub(crate) fn start(options: &Options, signals: &Signals) -> Result<Self, Failure> {
        let program = env::current_exe()?.with_file_name(PROGRAM);
        let log = anonymous_file()?;
        let mut command = Command::new(&program);
        command.args(["--bind", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        command.args(["--db", "none", "--rate", "0", "--log", "warn"]);
        command.args(options.plain.then_some("--plain"));
        if let Some(more) = &options.server_args {
            command.args(more.split_whitespace());
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.try_clone()?)
            .spawn()
            .map_err(|error| Failure::setup(format!("{}: {error}", program.display())))?;
        let mut server = Self {
            child,
            log,
            // Not known before the server says so.
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        server.address = server.await_banner(options.protocol, signals)?;
        Ok(server)
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads the server's address from its banner.
    fn await_banner(
        &mut self,
        protocol: Protocol,
        signals: &Signals,
    ) -> Result<SocketAddr, Failure> {
        let began = Instant::now();
        loop {
            signals.check()?;
            // The order matters: the output of a server that has ended is complete.
            let ended = self.child.try_wait()?;
            if let Some(address) = find_address(&self.words()?, protocol) {
                return Ok(address);
            }
            if let Some(status) = ended {
                let tail = self.tail();
                return Err(Failure::setup(format!("the server ended: {status}\n{tail}")));
            }
            if began.elapsed() > START_TIMEOUT {
                let tail = self.tail();
                return Err(Failure::setup(format!(
                    "the server does not say where it listens\n{tail}"
                )));
            }
            pause(LOOK_EVERY);
        }
    }

    /// Everything that the server has written.
    fn words(&mut self) -> io::Result<String> {
        let mut bytes = Vec::new();
        // The server appends, so moving the shared position does it no harm.
        self.log.seek(SeekFrom::Start(0))?;
        self.log.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The last lines the server has written.
    pub(crate) fn tail(&mut self) -> String {
        let words = self.words().unwrap_or_default();
        let lines: Vec<&str> = words.lines().collect();
        lines[lines.len().saturating_sub(TAIL)..].join("\n")
    }

    /// Asks the process to end, waits, and makes it end.
    fn end(&mut self) -> io::Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let began = Instant::now();
        while began.elapsed() < END_TIMEOUT {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            pause(LOOK_EVERY);
        }
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that the process is gone already.
        let _ = self.end();
    }
}

/// A file for appending, without a name, so that nothing is left over however the run ends.
fn anonymous_file() -> io::Result<File> {
    let name = format!("mio-chat-loadgen-{}.log", std::process::id());
    let path = env::temp_dir().join(name);
    let file = OpenOptions::new().read(true).append(true).create_new(true).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// Finds the line `chat nc HOST PORT` or `web http://ADDRESS/` of the banner.
fn find_address(banner: &str, protocol: Protocol) -> Option<SocketAddr> {
    // The last line may be incomplete.
    let (lines, _) = banner.rsplit_once('\n')?;
    lines.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match (protocol, &words[..]) {
            (Protocol::Line, ["chat", "nc", host, port]) => {
                Some(SocketAddr::new(host.parse().ok()?, port.parse().ok()?))
            }
            (Protocol::Ws | Protocol::Sio, ["web", url]) => {
                url.strip_prefix("http://")?.strip_suffix('/')?.parse().ok()
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_tells_the_address() {
        let banner = "mio-chat 0.1\n  chat     nc 127.0.0.1 47\n  web      http://[::1]:11/\n";
        let line = Some(SocketAddr::from(([127, 0, 0, 1], 47)));
        assert_eq!(find_address(banner, Protocol::Line), line);
        for protocol in [Protocol::Ws, Protocol::Sio] {
            assert_eq!(find_address(banner, protocol), "[::1]:11".parse().ok());
        }
    }

    #[test]
    fn an_unfinished_banner_tells_nothing() {
        assert_eq!(find_address("", Protocol::Line), None);
        assert_eq!(find_address("  chat     nc 127.0.0.1 47", Protocol::Line), None);
        assert_eq!(find_address("chat nc somewhere 47\n", Protocol::Line), None);
        assert_eq!(find_address("  chat     nc 127.0.0.1 47\n", Protocol::Ws), None);
        assert_eq!(find_address("  web      http://127.0.0.1:1", Protocol::Ws), None);
    }
}
