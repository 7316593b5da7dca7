//! The namespace `/cluster`: clients ask one server for something, and it happens at all servers of
//! its cluster. `tests/interop/cluster-reference.js` has the same for the reference server.

use mio_socketio::{Args, CloseReason, Context, Event, Events, Refused, To};
use serde::Deserialize;
use serde_json::Value;

/// Milliseconds for answers.
const PATIENCE_MS: u64 = 10_000;

type Cx<'a> = Context<'a, ()>;

/// An audience, as clients name it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Audience {
    rooms: Vec<String>,
    except: Vec<String>,
    volatile: bool,
    local: bool,
    /// Milliseconds for answers.
    timeout: Option<u64>,
}

impl Audience {
    fn of<'b, 'a>(&'b self, cx: &'b mut Cx<'a>) -> To<'b, 'a, ()> {
        let except: Vec<_> = self.except.iter().filter_map(|id| cx.find(id)).collect();
        let mut to = cx.everyone().except_all(&except);
        for room in &self.rooms {
            to = to.to(room);
        }
        for room in &self.except {
            to = to.except_room(room);
        }
        let to = if self.volatile { to.volatile() } else { to };
        if self.local { to.local() } else { to }
    }
}

pub(crate) fn events(events: Events<()>) -> Events<()> {
    events
        .on_connect(|cx, connect| {
            if let Some(kept) = connect.recovered {
                let kept: Value = serde_json::from_str(kept).unwrap_or(Value::Null);
                let mut rooms: Vec<String> = cx.rooms(connect.socket).map(str::to_owned).collect();
                rooms.sort();
                cx.emit(connect.socket, "back", (kept, rooms));
            }
            Ok(())
        })
        .on_args("keep", |cx, event, data: Value| {
            cx.keep(event.socket, &data.to_string());
            cx.ack(event.ack, ());
        })
        .on_args("join", |cx, event, room: String| {
            cx.join(event.socket, &room);
            cx.ack(event.ack, ());
        })
        .on("emit", |cx, event| sent(cx, &event, |to, name, args| to.emit(name, args)))
        .on("broadcast", |cx, event| {
            let socket = event.socket;
            sent(cx, &event, |to, name, args| to.except(socket).emit(name, args))
        })
        .on("ask", ask)
        .on_args("fetch", |cx, event, audience: Audience| {
            audience.of(cx).fetch(PATIENCE_MS, move |cx, fetched| {
                let sockets = fetched.sockets.into_iter();
                let mut told: Vec<_> = sockets.map(|it| (it.id, it.rooms, it.handshake)).collect();
                told.iter_mut().for_each(|(_, rooms, _)| rooms.sort());
                told.sort_by(|one, other| one.0.cmp(&other.0));
                cx.ack(event.ack, (told, fetched.is_whole));
            });
        })
        .on_args("move", |cx, event, (audience, join, leave): (Audience, String, String)| {
            audience.of(cx).join(&join);
            audience.of(cx).leave(&leave);
            cx.ack(event.ack, ());
        })
        .on_args("kick", |cx, _, (audience, close): (Audience, bool)| {
            let to = audience.of(cx);
            match close {
                true => to.close(CloseReason::ServerDisconnect),
                false => to.disconnect(CloseReason::ServerDisconnect),
            }
        })
        .on("servers", |cx, event| cx.emit_to_servers("note", event.args))
        .on("ask-servers", |cx, event| {
            let ack = event.ack;
            cx.ask_servers("load?", event.args, PATIENCE_MS, move |cx, told| {
                let answers = told.answers.iter();
                let answers: Vec<Value> =
                    answers.filter_map(|answer| answer.args().get(0).ok()).collect();
                cx.ack(ack, (answers, told.is_whole));
            });
        })
        .on_server_event("note", |cx, event| cx.everyone().local().emit("noted", event.args))
        .on_server_event("load?", |cx, event| {
            let first: Value = event.args.get(0).unwrap_or_default();
            cx.answer_server(event.ack, (serde_json::json!({"from": "rust", "asked": first}),));
        })
}

/// Reads an audience, the name of an event and its arguments, and sends the event.
fn sent(
    cx: &mut Cx<'_>,
    event: &Event<'_>,
    send: impl FnOnce(To<'_, '_, ()>, &str, Args<'_>),
) -> Result<(), Refused> {
    let audience: Audience = event.args.get(0)?;
    let name: String = event.args.get(1)?;
    let args = rest(event.args);
    send(audience.of(cx), &name, Args::new(&args, event.args.attachments())?);
    Ok(())
}

/// The arguments after the first two, as JSON.
fn rest(args: Args<'_>) -> String {
    args.iter().skip(2).map(|arg| arg.json()).collect::<Vec<_>>().join(",")
}

fn ask(cx: &mut Cx<'_>, event: Event<'_>) -> Result<(), Refused> {
    let audience: Audience = event.args.get(0)?;
    let name: String = event.args.get(1)?;
    let args = rest(event.args);
    let args = Args::new(&args, event.args.attachments())?;
    let (ack, timeout_ms) = (event.ack, audience.timeout.unwrap_or(PATIENCE_MS));
    audience.of(cx).emit_with_ack(&name, args, timeout_ms, move |cx, answers| {
        let count = answers.len();
        let answers = answers.into_iter().filter_map(|(_, answer)| answer.ok());
        // Bytes are told by their number.
        let read = |answer: mio_socketio::Prepared| match answer.args().binary(0) {
            Some(bytes) => Some(bytes.len().into()),
            None => answer.args().get(0).ok(),
        };
        let mut told: Vec<Value> = answers.filter_map(read).collect();
        told.sort_by_key(Value::to_string);
        let is_whole = told.len() == count;
        cx.ack(ack, (told, is_whole));
    });
    Ok(())
}
