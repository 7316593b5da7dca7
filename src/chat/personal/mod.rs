//! Personal things: what a person does for themselves alone, or to one other person, such as to
//! ignore somebody. Everything about that is in this folder. The stages of the chat have one line
//! each for it, and interfaces tell of it in files named `personal.rs`.
//!
//! A request (`asked`) is decided (`decide`, with the refusals in `refusal`), is a fact (`fact`)
//! with a form for other servers (`form`), and is applied (`apply`). The lists themselves are in
//! `people`.

mod apply;
mod asked;
mod decide;
mod fact;
mod form;
mod refusal;
#[cfg(test)]
mod samples;

pub(super) use apply::apply;
pub(super) use asked::{AlreadyPersonal, AskedPersonal};
pub(super) use fact::PersonalFact;
pub(super) use form::personal_entries;
pub(super) use refusal::PersonalRefusal;
#[cfg(test)]
pub(super) use samples::samples;
