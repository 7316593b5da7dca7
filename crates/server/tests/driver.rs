//! A server in a loop that is not its own.

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use mio_socketio::{Driver, Listen, ListenAddress, Listening, Server, WebResponse};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

/// Requests at the same time: more than the events of one poll would be too slow here, but several
/// turns of accepting.
const CLIENTS: usize = 200;
/// Within this time everything here is over.
const PATIENCE: Duration = Duration::from_secs(60);
/// Milliseconds until the timer of the server under test.
const TIMER_MS: u64 = 30;

#[derive(Default)]
struct State {
    asked: usize,
    timers: usize,
    log: Vec<&'static str>,
}

fn driver() -> (Driver<State>, SocketAddr) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listen = Listen::default().http(vec![address.into()]);
    let listening = Listening::open(&listen).expect("a port");
    let address = listening.http().first().and_then(ListenAddress::tcp).expect("of TCP");
    let server = Server::<State>::builder()
        .route("/", |cx, _| {
            cx.state.asked += 1;
            WebResponse::ok("text/plain", "here")
        })
        .on_start(|cx| {
            cx.state.log.push("start");
            cx.after(TIMER_MS, |cx| cx.state.timers += 1);
        })
        .on_stopping(|cx| cx.state.log.push("stopping"))
        .on_shutdown(|cx| cx.state.log.push("shutdown"))
        .build(State::default());
    (listening.drive(server).expect("it is ready"), address)
}

/// Turns the server in a loop with a poll of its own until `is_over`, waiting no longer than the
/// driver allows. Returns whether the server goes on.
fn turn_until(driver: &mut Driver<State>, is_over: impl Fn(&State) -> bool) -> bool {
    let (mut poll, mut events) = (Poll::new().expect("a poll"), Events::with_capacity(4));
    let descriptor = driver.as_raw_fd();
    let mut source = SourceFd(&descriptor);
    poll.registry().register(&mut source, Token(0), Interest::READABLE).expect("registered");
    let deadline = Instant::now() + PATIENCE;
    let mut goes_on = driver.turn().expect("a turn");
    while goes_on && !is_over(driver.state()) {
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "it takes too long: {} asked", driver.state().asked);
        let wait = driver.next_turn_in().map_or(left, |wait| wait.min(left));
        match poll.poll(&mut events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            polled => polled.expect("a poll"),
        }
        goes_on = driver.turn().expect("a turn");
    }
    poll.registry().deregister(&mut source).expect("registered");
    goes_on
}

/// Sends a request, and returns the answer when the server has closed the connection.
fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn it_serves_and_keeps_its_timers_in_somebody_elses_loop() {
    let (mut driver, address) = driver();
    let clients: Vec<_> = (0..CLIENTS).map(|_| thread::spawn(move || ask(address))).collect();
    assert!(turn_until(&mut driver, |state| state.asked == CLIENTS && state.timers == 1));
    // Between turns the state is the loop's.
    driver.state_mut().asked = 0;
    // The answers that are still to be written need no further event of the application's.
    let last = thread::spawn(move || ask(address));
    assert!(turn_until(&mut driver, |state| state.asked == 1));
    driver.stop();
    assert!(!turn_until(&mut driver, |_| false), "it ends");
    assert!(!driver.turn().expect("nothing"), "and stays so");
    for client in clients.into_iter().chain([last]) {
        let answer = client.join().expect("it is answered");
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("here"), "{answer}");
    }
    assert_eq!(driver.into_state().log, ["start", "stopping", "shutdown"]);
}

#[test]
fn other_threads_wake_somebody_elses_loop() {
    let (mut driver, _) = driver();
    let remote = driver.remote();
    // Before the first turn, from the loop, and from another thread while the loop waits.
    driver.run(|cx| cx.state.log.push("run"));
    let (told, other) = (remote.clone(), remote);
    let thread = thread::spawn(move || other.run(|cx| cx.state.log.push("called")));
    assert!(turn_until(&mut driver, |state| state.log.contains(&"called")));
    thread.join().expect("it ends").expect("it is run");
    let thread = thread::spawn(move || told.stop());
    assert!(!turn_until(&mut driver, |_| false), "it ends");
    thread.join().expect("it ends");
    assert_eq!(driver.into_state().log, ["run", "start", "called", "stopping", "shutdown"]);
}

#[test]
fn a_handler_ends_it_too_and_every_timer_keeps_its_time() {
    let (mut driver, _) = driver();
    assert!(driver.next_turn_in().is_some_and(|wait| wait.is_zero()), "it begins at once");
    assert!(driver.turn().expect("a turn"));
    // Turns that nothing is due for are allowed, and change nothing.
    while driver.next_turn_in().is_some_and(|wait| wait.is_zero()) {
        driver.turn().expect("a turn");
    }
    assert_eq!(driver.state().timers, 0);
    let wait = driver.next_turn_in().expect("there is a timer");
    assert!(wait <= Duration::from_millis(TIMER_MS));
    driver.run(|cx| cx.stop());
    assert!(!turn_until(&mut driver, |_| false), "it ends");
    assert_eq!(driver.into_state().timers, 0, "a server that has ended has no timers");
}
