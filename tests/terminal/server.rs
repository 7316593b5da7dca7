//! A server's process, and people at its line door.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The longest wait for anything before a test fails; generous, because machines are busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Asks again and again until `done`; false at the deadline.
pub(crate) fn poll_until(mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > DEADLINE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// The binary with none of the caller's `MIO_CHAT_…`.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MIO_CHAT_") {
            command.env_remove(name);
        }
    }
    command.env("TZ", "UTC").env_remove("NO_COLOR").env_remove("COLORTERM");
    command
}

/// A server with a history, which outlasts it.
pub(crate) struct Server {
    child: Option<Child>,
    folder: TempDir,
    has_history: bool,
    lines: Option<SocketAddr>,
    http: Option<SocketAddr>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(true)
    }

    /// A server that forgets everything when it ends.
    pub(crate) fn start_forgetful() -> Self {
        Self::start_with(false)
    }

    fn start_with(has_history: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = Self { child: None, folder, has_history, lines: None, http: None };
        server.start_again();
        server
    }

    /// Starts it at its earlier addresses.
    pub(crate) fn start_again(&mut self) {
        let log = self.folder.path().join("log");
        let stderr = File::create(&log).expect("a file");
        let address = |address: Option<SocketAddr>| {
            address.map_or_else(|| "127.0.0.1:0".to_owned(), |address| address.to_string())
        };
        let db = match self.has_history {
            true => self.folder.path().join("db"),
            false => "none".into(),
        };
        let child = binary()
            .args(["--bind", &address(self.lines), "--http", &address(self.http), "--db"])
            .arg(db)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn();
        self.child = Some(child.expect("the binary starts"));
        let banner = || fs::read_to_string(&log).unwrap_or_default();
        assert!(poll_until(|| banner().contains("  open to ")), "no banner: {}", banner());
        let banner = banner();
        let of = |prefix: &str| banner.lines().find_map(|line| line.strip_prefix(prefix));
        let lines = of("  chat     nc ").expect("a line door").replace(' ', ":");
        let http = of("  web      http://").expect("a web door").trim_end_matches('/');
        self.lines = Some(lines.parse().expect("an address"));
        self.http = Some(http.parse().expect("an address"));
    }

    /// Runs it for a while at another address, where its earlier clients do not find it. It is
    /// killed first.
    pub(crate) fn elsewhere(&mut self, work: impl FnOnce(&Self)) {
        let (lines, http) = (self.lines.take(), self.http.take());
        self.start_again();
        work(self);
        self.kill();
        (self.lines, self.http) = (lines, http);
    }

    /// The HTTP door's address, which stays the same when the server ends.
    pub(crate) fn address(&self) -> String {
        self.http.expect("it was started").to_string()
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It was started here, so it is ended here.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// A person at the line door, in the lobby.
    pub(crate) fn person(&self, nick: &str) -> Person {
        let stream = TcpStream::connect(self.lines.expect("it was started")).expect("it accepts");
        stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
        let mut person = Person { stream, heard: String::new() };
        person.say(&format!("/nick {nick}"));
        person.wait(&format!("* you are now {nick}"));
        person
    }

    /// Gives somebody a role, while the server is not running.
    pub(crate) fn grant(&self, nick: &str, role: &str) {
        let mut command = binary();
        command.arg("admin").arg("--db").arg(self.folder.path().join("db"));
        let output = command.args(["grant", nick, role]).output().expect("the binary starts");
        assert!(output.status.success(), "{output:?}");
    }

    /// A client that reads lines.
    pub(crate) fn client(&self) -> Command {
        let mut command = binary();
        command.args(["client", &self.address()]);
        command
    }

    /// Posts a text unchanged, with a client that does only that.
    pub(crate) fn post(&self, nick: &str, text: &[u8]) {
        let mut child = self
            .client()
            .args(["--nick", nick])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(text).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{output:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A person with netcat.
pub(crate) struct Person {
    stream: TcpStream,
    heard: String,
}

impl Person {
    pub(crate) fn say(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).expect("the server reads");
    }

    /// Waits until something was heard; returns all of it.
    pub(crate) fn wait(&mut self, text: &str) -> &str {
        let heard = poll_until(|| {
            let mut buffer = [0; 4096];
            match self.stream.read(&mut buffer) {
                Ok(count) => self.heard.push_str(&String::from_utf8_lossy(&buffer[..count])),
                Err(error) => assert!(
                    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                    "{error}"
                ),
            }
            self.heard.contains(text)
        });
        assert!(heard, "{text:?} in {}", self.heard);
        &self.heard
    }
}
