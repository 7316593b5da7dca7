//! What changes as somebody comes in.

use super::kept;
use crate::chat::Cx;
use crate::chat::fact::{Entered, EnteredBy};
use crate::chat::people::{Door, Person};

pub(super) fn apply_entered(cx: &mut Cx<'_>, entered: &Entered) {
    let Entered { by, nick, guest, rooms, door } = entered;
    let (nick, lobby) = (nick.clone(), cx.state.rooms.lobby());
    let person = match door {
        EnteredBy::Lines => Person::new(nick, lobby, Door::Lines),
        EnteredBy::Root { id } => {
            let mut person = Person::new(nick, lobby, Door::Root);
            person.id.clone_from(id);
            person
        }
    };
    if let Some(guest) = guest {
        cx.state.people.count_guest(*guest);
    }
    cx.state.people.insert(*by, person);
    for room in rooms {
        let room = cx.state.rooms.open(room);
        cx.join(*by, &room);
    }
    match door {
        EnteredBy::Lines => (),
        EnteredBy::Root { .. } => kept::keep_root(cx, *by),
    }
}
