//! Keeping order: everything that people with a role do to others, in one folder. The stages of the
//! chat have one line each for it, and interfaces tell of it in files named `order.rs`.
//!
//! A [`Deed`] goes through the files in this order: it is asked for ([`AskedDeed`]), decided
//! (`decide`, with the refusals in `refusal`), a fact (`deed`, and `fact` for all facts) with a
//! form for other servers (`form`), applied with a line in the logs (`apply`), and followed by
//! facts of the people whom it concerns (`follow`). Beside them are the roles that allow deeds, the
//! deeds that a menu offers (`powers`), the bans in force, and the orders about bans that operators
//! give too.

mod apply;
mod asked;
pub(super) mod bans;
mod decide;
mod deed;
mod fact;
mod follow;
mod form;
mod gone;
pub(super) mod orders;
mod powers;
mod refusal;
pub(super) mod roles;
#[cfg(test)]
mod samples;
pub(super) mod unowned;

pub(super) use apply::{apply, log_change};
pub(super) use asked::AskedDeed;
pub(super) use deed::{Barred, Deed, Moderated, OutOf, PutOut};
pub(super) use fact::{OrderFact, Removal, Removed};
pub(super) use follow::{follow, follow_quietly};
pub(super) use form::{is_reason, order_entries};
pub(super) use gone::{GoneGuests, note_gone};
pub(super) use refusal::{Ending, OrderRefusal};
#[cfg(test)]
pub(super) use samples::samples;
pub(super) use unowned::Unowned;
