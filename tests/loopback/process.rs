//! The server's process: started, watched through `/proc`, signalled and ended by its id.

use super::harness::{DEADLINE, poll_until};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Resource, Rlimit, Signal, geteuid, getrlimit, kill_process, setrlimit};
use std::fs;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsFd;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, Once};
use std::thread;
use std::time::{Duration, Instant};

/// Ticks per second of the times in `/proc/PID/stat`; Linux shows no other value.
const TICKS_PER_S: u64 = 100;
/// Without waiting.
const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// A running server; it is ended when dropped.
pub(crate) struct Server {
    child: Child,
    addresses: Vec<SocketAddr>,
    log: Log,
}

/// Everything that a process has written to standard error so far.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Written>>);

#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    /// `None` once it has ended.
    stream: Option<ChildStderr>,
}

impl Log {
    /// It has all that was written before this call, as a test expects that has seen the server
    /// answer after it logged.
    fn text(&self) -> String {
        let mut written = self.0.lock().expect("no reader of a log panics");
        written.take();
        String::from_utf8_lossy(&written.bytes).into_owned()
    }

    /// Reads `stream` to its end, in a thread, so that the pipe never fills up because of the test.
    fn follow(&self, stream: ChildStderr) {
        let watched = stream.as_fd().try_clone_to_owned().expect("a descriptor more");
        self.0.lock().expect("no reader of a log panics").stream = Some(stream);
        let log = self.clone();
        thread::spawn(move || {
            while poll(&mut [PollFd::new(&watched, PollFlags::IN)], None).is_ok() {
                let mut written = log.0.lock().expect("no reader of a log panics");
                written.take();
                if written.stream.is_none() {
                    break;
                }
            }
        });
    }
}

impl Written {
    /// Takes the bytes that are in the pipe.
    fn take(&mut self) {
        let mut buffer = [0; 8192];
        while let Some(stream) = &mut self.stream {
            let has_more = poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&NOW));
            if has_more != Ok(1) {
                return;
            }
            match stream.read(&mut buffer) {
                Ok(count @ 1..) => self.bytes.extend(&buffer[..count]),
                _ => self.stream = None,
            }
        }
    }
}

/// The program without flags and without the caller's `MIO_CHAT_…`.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    clean(&mut command);
    command
}

/// A shell that runs `script`, in which `"$0"` is the program.
pub(crate) fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_mio-chat")]);
    clean(&mut command);
    command
}

fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MIO_CHAT_") {
            command.env_remove(name);
        }
    }
    // Root runs these tests too, and some doors are open to other machines.
    command.env("MIO_CHAT_USER", geteuid().as_raw().to_string());
    // The server's name in the tests' requests.
    command.env("MIO_CHAT_HOST", "a");
    // Tests run side by side, so no port is fixed.
    command.env("MIO_CHAT_HTTP", "127.0.0.1:0").env("MIO_CHAT_DB", "none");
    command.stdin(Stdio::null()).stdout(Stdio::null());
}

/// A server's command line: a port of the system's choice, and `flags`.
pub(crate) fn serve(flags: &[&str]) -> Command {
    let mut command = binary();
    command.args(["--bind", "127.0.0.1:0"]).args(flags);
    command
}

/// Runs a command that must end by itself; returns its status and its output, which fits into a
/// pipe.
pub(crate) fn run(mut command: Command) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let ended = exit_of(&mut child).is_some();
    // Ends the process that was started here, unless it has ended already.
    let _ = child.kill();
    let output = child.wait_with_output().expect("the child is ours to wait for");
    assert!(ended, "it did not end by itself: {output:?}");
    output
}

fn exit_of(child: &mut Child) -> Option<ExitStatus> {
    let mut status = None;
    poll_until(DEADLINE, || {
        status = child.try_wait().expect("the child is ours to wait for");
        status.is_some()
    });
    status
}

