//! Words that the chat and its terminal client share: the commands that a person types.

mod command;
mod span;

pub use command::{Command, Commands, Misuse, split_word};
pub use span::{span_ms, split_span};
