//! The work for an input is about proportional to its length, for any input: eight times the length
//! takes about eight times as long, and not sixty-four times. The server runs in memory, so that
//! only its own work is measured.
//!
//! The measure is this thread's processor time, without the work of others. The least of a few
//! measurements counts, and a result that seems too high is measured again: a busy machine makes
//! work seem longer, never shorter, because others use the caches.

#![allow(unreachable_pub, reason = "modules of a test")]

mod cost {
    pub mod inputs;
}
mod harness;

use cost::inputs::{Input, at_http, at_lines, at_websocket};
use harness::{At, World};
use mio_chat::chat::{Chat, Setup, chat};
use mio_socketio::limits::QUEUE_BYTES_MAX;
use mio_socketio::{EngineSettings, LineSettings};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The factor of length, and the allowed factor of time: work that does not fit into a processor's
/// caches takes up to three times as long by that alone.
const TIMES_AS_MUCH: usize = 8;
const RATIO_MAX: f64 = 28.0;
const TIMES: usize = 3;
const ATTEMPTS: usize = 4;
/// Shorter times say nothing about growth: the first pages of memory are work too.
const LEAST: Duration = Duration::from_micros(500);
/// Time for work that is put off to later turns; no heartbeat is due in it.
const LATER_MS: u64 = 20_000;
const WIDE: usize = 1 << 30;

fn world() -> World<Chat> {
    let lines = LineSettings::default().rate_per_s(0);
    let engine = EngineSettings::default().rate_per_s(0);
    World::new(chat(Setup { lines, engine, ..Setup::default() }), QUEUE_BYTES_MAX)
}

/// A client that has sent `opening`, in which `@` stands for the id of its session if it has one.
fn arrive(world: &mut World<Chat>, input: &Input) -> (usize, String) {
    let mut sid = String::new();
    if input.polls {
        let asking = world.connect_at(At::Http, WIDE);
        let get = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n";
        world.clients[asking].send(get.as_bytes());
        world.settle();
        let told = world.clients[asking].take(WIDE);
        let told = String::from_utf8_lossy(&told).into_owned();
        let (_, rest) = told.split_once("\"sid\":\"").expect("a session");
        sid = rest[..20].to_owned();
        world.clients[asking].end();
    }
    let client = world.connect_at(if input.at_http { At::Http } else { At::Lines }, WIDE);
    world.clients[client].send(&input.opening);
    world.advance(100);
    world.clients[client].take(WIDE);
    (client, sid)
}

/// The processor time that this thread has used.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("time is used, not given back")
}

/// The server's time for this much of an input.
fn work(input: &Input, size: usize) -> Duration {
    let mut world = world();
    let (client, sid) = arrive(&mut world, input);
    let mut bytes = (input.load)(size);
    if input.polls {
        let length = bytes.len();
        let target = format!("/socket.io/?EIO=4&transport=polling&sid={sid}{}", input.query);
        let head = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        bytes.splice(0..0, head.into_bytes());
    }
    let pieces = bytes.chunks(input.piece.unwrap_or(bytes.len()));
    let before = used();
    for piece in pieces {
        world.clients[client].send(piece);
        world.settle();
    }
    world.advance(LATER_MS);
    used() - before
}

fn least(input: &Input, size: usize) -> Duration {
    (0..TIMES).map(|_| work(input, size)).min().unwrap_or_default()
}

fn grow_as_they_should(inputs: &[Input]) {
    let mut faults = Vec::new();
    for input in inputs {
        let mut all = Vec::new();
        let is_linear = (0..ATTEMPTS).any(|_| {
            let (one, more) = (input.size, TIMES_AS_MUCH * input.size);
            let (one, more) = (least(input, one), least(input, more));
            all.push((one, more));
            more.as_secs_f64() < RATIO_MAX * one.max(LEAST).as_secs_f64()
        });
        if !is_linear {
            faults.push(format!("{}: {TIMES_AS_MUCH} times as much takes {all:?}", input.name));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn lines_cost_as_much_as_they_are_long() {
    grow_as_they_should(&at_lines());
}

#[test]
fn packets_cost_as_much_as_they_are_long() {
    grow_as_they_should(&at_websocket());
}

#[test]
fn requests_cost_as_much_as_they_are_long() {
    grow_as_they_should(&at_http());
}
