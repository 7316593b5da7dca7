//! A chat in a few lines: `cargo run --example chat`, then any client of Socket.IO, as many as you
//! like, at <http://127.0.0.1:3000>: what one emits as `say`, all hear.

use mio_chat::server::{Listen, Listening, Refused, Server};
use std::error::Error;

/// More would not hear their own word.
const PEOPLE_MAX: usize = 1000;

#[derive(Default)]
struct Chat {
    people: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::<Chat>::builder()
        .namespace("/", |events| {
            events
                .on_connect(|cx, connect| {
                    if cx.state.people >= PEOPLE_MAX {
                        return Err(Refused::new("the room is full"));
                    }
                    cx.state.people += 1;
                    let people = cx.state.people;
                    cx.emit(connect.socket, "welcome", ("people here", people));
                    cx.everyone().except(connect.socket).emit("came", (people,));
                    Ok(())
                })
                .on("say", |cx, event| {
                    cx.everyone().emit("said", event.args);
                    cx.ack(event.ack, ("delivered",));
                })
                .on_disconnect(|cx, socket, reason| {
                    cx.state.people -= 1;
                    cx.everyone().except(socket).emit("left", (reason.as_str(),));
                })
        })
        .build(Chat::default());
    let listen = Listen { http: vec!["127.0.0.1:3000".parse()?], ..Listen::default() };
    Listening::open(&listen)?.serve(server)?;
    Ok(())
}
