//! Words that the chat and its terminal client share: the commands that a person types.

mod command;
mod span;

pub use command::{Command, Commands, Misuse, split_word};
pub use span::{BAD_SPAN, span_ms, split_span};

/// The words after the name of a person who is away, for the author of a private message to them:
/// whether they have an account, for which it is kept.
pub const fn waits(has_account: bool) -> &'static str {
    match has_account {
        true => "is away; it is kept for when they come back",
        false => {
            "has left and has no account; they get it only if they come back in the same browser \
             or program"
        }
    }
}
