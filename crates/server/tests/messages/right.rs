//! Compiles: each of the functions in `wrong.rs`, as it should be.

use mio_socketio::{Binary, Context, Events, Prepared, Refused, Remote};

pub struct State {
    pub names: Vec<String>,
}

pub fn arguments(cx: &mut Context<'_, State>) {
    cx.everyone().emit("told", (1, "two"));
    cx.everyone().emit("file", (Binary(&[1, 2]),));
    let all = Prepared::new((&cx.state.names,));
    cx.everyone().emit("all", all);
}

pub fn handlers(events: Events<State>) -> Events<State> {
    events
        .on_connect(|_, _| Ok(()))
        .on("one", |cx, event| cx.join(event.socket, "lobby").then_some(()).unwrap_or_default())
        .on("two", |cx, event| -> Result<(), Refused> {
            let room: String = event.args.get(0)?;
            cx.join(event.socket, &room);
            Ok(())
        })
        .on_args("three", |_, _, (_, _): (String, u8)| ())
}

pub fn outside(remote: &Remote<State>) {
    let name = String::from("Ada");
    remote.run(move |cx| cx.state.names.push(name)).expect("it still serves");
}
