//! The texts that a message had before it was corrected, for people who keep order.

use crate::chat::refusal::Refusal;
use crate::chat::words::{self, Which, WordsRefusal};
use crate::chat::{Cx, decide};
use mio_socketio::SocketId;

/// The former texts of the message that is meant, each with the time of its correction.
///
/// # Errors
/// If the person at `socket` may not read them, or they cannot be read.
pub(super) fn former(
    cx: &mut Cx<'_>,
    socket: SocketId,
    which: Which<'_>,
) -> Result<Vec<(i64, String)>, Refusal> {
    super::has_history(cx)?;
    let message = words::find(cx.state, socket, which);
    let message = message.ok_or(WordsRefusal::not_found(which))?;
    decide::sees_former(cx.state, cx, socket, &message)?;
    cx.state.history.former(message.id).ok_or(Refusal::HistoryUnread)
}
