//! The texts that a message had before it was corrected, for people who keep order.

use crate::chat::refusal::Refusal;
use crate::chat::words::WordsRefusal;
use crate::chat::{Cx, decide};
use mio_socketio::SocketId;

/// The former texts of the message with this number, each with the time of its correction.
///
/// # Errors
/// If the person at `socket` may not read them, or they cannot be read.
pub(super) fn former(
    cx: &mut Cx<'_>,
    socket: SocketId,
    id: i64,
) -> Result<Vec<(i64, String)>, Refusal> {
    super::has_history(cx)?;
    let message = cx.state.history.message(id).ok_or(WordsRefusal::NoMessage)?;
    decide::sees_former(cx.state, cx, socket, &message)?;
    cx.state.history.former(id).ok_or(Refusal::HistoryUnread)
}
