//! What the program `mio-chat` is made of.

pub mod chat;
pub mod client;
pub mod limits;
pub mod words;
