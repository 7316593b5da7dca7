//! mio-chat-loadgen: loads a chat server with many clients and accounts for every delivery.
//!
//! One thread and one poll, like the server. Some clients send, all receive. Each message names its
//! sender, its number and the time when it was due, so that a receiver sees which messages are
//! lost, repeated, out of order or late.

mod clock;
mod connection;
mod engine;
mod extras;
mod failure;
mod flow;
mod greeting;
mod latency;
mod ledger;
mod opening;
mod options;
mod payload;
mod process;
mod progress;
mod protocol;
mod report;
mod run;
mod sequence;
mod server;
mod signals;
mod track;

use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;

use crate::engine::Engine;
use crate::failure::{EXIT_FAULTS, Failure};
use crate::ledger::Ledger;
use crate::options::Options;
use crate::server::Server;
use crate::signals::Signals;

fn main() -> ExitCode {
    let options = Options::parse();
    match start(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_FAULTS),
        Err(failure) => {
            complain(&failure.to_string());
            ExitCode::from(failure.code)
        }
    }
}

/// Finds the servers or starts one, and runs; says whether all went well.
fn start(options: &Options) -> Result<bool, Failure> {
    options.check()?;
    let signals = Signals::listen()?;
    opening::allow_files(options.connections())?;
    let servers = options.servers().into_iter().map(resolve).collect::<Result<Vec<_>, _>>()?;
    if !servers.is_empty() {
        return run(options, signals, &servers, &options.pid);
    }
    let mut server = Server::start(options, &signals)?;
    let outcome = run(options, signals, &[server.address], &[server.pid()]);
    if !matches!(outcome, Ok(true)) {
        complain(&format!("the server's last words:\n{}", server.tail()));
    }
    outcome
}

/// Connects, runs and reports; says whether all went well.
fn run(
    options: &Options,
    signals: Signals,
    servers: &[SocketAddr],
    pids: &[u32],
) -> Result<bool, Failure> {
    let ledger = Ledger::new(options, run_id())?;
    let mut engine = Engine::new(ledger, signals)?;
    engine.trusts = options.trusts()?;
    let rss_before = process::all(pids, process::rss_bytes);
    engine.open_all(servers, options)?;
    let report = if options.idle {
        run::rest(&mut engine, options, pids, rss_before)?
    } else {
        run::load(&mut engine, options, pids)?
    };
    report.write(options.json, &mut io::stdout().lock())?;
    Ok(!report.has_faults())
}

/// The address of a host and port.
fn resolve(name: &str) -> Result<SocketAddr, Failure> {
    let addresses = name.to_socket_addrs();
    let mut addresses = addresses.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    let first = addresses.next();
    first.ok_or_else(|| Failure::usage(format!("{name} has no address")))
}

/// A number which tells the messages of this run from those of others.
fn run_id() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default().subsec_nanos() ^ std::process::id()
}

/// Tells the user about an error.
fn complain(text: &str) {
    // Nothing else can be told of the error.
    let _ = writeln!(io::stderr(), "mio-chat-loadgen: {text}");
}
