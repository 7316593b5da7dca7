//! The form of entries: the code that is made of the table in `facts.rs`, and how a field of an
//! entry is made of one of a fact, and back.

use super::{WrittenEnded, WrittenKey, WrittenOrder, WrittenRelayed, WrittenWay};
use crate::chat::fact::{Key, NOBODY, Relayed, Way};
use crate::chat::history::Order;
use crate::chat::order::Deed;
use crate::chat::registration::EndedDevice;
use crate::chat::shared::socket_name::SocketName;
use mio_socketio::SocketId;
use std::borrow::Cow;

/// The name of a socket for all nodes.
pub(super) type Name<'s> = &'s dyn Fn(SocketId) -> SocketName;

/// The knowledge that makes a fact of an entry.
pub(super) struct Here<'f, 's> {
    pub(super) attachments: &'f [Vec<u8>],
    /// The socket here for a name.
    pub(super) socket: &'s dyn Fn(&SocketName) -> Option<SocketId>,
}

/// A field of an entry that is made of one of a fact.
pub(super) trait Made<'a, F> {
    fn made(of: &'a F, name: Name<'_>) -> Self;
}

/// A field of an entry of which one of a fact is made; `None` if nobody can have written it.
pub(super) trait Back<'f, F> {
    fn back(&'f self, here: &Here<'f, '_>) -> Option<F>;
}

/// The enum of entries, from a table of them. The first row has the facts that concern one node.
/// Each other row has the kind of a fact, the struct of this kind (`{}` if it is none, `[]` if the
/// fact is its only field), and the fields. A field has the name of the fact's field, a type that
/// can be made of it, and a function that says whether a server can have written it, if not every
/// text is good. Facts that have a folder of their own are rows there, with the enum of all facts
/// of the folder: in parentheses if each kind has a struct of its name, in braces if it has the
/// fields itself. After the fields come those of the fact that no other node needs, and `[stays]`
/// if the fact counts even when its person is not here.
macro_rules! entries {
    (
        ; <$life:lifetime> except $none:pat,
        $($kind:ident $of:tt {
            $($(#[$meta:meta])* $field:ident: $type:ty $(where $check:path)?,)*
        } $(with { $($own:ident: $value:expr),* })? $([$stays:ident])?;)*
    ) => {
        /// A fact of all nodes.
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub(in crate::chat::shared) enum WrittenFact<$life> {
            $($kind { by: SocketName, $($(#[$meta])* $field: $type,)* },)*
        }

        impl<$life> WrittenFact<$life> {
            /// The entry of a fact; `None` if other nodes need not know it.
            pub(super) fn of(fact: &$life Fact<'_>, name: Name<'_>) -> Option<Self> {
                let by = name(fact.by());
                Some(match fact {
                    $(entries!(@pattern $kind $of $($field)*) => {
                        Self::$kind { by, $($field: Made::made($field, name),)* }
                    })*
                    $none => return None,
                })
            }

            /// The fact, with sockets of this server; `None` if no server can have written it.
            fn back<'f>(&'f self, by: SocketId, here: &Here<'f, '_>) -> Option<Fact<'f>> {
                Some(match self {
                    $(Self::$kind { $($field,)* .. } => {
                        entries!(
                            @fact $kind $of by
                            $($field = Back::back($field, here)?,)* $($($own = $value,)*)?
                        )
                    })*
                })
            }

            /// Whether a server of this chat can have written it: names that nobody may bear and
            /// texts that nobody may send are a stranger's.
            #[allow(unused_variables, reason = "most fields need no check")]
            pub(super) fn is_possible(&self) -> bool {
                match self {
                    $(Self::$kind { $($field,)* .. } => true $($(&& $check($field))?)*,)*
                }
            }

            /// All kinds of entries.
            #[cfg(test)]
            pub(super) const KINDS: &'static [&'static str] = &[$(stringify!($kind)),*];

            /// Its kind.
            #[cfg(test)]
            pub(super) const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind { .. } => stringify!($kind),)*
                }
            }

            /// The person whose fact it is.
            pub(in crate::chat::shared) const fn by(&self) -> &SocketName {
                match self {
                    $(Self::$kind { by, .. })|* => by,
                }
            }

            /// Whether it counts even if its person is not here.
            pub(in crate::chat::shared) const fn stays(&self) -> bool {
                match self {
                    $(Self::$kind { .. } => entries!(@stays $($stays)?),)*
                }
            }
        }
    };
    (@pattern $kind:ident ($of:ident) $($field:ident)*) => { Fact::$kind($of { $($field,)* .. }) };
    (@pattern $kind:ident {} $($field:ident)*) => { Fact::$kind { $($field,)* .. } };
    (@pattern $kind:ident [] $field:ident) => { Fact::$kind($field) };
    (@fact $kind:ident ($of:ident) $by:ident $($field:ident = $value:expr,)*) => {
        Fact::$kind($of { by: $by, $($field: $value,)* })
    };
    (@fact $kind:ident {} $by:ident $($field:ident = $value:expr,)*) => {
        Fact::$kind { by: $by, $($field: $value,)* }
    };
    (@fact $kind:ident [] $by:ident $field:ident = $value:expr,) => { Fact::$kind($value) };
    (@pattern $kind:ident ($of:ident :: $all:ident in $group:ident) $($field:ident)*) => {
        Fact::$group($of::$all::$kind($of::$kind { $($field,)* .. }))
    };
    (@fact $kind:ident ($of:ident :: $all:ident in $group:ident) $by:ident
        $($field:ident = $value:expr,)*) => {
        Fact::$group($of::$all::$kind($of::$kind { by: $by, $($field: $value,)* }))
    };
    (@pattern $kind:ident {$of:ident :: $all:ident in $group:ident} $($field:ident)*) => {
        Fact::$group($of::$all::$kind { $($field,)* .. })
    };
    (@fact $kind:ident {$of:ident :: $all:ident in $group:ident} $by:ident
        $($field:ident = $value:expr,)*) => {
        Fact::$group($of::$all::$kind { by: $by, $($field: $value,)* })
    };
    (@stays stays) => { true };
    (@stays) => { false };
}
pub(super) use entries;

