//! Words that the chat and its terminal client share: the commands that a person types.

mod command;

pub use command::{Command, Commands, Misuse, split_word};
