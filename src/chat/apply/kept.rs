//! What is kept for those who come back.

use crate::chat::Cx;
use crate::chat::recovery::Own;
use mio_socketio::SocketId;

/// Keeps what a client of namespace `/` comes back to.
pub(super) fn keep_root(cx: &mut Cx<'_>, socket: SocketId) {
    let Some(person) = cx.state.people.get(socket) else { return };
    let (nick, id) = (person.nick.clone(), person.id.clone());
    let own = Own { nick, id, since: None, has_gaps: false };
    cx.keep(socket, &own.write());
}
