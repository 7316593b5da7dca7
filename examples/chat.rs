//! A chat in a few lines: `cargo run --example chat`, then any client of Socket.IO, as many as you
//! like, at <http://127.0.0.1:3000>: what one emits as `say`, all hear.

use mio_chat::server::{Listen, Listening, Refused, Server};
use std::error::Error;

#[derive(Default)]
struct Chat {
    visitors: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::<Chat>::builder()
        .namespace("/", |events| {
            events
                .on_connect(|cx, connect| {
                    cx.state.visitors += 1;
                    let visitors = cx.state.visitors;
                    cx.emit(connect.socket, "welcome", ("you are visitor", visitors));
                    cx.everyone().except(connect.socket).emit("came", (visitors,));
                    if visitors > 1000 { Err(Refused::new("the room is full")) } else { Ok(()) }
                })
                .on("say", |cx, event| {
                    cx.everyone().emit("said", event.args);
                    cx.ack(event.ack, ("delivered",));
                })
                .on_disconnect(|cx, _, reason| {
                    cx.everyone().emit("left", (reason.as_str(),));
                })
        })
        .build(Chat::default());
    let listen = Listen { http: vec!["127.0.0.1:3000".parse()?], ..Listen::default() };
    Listening::open(&listen)?.serve(server)?;
    Ok(())
}
