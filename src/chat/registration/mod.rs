//! People whose names are theirs for good: everything about that in one folder. They register, log
//! in and out, and end their devices. The stages of the chat have one line each for it, and
//! interfaces tell of it in files named `registration.rs`.
//!
//! A request (`asked`) is decided (`decide`, with the refusals in `refusal`), is a fact (`fact`)
//! with a form for other servers (`form`), and is applied (`apply`). On the way are the claims on
//! names (`claims`), the devices of a person (`devices`), and the process that hashes `passwords`.

mod apply;
mod asked;
mod claims;
mod decide;
mod devices;
mod fact;
mod form;
pub(super) mod passwords;
mod refusal;
mod reset;
#[cfg(test)]
mod samples;

pub(super) use apply::{apply, trace};
pub(super) use asked::AskedRegistration;
pub(super) use claims::{Claims, look_up, look_up_again, person_called};
pub(super) use decide::decide;
pub(super) use devices::{ListedDevice, devices};
pub(super) use fact::{
    DeviceEnded, EndedDevice, LoggedIn, LoggedOut, Registered, RegistrationFact, Reset,
};
pub(super) use form::{is_hash, is_hash_or_none, registration_entries};
pub(super) use refusal::RegisterRefusal;
pub(super) use reset::{follow, has_news, look, told};
#[cfg(test)]
pub(super) use samples::samples;
