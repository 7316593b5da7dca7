//! Many servers that are one chat, with a real Redis. A person's server does not matter. When a
//! server or Redis fails, no message is lost or told twice, and no name has two bearers.

#![allow(dead_code, unused_imports, unreachable_pub, reason = "modules of other tests")]

#[path = "nodes/apart.rs"]
mod apart;
#[path = "nodes/chat.rs"]
mod chat;
#[path = "web/client.rs"]
mod client;
#[path = "nodes/files.rs"]
mod files;
#[path = "loopback/harness.rs"]
mod harness;
#[path = "nodes/invitations.rs"]
mod invitations;
#[path = "nodes/large.rs"]
mod large;
#[path = "transcripts/loopback.rs"]
mod loopback;
#[path = "nodes/newcomers.rs"]
mod newcomers;
#[path = "nodes/order.rs"]
mod order;
#[path = "nodes/orders.rs"]
mod orders;
#[path = "transcripts/people.rs"]
mod people;
#[path = "loopback/process.rs"]
mod process;
#[path = "nodes/races.rs"]
mod races;
#[path = "nodes/redis.rs"]
mod redis;
#[path = "nodes/registered.rs"]
mod registered;
#[path = "nodes/rooms.rs"]
mod rooms;
#[path = "transcripts/script.rs"]
mod script;
#[path = "nodes/secret.rs"]
mod secret;
#[path = "nodes/strangers.rs"]
mod strangers;
#[path = "loopback/stream.rs"]
mod stream;
#[path = "nodes/together.rs"]
mod together;
#[path = "nodes/transcripts.rs"]
mod transcripts;
#[path = "nodes/twice.rs"]
mod twice;
#[path = "nodes/typing.rs"]
mod typing;
#[path = "nodes/way.rs"]
mod way;
#[path = "nodes/ways.rs"]
mod ways;
#[path = "nodes/words.rs"]
mod words;
