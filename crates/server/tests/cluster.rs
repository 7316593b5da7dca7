//! A server of a cluster: the messages that it sends, and those that it hears.

use mio_socketio::limits::CLUSTER_REQUESTS_MAX;
use mio_socketio::testing::{Client, TestServer};
use mio_socketio::{
    Adapter, Builder, CloseReason, ClusterKind, ClusterMessage, Context, Events, Server,
};
use serde_json::{Value, json};

const PATIENCE_MS: u64 = 1_000;

/// A message that was sent: its receiver, its kind, its data.
type Sent = (Option<String>, ClusterKind, Value);

#[derive(Default)]
struct State {
    sent: Vec<Sent>,
    told: Vec<Value>,
}

/// An adapter that leads nowhere.
struct Nowhere;

impl Adapter<State> for Nowhere {
    fn equip(&mut self, builder: Builder<State>) -> Builder<State> {
        builder
    }

    fn publish(
        &mut self,
        cx: &mut Context<'_, State>,
        to: Option<&str>,
        message: &ClusterMessage<'_>,
    ) -> bool {
        let data = serde_json::from_str(message.data).expect("data is JSON");
        cx.state.sent.push((to.map(str::to_owned), message.kind, data));
        true
    }
}

fn events(events: Events<State>) -> Events<State> {
    events
        .on("id", |cx, event| {
            let id = cx.id(event.socket);
            cx.ack(event.ack, id);
        })
        .on_args("join", |cx, event, room: String| {
            cx.join(event.socket, &room);
        })
        .on("say", |cx, event| {
            cx.to("a").to("b").except(event.socket).except_room("c").volatile().emit("said", 1);
            cx.everyone().emit("said", ());
            cx.everyone().local().emit("here", ());
        })
        .on("act", |cx, _| {
            cx.to("a").join("b");
            cx.to("a").leave("b");
            cx.to("a").disconnect(CloseReason::Quit);
            cx.everyone().close(CloseReason::Quit);
            cx.emit_to_servers("note", (1, "x"));
        })
        .on("ask", |cx, _| {
            cx.to("a").emit_with_ack("well?", (), PATIENCE_MS, |cx, answers| {
                let is_whole = answers.iter().all(|(_, answer)| answer.is_ok());
                let elsewhere = answers.iter().filter(|(socket, _)| socket.is_none()).count();
                cx.state.told.push(json!([answers.len(), elsewhere, is_whole]));
            });
            cx.everyone().fetch(PATIENCE_MS, |cx, fetched| {
                let ids = fetched.sockets.iter().filter(|it| it.rooms == ["r"]).count();
                cx.state.told.push(json!([fetched.sockets.len(), ids, fetched.is_whole]));
            });
            cx.ask_servers("load?", (), PATIENCE_MS, |cx, told| {
                let answers: Vec<u32> =
                    told.answers.iter().filter_map(|it| it.args().get(0).ok()).collect();
                cx.state.told.push(json!([answers, told.is_whole]));
            });
        })
        .on_server_event("load?", |cx, event| cx.answer_server(event.ack, 7))
        .on_server_event("note", |cx, event| {
            cx.state.told.push(json!(event.args.len()));
        })
        // Plays the adapter, with a message of another server.
        .on_args("heard", |cx, _, (kind, data): (u8, Value)| {
            let data = data.to_string();
            let is_asking = data.contains("requestId");
            let Some(kind) = ClusterKind::of(kind, is_asking) else { return };
            cx.hear_cluster(&ClusterMessage::new("other", "/", kind, &data, &[]));
        })
        .on_args("reached", |cx, _, servers: u64| {
            let requests: Vec<String> = requests(&cx.state.sent);
            requests.iter().for_each(|request| cx.cluster_reached(request, servers));
        })
}

/// The ids of the requests that were sent to all.
fn requests(sent: &[Sent]) -> Vec<String> {
    let all = sent.iter().filter(|(to, ..)| to.is_none());
    all.filter_map(|(.., data)| Some(data["requestId"].as_str()?.to_owned())).collect()
}

