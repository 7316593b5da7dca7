//! A server under attack, and the judgement afterwards.

use super::client::{Door, Wire};
use super::foes::is_long;
use super::harness::{Server, mib};
use super::innocents::{Innocents, Newcomers, worst_percent};
use super::process::serve;
use rustix::process::Signal;
use std::fmt::{self, Display};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Only one server is attacked at a time, because its time is measured.
static ALONE: Mutex<()> = Mutex::new(());
const ATTEMPTS: usize = 3;
/// The time for which innocents talk before the attack begins, if attacks last long and if not.
const BASELINE: Duration = Duration::from_millis(1_500);
const SHORT_BASELINE: Duration = Duration::from_millis(750);
/// An extra delay that nobody notices in a chat, beyond the delays before the attack.
const UNNOTICED: Duration = Duration::from_millis(100);
/// An extra delay that is allowed during attacks from many addresses, which together may take all
/// of the loop's time: everybody else waits for a share of each busy connection.
const UNNOTICED_AMONG_MANY: Duration = Duration::from_millis(400);
/// Time in which a newcomer is greeted in any case.
const GREETING: Duration = Duration::from_secs(1);
/// Time from SIGTERM to the end.
const STOPPING: Duration = Duration::from_secs(5);
/// Most memory that the process ever has.
const RESIDENT: u64 = mib(400);

/// The attacked.
pub(crate) struct Siege {
    pub(crate) server: Server,
    pub(crate) lines: SocketAddr,
    pub(crate) http: SocketAddr,
    folder: TempDir,
}

impl Siege {
    pub(crate) fn begin(flags: &[&str]) -> Self {
        Self::begin_in(TempDir::new().expect("a folder for the history"), flags)
    }

    fn begin_in(folder: TempDir, flags: &[&str]) -> Self {
        let mut command = serve(flags);
        command.arg("--db").arg(folder.path().join("chat.db"));
        let server = Server::from(command);
        let (lines, http) = (server.address(), server.http());
        Self { server, lines, http, folder }
    }

    /// Ends the server, and starts another with the same history.
    pub(crate) fn restarted(mut self) -> Self {
        self.server.signal(Signal::TERM);
        assert_eq!(self.server.exit_code(), Some(0));
        Self::begin_in(self.folder, &[])
    }

    /// The value of a metric, its labels included; 0 if it is not there.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let response = Wire::to(self.http).metrics();
        let mut lines = response.text().lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse::<f64>().expect("a number") as u64)
    }

    /// Expects that newcomers were refused for this reason: in the log, with the flag, and in the
    /// metrics.
    pub(crate) fn expect_refused(&self, reason: &str, flag: &str) {
        // The log tells only some of many refusals, and they are read a little later.
        self.server.wait_logged(&format!("refused reason=…{flag}"), 1);
        let metric = format!("mio_chat_refused_total{{reason=\"{reason}\"}}");
        assert!(self.metric(&metric) > 0, "{metric}");
    }

    /// The last lines of the log, without uninformative ones.
    fn tail(&self) -> String {
        let log = self.server.log();
        let lines = log.lines().filter(|line| !line.contains("connect ip="));
        let lines: Vec<&str> = lines.collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

/// The result of an attack.
struct Figures {
    before: Duration,
    during: Duration,
    rounds: usize,
    /// The number of greeted newcomers, and the slowest greeting.
    newcomers: (usize, Duration),
    peak_mib: u64,
    stopped: Duration,
    slow_turns: Vec<String>,
}

impl Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, during, rounds, newcomers: (count, slowest), .. } = self;
        write!(f, "p99 {before:?}, during the attack {during:?} of {rounds}; ")?;
        write!(f, "{count} newcomers in {slowest:?} at most; ")?;
        write!(f, "{} MiB; the end in {:?}; ", self.peak_mib, self.stopped)?;
        write!(f, "slow turns: {:#?}", self.slow_turns)
    }
}

impl Figures {
    /// The measurements that are too slow.
    fn too_slow(&self, unnoticed: Duration) -> Vec<String> {
        let most = unnoticed.max(2 * self.before);
        let mut faults = self.slow_turns.clone();
        if self.during > most {
            faults.push(format!("innocents wait {:?}, before {:?}", self.during, self.before));
        }
        if self.newcomers.1 > GREETING {
            faults.push(format!("a newcomer waits {:?}", self.newcomers.1));
        }
        if self.stopped > STOPPING {
            faults.push(format!("the end takes {:?}", self.stopped));
        }
        faults
    }
}

/// Runs `attack`, and checks that harmless people notice nothing. Its result lives until the server
/// has ended: open connections are part of the attack.
pub(crate) fn withstands<T>(name: &str, attack: impl Fn(&Siege) -> T) {
    withstands_within(UNNOTICED, name, attack);
}

/// Runs an `attack` from many addresses, and checks that the delay for harmless people is bounded.
pub(crate) fn withstands_many<T>(name: &str, attack: impl Fn(&Siege) -> T) {
    withstands_within(UNNOTICED_AMONG_MANY, name, attack);
}

fn withstands_within<T>(unnoticed: Duration, name: &str, attack: impl Fn(&Siege) -> T) {
    let _alone = alone();
    let mut all = Vec::new();
    for _ in 0..ATTEMPTS {
        let figures = attempt(&attack);
        let faults = figures.too_slow(unnoticed);
        report(format_args!("{name}: {figures}"));
        if faults.is_empty() {
            return;
        }
        all.push(faults);
    }
    panic!("{name}: too slow each time: {all:#?}");
}

/// Keeps other attacks away while it lives.
pub(crate) fn alone() -> impl Drop {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Written where the test harness captures it.
pub(crate) fn report(what: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{what}");
}

fn attempt<T>(attack: impl Fn(&Siege) -> T) -> Figures {
    let mut siege = Siege::begin(&[]);
    let innocents = Innocents::begin(siege.lines);
    thread::sleep(if is_long() { BASELINE } else { SHORT_BASELINE });
    let newcomers = Newcomers::begin(siege.lines, siege.http);
    let began = Instant::now();
    let held = attack(&siege);
    let ended = Instant::now();
    let newcomers = newcomers.end();
    let rounds = innocents.end();
    let (before, during): (Vec<_>, Vec<_>) =
        rounds.into_iter().filter(|(at, _)| *at < ended).partition(|(at, _)| *at < began);
    // Harmless connections have ended only for their own actions.
    assert_eq!(siege.server.logged("disconnect ip=198.51.100.1 … reason=slow"), 0);
    let peak = siege.server.peak_memory();
    assert!(peak < RESIDENT, "{peak} bytes of memory\n{}", siege.tail());
    assert!(!during.is_empty(), "innocents talk");
    let start = Instant::now();
    siege.server.signal(Signal::TERM);
    assert_eq!(siege.server.exit_code(), Some(0));
    let stopped = start.elapsed();
    drop(held);
    let log = siege.server.log();
    let panicked = log.lines().find(|line| line.contains("panicked"));
    assert_eq!(panicked, None, "{}", siege.tail());
    Figures {
        before: worst_percent(&before),
        during: worst_percent(&during),
        rounds: during.len(),
        newcomers,
        peak_mib: peak >> 20,
        stopped,
        slow_turns: log.lines().filter(|it| it.contains("slow turn")).map(str::to_owned).collect(),
    }
}
