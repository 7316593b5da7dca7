//! Keeping order: everything that people with a role do to others, in one folder. The stages of the
//! chat have one line each for it, and so has each interface, in a file `order.rs` of its own.
//!
//! A [`Deed`] goes through the files in this order: it is asked for ([`AskedDeed`]), decided
//! (`decide`, with the refusals in `refusal`), a fact with a form in the journal of many servers
//! (`deed`), applied with a line in the logs (`apply`), and followed by facts of the people whom it
//! concerns (`follow`). Beside them are the roles that allow deeds, the bans in force, and the
//! orders about bans that operators give too.

mod apply;
mod asked;
pub(super) mod bans;
mod decide;
mod deed;
mod follow;
mod gone;
pub(super) mod orders;
mod refusal;
pub(super) mod roles;

pub(super) use apply::{apply_moderated, apply_removed, log_change};
pub(super) use asked::AskedDeed;
pub(super) use deed::{Barred, Deed, Moderated, Removal, Removed};
pub(super) use follow::follow;
pub(super) use gone::{GoneGuests, note_gone};
pub(super) use refusal::{Ending, OrderRefusal};
