//! The entries of facts about registered people.

use crate::limits::PASSWORD_HASH_BYTES_MAX;

/// The rows of these facts in the table of all entries.
macro_rules! registration_entries {
    ($next:ident $($later:ident)*; $($rows:tt)*) => {
        $next! {
            $($later)*; $($rows)*
            Registered(registration::RegistrationFact in Registration) {
                id: Rc<str>,
                nick: Rc<str> where is_free_nick,
                #[serde(borrow)]
                hash: Cow<'a, str> where registration::is_hash,
                device: Option<Device>,
                #[serde(default, skip_serializing_if = "Vec::is_empty")]
                ignored: Vec<Ignored> where are_ignored,
            } [stays];
            LoggedIn(registration::RegistrationFact in Registration) {
                id: Rc<str>,
                old: Rc<str> where is_nick,
                new: Rc<str> where is_nick,
                rooms: Vec<Rc<str>> where are_rooms,
                record: Option<Box<KeptPerson>>,
                device: Option<Device>,
            } [stays];
            LoggedOut(registration::RegistrationFact in Registration) {
                id: Rc<str>,
                old: Rc<str> where is_nick,
                new: Rc<str> where is_nick,
                guest: u64,
                rooms: Vec<Rc<str>> where are_rooms,
                record: Option<Box<KeptPerson>>,
                ended: Option<Token>,
            } [stays];
            DeviceEnded(registration::RegistrationFact in Registration) {
                number: i64,
                #[serde(flatten)]
                ended: WrittenEnded,
            } [stays];
            Reset(registration::RegistrationFact in Registration) {
                id: Rc<str> where is_id,
                #[serde(borrow)]
                hash: Option<Cow<'a, str>> where registration::is_hash_or_none,
            } [stays];
        }
    };
}
pub(in crate::chat) use registration_entries;

pub(in crate::chat) fn is_hash_or_none(hash: &Option<std::borrow::Cow<'_, str>>) -> bool {
    hash.as_deref().is_none_or(is_hash)
}

pub(in crate::chat) const fn is_hash(hash: &str) -> bool {
    hash.len() <= PASSWORD_HASH_BYTES_MAX
}
