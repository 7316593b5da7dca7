//! A counter that several servers share through Redis: start a `redis-server`, then this twice,
//! `cargo run --example redis -- 127.0.0.1:5001` and the same with 5002. A line sent to either
//! (`nc 127.0.0.1 5001`) adds one, and everybody at both is told the sum.
//!
//! `REDIS_URL` is the address of Redis; the default is `redis://127.0.0.1`.

use mio_socketio::redis::{LinkState, Redis};
use mio_socketio::{Listen, Listening, Server, SocketId};
use std::collections::HashMap;
use std::error::Error;

/// One link counts and publishes, the other hears.
const COUNTING: &str = "counting";
const HEARING: &str = "hearing";
/// A counter, and the channel in which its value is published.
const KEY: &[u8] = b"example:count";

#[derive(Default)]
struct Counter {
    /// The socket that has counted, by the token of its command.
    asked: HashMap<u64, SocketId>,
    next_token: u64,
}

/// Counts on and tells all servers, in one step.
const SCRIPT: &[u8] = b"local count = redis.call('INCR', KEYS[1])
redis.call('PUBLISH', KEYS[1], count)
return count";

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:5001".to_owned());
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1".to_owned());
    let listen = Listen::default().addresses(vec![address.parse()?]);
    Listening::open(&listen)?.serve_until_signal(counter(&Redis::at(&url)?))?;
    Ok(())
}

fn counter(redis: &Redis) -> Server<Counter> {
    Server::<Counter>::builder()
        .on_connect(|cx, socket| {
            cx.join(socket, "all");
        })
        .on_line(|cx, socket, _| {
            cx.state.next_token += 1;
            let token = cx.state.next_token;
            match cx.redis(COUNTING, &[b"EVAL", SCRIPT, b"1", KEY], token) {
                Ok(()) => drop(cx.state.asked.insert(token, socket)),
                Err(why) => cx.send(socket, format_args!("* not counted: {why}")),
            }
        })
        .redis(COUNTING, redis.clone().name(COUNTING), |link| {
            link.on_state(|cx, state| match state {
                LinkState::Up => cx.to("all").send(format_args!("* the counter is there")),
                LinkState::Down(why) => cx.to("all").send(format_args!("* no counter: {why}")),
            })
            .on_reply(|cx, token, reply| {
                let Some(socket) = cx.state.asked.remove(&token) else { return };
                match reply {
                    Ok(reply) => {
                        let count = reply.as_integer().unwrap_or_default();
                        cx.send(socket, format_args!("* you have counted {count}"));
                    }
                    Err(why) => cx.send(socket, format_args!("* perhaps not counted: {why}")),
                }
            })
        })
        .redis(HEARING, redis.clone().name(HEARING), |link| {
            link.on_state(|cx, state| {
                if state == LinkState::Up
                    && let Err(why) = cx.redis(HEARING, &[b"SUBSCRIBE", KEY], 0)
                {
                    log::warn!("cannot subscribe: {why}");
                }
            })
            .on_push(|cx, mut items| {
                let is_message = items.next().is_some_and(|it| it.as_bytes() == Some(b"message"));
                if let (true, Some(count)) = (is_message, items.nth(1)) {
                    let count = count.as_bytes().unwrap_or_default().escape_ascii();
                    cx.to("all").send(format_args!("* the count is {count}"));
                }
            })
        })
        .build(Counter::default())
}
