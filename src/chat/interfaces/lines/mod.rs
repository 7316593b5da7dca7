//! Lines: the interface of netcat and of plain WebSockets, with commands.

pub(in crate::chat) mod answers;
pub(in crate::chat) mod commands;
pub(in crate::chat) mod hints;
mod list;
pub(in crate::chat) mod notices;
pub(in crate::chat) mod tell;
