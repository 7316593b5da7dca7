//! The entries of personal facts.

/// The rows of these facts in the table of all entries.
macro_rules! personal_entries {
    ($next:ident $($later:ident)*; $($rows:tt)*) => {
        $next! {
            $($later)*; $($rows)*
            Ignored {personal::PersonalFact in Personal} {
                #[serde(default, skip_serializing_if = "Option::is_none")]
                id: Option<Rc<str>> where is_id_or_none,
                ignored: Ignored where is_ignored,
            } [stays];
            Unignored {personal::PersonalFact in Personal} {
                #[serde(default, skip_serializing_if = "Option::is_none")]
                id: Option<Rc<str>> where is_id_or_none,
                nick: Rc<str>,
                #[serde(default, skip_serializing_if = "str::is_empty")]
                whom: Box<str>,
            } [stays];
            Quieted {personal::PersonalFact in Personal} {
                id: Rc<str> where is_id,
                #[serde(rename = "on")]
                is_on: bool,
            } [stays];
        }
    };
}
pub(in crate::chat) use personal_entries;
