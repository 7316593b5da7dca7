//! One personal fact of each kind, for tests of their entries.

use super::PersonalFact;
use crate::chat::fact::Fact;
use mio_socketio::SocketId;
use std::rc::Rc;

/// The facts, of the person at `by`.
pub(in crate::chat) fn samples(by: SocketId) -> Vec<Fact<'static>> {
    let ignored = serde_json::from_str(r#"{"nick":"bob","marks":["@b","bob"]}"#);
    let ignored = ignored.expect("a person who is ignored");
    let (id, nick): (Rc<str>, Rc<str>) = ("id".into(), "bob".into());
    let all = [
        PersonalFact::Ignored { by, id: Some(id.clone()), ignored },
        PersonalFact::Unignored { by, id: Some(id.clone()), nick: nick.clone(), whom: "@b".into() },
        PersonalFact::Unignored { by, id: None, nick, whom: "".into() },
        PersonalFact::Quieted { by, id, is_on: true },
    ];
    all.map(Fact::Personal).into()
}
