//! Attacks on the real program, one by one and all at once. Harmless people notice nothing, memory
//! stays bounded, and the server ends when it is told to.
//!
//! The measurements are compared with those of the same people on the same server before the
//! attack. A busy machine makes a fast server slow, never a slow server fast: a test that failed
//! only for slowness is tried again.

#[path = "abuse/all.rs"]
mod all;
#[path = "web/client.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the tests of the HTTP door")]
mod client;
#[path = "abuse/crowds.rs"]
mod crowds;
#[path = "web/engine.rs"]
#[allow(dead_code, reason = "shared with the tests of the HTTP door")]
mod engine;
#[path = "abuse/floods.rs"]
mod floods;
#[path = "abuse/foes.rs"]
mod foes;
#[allow(dead_code, unused_imports, reason = "shared with the tests of the line door")]
#[path = "loopback/harness.rs"]
mod harness;
#[path = "abuse/innocents.rs"]
mod innocents;
#[path = "abuse/logs.rs"]
mod logs;
#[path = "abuse/memory.rs"]
mod memory;
#[path = "abuse/office.rs"]
mod office;
#[path = "abuse/packets.rs"]
mod packets;
#[allow(dead_code, reason = "shared with the tests of the line door")]
#[path = "loopback/process.rs"]
mod process;
#[path = "abuse/readers.rs"]
mod readers;
#[path = "abuse/siege.rs"]
mod siege;
#[allow(dead_code, reason = "shared with the tests of the line door")]
#[path = "loopback/stream.rs"]
mod stream;
