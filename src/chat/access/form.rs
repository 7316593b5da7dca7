//! The entries of facts about access.

/// The rows of these facts in the table of all entries.
macro_rules! access_entries {
    ($next:ident $($later:ident)*; $($rows:tt)*) => {
        $next! {
            $($later)*; $($rows)*
            InvitationMade(access::AccessFact in Access) {
                #[serde(flatten)]
                made: Invitation where Invitation::is_possible,
            } [stays];
        }
    };
}
pub(in crate::chat) use access_entries;
