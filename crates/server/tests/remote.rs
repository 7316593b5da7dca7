//! The way in from other threads, and the end of a server that takes no signals.

use mio_socketio::limits::CALLS_MAX;
use mio_socketio::testing::TestServer;
use mio_socketio::{Ack, Context, Events, Listen, Listening, NotRun, Remote, Server, Supervised};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::thread;

/// Functions that each of several threads sends at the same time.
const EACH: u32 = 200;
const THREADS: u32 = 4;

/// A state that no other thread may have.
#[derive(Default)]
struct State {
    log: Rc<Vec<String>>,
    owed: Vec<Ack>,
    remote: Option<Remote<Self>>,
}

impl State {
    fn note(&mut self, word: &str) {
        Rc::make_mut(&mut self.log).push(word.to_owned());
    }
}

fn server() -> Server<State> {
    Server::builder()
        .namespace("/", |events: Events<State>| {
            events
                .on("work", |cx, event| cx.state.owed.extend(event.ack))
                .on("stop", |cx, _| cx.stop())
                .on_disconnect(|cx, _, reason| cx.state.note(reason.as_str()))
        })
        .on_start(|cx| {
            cx.state.note("start");
            cx.state.remote = Some(cx.remote());
        })
        .on_stopping(|cx| cx.state.note("stopping"))
        .on_shutdown(|cx| cx.state.note("shutdown"))
        .build(State::default())
}

fn open() -> Listening {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Listening::open(&Listen::default().http(vec![address.into()])).expect("a port")
}

#[test]
fn other_threads_reach_a_running_server_in_their_order_and_end_it() {
    let mut server = server();
    let (remote, listening) = (server.remote(), open());
    let all: Vec<_> = (0..THREADS)
        .map(|thread| {
            let remote = remote.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    let call = move |cx: &mut Context<'_, State>| {
                        cx.state.note(&format!("{thread} {number}"));
                    };
                    while remote.run(call) == Err(NotRun::Full) {
                        thread::yield_now();
                    }
                }
            })
        })
        .collect();
    let ends = remote.clone();
    let last = thread::spawn(move || {
        all.into_iter().for_each(|one| one.join().expect("it sends"));
        ends.stop();
    });
    let state = listening.serve(server).expect("it ends as it is told to");
    last.join().expect("it ends");
    let log = &state.log;
    assert_eq!(log.first().map(String::as_str), Some("start"));
    assert_eq!(log[log.len() - 2..], ["stopping", "shutdown"]);
    for thread in 0..THREADS {
        let of_thread = format!("{thread} ");
        let its = log.iter().filter_map(|word| word.strip_prefix(&of_thread));
        let its: Vec<u32> = its.map(|number| number.parse().expect("a number")).collect();
        assert_eq!(its, (0..EACH).collect::<Vec<_>>());
    }
    assert_eq!(remote.run(|_| ()), Err(NotRun::Ended));
    remote.stop();
}

#[test]
fn a_worker_answers_an_event_later() {
    let mut world = TestServer::new(server());
    let alice = world.connect("/", Value::Null).expect("all are let in");
    let bob = world.connect("/", Value::Null).expect("all are let in");
    let asked = [alice, bob].map(|client| world.ask(client, "work", ()));
    let (tell, told) = channel();
    let remote = world.state().remote.clone().expect("it was kept at the start");
    // The first function takes the rights to answer out of the server, as a handler would.
    let first = remote.run(move |cx| {
        let owed = std::mem::take(&mut cx.state.owed);
        tell.send(owed).expect("somebody waits");
    });
    assert_eq!(first, Ok(()));
    world.advance(0);
    let worker = thread::spawn(move || {
        for (ack, word) in told.recv().expect("there is work").into_iter().zip(["one", "two"]) {
            remote.run(move |cx| cx.ack(Some(ack), (word,))).expect("the server is there");
        }
    });
    world.disconnect(bob);
    worker.join().expect("it has answered");
    world.advance(0);
    assert_eq!(world.answered(asked[0]).expect("it is answered").args, [json!("one")]);
    assert_eq!(world.answered(asked[1]), None, "bob has gone, and nothing is sent to anybody");
}

#[test]
fn the_queue_has_a_bound_and_waiting_functions_are_run_at_the_end() {
    let mut server = server();
    let remote = server.remote();
    for _ in 0..CALLS_MAX {
        remote.run(|cx| cx.state.note("called")).expect("there is room");
    }
    assert_eq!(remote.run(|_| ()), Err(NotRun::Full));
    // To end it needs no room.
    remote.stop();
    let state = open().serve(server).expect("it ends");
    assert_eq!(state.log.iter().filter(|word| *word == "called").count(), CALLS_MAX);
    assert_eq!(state.log[state.log.len() - 2..], ["stopping", "shutdown"]);
    assert_eq!(remote.run(|_| ()), Err(NotRun::Ended));
}

#[test]
fn a_supervisor_hears_of_an_end_that_no_signal_has_brought_before_anybody_else() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let (tells, hears) = (Rc::clone(&told), Rc::clone(&told));
    let server = Server::new(Vec::new(), |server| {
        server
            .on_start(|cx| cx.after(1, |cx| cx.stop()))
            .on_stopping(move |cx| *cx.state = hears.borrow().clone())
    });
    let mut listening = open();
    listening.supervise(None, move |news| tells.borrow_mut().push(news));
    let before_stopping = listening.serve(server).expect("it ends");
    assert_eq!(before_stopping, [Supervised::Serves, Supervised::Stops]);
    assert_eq!(*told.borrow(), before_stopping);
}

#[test]
fn a_handler_ends_the_server_after_everybody_has_been_told() {
    let mut world = TestServer::new(server());
    let [alice, bob] = [0, 1].map(|_| world.connect("/", Value::Null).expect("all are let in"));
    world.emit(alice, "stop", ());
    assert!(!world.is_open(bob));
    let end = ["server-shutdown", "server-shutdown", "shutdown"];
    let log = &world.state().log;
    assert_eq!(log[..2], ["start", "stopping"]);
    assert_eq!(log[2..], end);
}
