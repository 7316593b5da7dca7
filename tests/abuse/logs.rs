//! The log during a flood.

use super::client::handshake;
use super::foes::{FOE, Horde, Plan};
use super::siege::{Siege, alone, report};
use std::time::{Duration, Instant};

const SPELL: Duration = Duration::from_secs(2);
/// Connections at a time, and requests that one sends, each for another address.
const CONNECTIONS: usize = 100;
const REQUESTS: usize = 100;
/// Lines about strangers that are there at once, and per second after that.
const BURST: usize = 500;
const PER_S: usize = 50;
/// Connections that one address may open at once, and per second after that.
const ARRIVALS: usize = 6 * 64;
const ARRIVALS_PER_S: usize = 10;
const POLL: &str = "/socket.io/?EIO=4&transport=polling";

/// The bytes that the connection with this number sends.
type Opening<'a> = &'a dyn Fn(usize) -> String;

/// Requests from many addresses, as sent by a proxy that passes on its clients' claims.
fn invented(connection: usize, target: &str, rest: &str) -> String {
    let request = |number: usize| {
        let ip = format!("203.0.{connection}.{number}");
        format!("GET {target} HTTP/1.1\r\nX-Forwarded-For: {ip}\r\n{rest}\r\n")
    };
    (0..REQUESTS).map(request).collect()
}

/// Connections without a PROXY header before their bytes.
fn bare(plan: Plan) -> Plan {
    Plan { header: "".into(), ..plan }
}

/// Runs these attacks; returns the log lines that they caused, and the time.
fn attacked(siege: &Siege, plans: Vec<Plan>) -> (Vec<String>, Duration) {
    let before = siege.server.log().lines().count();
    let start = Instant::now();
    let mut horde = Horde::new(plans);
    horde.attacks(SPELL);
    let log = siege.server.log();
    report(format_args!("{} connections, {} bytes of log", horde.came, log.len()));
    (log.lines().skip(before).map(str::to_owned).collect(), start.elapsed())
}

#[test]
fn strangers_leave_only_so_much_in_the_log() {
    let _alone = alone();
    let header = |_| "PROXY TCP4 x\r\n".to_owned();
    let polls = |at| invented(at, POLL, "Host: a\r\n");
    let hosts = |at| invented(at, "/", "Host: evil.example\r\n");
    let origins = |at| invented(at, POLL, "Host: a\r\nOrigin: http://evil.example\r\n");
    let mistakes = |_| "GET / HTTP/1.1\r\nHost : a\r\n\r\n".to_owned();
    let all: [(&str, bool, Opening<'_>); 5] = [
        ("headers", false, &header),
        ("polls", true, &polls),
        ("hosts", true, &hosts),
        ("origins", true, &origins),
        ("mistakes", true, &mistakes),
    ];
    for (name, is_http, opening) in all {
        let siege = Siege::begin(&[]);
        let door = if is_http { siege.http } else { siege.lines };
        let plan = |at| bare(Plan::new(door, opening(at), "").leaving());
        let plans = (0..CONNECTIONS).map(plan).collect();
        let (lines, time) = attacked(&siege, plans);
        let most = BURST + PER_S * (time.as_secs() as usize + 1);
        let told = lines.iter().filter(|line| line.contains("left out of the log lines=")).count();
        assert!(lines.len() <= most + told, "{name}: {} lines", lines.len());
        assert!(told <= time.as_secs() as usize, "{name}: {told} in {time:?}");
        // The log tells in time, too, that there was more.
        siege.server.wait_logged("left out of the log lines=", 1);
    }
}

#[test]
fn who_comes_and_goes_leaves_only_so_much_in_the_log() {
    let _alone = alone();
    let siege = Siege::begin(&[]);
    let request =
        format!("GET /ws HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {FOE}\r\n{}\r\n", handshake());
    let plan = bare(Plan::new(siege.http, request, [0x88, 0x80, 0, 0, 0, 0]).times(1).leaving());
    let (lines, time) = attacked(&siege, vec![plan; 20]);
    let came = lines.iter().filter(|line| line.contains("door=ws") && line.contains(" connect "));
    let came = came.count();
    let most = ARRIVALS + ARRIVALS_PER_S * (time.as_secs() as usize + 1);
    assert!(came > 0 && came <= most, "{came} came");
    siege.expect_refused("arrivals", "--per-address");
}
