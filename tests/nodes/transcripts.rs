//! The golden transcripts with people at two nodes.
//!
//! People see the same as at one server, with two exceptions:
//!
//! * A relay (`--plain`) has no nodes, so its transcripts are not played, nor those of one server.
//! * A node answers a question (`/who`, `/rooms`) by what it has read from Redis, which may lack
//!   what has just happened at another node. So the next step begins once both nodes have read the
//!   same entries. Nothing else has to wait: what people do is decided in one order for all.

use super::harness::{DEADLINE, Server, poll_until};
use super::loopback::play;
use super::people;
use super::redis::{Redis, metric};
use super::script::Script;

/// Transcripts of a relay.
const RELAYS: usize = 2;

/// The number of entries that a node has read from Redis.
fn entries_read(node: &Server) -> u64 {
    metric(node, "mio_chat_node_read_entries")
}

/// Plays a transcript with every other person at the other node.
fn run(script: &Script, redis: &Redis, first: usize) {
    let replay = script.value("replay").unwrap_or(0);
    // As at one server, there is no page to which a browser at the line door could be led.
    let mut flags: Vec<String> = ["--http=none", "--metrics=127.0.0.1:0"].map(str::to_owned).into();
    flags.push(format!("--replay={replay}"));
    for (flag, value) in script.flags.iter().filter(|(flag, _)| flag != "replay") {
        flags.push(match value {
            Some(value) => format!("--{flag}={value}"),
            None => format!("--{flag}"),
        });
    }
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    for node in ["a", "b"] {
        people::register(&redis.db(node), &script.before);
    }
    let nodes = ["a", "b"].map(|name| redis.node_with(name, &flags));
    let addresses = [&nodes[0], &nodes[1]].map(|node| node.address().to_string());
    // They have not read the same number: each reads on from its own beginning.
    let begun = [&nodes[0], &nodes[1]].map(entries_read);
    let is_level = || {
        let read = [entries_read(&nodes[0]) - begun[0], entries_read(&nodes[1]) - begun[1]];
        read[0] == read[1]
    };
    play(
        script,
        |person| &addresses[(first + person) % 2],
        || assert!(poll_until(DEADLINE, is_level), "{}: both nodes read all", script.name),
    );
}

#[test]
fn people_at_two_nodes_see_what_people_at_one_server_see() {
    let mut relays = 0;
    for script in Script::all() {
        if script.has("plain") {
            relays += 1;
            continue;
        }
        if script.is_virtual || script.is_lone {
            continue;
        }
        for first in [0, 1] {
            let Some(redis) = Redis::start() else { return };
            run(&script, &redis, first);
        }
    }
    assert_eq!(relays, RELAYS);
}
