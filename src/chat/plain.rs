//! The chat without a chat: each line, exactly as sent, to every other client.

use crate::server::{Door, Server};

/// The one room of a relay.
const EVERYONE: &str = "everyone";

/// A relay as a server: no names, no commands, no notices. Only errors are told, to who made them.
pub fn plain(door: Door) -> Server<()> {
    Server::builder()
        .line_door(Door { raw: true, ..door })
        .on_connect(|cx, socket| {
            cx.join(socket, EVERYONE);
        })
        .on_raw(|cx, socket, bytes| cx.to(EVERYONE).except(socket).send_raw(bytes))
        .build(())
}
