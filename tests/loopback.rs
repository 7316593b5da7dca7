//! The real program over real sockets on loopback: the behaviour that people rely on, and the input
//! that the server must survive. Every wait has a deadline, and the system chooses every port.

#[path = "loopback/activation.rs"]
mod activation;
#[path = "loopback/backpressure.rs"]
mod backpressure;
#[path = "loopback/commands.rs"]
mod commands;
#[path = "loopback/configuring.rs"]
mod configuring;
#[path = "loopback/content.rs"]
mod content;
#[path = "loopback/contrib.rs"]
mod contrib;
#[path = "loopback/dialogue.rs"]
mod dialogue;
#[path = "loopback/disk.rs"]
mod disk;
#[path = "loopback/failing.rs"]
mod failing;
#[path = "loopback/flood.rs"]
mod flood;
#[path = "loopback/foreign.rs"]
mod foreign;
#[path = "loopback/framing.rs"]
mod framing;
#[path = "loopback/harness.rs"]
mod harness;
#[path = "loopback/history.rs"]
mod history;
#[path = "loopback/hostile.rs"]
mod hostile;
#[path = "loopback/keeping.rs"]
mod keeping;
#[path = "loopback/lifecycle.rs"]
mod lifecycle;
#[path = "loopback/mount.rs"]
mod mount;
#[path = "loopback/names.rs"]
mod names;
#[path = "loopback/plain.rs"]
mod plain;
#[path = "loopback/private.rs"]
mod private;
#[path = "loopback/process.rs"]
mod process;
#[path = "loopback/proxies.rs"]
mod proxies;
#[path = "loopback/purging.rs"]
mod purging;
#[path = "loopback/recording.rs"]
mod recording;
#[path = "loopback/registering.rs"]
mod registering;
#[path = "loopback/resources.rs"]
mod resources;
#[path = "loopback/restoring.rs"]
mod restoring;
#[path = "loopback/standard_error.rs"]
mod standard_error;
#[path = "loopback/stream.rs"]
mod stream;
#[path = "loopback/taking_back.rs"]
mod taking_back;
#[path = "loopback/unix.rs"]
mod unix;
#[path = "loopback/usage.rs"]
mod usage;
#[path = "loopback/user.rs"]
mod user;
#[path = "loopback/workers.rs"]
mod workers;