impl Server {
    /// Starts a server with `flags`, on loopback.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::from(serve(flags))
    }

    /// Starts a server whose standard error is `stderr`. Its port is found in `/proc`, because
    /// there may be no banner to read.
    pub(crate) fn start_with_stderr(flags: &[&str], stderr: impl Into<Stdio>) -> Self {
        raise_own_limit();
        let child = serve(flags)
            .args(["--http", "none"])
            .stderr(stderr)
            .spawn()
            .expect("the binary starts");
        let mut server = Self { child, addresses: Vec::new(), log: Log::default() };
        let found = poll_until(DEADLINE, || {
            server.addresses = listening_ports(server.pid())
                .into_iter()
                .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
                .collect();
            !server.addresses.is_empty()
        });
        assert!(found, "a server without a banner listens too");
        server
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Standard error so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Number of log lines that contain `text`, with anything in place of its `…`.
    pub(crate) fn logged(&self, text: &str) -> usize {
        let has = |line: &&str| text.split('…').all(|part| line.contains(part));
        self.log().lines().filter(has).count()
    }

    /// Waits until `count` lines of the log contain `text`.
    pub(crate) fn wait_logged(&self, text: &str, count: usize) {
        let seen = poll_until(DEADLINE, || self.logged(text) >= count);
        assert!(seen, "{count} lines with {text:?} in {}", self.log());
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the server runs");
    }

    /// Whether the process is running.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("the child is ours to wait for").is_none()
    }

    /// Waits for the process to end by itself; returns its exit code.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let status = exit_of(&mut self.child);
        status.unwrap_or_else(|| panic!("the server does not end: {}", self.log())).code()
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The most memory the process ever had, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = self.proc("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
        1024 * peak.and_then(|peak| peak.parse::<u64>().ok()).expect("Linux tells the peak")
    }

    /// Processor time used so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // The name in parentheses may contain anything; user and system time are fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
        let times = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = times.map(|time| time.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(ticks * 1000 / TICKS_PER_S)
    }

    /// Waits for a whole second in which the process uses almost no processor time.
    pub(crate) fn wait_idle(&self) {
        let idle = poll_until(DEADLINE, || {
            let (cpu, start) = (self.cpu(), Instant::now());
            thread::sleep(Duration::from_secs(1));
            self.cpu() - cpu <= start.elapsed() / 40
        });
        assert!(idle, "the server does not come to rest");
    }

    /// The numbers of its open descriptors.
    pub(crate) fn descriptors(&self) -> Vec<u64> {
        let path = format!("/proc/{}/fd", self.child.id());
        let entries = fs::read_dir(&path).expect("the server runs");
        let names = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        names.collect()
    }

    /// Whether it has the descriptor by which other threads could wake its loop: the last one that
    /// it opens by itself, a moment after the banner.
    fn has_waker(&self) -> bool {
        let path = format!("/proc/{}/fd", self.child.id());
        let Ok(mut entries) = fs::read_dir(path) else { return false };
        entries.any(|entry| {
            let link = entry.and_then(|entry| fs::read_link(entry.path()));
            link.is_ok_and(|link| link.as_os_str() == "anon_inode:[eventfd]")
        })
    }

    /// Waits until it has at most `count` descriptors.
    pub(crate) fn wait_descriptors(&self, count: usize) {
        let freed = poll_until(DEADLINE, || self.descriptors().len() <= count);
        assert!(freed, "{} descriptors are open instead of {count}", self.descriptors().len());
    }
}

impl From<Command> for Server {
    /// Starts a server and reads its banner.
    fn from(mut command: Command) -> Self {
        raise_own_limit();
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary starts");
        let log = Log::default();
        log.follow(child.stderr.take().expect("standard error is piped"));
        let mut server = Self { child, addresses: Vec::new(), log };
        // The beginning of the banner's last line.
        let started = poll_until(DEADLINE, || {
            let has_banner = server.log().lines().any(|line| line.starts_with("  open to "));
            has_banner && server.has_waker() || !server.runs()
        });
        assert!(started && server.runs(), "no banner in {}", server.log());
        let addresses = server.log();
        let addresses = addresses.lines().filter_map(|line| line.strip_prefix("  chat     nc "));
        let addresses = addresses.filter(|arguments| !arguments.starts_with("-U "));
        server.addresses = addresses.map(address).collect();
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.log();
            let tail = log.lines().rev().take(20).collect::<Vec<_>>();
            let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
            // The test harness captures it, and shows it with the failure.
            std::io::Write::write_all(&mut std::io::stdout(), tail.as_bytes()).ok();
        }
    }
}

/// The address in netcat's arguments, `::1 55555`.
fn address(arguments: &str) -> SocketAddr {
    let (ip, port) = arguments.split_once(' ').expect("an address and a port");
    let ip: IpAddr = ip.parse().expect("an address");
    SocketAddr::new(ip, port.parse().expect("a port"))
}

/// The ports at which a process listens on IPv4, according to `/proc`.
fn listening_ports(pid: Pid) -> Vec<u16> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    let links: Vec<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let port = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (address, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let ours = *state == "0A" && links.contains(&format!("socket:[{inode}]"));
        let (_, port) = address.split_once(':').filter(|_| ours)?;
        u16::from_str_radix(port, 16).ok()
    };
    table.lines().filter_map(port).collect()
}

/// Lets this process have as many descriptors as allowed, because tests run side by side.
fn raise_own_limit() {
    static RAISED: Once = Once::new();
    RAISED.call_once(|| {
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        let _ = setrlimit(Resource::Nofile, raised);
    });
}
