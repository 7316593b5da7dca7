//! A Redis of the test's own, and servers that share it.

use super::client::Wire;
use super::harness::{Client, DEADLINE, Server, poll_until, serve};
use super::process::binary;
use super::way::Way;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Reads on to a line that has these words.
pub(crate) fn hears(client: &mut Client, words: &str) {
    let mut heard = Vec::new();
    loop {
        match client.try_line() {
            Some(line) if line.contains(words) => return,
            Some(line) => heard.push(line),
            None => panic!("no line with {words:?} in {heard:?}"),
        }
    }
}

/// A number in the metrics of a node, which was started with `--metrics`.
pub(crate) fn metric(node: &Server, name: &str) -> u64 {
    let log = node.log();
    let mut lines = log.lines();
    let address = lines.find_map(|line| line.strip_prefix("  metrics  http://"));
    let address = address.and_then(|address| address.strip_suffix("/metrics"));
    let address = address.expect("the door of operators").parse().expect("an address");
    let answer = Wire::to(address).metrics();
    let text = answer.text();
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    values.next().expect("the metric").parse().expect("a number")
}

/// A Redis at a Unix socket, which keeps its data in a folder; it is ended when dropped.
pub(crate) struct Redis {
    child: Child,
    folder: TempDir,
}

impl Redis {
    /// Starts Redis; `None` if this machine has none. With `MIO_REDIS=required` that is a failure.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        match spawn(folder.path()) {
            Ok(child) => Some(Self { child, folder }.up()),
            Err(error) if std::env::var("MIO_REDIS").as_deref() != Ok("required") => {
                let told = format!("skipped: there is no redis-server here: {error}\n");
                std::io::stdout().write_all(told.as_bytes()).ok();
                None
            }
            Err(error) => panic!("redis-server: {error}"),
        }
    }

    fn up(self) -> Self {
        let is_up = || self.ask(&["PING"]).is_some_and(|reply| reply.starts_with("+PONG"));
        assert!(poll_until(DEADLINE, is_up), "Redis answers");
        self
    }

    /// Kills it and starts it again, with its data or without.
    pub(crate) fn restart(mut self, keeps_data: bool) -> Self {
        self.kill();
        if !keeps_data {
            std::fs::remove_dir_all(self.folder.path().join("appendonlydir")).expect("its data");
        }
        self.child = spawn(self.folder.path()).expect("it is there");
        self.up()
    }

    /// Keeps a copy of the data of a Redis that was killed.
    pub(crate) fn keep_copy(&self) {
        let folder = self.folder.path();
        copy(&folder.join("appendonlydir"), &folder.join("copy"));
    }

    /// Brings the data of that copy back.
    pub(crate) fn bring_copy(&self) {
        let folder = self.folder.path();
        std::fs::remove_dir_all(folder.join("appendonlydir")).expect("its data");
        copy(&folder.join("copy"), &folder.join("appendonlydir"));
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("the child is ours to wait for");
    }

    /// Has it do nothing, or go on.
    pub(crate) fn pause(&self, is_paused: bool) {
        let signal = if is_paused { Signal::STOP } else { Signal::CONT };
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Sends a command; the beginning of the reply.
    pub(crate) fn ask(&self, words: &[&str]) -> Option<String> {
        let mut stream = UnixStream::connect(self.socket()).ok()?;
        stream.set_read_timeout(Some(DEADLINE)).ok()?;
        let mut command = format!("*{}\r\n", words.len());
        for word in words {
            command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        stream.write_all(command.as_bytes()).ok()?;
        let mut reply = [0; 64 * 1024];
        let count = stream.read(&mut reply).ok()?;
        Some(String::from_utf8_lossy(&reply[..count]).into_owned())
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("redis")
    }

    /// A server that is the node `name`, whose history is in the folder, and which has begun.
    pub(crate) fn node(&self, name: &str) -> Server {
        self.node_with(name, &[])
    }

    /// A node with more flags, which has begun.
    pub(crate) fn node_with(&self, name: &str, flags: &[&str]) -> Server {
        let node = self.start_node(name, flags);
        node.wait_logged("node is whole", 1);
        node
    }

    /// A server that may not reach Redis.
    pub(crate) fn node_apart(&self, name: &str) -> Server {
        self.start_node(name, &[])
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// A way to it on which things can go wrong.
    pub(crate) fn way(&self, name: &str) -> Way {
        Way::new(self.folder.path(), name, self.socket())
    }

    /// A server that has begun, by this way.
    pub(crate) fn node_by(&self, name: &str, way: &Way) -> Server {
        self.node_by_with(name, way, &[])
    }

    /// A node by this way, with more flags, which has begun.
    pub(crate) fn node_by_with(&self, name: &str, way: &Way, flags: &[&str]) -> Server {
        let node = self.start_node_at(way.socket(), name, flags);
        node.wait_logged("node is whole", 1);
        node
    }

    fn start_node(&self, name: &str, flags: &[&str]) -> Server {
        self.start_node_at(&self.socket(), name, flags)
    }

    fn start_node_at(&self, socket: &Path, name: &str, flags: &[&str]) -> Server {
        let url = format!("redis+unix://{}", socket.display());
        let mut command = serve(&["--redis", &url, "--node", name]);
        if !flags.iter().any(|flag| flag.starts_with("--rate")) {
            command.args(["--rate", "0"]);
        }
        command.args(["--log", "debug", "--db"]).arg(self.db(name)).args(flags);
        Server::from(command)
    }

    /// The messages in a node's file, one a line.
    pub(crate) fn history(&self, name: &str) -> Vec<String> {
        let mut command = binary();
        command.arg("export").arg("--db").arg(self.db(name)).stdout(Stdio::piped());
        let output = command.output().expect("the binary starts");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
    }

    /// A file in the folder, with this text.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("a path").to_owned()
    }

    pub(crate) fn db(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("{name}.db"))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a folder");
    for file in std::fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
}

fn spawn(folder: &Path) -> std::io::Result<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--save", "", "--appendonly", "yes", "--unixsocket"]);
    command.arg(folder.join("redis")).arg("--dir").arg(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
