//! Connections and sessions by the thousand.

use super::client::{Wire, post};
use super::foes::{FOE, Horde, Plan, proxied, request, spell};
use super::siege::{Siege, report, withstands};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const POLL: &str = "/socket.io/?EIO=4&transport=polling";
/// Nearly as many lines as a client may send at once.
const PASTE_LINES: usize = 98;
const SILENT: usize = 1_100;
/// Time in which sessions fill the places of an address.
const PATIENCE: Duration = Duration::from_secs(30);
/// Handshakes that one connection requests without waiting for an answer.
const PIPELINED: usize = 200;

/// As much text as a client may send at once, in lines of the greatest length.
pub(crate) fn paste() -> String {
    format!("{}\n", "x".repeat(4_000)).repeat(PASTE_LINES)
}

/// Connections that send as much as allowed, and go.
pub(crate) fn comers_and_goers(lines: SocketAddr) -> Vec<Plan> {
    vec![Plan::new(lines, "", paste()).times(1).leaving(); 40]
}

/// Connections that send nothing.
pub(crate) fn silent(lines: SocketAddr, count: usize) -> Vec<Plan> {
    vec![Plan::new(lines, "", "").once(); count]
}

/// Handshakes, as many as one connection allows.
pub(crate) fn handshakes(http: SocketAddr) -> Plan {
    Plan::new(http, "", request("GET", POLL).repeat(PIPELINED))
}

#[test]
fn sessions_that_are_begun_and_never_polled_are_noticed_by_nobody() {
    withstands("sessions never polled", |siege| {
        let start = Instant::now();
        let (mut begun, mut refused) = (0, 0);
        let mut wire = begin(siege.http);
        // A busy machine takes longer to fill the places.
        while start.elapsed() < spell() || refused == 0 && start.elapsed() < PATIENCE {
            match begin_session(&mut wire) {
                Some(true) => begun += 1,
                Some(false) => refused += 1,
                None => wire = begin(siege.http),
            }
        }
        assert!(begun > 0 && refused > 0, "{begun} begun, {refused} refused");
        // They join, so that they are counted as sessions.
        siege.expect_refused("sessions", "--per-address");
        wire
    });
}

fn begin(http: SocketAddr) -> Wire {
    let wire = Wire::to(http);
    wire.send(proxied(FOE));
    wire
}

/// Begins a session that joins `/chat` and then vanishes. True if it was admitted; `None` if the
/// connection has ended.
fn begin_session(wire: &mut Wire) -> Option<bool> {
    wire.try_send(request("GET", POLL)).ok()?;
    let response = wire.try_response()?;
    if response.status == 429 {
        // Engine.IO's form of an error, with the time after which it may be better.
        assert!(response.text().starts_with("{\"code\":3,\"message\":\"too many "), "{response:?}");
        assert_eq!(response.header("retry-after"), Some("5"), "{response:?}");
        return Some(false);
    }
    assert_eq!(response.status, 200, "{response:?}");
    let target = format!("{POLL}&sid={}", super::engine::opened(response.text(), "sid"));
    let body = b"40/chat,{\"token\":\"AAAAAAAAAAAAAAAAAAAA\"}";
    wire.try_send(post(&target, "", body)).ok()?;
    let response = wire.try_response()?;
    assert_eq!((response.status, response.text()), (200, "ok"), "{response:?}");
    Some(true)
}

#[test]
fn comers_and_goers_are_noticed_by_nobody() {
    withstands("comers and goers", |siege| {
        let mut horde = Horde::new(comers_and_goers(siege.lines));
        horde.attacks(spell());
        // The messages from before their end are shown, so these are still there.
        siege.expect_refused("connections", "--per-address");
        assert!(horde.told("* too many connections from your address") > 0);
        horde
    });
}

#[test]
fn who_only_comes_and_goes_is_noticed_by_nobody() {
    withstands("comers without a word", |siege| {
        let plan = Plan::new(siege.lines, "/quit\n", "").leaving();
        let mut horde = Horde::new(vec![plan; 40]);
        horde.attacks(spell());
        siege.expect_refused("arrivals", "--per-address");
        horde
    });
}

/// Connections that leave, or are refused because all places are taken, and go on sending as if
/// nothing had happened.
pub(crate) fn talkers_to_nobody(lines: SocketAddr) -> Vec<Plan> {
    let quitter = Plan::new(lines, "/quit\n", "");
    let talker = Plan::new(lines, "/quit\n", "x".repeat(64 * 1024));
    [vec![quitter.leaving(); 40], vec![talker; 60]].concat()
}

#[test]
fn who_goes_on_after_the_end_is_noticed_by_nobody() {
    withstands("talkers to nobody", |siege| {
        let before = siege.server.cpu();
        let mut horde = Horde::new(talkers_to_nobody(siege.lines));
        horde.attacks(spell());
        report(format_args!("{:?} for {} connections", siege.server.cpu() - before, horde.came));
        horde
    });
}

#[test]
fn who_holds_all_places_of_an_address_takes_none_of_others() {
    withstands("silent connections and handshakes", |siege| {
        let mut horde = Horde::new([handshakes(siege.http)]);
        horde.attacks(spell() / 10);
        horde.grows(silent(siege.lines, SILENT));
        horde.attacks(spell());
        siege.expect_refused("connections", "--per-address");
        siege.expect_refused("unjoined", "--per-address");
        let told = horde.told("* too many connections from your address");
        assert!(told > SILENT / 2, "{told} are told");
        let here = horde.here();
        assert!(here <= 65, "{here} connections of one address");
        horde
    });
}

#[test]
fn who_comes_by_websocket_or_request_is_told_too() {
    let siege = Siege::begin(&["--per-address", "2"]);
    let mut horde = Horde::new(silent(siege.lines, 2));
    horde.attacks(Duration::from_millis(100));
    siege.server.wait_logged("connect ip=192.0.2.66 … door=line", 2);
    let mut wire = begin(siege.http);
    let response = wire.get("/healthz");
    assert_eq!(response.status, 429, "{response:?}");
    assert_eq!(response.header("retry-after"), Some("5"), "{response:?}");
    siege.expect_refused("connections", "--per-address");
}