/// The public id of a client's socket.
fn id_of(world: &mut TestServer<State>, client: Client) -> String {
    let answer = world.call(client, "id", ()).expect("an answer");
    answer.args[0].as_str().expect("a text").to_owned()
}

fn world() -> (TestServer<State>, Client) {
    let server = Server::builder().adapter(Nowhere).namespace("/", events).build(State::default());
    let mut world = TestServer::new(server);
    let client = world.connect("/", Value::Null).expect("all are let in");
    (world, client)
}

#[test]
fn others_are_told_of_what_is_done_with_an_audience() {
    let (mut world, client) = world();
    let id = id_of(&mut world, client);
    world.emit(client, "say", ());
    world.emit(client, "act", ());
    let opts = |rooms: &[&str]| json!({"rooms": rooms, "except": [], "flags": {}});
    let first = json!({"rooms": ["a", "b"], "except": ["c", id], "flags": {"volatile": true}});
    let event =
        |args: Value, opts: Value| json!({"packet": {"type": 2, "data": args}, "opts": opts});
    let expected = [
        (ClusterKind::Event, event(json!(["said", 1]), first)),
        (ClusterKind::Event, event(json!(["said"]), opts(&[]))),
        (ClusterKind::Join, json!({"opts": opts(&["a"]), "rooms": ["b"]})),
        (ClusterKind::Leave, json!({"opts": opts(&["a"]), "rooms": ["b"]})),
        (ClusterKind::Disconnect, json!({"opts": opts(&["a"]), "close": false})),
        (ClusterKind::Disconnect, json!({"opts": opts(&[]), "close": true})),
        (ClusterKind::ServerEvent, json!({"packet": ["note", 1, "x"]})),
    ];
    assert_eq!(world.state().sent, expected.map(|(kind, data)| (None, kind, data)));
}

#[test]
fn messages_of_others_are_done_and_wrong_ones_are_dropped() {
    let (mut world, client) = world();
    let id = id_of(&mut world, client);
    world.emit(client, "join", "a");
    let opts = |rooms: Value| json!({"rooms": rooms, "except": [], "flags": {}});
    let event = |data: Value, rooms: Value| json!({"packet": {"data": data}, "opts": opts(rooms)});
    let deep = (0..600).fold(json!(0), |inner, _| json!([inner]));
    for (kind, wrong) in [
        (3, json!({})),
        (3, json!({"packet": 7, "opts": opts(json!([]))})),
        (3, event(json!([]), json!([]))),
        (3, event(json!({}), json!([]))),
        (3, event(json!(["disconnect"]), json!([]))),
        (3, event(json!(["deep", deep]), json!([]))),
        (3, event(json!(["said"]), json!([[]]))),
        (4, json!({"opts": 1})),
        (7, json!({"opts": opts(json!([]))})),
        (9, json!({"packet": ["connect"]})),
        (12, json!({"requestId": "nobody's", "packet": 1})),
        (99, json!({})),
    ] {
        world.emit(client, "heard", (kind, wrong));
    }
    assert!(world.events(client).is_empty());
    assert_eq!((world.state().told.len(), world.state().sent.len()), (0, 0));
    for (rooms, hears) in [(json!([]), true), (json!(["a", "b"]), true), (json!(["b"]), false)] {
        world.emit(client, "heard", (3, event(json!(["said", 1]), rooms)));
        assert_eq!(world.events(client).len(), usize::from(hears));
    }
    // Its own id is a room, and it is heard once.
    world.emit(client, "heard", (3, event(json!(["said", 1]), json!(["a", id]))));
    assert_eq!(world.expect(client, "said").args, [1]);
    let mut but = event(json!(["said"]), json!([]));
    but["opts"]["except"] = json!([id]);
    world.emit(client, "heard", (3, but));
    assert!(world.events(client).is_empty());
    world.emit(client, "heard", (9, json!({"packet": ["note", 1, 2], "requestId": null})));
    assert_eq!(world.state().told, [json!(2)]);
    assert_eq!(world.state().sent, [], "nothing that is heard is sent on");
}