impl<T: Clone> Made<'_, T> for T {
    fn made(of: &T, _: Name<'_>) -> Self {
        of.clone()
    }
}

impl<T: Clone> Back<'_, T> for T {
    fn back(&self, _: &Here<'_, '_>) -> Option<T> {
        Some(self.clone())
    }
}

impl<'a> Made<'a, &str> for Cow<'a, str> {
    fn made(of: &'a &str, _: Name<'_>) -> Self {
        Cow::Borrowed(of)
    }
}

impl<'f> Back<'f, &'f str> for Cow<'_, str> {
    fn back(&'f self, _: &Here<'f, '_>) -> Option<&'f str> {
        Some(self)
    }
}

impl<'a> Made<'a, Option<&str>> for Option<Cow<'a, str>> {
    fn made(of: &'a Option<&str>, _: Name<'_>) -> Self {
        of.map(Cow::Borrowed)
    }
}

impl<'f> Back<'f, Option<&'f str>> for Option<Cow<'_, str>> {
    fn back(&'f self, _: &Here<'f, '_>) -> Option<Option<&'f str>> {
        Some(self.as_deref())
    }
}

impl<'a> Made<'a, Option<Key<'_>>> for Option<WrittenKey<'a>> {
    fn made(of: &'a Option<Key<'_>>, _: Name<'_>) -> Self {
        of.map(Into::into)
    }
}

impl<'f> Back<'f, Option<Key<'f>>> for Option<WrittenKey<'_>> {
    fn back(&'f self, _: &Here<'f, '_>) -> Option<Option<Key<'f>>> {
        Some(self.as_ref().map(WrittenKey::key))
    }
}

impl<'a> Made<'a, Option<Relayed<'_>>> for Option<WrittenRelayed<'a>> {
    fn made(of: &'a Option<Relayed<'_>>, _: Name<'_>) -> Self {
        of.as_ref().map(Into::into)
    }
}

impl<'f> Back<'f, Option<Relayed<'f>>> for Option<WrittenRelayed<'_>> {
    fn back(&'f self, here: &Here<'f, '_>) -> Option<Option<Relayed<'f>>> {
        match self {
            Some(relayed) => relayed.relayed(here.attachments).map(Some),
            None => Some(None),
        }
    }
}

impl Made<'_, Option<SocketId>> for Option<SocketName> {
    fn made(of: &Option<SocketId>, name: Name<'_>) -> Self {
        of.map(name)
    }
}

impl Back<'_, Option<SocketId>> for Option<SocketName> {
    fn back(&self, here: &Here<'_, '_>) -> Option<Option<SocketId>> {
        Some(self.as_ref().and_then(here.socket))
    }
}

impl Made<'_, EndedDevice> for WrittenEnded {
    fn made(of: &EndedDevice, name: Name<'_>) -> Self {
        match of {
            EndedDevice::Token(token) => Self { token: Some(*token), here: None },
            EndedDevice::Here(socket) => Self { token: None, here: Some(name(*socket)) },
        }
    }
}

impl Back<'_, EndedDevice> for WrittenEnded {
    fn back(&self, here: &Here<'_, '_>) -> Option<EndedDevice> {
        let of_socket = || self.here.as_ref().and_then(here.socket).map(EndedDevice::Here);
        self.token.map(EndedDevice::Token).or_else(of_socket)
    }
}

impl Made<'_, Way> for WrittenWay {
    fn made(of: &Way, _: Name<'_>) -> Self {
        of.into()
    }
}

impl Back<'_, Way> for WrittenWay {
    fn back(&self, _: &Here<'_, '_>) -> Option<Way> {
        Some(self.into())
    }
}

impl Made<'_, Deed> for Deed<SocketName> {
    fn made(of: &Deed, name: Name<'_>) -> Self {
        of.map(|socket| name(*socket))
    }
}

/// A person who is not known here has no socket.
impl Back<'_, Deed> for Deed<SocketName> {
    fn back(&self, here: &Here<'_, '_>) -> Option<Deed> {
        Some(self.map(|name| (here.socket)(name).unwrap_or(NOBODY)))
    }
}

impl Made<'_, Order> for WrittenOrder {
    fn made(of: &Order, _: Name<'_>) -> Self {
        of.into()
    }
}

impl Back<'_, Order> for WrittenOrder {
    fn back(&self, _: &Here<'_, '_>) -> Option<Order> {
        self.order()
    }
}
