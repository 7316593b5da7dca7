//! Does not compile: each function has one error, with the sentences that are named above it.

use mio_socketio::{Context, Events, Remote};
use std::rc::Rc;

pub struct State {
    pub names: Vec<String>,
}

pub struct Secret;

// says: `Secret: serde::Serialize` is not satisfied
// says: consider adding `#[derive(serde::Serialize)]` to your `Secret` type
pub fn one_of_several(cx: &mut Context<'_, State>) {
    cx.everyone().emit("told", (1, Secret));
}

// says: `Secret` is not a list of arguments for an event
// says: write `(value,)` for one argument, `(a, b)` for two
pub fn the_only_one(cx: &mut Context<'_, State>) {
    cx.everyone().emit("told", Secret);
}

// says: a handler of an event returns nothing or `Result<(), Refused>`, and not `bool`
// says: end its last expression with a semicolon
pub fn result(events: Events<State>) -> Events<State> {
    events.on("join", |cx, event| cx.join(event.socket, "lobby"))
}

// says: expected `Result<(), Refused>`, found `()`
pub fn admission(events: Events<State>) -> Events<State> {
    events.on_connect(|cx, connect| cx.emit(connect.socket, "hello", ()))
}

// says: `Secret: serde::de::DeserializeOwned` is not satisfied
pub fn typed(events: Events<State>) -> Events<State> {
    events.on_args("tell", |_, _, _: Secret| ())
}

// says: `Rc<str>` cannot be sent between threads safely
pub fn outside(remote: &Remote<State>) {
    let name: Rc<str> = Rc::from("Ada");
    let _ = remote.run(move |cx| cx.state.names.push(name.to_string()));
}
