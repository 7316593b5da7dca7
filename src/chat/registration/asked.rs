//! Requests of registered people, and of those who want to be.

use super::ListedDevice;
use super::passwords::{Arrival, Checked, Password};
use crate::chat::history::Registration;
use crate::chat::request::Fresh;

/// A request about the name that is a person's for good, or about their devices.
#[derive(Debug)]
pub(in crate::chat) enum AskedRegistration<'a> {
    /// To have one's nick for good, with this password.
    Register { password: Password<'a> },
    /// To register, once the password is hashed.
    Registered { hash: &'a str, fresh: Fresh },
    /// To log in as the registered person of this name, of whom the file knows `known`.
    LogIn {
        name: &'a str,
        password: Password<'a>,
        known: Option<Registration>,
        /// How they come in then, if they have not come in yet.
        arrival: Option<Box<dyn Arrival>>,
    },
    /// To log in, once the password has proved right.
    LoggedIn(Checked),
    /// To be a guest again.
    LogOut { fresh: Fresh },
    /// To end the device of this number, which is one of these.
    EndDevice { number: i64, devices: Vec<ListedDevice> },
}
