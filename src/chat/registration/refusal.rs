//! Refusals about registered people, and their names.

use crate::chat::refusal::Refusal;
use crate::limits::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN};
use std::fmt;
use std::rc::Rc;

/// The reason why a request about registered people or their names is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum RegisterRefusal {
    /// The name is a registered person's.
    IsRegistered(Rc<str>),
    /// It is the name of a hook.
    IsHook(Rc<str>),
    /// It was a registered person's a while ago.
    WasRegistered(Rc<str>),
    /// They are registered under this name.
    RegisteredAlready(Rc<str>),
    /// They have a name that the server has given them.
    NoOwnName,
    /// The password is too short or too long.
    BadPassword,
    /// No registered person has this name.
    NotRegistered(Box<str>),
    /// It is not the password of the registered person of this name.
    WrongPassword(Rc<str>),
    /// Too many passwords for this name wait to be checked, because many wrong ones have come.
    Guessed(Rc<str>),
    /// They are logged in under this name.
    LogOutFirst(Rc<str>),
    NotLoggedIn,
    /// They have no device of this number.
    NoDevice(i64),
    ThisDevice,
    /// Their device ended, or their account was reset, while they came in.
    DeviceEnded,
    /// Nobody can register here.
    NoRegistrations,
    /// The file cannot be written now.
    NotKept,
    /// Too many passwords wait to be hashed, or one could not be.
    PasswordsBusy,
    /// The process that hashes passwords has died, and nobody can start another one.
    PasswordsLost,
}

impl From<RegisterRefusal> for Refusal {
    fn from(why: RegisterRefusal) -> Self {
        Self::Register(why)
    }
}

impl RegisterRefusal {
    /// The word for programs.
    pub(in crate::chat) const fn code(&self) -> &'static str {
        match self {
            Self::IsRegistered(_) | Self::WasRegistered(_) | Self::IsHook(_) => "nick-taken",
            Self::RegisteredAlready(_) | Self::LogOutFirst(_) => "logged-in",
            Self::NoOwnName => "no-name",
            Self::BadPassword => "bad-password",
            Self::NotRegistered(_) => "not-registered",
            Self::WrongPassword(_) => "wrong-password",
            Self::NotLoggedIn => "not-logged-in",
            Self::NoDevice(_) | Self::ThisDevice => "no-device",
            Self::DeviceEnded => "device-ended",
            Self::NoRegistrations => "no-registrations",
            Self::NotKept => "not-kept",
            Self::PasswordsBusy | Self::PasswordsLost | Self::Guessed(_) => "busy",
        }
    }
}

/// The sentence for people.
impl fmt::Display for RegisterRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsRegistered(nick) => {
                write!(f, "{nick} is registered; choose another name, or /login {nick} PASSWORD")
            }
            Self::IsHook(nick) => {
                write!(f, "{nick} is the name of a program here; choose another name")
            }
            Self::WasRegistered(nick) => {
                write!(f, "{nick} is kept for the person who had it until now, choose another name")
            }
            Self::RegisteredAlready(nick) => write!(f, "{nick} is yours already"),
            Self::NoOwnName => f.write_str("take a name of your own first: /nick NAME"),
            Self::BadPassword => write!(
                f,
                "a password has {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} bytes; a few words \
                 are easy to remember and hard to guess"
            ),
            Self::NotRegistered(name) => write!(f, "nobody has registered as {name}"),
            Self::WrongPassword(nick) => write!(f, "that is not {nick}'s password"),
            Self::Guessed(nick) => write!(
                f,
                "too many have tried {nick}'s password just now; try again in a moment, or from \
                 where {nick} has logged in before"
            ),
            Self::LogOutFirst(nick) => write!(f, "you are logged in as {nick}; /logout first"),
            Self::NotLoggedIn => f.write_str("you are not logged in"),
            Self::NoDevice(number) => write!(f, "you have no device {number}"),
            Self::ThisDevice => f.write_str("that is this device; /logout ends it"),
            Self::DeviceEnded => f.write_str("this device has ended; log in again"),
            Self::NoRegistrations => {
                f.write_str("nobody can register here, because no history is kept")
            }
            Self::NotKept => {
                f.write_str("that cannot be kept now, because the file cannot be written")
            }
            Self::PasswordsLost => f.write_str(
                "nobody can register or log in with a password until this server is started anew; \
                 tell its operator",
            ),
            Self::PasswordsBusy => {
                f.write_str("passwords cannot be checked just now, try again in a moment")
            }
        }
    }
}
