//! The relay: passes each line, exactly as sent, to every other client.

use super::{Setup, rereading, web};
use mio_socketio::Server;

/// The one room of a relay.
const EVERYONE: &str = "everyone";

/// A relay as a server: no names, no commands, no notices. Errors are told only to the client that
/// made them.
pub fn plain(setup: Setup) -> Server<()> {
    let deflate = setup.deflate.clone();
    let Setup { lines, engine, origins, addresses, hosts, proxies, doors, reread, .. } = setup;
    let builder = Server::builder()
        .line_door(lines.raw(true))
        .engine(engine)
        .deflate(deflate)
        .origins(origins)
        .addresses(addresses)
        .hosts(hosts)
        .proxies(proxies)
        .http_hint(doors.http_hint());
    web::relay_routes(rereading::hangup(builder, reread), doors)
        .line_websocket("/ws")
        .on_connect(|cx, socket| {
            cx.join(socket, EVERYONE);
        })
        .on_raw(|cx, socket, bytes| cx.to(EVERYONE).except(socket).send_raw(bytes))
        .build(())
}
