//! The changes of earlier messages.

use super::{About, Deleted, Edited, Reacted, WordsFact};
use crate::chat::fact::Stamp;
use crate::chat::history::{Amending, Amendment, Marking};
use crate::chat::{Cx, order, trace};

/// Makes the change of a fact.
pub(in crate::chat) fn apply(cx: &mut Cx<'_>, stamp: Stamp, fact: &WordsFact<'_>) {
    match fact {
        WordsFact::Edited(edited) => apply_edited(cx, stamp, edited),
        WordsFact::Deleted(deleted) => apply_deleted(cx, stamp, deleted),
        WordsFact::Reacted(reacted) => apply_reacted(cx, reacted),
    }
}

/// Writes the line by which a change can be traced.
pub(in crate::chat) fn trace(cx: &Cx<'_>, fact: &WordsFact<'_>) {
    let what = match fact {
        WordsFact::Edited(_) => "edited",
        WordsFact::Deleted(_) => "deleted",
        WordsFact::Reacted(_) => return,
    };
    log::debug!("{what} id={} {}", fact.about().id, trace::who(cx, fact.by()));
}

fn apply_edited(cx: &mut Cx<'_>, stamp: Stamp, edited: &Edited<'_>) {
    let Edited { nick, about, text, .. } = edited;
    order::log_change(cx, stamp, nick, "edit", about);
    amend(cx, about, Amending::Text { text: (*text).to_owned(), ts: stamp.ts });
}

/// For its author, the message is no longer the last one to which a request can refer.
fn apply_deleted(cx: &mut Cx<'_>, stamp: Stamp, deleted: &Deleted) {
    let Deleted { by, nick, about } = deleted;
    order::log_change(cx, stamp, nick, "delete", about);
    let author = cx.state.people.get_mut(*by).filter(|person| person.said == about.id);
    if let Some(author) = author {
        author.said = 0;
    }
    amend(cx, about, Amending::Gone);
}

fn apply_reacted(cx: &mut Cx<'_>, reacted: &Reacted) {
    let Reacted { person, nick, about, emoji, is_on, .. } = reacted;
    let (person, nick, emoji) = (person.clone(), nick.clone(), emoji.clone());
    let reaction = Marking::Reaction { person, nick, emoji, is_on: *is_on };
    amend(cx, about, Amending::Mark(reaction));
}

fn amend(cx: &mut Cx<'_>, about: &About, change: Amending) {
    let (id, place, after) = (about.id, about.place.clone(), cx.state.history.last_id());
    cx.state.history.amend(Amendment { id, place, after, change });
}
