//! Clients that make the server keep incomplete messages or unread output.

use super::client::{frame, text_frame};
use super::foes::{Horde, Plan, proxied, request, spell, upgraded};
use super::innocents::polling;
use super::siege::{Siege, report, withstands, withstands_many};
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Payload bytes of a message that is never completed.
const LONG: usize = 970_000;
/// Addresses of attackers: the share of one is too small to fill the memory of all.
const ADDRESSES: usize = 10;
/// Connections of each address for each kind of attack.
const MESSAGES: usize = 40;
const OTHERS: usize = 8;
/// Bytes of a message that is given up soon, because it is short: each 500 bytes allow one more
/// second.
const LITTLE: usize = 1_000;
/// The server's patience with it, and a busy machine's delay.
const PATIENCE: Duration = Duration::from_secs(45);

fn ip(number: usize) -> String {
    format!("192.0.2.{}", 100 + number)
}

/// A message without its last bytes.
fn unfinished(bytes: usize) -> Vec<u8> {
    let mut message = frame(0x82, &vec![b'x'; LONG]);
    message.truncate(message.len() - LONG + bytes);
    message
}

/// Everything that the server can be made to keep, for one address.
pub(crate) fn hoarders(siege: &Siege, number: usize) -> Vec<Plan> {
    let plan = |opening: Vec<u8>, load: &[u8]| Plan::new(siege.http, opening, load).at(ip(number));
    let message = plan([upgraded("/"), unfinished(LONG - 10)].concat(), b"");
    let awaited = text_frame("451-[\"message\",{\"_placeholder\":true,\"num\":0}]");
    let attachments = plan([upgraded("/"), awaited, unfinished(LONG - 10)].concat(), b"");
    let deaf = Plan::new(siege.lines, "", "/history 200\n/rooms\n/who\n".repeat(20));
    let pages = plan(Vec::new(), &request("GET", "/").repeat(50));
    [
        vec![message; MESSAGES],
        vec![attachments; OTHERS],
        vec![deaf.at(ip(number)).deaf(); OTHERS],
        vec![pages.deaf(); OTHERS],
    ]
    .concat()
}

/// A request for a session, whose body is not completed.
fn slow_post(siege: &Siege, number: usize) -> TcpStream {
    let (_, target) = polling(siege.http, &ip(number));
    let mut stream = TcpStream::connect(siege.http).expect("the server accepts");
    let head = format!(
        "{}POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {LONG}\r\n\r\n{}",
        proxied(&ip(number)),
        "x".repeat(LITTLE)
    );
    stream.write_all(head.as_bytes()).expect("the server reads");
    stream
}

#[test]
fn what_is_kept_for_all_is_bounded() {
    withstands_many("hoarders", |siege| {
        super::floods::fill(siege);
        let posts: Vec<TcpStream> = (0..ADDRESSES).map(|it| slow_post(siege, it)).collect();
        let mut horde = Horde::new((0..ADDRESSES).flat_map(|it| hoarders(siege, it)));
        let mut most = 0;
        let start = Instant::now();
        // A busy machine takes longer to keep that much.
        let has_gone = || siege.server.logged("reason=memory") > 0;
        while start.elapsed() < 2 * spell() || !has_gone() && start.elapsed() < PATIENCE {
            horde.attacks(Duration::from_millis(200));
            most = most.max(siege.metric("mio_chat_held_bytes"));
        }
        report(format_args!("hoarders: {} MiB were held at most", most >> 20));
        assert!(has_gone(), "who holds too much goes");
        (horde, posts)
    });
}

#[test]
#[ignore = "the server has patience; scripts/test.sh runs it"]
fn what_does_not_become_whole_is_given_up() {
    withstands("incomplete input", |siege| {
        let opening = |rest: &[Vec<u8>]| [upgraded("/"), rest.concat()].concat();
        let awaited = text_frame("451-[\"message\",{\"_placeholder\":true,\"num\":0}]");
        let mut plans = Vec::new();
        for opening in [
            opening(&[unfinished(LITTLE)]),
            opening(std::slice::from_ref(&awaited)),
            opening(&[awaited, unfinished(LITTLE)]),
            request("GET", "/")[..10].to_vec(),
        ] {
            plans.extend(vec![Plan::new(siege.http, opening, "").once(); 10]);
        }
        let mut horde = Horde::new(plans);
        let post = slow_post(siege, 0);
        let start = Instant::now();
        horde.attacks_until(|horde| {
            horde.came == 40 && horde.here() == 0 || start.elapsed() > PATIENCE
        });
        assert_eq!(horde.here(), 0, "some are still awaited after {PATIENCE:?}");
        siege.server.wait_logged("status=408", 1);
        (horde, post)
    });
}
