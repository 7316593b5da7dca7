//! The command line.

use clap::Parser;
use mio_wire::tls::TlsClient;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::flow::Pace;
use crate::payload::{HEADER, LARGEST, PROBE};
use crate::protocol::Protocol;

/// Pairs of a receiver and a sender which are tracked at most: 4 bytes each, so 1 GiB.
const MOST_PAIRS: u64 = 1 << 28;

/// Outstanding messages over all senders at most: 4 bytes each, so 256 MiB.
const MOST_OUTSTANDING: u64 = 1 << 26;

/// Senders unless the command line says otherwise, or fewer when there are fewer clients.
const SENDERS: u32 = 10;

/// Load generator for mio-chat: many clients in one room, every delivery accounted for.
#[derive(Clone, Debug, Parser)]
#[command(name = "mio-chat-loadgen", version, about)]
pub(crate) struct Options {
    /// Connections which receive and are accounted for
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) clients: u32,

    /// The number of clients that send as well [default: 10, or fewer for fewer clients]
    #[arg(long, value_name = "S")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..i64::from(PROBE)))]
    senders: Option<u32>,

    /// Bytes of text in each message
    #[arg(long, value_name = "B", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u16).range(HEADER as i64..=LARGEST as i64))]
    pub(crate) size: u16,

    /// Messages per second over all senders on a fixed schedule, or "max": as fast as they arrive
    #[arg(long, value_name = "R|max", default_value = "max", value_parser = rate)]
    rate: Rate,

    /// With --rate max: messages outstanding per sender
    #[arg(long, value_name = "W", default_value_t = 32)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65_536))]
    window: u32,

    /// Seconds to measure
    #[arg(long, value_name = "T", default_value = "10", value_parser = seconds)]
    pub(crate) secs: f64,

    /// Seconds under the same load before the measurement
    #[arg(long, value_name = "T", default_value = "1", value_parser = seconds)]
    pub(crate) warmup: f64,

    /// Use this server instead of starting one; for ws and sio this is its HTTP door
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) connect: Option<String>,

    /// Use these servers as one chat: the clients are spread over them in turn, and all listeners
    /// must hear the same order
    #[arg(long, value_name = "HOST:PORT,...", value_delimiter = ',', conflicts_with = "connect")]
    pub(crate) nodes: Vec<String>,

    /// Speak TLS
    #[arg(long, requires = "connect", requires = "ca")]
    pub(crate) tls: bool,

    /// With --tls: certificates of the authorities that may sign the server's (PEM)
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) ca: Option<PathBuf>,

    /// With --connect or --nodes: the processes whose CPU and memory are reported, added up
    #[arg(long, value_name = "PID,...", value_delimiter = ',')]
    pub(crate) pid: Vec<u32>,

    /// More arguments for the server to start, separated by spaces
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true)]
    #[arg(conflicts_with_all = ["connect", "nodes"])]
    pub(crate) server_args: Option<String>,

    /// Start the server with --plain
    #[arg(long)]
    pub(crate) plain: bool,

    /// More connections, which never read
    #[arg(long, value_name = "K", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) stalled: u32,

    /// Extra connections, which send lines of their own one byte at a time
    #[arg(long, value_name = "K", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) trickle: u32,

    /// Extra connections, which send short lines of their own as fast as the server takes them
    #[arg(long, value_name = "K", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) flood: u32,

    /// The protocol to speak
    #[arg(long, alias = "door", value_enum, default_value_t = Protocol::Line)]
    pub(crate) protocol: Protocol,

    /// Only connect, and report the server's memory for each connection
    #[arg(long)]
    pub(crate) idle: bool,

    /// Write only the JSON line
    #[arg(long)]
    pub(crate) json: bool,
}

/// The value of --rate.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rate {
    Max,
    PerSecond(f64),
}

impl Options {
    /// The number of clients that send.
    pub(crate) fn senders(&self) -> u32 {
        self.senders.unwrap_or(SENDERS.min(self.clients))
    }

    /// All connections.
    pub(crate) fn connections(&self) -> u32 {
        self.clients + self.stalled + self.trickle + self.flood
    }

    /// The servers that run already, by host and port.
    pub(crate) fn servers(&self) -> Vec<&str> {
        self.connect.iter().chain(&self.nodes).map(String::as_str).collect()
    }

