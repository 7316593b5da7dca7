//! The entries of facts about keeping order.

use crate::limits::WHY_BYTES_MAX;

/// The rows of these facts in the table of all entries.
macro_rules! order_entries {
    ($next:ident $($later:ident)*; $($rows:tt)*) => {
        $next! {
            $($later)*; $($rows)*
            Moderated(order::OrderFact in Order) {
                nick: Rc<str> where is_nick,
                #[serde(default, skip_serializing_if = "Option::is_none")]
                maker: Option<Rc<str>> where is_id_or_none,
                deed: order::Deed<SocketName> where order::Deed::is_possible,
                #[serde(borrow)]
                why: Cow<'a, str> where order::is_reason,
            } [stays];
            Removed(order::OrderFact in Order) {
                nick: Rc<str> where is_nick,
                room: Rc<str> where is_room,
                to: Option<Rc<str>> where is_room_or_none,
                must_go: bool,
                moderator: Rc<str> where is_nick,
                #[serde(borrow)]
                why: Cow<'a, str> where order::is_reason,
                #[serde(default)]
                removal: order::Removal,
            };
        }
    };
}
pub(in crate::chat) use order_entries;

pub(in crate::chat) const fn is_reason(why: &str) -> bool {
    why.len() <= WHY_BYTES_MAX
}
