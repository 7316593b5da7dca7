//! The entries of facts about earlier messages.

use super::About;
use crate::chat::{archive, names};
use crate::limits::LINE_BYTES_MAX_HIGHEST;

/// The rows of these facts in the table of `shared::entry`.
macro_rules! words_entries {
    ($next:ident $($later:ident)*; $($rows:tt)*) => {
        $next! {
            $($later)*; $($rows)*
            Edited(words::WordsFact in Words) {
                nick: Rc<str> where is_nick,
                about: words::About where words::is_about,
                #[serde(borrow)]
                text: Cow<'a, str> where words::is_text,
            } [stays];
            Deleted(words::WordsFact in Words) {
                nick: Rc<str> where is_nick,
                about: words::About where words::is_about,
            } [stays];
            Reacted(words::WordsFact in Words) {
                person: Rc<str>,
                nick: Rc<str> where is_nick,
                about: words::About where words::is_about,
                emoji: Rc<str> where words::is_emoji,
                #[serde(rename = "on")]
                is_on: bool,
            } [stays];
        }
    };
}
pub(in crate::chat) use words_entries;

/// Whether there can be such a message.
pub(in crate::chat) fn is_about(about: &About) -> bool {
    let About { place, author, .. } = about;
    let is_place = archive::parties(place).is_some() || names::is_room_key(place);
    is_place && names::is_still_good(author)
}

pub(in crate::chat) const fn is_text(text: &str) -> bool {
    text.len() <= LINE_BYTES_MAX_HIGHEST
}
