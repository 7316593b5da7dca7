//! Earlier messages that people correct, delete or react to: everything about that in one folder.
//! The stages of the chat have one line each for it, and so has each interface, in a file
//! `words.rs` of its own.

mod apply;
mod decide;
mod fact;
mod meant;
mod refusal;

pub(super) use apply::{apply_deleted, apply_edited, apply_reacted};
pub(super) use decide::is_emoji;
pub(super) use fact::{About, Deleted, Edited, Reacted};
pub(super) use meant::{author, devices_at, is_gone, look_up, told_in_private};
pub(super) use refusal::WordsRefusal;
