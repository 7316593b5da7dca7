//! What the chat and its terminal client both speak: the commands that a person types.

mod command;

pub use command::{Command, Commands, Misuse, split_word};