    /// The trusted authorities, and the name of the server, with --tls.
    pub(crate) fn trusts(&self) -> Result<Option<(TlsClient, String)>, Failure> {
        let (Some(file), Some(server)) = (&self.ca, &self.connect) else { return Ok(None) };
        let failed = |why: String| Failure::setup(format!("{}: {why}", file.display()));
        let pem = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
        let trusts = TlsClient::trusting(&pem, &[]).map_err(|why| failed(why.to_string()))?;
        let host = server.rsplit_once(':').map_or(&**server, |(host, _)| host);
        Ok(Some((trusts, host.trim_matches(['[', ']']).to_owned())))
    }

    /// When messages are sent.
    pub(crate) fn pace(&self) -> Pace {
        match self.rate {
            Rate::Max => Pace::Closed { window: self.window },
            Rate::PerSecond(rate) => Pace::Open { rate },
        }
    }

    /// Refuses combinations which make no sense.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.plain && self.protocol == Protocol::Sio {
            return Err(Failure::usage("--plain knows no Socket.IO"));
        }
        if self.servers().is_empty() && !self.pid.is_empty() {
            return Err(Failure::usage("--pid needs --connect or --nodes"));
        }
        if self.idle {
            return Ok(());
        }
        let clients = u64::from(self.clients);
        let senders = u64::from(self.senders());
        if clients < 2 {
            return Err(Failure::usage("--clients must be at least 2"));
        }
        if senders > clients {
            return Err(Failure::usage("--senders must not exceed --clients"));
        }
        if self.secs == 0.0 {
            return Err(Failure::usage("--secs must not be 0"));
        }
        if clients * senders > MOST_PAIRS {
            return Err(Failure::usage("--clients times --senders is too much"));
        }
        if senders * u64::from(self.window.next_power_of_two()) > MOST_OUTSTANDING {
            return Err(Failure::usage("--senders times --window is too much"));
        }
        Ok(())
    }
}

/// Reads the argument of --rate.
fn rate(text: &str) -> Result<Rate, String> {
    const HIGHEST: f64 = 1e8;
    if text == "max" {
        return Ok(Rate::Max);
    }
    match text.parse() {
        Ok(rate) if rate > 0.0 && rate <= HIGHEST => Ok(Rate::PerSecond(rate)),
        _ => Err(format!("neither \"max\" nor a number up to {HIGHEST}")),
    }
}

/// Reads a number of seconds.
fn seconds(text: &str) -> Result<f64, String> {
    const DAY: f64 = 86_400.0;
    match text.parse() {
        Ok(secs) if (0.0..=DAY).contains(&secs) => Ok(secs),
        _ => Err(format!("not a number of seconds up to {DAY}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &str) -> Result<Options, String> {
        let words = ["loadgen"].into_iter().chain(arguments.split_whitespace());
        let options = Options::try_parse_from(words).map_err(|error| error.to_string())?;
        options.check().map_err(|failure| failure.to_string())?;
        Ok(options)
    }

    #[test]
    fn the_command_is_sound() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }

    #[test]
    fn defaults_fit_few_clients() -> Result<(), String> {
        assert_eq!(parse("")?.senders(), SENDERS);
        assert_eq!(parse("--clients 3")?.senders(), 3);
        assert_eq!(parse("--clients 3 --senders 2")?.senders(), 2);
        Ok(())
    }

    #[test]
    fn rates_are_numbers_or_max() -> Result<(), String> {
        assert!(matches!(parse("")?.pace(), Pace::Closed { window: 32 }));
        assert!(matches!(parse("--rate 0.5")?.pace(), Pace::Open { rate } if rate == 0.5));
        for bad in ["0", "-1", "nan", "inf", "1e9", "fast"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
        Ok(())
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "--clients 1",
            "--clients 5 --senders 6",
            "--size 31",
            "--size 4001",
            "--secs 0",
            "--secs -1",
            "--window 0",
            "--pid 1",
            "--tls --ca x",
            "--connect 127.0.0.1:1 --tls",
            "--connect 127.0.0.1:1 --server-args x",
            "--connect 127.0.0.1:1 --nodes 127.0.0.1:2",
            "--nodes 127.0.0.1:1,127.0.0.1:2 --server-args x",
            "--protocol http",
            "--protocol sio --plain --idle",
            "--clients 1000000 --senders 1000",
            "--clients 60000 --senders 4000 --window 65536",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse("--idle --clients 1").is_ok());
    }

    #[test]
    fn nodes_are_several_servers() -> Result<(), String> {
        let options = parse("--nodes 127.0.0.1:1,[::1]:2 --pid 7,8")?;
        assert_eq!(options.servers(), ["127.0.0.1:1", "[::1]:2"]);
        assert_eq!(options.pid, [7, 8]);
        assert_eq!(parse("--connect 127.0.0.1:1")?.servers(), ["127.0.0.1:1"]);
        Ok(())
    }
}
