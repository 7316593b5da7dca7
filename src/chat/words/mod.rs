//! Earlier messages that people correct, delete or react to: everything about that in one folder.
//! The stages of the chat have one line each for it, and interfaces tell of it in files named
//! `words.rs`.
//!
//! A change goes through the files in this order: it is asked for (`asked`), the message that is
//! meant is looked up (`meant`), the change is decided (`decide`, with the refusals in `refusal`),
//! is a fact (`fact`) with a form for other servers (`form`), and is applied (`apply`).

mod apply;
mod asked;
mod decide;
mod fact;
mod form;
mod meant;
mod refusal;
#[cfg(test)]
mod samples;

use super::history::Message;
pub(super) use apply::{apply, trace};
pub(super) use asked::{AlreadyWords, AskedChange, AskedWords, Which};
pub(super) use decide::is_emoji;
pub(super) use fact::{About, Deleted, Edited, Reacted, WordsFact};
pub(super) use form::{is_about, is_text, words_entries};
pub(super) use meant::{author, find, is_gone, look_up, told_in_private};
pub(super) use refusal::WordsRefusal;
#[cfg(test)]
pub(super) use samples::samples;

/// Notes about earlier messages, in memory alone.
#[derive(Debug, Default)]
pub(super) struct WordsNotes {
    /// The message that the request at hand is about.
    meant: Option<Message>,
}