#[test]
fn questions_of_others_are_answered() {
    let (mut world, client) = world();
    let id = id_of(&mut world, client);
    let opts = json!({"rooms": [], "except": [], "flags": {"timeout": 100}});
    let question = json!({"packet": {"data": ["well?"]}, "opts": opts, "requestId": "q"});
    world.emit(client, "heard", (3, question));
    let asked = world.expect(client, "well?");
    world.answer(asked.ack, ("yes", 2));
    world.emit(client, "heard", (7, json!({"opts": opts, "requestId": "f"})));
    world.emit(client, "heard", (9, json!({"packet": ["load?"], "requestId": "s"})));
    let sent = world.state().sent.clone();
    assert!(sent.iter().all(|(to, ..)| to.as_deref() == Some("other")));
    let said: Vec<_> = sent.into_iter().map(|(_, kind, data)| (kind, data)).collect();
    assert_eq!(said[0], (ClusterKind::Hearers, json!({"requestId": "q", "clientCount": 1})));
    assert_eq!(said[1], (ClusterKind::Answer, json!({"requestId": "q", "packet": "yes"})));
    assert_eq!((said[2].0, &said[2].1["requestId"]), (ClusterKind::Fetched, &json!("f")));
    assert_eq!(said[2].1["sockets"][0]["rooms"], json!([id]));
    assert_eq!(said[3], (ClusterKind::ServerAnswer, json!({"requestId": "s", "packet": 7})));
}

#[test]
fn answers_of_others_are_waited_for() {
    for silent in [false, true] {
        let (mut world, client) = world();
        world.emit(client, "ask", ());
        let [question, fetch, load] = &*requests(&world.state().sent) else { panic!("three") };
        let sockets = json!([{"id": "x", "rooms": ["x", "r"]}, {"id": "y"}]);
        let answers = [
            (11, json!({"requestId": question, "clientCount": 2})),
            (12, json!({"requestId": question, "packet": "one"})),
            (8, json!({"requestId": fetch, "sockets": sockets})),
            (10, json!({"requestId": load, "packet": 3})),
            (12, json!({"requestId": question, "packet": "two"})),
        ];
        world.emit(client, "reached", 1);
        let spoken = if silent { 2 } else { answers.len() };
        for answer in answers.into_iter().take(spoken) {
            world.emit(client, "heard", answer);
        }
        assert_eq!(world.state().told.is_empty(), silent);
        world.advance(PATIENCE_MS);
        let expected = match silent {
            false => vec![json!([3, 1, true]), json!([[3], true]), json!([2, 2, true])],
            true => vec![json!([2, 2, false]), json!([1, 0, false]), json!([[], false])],
        };
        assert_eq!(world.state().told, expected);
    }
}

#[test]
fn without_others_the_answers_of_this_server_are_all() {
    let (mut world, client) = world();
    world.emit(client, "ask", ());
    assert!(world.state().told.is_empty(), "never before the handler ends");
    world.emit(client, "reached", 0);
    let expected = [json!([0, 0, true]), json!([1, 0, true]), json!([[], true])];
    assert_eq!(world.state().told, expected);
}

#[test]
fn requests_have_a_bound() {
    let (mut world, client) = world();
    for _ in 0..=CLUSTER_REQUESTS_MAX / 3 {
        world.emit(client, "ask", ());
    }
    let sent = world.state().sent.len();
    assert_eq!(sent, CLUSTER_REQUESTS_MAX, "no more are sent than are waited for");
    world.advance(2 * PATIENCE_MS);
    assert_eq!(world.state().told.len(), 3 * (1 + CLUSTER_REQUESTS_MAX / 3));
}
