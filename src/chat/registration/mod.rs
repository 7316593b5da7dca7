//! People whose names are theirs for good: everything about that in one folder. They register, log
//! in and out, and end their devices. The stages of the chat have one line each for it, and so has
//! each interface, in a file `registration.rs` of its own.

mod apply;
mod claims;
mod decide;
mod devices;
mod fact;
pub(super) mod passwords;
mod refusal;

pub(super) use apply::{apply_device_ended, apply_logged_in, apply_logged_out, apply_registered};
pub(super) use claims::{Claims, look_up};
pub(super) use decide::check;
pub(super) use devices::{ListedDevice, devices};
pub(super) use fact::{LoggedIn, LoggedOut, Registered};
pub(super) use refusal::RegisterRefusal;
