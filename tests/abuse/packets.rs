//! Single packets that cost as much work as possible.

use super::client::text_frame;
use super::foes::{Horde, Plan, spell, upgraded};
use super::siege::{Siege, withstands};
use std::net::SocketAddr;

/// As long as a packet may be, about.
const LONG: usize = 950_000;
/// A ligature that becomes eighteen letters when a name is examined.
const LIGATURE: &str = "\u{fdfa}";
/// Connections that send each of the packets.
const EACH: usize = 3;

/// An event of `/` or `/chat` with these arguments.
fn event(namespace: &str, name: &str, args: &str) -> String {
    let namespace = if namespace == "/" { String::new() } else { format!("{namespace},") };
    format!("42{namespace}1[\"{name}\"{args}]")
}

/// Long packets of every kind, at both namespaces.
fn long_packets() -> Vec<(&'static str, String)> {
    let many = ",1".repeat(LONG / 2);
    let nested = format!("{}{}", "[".repeat(60), "]".repeat(60));
    let wide = [nested.as_str()].repeat(LONG / 64 / (nested.len() + 1)).join(",");
    let deep = format!(",[{wide}]").repeat(63);
    let abyss = format!(",{}", "[".repeat(LONG));
    let escapes = format!(",\"{}\"", "\\u0061".repeat(LONG / 6));
    let objects = format!(",{{{}}}", vec!["\"a\":{}"; LONG / 8].join(","));
    let holes = format!(",[{}]", vec!["{\"_placeholder\":true,\"num\":0}"; LONG / 31].join(","));
    let mut all = Vec::new();
    for namespace in ["/", "/chat"] {
        for args in [&many, &deep, &abyss, &escapes, &objects, &holes] {
            all.push((namespace, event(namespace, "message", args)));
        }
        all.push((namespace, event(namespace, &"n".repeat(LONG), ",1")));
        let awaited = format!("451-{}", &event(namespace, "message", &holes)[2..]);
        all.push((namespace, awaited));
    }
    all
}

pub(crate) fn packet_plans(http: SocketAddr) -> Vec<Plan> {
    let all = long_packets().into_iter().flat_map(|(namespace, packet)| {
        let plan = Plan::new(http, upgraded(namespace), text_frame(&packet));
        std::iter::repeat_n(plan.times(20), EACH)
    });
    all.collect()
}

/// Names that cost long to examine, and names and rooms by the thousand.
pub(crate) fn name_plans(siege: &Siege) -> Vec<Plan> {
    let long = LIGATURE.repeat(LONG / LIGATURE.len());
    let requests = [
        event("/chat", "dm", &format!(",{{\"to\":\"{long}\",\"text\":\"x\"}}")),
        event("/chat", "nick", &format!(",{{\"nick\":\"{long}\"}}")),
        event("/chat", "join", &format!(",{{\"room\":\"{long}\"}}")),
        event("/chat", "ignore", &format!(",{{\"nick\":\"{long}\",\"on\":true}}")),
        event("/chat", "edit", &format!(",{{\"id\":1,\"text\":\"{long}\"}}")),
        event("/chat", "react", &format!(",{{\"id\":1,\"emoji\":\"{long}\"}}")),
        event("/chat", "search", &format!(",{{\"query\":\"{long}\"}}")),
    ];
    let at_web = requests.iter().map(|packet| {
        let plan = Plan::new(siege.http, upgraded("/chat"), text_frame(packet));
        plan.times(20)
    });
    let short = LIGATURE.repeat(1_300);
    let line =
        ["/nick", "/join", "/msg", "/ignore", "/whois"].map(|it| format!("{it} {short} x\n"));
    let names: String = (0..2_000).map(|number| format!("/nick n{number}\n")).collect();
    let rooms: String = (0..2_000).map(|number| format!("/join room{number}\n")).collect();
    let at_lines = [line.concat(), names, rooms].into_iter().flat_map(|load| {
        let plan = Plan::new(siege.lines, "", load);
        std::iter::repeat_n(plan, 5)
    });
    at_web.chain(at_lines).collect()
}

#[test]
fn long_packets_are_noticed_by_nobody() {
    withstands("long packets", |siege| {
        let mut horde = Horde::new(packet_plans(siege.http));
        horde.attacks(spell());
        horde
    });
}

#[test]
fn names_are_noticed_by_nobody() {
    withstands("names", |siege| {
        let mut horde = Horde::new(name_plans(siege));
        horde.attacks(spell());
        horde
    });
}
