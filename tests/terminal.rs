//! The real client in a pseudo-terminal and in a pipe, with the real server. Every wait has a
//! deadline.

#[path = "terminal/answers.rs"]
mod answers;
#[path = "terminal/leave.rs"]
mod leave;
#[path = "terminal/login.rs"]
mod login;
#[path = "terminal/menu.rs"]
mod menu;
#[path = "terminal/order.rs"]
mod order;
#[path = "terminal/outage.rs"]
mod outage;
#[path = "terminal/pipe.rs"]
mod pipe;
#[path = "terminal/pty.rs"]
mod pty;
#[path = "terminal/screen.rs"]
mod screen;
#[path = "terminal/server.rs"]
mod server;
#[path = "terminal/usage.rs"]
mod usage;
