//! mio-chat.
pub mod base;
pub mod chat;
pub mod hub;
pub mod limits;
pub mod net;
pub mod proto;
pub mod server;
pub mod session;
