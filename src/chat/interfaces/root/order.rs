//! Keeping order, as the people to whom it is done are told.

use super::ROOT;
use super::tell::is_here;
use crate::chat::Cx;
use crate::chat::order::{Moderated, OrderFact, Removal, Removed, bans};

/// Tells a fact.
pub(super) fn tell(cx: &mut Cx<'_>, fact: &OrderFact<'_>) {
    match fact {
        OrderFact::Moderated(moderated) => tell_target(cx, moderated),
        // In the same words as when they leave by themselves; they alone are told why.
        OrderFact::Removed(removed) if is_here(cx, removed.by) => tell_removed(cx, removed),
        OrderFact::Removed(_) => (),
    }
}

/// Tells a person what somebody who keeps order has done to them.
fn tell_target(cx: &mut Cx<'_>, moderated: &Moderated<'_>) {
    if let Some((target, sentence)) = moderated.to_target().filter(|(it, _)| is_here(cx, *it)) {
        cx.emit(target, "message", sentence);
    }
    for device in bans::let_speak(cx, &moderated.deed) {
        if is_here(cx, device) {
            cx.emit(device, "message", moderated.to_freed());
        }
    }
}

fn tell_removed(cx: &mut Cx<'_>, removed: &Removed<'_>) {
    let Removed { by, nick, room, must_go, moderator, why, removal, .. } = removed;
    if *removal == Removal::Deleted {
        return cx.emit(*by, "message", format!("{moderator} deleted #{room}"));
    }
    if !must_go {
        let text = format!("{nick} has left the room.");
        cx.of(ROOT).to(room).except(*by).emit("message", text);
    }
    let colon = if why.is_empty() { "" } else { ": " };
    cx.emit(*by, "message", format!("{moderator} removed you from #{room}{colon}{why}"));
}
