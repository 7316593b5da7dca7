//! A chat in a few lines: `cargo run --example chat`, then any number of Socket.IO clients at
//! <http://127.0.0.1:3000>. All of them hear what one emits as `say`.

use mio_socketio::{Listen, Listening, Refused, Server};
use std::error::Error;

/// More would not hear their own word.
const PEOPLE_MAX: usize = 1000;

#[derive(Default)]
struct Chat {
    people: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let listen = Listen::default().http(vec!["127.0.0.1:3000".parse()?]);
    Listening::open(&listen)?.serve_until_signal(chat())?;
    Ok(())
}

fn chat() -> Server<Chat> {
    Server::new(Chat::default(), |server| {
        server.namespace("/", |events| {
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio_socketio::testing::TestServer;
    use serde_json::{Value, json};

    #[test]
    fn what_one_says_all_hear() {
        let mut world = TestServer::new(chat());
        let alice = world.connect("/", Value::Null).expect("there is room");
        let bob = world.connect("/", Value::Null).expect("there is room");
        assert_eq!(world.expect(bob, "welcome").args, [json!("people here"), json!(2)]);
        let answer = world.call(alice, "say", ("hi", 1)).expect("it is answered");
        assert_eq!(answer.args, ["delivered"]);
        for client in [alice, bob] {
            assert_eq!(world.expect(client, "said").args, [json!("hi"), json!(1)]);
        }
    }

    #[test]
    fn the_room_is_full_until_somebody_leaves() {
        let mut world = TestServer::new(chat());
        let people: Vec<_> =
            (0..PEOPLE_MAX).filter_map(|_| world.connect("/", Value::Null).ok()).collect();
        assert_eq!(people.len(), PEOPLE_MAX);
        let refused = world.connect("/", Value::Null).expect_err("there is no room");
        assert_eq!(refused.to_string(), "refused: the room is full");
        world.cut(people[0]);
        assert_eq!(world.expect(people[1], "left").args, ["reset"]);
        world.connect("/", Value::Null).expect("there is room again");
        assert_eq!(world.state().people, PEOPLE_MAX);
    }
}
