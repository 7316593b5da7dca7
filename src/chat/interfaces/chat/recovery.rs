//! The messages that a client of namespace `/chat` has missed, as the events that it would have
//! got.

use super::missed::{self, Back, BackIn, missed};
use crate::chat::Chat;
use crate::chat::history::Message;
use crate::chat::recovery::{Own, event};
use crate::limits::MESSAGES_BYTES_MAX;
use mio_socketio::Missed;
use std::rc::Rc;

/// The messages after one in each room, and in private after `since`: only those of others, because
/// the client was told its own at once.
pub(super) fn events(
    chat: &mut Chat,
    rooms: Vec<(Rc<str>, i64)>,
    since: i64,
    own: &mut Own,
) -> Option<Vec<Missed>> {
    let rooms = rooms.into_iter().map(|(room, since)| {
        let hidden_upto = chat.hidden_upto(&room, own.id.as_deref());
        BackIn { room, since, hidden_upto }
    });
    let rooms = rooms.collect();
    let (id, nick, bytes) = (own.id.as_deref()?, &own.nick, MESSAGES_BYTES_MAX);
    // The people whom they ignore are not known until they are admitted.
    let is_hidden = &|_: &Message| false;
    let back = Back { id, nick, rooms, since, knows_own: true, is_hidden, bytes };
    let missed::Missed { gaps, messages, changes, lacks_changes, .. } =
        missed(&mut chat.history, &back)?;
    own.has_gaps = !gaps.is_empty() || lacks_changes;
    let gaps = gaps.iter().map(|gap| {
        let args = serde_json::to_string(gap).unwrap_or_default();
        event("gap", since, args)
    });
    let changes = changes.iter().map(|it| event(it.name, since, it.json.get().to_owned()));
    let messages = messages.iter().map(|message| {
        let args = serde_json::to_string(message).unwrap_or_default();
        event("message", message.id, args)
    });
    Some(gaps.chain(changes).chain(messages).collect())
}
