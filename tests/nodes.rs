//! Many servers that are one chat, by a real Redis: who is where does not matter, and whatever
//! becomes of a server or of Redis, nothing is lost, said twice or borne by two.

#![allow(dead_code, unused_imports, reason = "modules of other tests")]

#[path = "nodes/apart.rs"]
mod apart;
#[path = "loopback/harness.rs"]
mod harness;
#[path = "nodes/orders.rs"]
mod orders;
#[path = "loopback/process.rs"]
mod process;
#[path = "nodes/redis.rs"]
mod redis;
#[path = "loopback/stream.rs"]
mod stream;
#[path = "nodes/together.rs"]
mod together;
