//! The parts of the program `mio-chat`.

pub mod chat;
pub mod client;
pub mod limits;
pub mod words;
