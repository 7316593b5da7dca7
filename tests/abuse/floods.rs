//! Questions without end.

use super::client::{Ws, text_frame};
use super::foes::{Horde, Plan, is_long, request, spell, upgraded};
use super::innocents::socket;
use super::siege::{Siege, withstands};
use std::net::SocketAddr;
use std::time::Instant;

/// Number of earlier lines, so that there is something to look up.
const SAID: usize = 400;
const CONNECTIONS: usize = 64;
/// Number of people who return again and again, and of their returns.
const RETURNING: usize = 40;
const WELCOMES: usize = 40;

/// Rooms of each, if attacks are large, and otherwise: only a few more than their pace allows at
/// once.
const ROOMS: usize = 50;
const FEW_ROOMS: usize = 24;

/// Fills the history with common words.
pub(crate) fn fill(siege: &Siege) {
    for round in 0..SAID / 100 {
        // As much as one client may send at once.
        let mut client = super::harness::Client::guest(&siege.server);
        let common = "word ".repeat(150);
        let line = |number| format!("the time and the people of year {round} {number} {common}\n");
        client.send((0..100).map(line).collect::<String>());
        client.sync();
    }
}

/// Questions at both doors, each connection with many under way.
pub(crate) fn questions(siege: &Siege) -> Vec<Plan> {
    let pipelined = |bytes: Vec<u8>| bytes.repeat(100);
    let asked = ["/rooms\n", "/history 200\n", "/search the\n", "/search time people\n", "/who\n"];
    let at_lines = asked.map(|line| Plan::new(siege.lines, "", line.repeat(100)));
    let at_http = [("HEAD", "/"), ("GET", "/"), ("OPTIONS", "/socket.io/")]
        .map(|(method, target)| Plan::new(siege.http, "", pipelined(request(method, target))));
    let events = [
        "42/chat,1[\"history\",{\"room\":\"lobby\",\"limit\":100}]",
        "42/chat,1[\"search\",{\"query\":\"the\"}]",
        "42/chat,1[\"rooms\",{}]",
        "42/chat,1[\"who\",{\"room\":\"lobby\"}]",
    ];
    let at_socket =
        events.map(|event| Plan::new(siege.http, upgraded("/chat"), text_frame(event).repeat(100)));
    let all: Vec<Plan> = at_lines.into_iter().chain(at_http).chain(at_socket).collect();
    all.into_iter().cycle().take(CONNECTIONS).collect()
}

/// The next packet with this beginning.
fn skip_to(ws: &mut Ws, begin: &str) -> String {
    loop {
        let text = ws.text();
        if text.starts_with(begin) {
            return text;
        }
    }
}

/// A person from another address who is in many rooms; returns their token.
fn member(http: SocketAddr, number: usize) -> String {
    let mut ws = socket(http, &format!("198.18.0.{number}"));
    ws.send("40/chat,{}");
    let welcome = skip_to(&mut ws, "42/chat,[\"welcome\"");
    let (_, rest) = welcome.split_once("\"token\":\"").expect("a token");
    let (token, _) = rest.split_once('"').expect("its end");
    let rooms = if is_long() { ROOMS } else { FEW_ROOMS };
    // Everyone is in the lobby already. A join counts as five messages.
    for room in 1..rooms {
        ws.send(&format!("42/chat,{room}[\"join\",{{\"room\":\"shared{room}\"}}]"));
    }
    skip_to(&mut ws, &format!("43/chat,{}[", rooms - 1));
    token.to_owned()
}

/// People who come back into many rooms.
pub(crate) fn returning(siege: &Siege) -> Vec<Plan> {
    let http = siege.http;
    let members: Vec<_> =
        (0..RETURNING).map(|number| std::thread::spawn(move || member(http, number))).collect();
    let tokens = members.into_iter().map(|member| member.join().expect("a member"));
    let plans = tokens.map(|token| {
        let again =
            [text_frame(&format!("40/chat,{{\"token\":\"{token}\"}}")), text_frame("41/chat,")];
        Plan::new(http, upgraded("/"), again.concat()).times(WELCOMES)
    });
    plans.collect()
}

#[test]
fn questions_without_end_are_noticed_by_nobody() {
    withstands("questions", |siege| {
        fill(siege);
        let mut horde = Horde::new(questions(siege));
        horde.attacks(spell());
        horde
    });
}

#[test]
fn welcomes_into_many_rooms_are_noticed_by_nobody() {
    withstands("welcomes", |siege| {
        let mut horde = Horde::new(returning(siege));
        horde.attacks(spell());
        horde
    });
}

/// Input that is no message and yet work: telnet's negotiations, which are answered, and a body in
/// pieces of one byte.
fn pieces(siege: &Siege) -> Vec<Plan> {
    let body = b"POST /nope HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let telnet = Plan::new(siege.lines, "", [255, 251, 1].repeat(10_000));
    let chunked = Plan::new(siege.http, body, "1\r\n2\r\n".repeat(5_000));
    [vec![telnet; 20], vec![chunked; 20]].concat()
}

#[test]
fn what_is_no_message_is_counted_too() {
    withstands("pieces", |siege| {
        let (before, began) = (siege.server.cpu(), Instant::now());
        let mut horde = Horde::new(pieces(siege));
        horde.attacks(spell());
        let (used, took) = (siege.server.cpu() - before, began.elapsed());
        // A fifth of the time is their share; the kernel takes some more for their input.
        assert!(used < took / 2, "{used:?} of {took:?}");
        horde
    });
}
