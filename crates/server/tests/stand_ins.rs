//! Sockets of clients that are connected to another server: members like any other, that are sent
//! nothing.

use mio_socketio::testing::{Client, TestServer};
use mio_socketio::{CloseReason, Events, PerSocket, Server, SocketId};
use serde_json::Value;

#[derive(Default)]
struct State {
    there: Option<SocketId>,
    names: PerSocket<&'static str>,
    log: Vec<String>,
}

fn world() -> TestServer<State> {
    let server = Server::<State>::builder().namespace("/", |events: Events<State>| {
        events
            .on_connect(|cx, connect| {
                cx.join(connect.socket, "lobby");
                cx.state.names.insert(connect.socket, "here");
                Ok(())
            })
            .on("enter", |cx, _| {
                let there = cx.stand_in();
                assert!(cx.is_stand_in(there) && cx.join(there, "lobby") && cx.join(there, "den"));
                cx.state.names.insert(there, "there");
                cx.state.there = Some(there);
            })
            .on("say", |cx, event| {
                let there = cx.state.there.unwrap_or(event.socket);
                cx.to("lobby").except(there).emit("said", "to the room");
                cx.to("lobby").to("den").volatile().emit("said", "one by one");
                cx.everyone().emit("said", "to everyone");
                cx.emit(there, "said", "to one");
                cx.send(there, format_args!("a line"));
                cx.emit_with_ack(there, "said", "", 1_000, |cx, answer| {
                    cx.state.log.push(format!("answered: {}", answer.is_ok()));
                });
            })
            .on("who", |cx, event| {
                let members: Vec<SocketId> = cx.members("lobby").collect();
                let names = members.iter().filter_map(|it| cx.state.names.get(*it).copied());
                let mut names: Vec<&str> = names.collect();
                names.sort_unstable();
                let count = cx.members("den").len();
                cx.ack(event.ack, (names, count));
            })
            .on("close", |cx, _| {
                let there = cx.state.there.expect("somebody is there");
                cx.close(there, CloseReason::Banned);
                cx.disconnect(there, CloseReason::Banned);
                cx.pause(there);
                assert!(cx.address(there).is_none() && cx.is_exempt(there));
            })
            .on("end", |cx, event| {
                let there = cx.state.there.take().expect("somebody is there");
                cx.end_stand_in(there);
                cx.end_stand_in(there);
                cx.end_stand_in(event.socket);
                assert!(!cx.is_stand_in(there) && !cx.join(there, "lobby"));
            })
            .on_disconnect(|cx, _, reason| cx.state.log.push(format!("gone: {reason}")))
    });
    TestServer::new(server.build(State::default()))
}

fn who(world: &mut TestServer<State>, client: Client) -> Vec<Value> {
    world.call(client, "who", ()).expect("there is an answer").args
}

#[test]
fn a_stand_in_is_a_member_and_hears_nothing() {
    let mut world = world();
    let alice = world.connect("/", Value::Null).expect("all are let in");
    world.emit(alice, "enter", ());
    assert_eq!(who(&mut world, alice), [serde_json::json!(["here", "there"]), 1.into()]);
    world.emit(alice, "say", ());
    let heard = world.events(alice);
    assert_eq!(heard.len(), 3, "{heard:?}");
    // A question to a stand-in has no answer.
    world.advance(1_000);
    assert_eq!(world.state().log, ["answered: false"]);
}

#[test]
fn a_stand_in_ends_when_it_is_ended_and_not_before() {
    let mut world = world();
    let alice = world.connect("/", Value::Null).expect("all are let in");
    world.emit(alice, "enter", ());
    world.emit(alice, "close", ());
    assert_eq!(who(&mut world, alice), [serde_json::json!(["here", "there"]), 1.into()]);
    world.emit(alice, "end", ());
    assert_eq!(who(&mut world, alice), [serde_json::json!(["here"]), 0.into()]);
    assert!(world.is_open(alice));
    world.emit(alice, "enter", ());
    world.disconnect(alice);
    assert_eq!(world.state().log.len(), 1);
}
