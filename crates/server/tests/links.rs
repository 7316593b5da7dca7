//! Links to a Redis that the test imitates, with a clock that the test moves.

use mio_socketio::redis::Redis;
use mio_socketio::testing::{RemoteEnd, TestServer};
use mio_socketio::{RedisStreams, Server, SocketId};
use serde_json::{Value, json};

const HELLO: &[u8] = b"%1\r\n$5\r\nproto\r\n:3\r\n";
const PONG: &[u8] = b"+PONG\r\n";

/// The news about the links, in order.
type Told = Vec<String>;

/// A server with links `a` and `b`: a line is a command on `a`, and its length the token.
fn server() -> Server<Told> {
    let redis = || Redis::at("redis://redis.example/1").expect("it is a URL").command_ms(1_000);
    let mut server = Server::<Told>::builder()
        .on_line(|cx, _: SocketId, line| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            if let Err(why) = cx.redis("a", &words, line.len() as u64) {
                cx.state.push(format!("not sent: {why}"));
            }
        })
        .on_shutdown(|cx| assert_eq!(cx.redis("a", &[b"DEL", b"lease"], 0), Ok(())));
    for name in ["a", "b"] {
        server = server.redis(name, redis().name(name), move |link| {
            link.on_state(move |cx, state| cx.state.push(format!("{name} {state:?}")))
                .on_reply(move |cx, token, reply| {
                    let told = match reply {
                        Ok(reply) => format!("{name} {token} {reply:?}"),
                        Err(why) => format!("{name} {token} failed: {why}"),
                    };
                    cx.state.push(told);
                })
                .on_push(move |cx, items| cx.state.push(format!("{name} push of {}", items.len())))
        });
    }
    server.entropy(|bytes| bytes.fill(7)).build(Told::new())
}

fn greet(world: &mut TestServer<Told>, end: RemoteEnd) {
    world.send_from(end, &[HELLO, b"+OK\r\n", PONG].concat());
}

/// A world whose links are up, and their ends.
fn up() -> (TestServer<Told>, Vec<RemoteEnd>) {
    let mut world = TestServer::new(server());
    world.answer_links(true);
    let ends = world.remote_ends();
    assert_eq!(ends.len(), 2);
    for (end, name) in ends.iter().zip(["a", "b"]) {
        let greeting = world.sent_to(*end);
        let expected = format!(
            "*4\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$7\r\nSETNAME\r\n$1\r\n{name}\r\n\
             *2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n*1\r\n$4\r\nPING\r\n"
        );
        assert_eq!(String::from_utf8_lossy(&greeting), expected);
        greet(&mut world, *end);
    }
    assert_eq!(*world.state(), ["a Up", "b Up"]);
    (world, ends)
}

/// The news after the first `seen` of them.
fn since(world: &TestServer<Told>, seen: usize) -> Vec<&str> {
    world.state().iter().skip(seen).map(String::as_str).collect()
}

#[test]
fn a_server_that_is_not_there_is_told_once_and_found_when_it_is() {
    let mut world = TestServer::new(server());
    assert!(world.remote_ends().is_empty());
    let down = ["a Down(Unreachable)", "b Down(Unreachable)"];
    assert_eq!(*world.state(), down);
    world.advance(60_000);
    assert_eq!(*world.state(), down);
    world.answer_links(true);
    for _ in 0..50 {
        world.advance(100);
        for end in world.remote_ends() {
            greet(&mut world, end);
        }
    }
    let mut told = since(&world, 2);
    told.sort_unstable();
    assert_eq!(told, ["a Up", "b Up"], "it is found within 5 s");
}

#[test]
fn commands_of_a_turn_go_out_together_and_are_answered_in_order() {
    let (mut world, ends) = up();
    let alice = world.connect_line();
    world.say(alice, "GET x\nINCR counter\nGET y");
    let sent = world.sent_to(ends[0]);
    let expected = "*2\r\n$3\r\nGET\r\n$1\r\nx\r\n*2\r\n$4\r\nINCR\r\n$7\r\ncounter\r\n\
                    *2\r\n$3\r\nGET\r\n$1\r\ny\r\n";
    assert_eq!(String::from_utf8_lossy(&sent), expected);
    for byte in b"$2\r\nhi\r\n>2\r\n+message\r\n+hi\r\n:4\r\n-OOM full\r\n" {
        world.send_from(ends[0], &[*byte]);
    }
    let told = ["a 5 Bytes([104, 105])", "a push of 2", "a 12 Integer(4)", "a 5 failed: OOM full"];
    assert_eq!(since(&world, 2), told);
    assert!(world.sent_to(ends[1]).is_empty());
    world.say(alice, "QUIT");
    assert_eq!(since(&world, 6), ["not sent: such a command cannot be sent on a link"]);
}

#[test]
fn what_is_not_answered_is_lost_and_the_link_comes_back() {
    let (mut world, ends) = up();
    let alice = world.connect_line();
    world.say(alice, "GET x\nGET xy");
    world.cut(ends[0]);
    let lost = [
        "a Down(Closed)",
        "a 5 failed: the link was lost: closed",
        "a 6 failed: the link was lost: closed",
    ];
    assert_eq!(since(&world, 2), lost);
    world.say(alice, "GET x");
    assert_eq!(since(&world, 5), ["not sent: the link is down"]);
    world.advance(100);
    let ends = world.remote_ends();
    assert_eq!(ends.len(), 1);
    greet(&mut world, ends[0]);
    assert_eq!(since(&world, 6), ["a Up"]);
    world.say(alice, "GET x");
    world.send_from(ends[0], b"_\r\n");
    assert_eq!(since(&world, 7), ["a 5 Null"]);
}

#[test]
fn silence_garbage_and_an_end_each_have_their_reason() {
    for (bytes, reason) in [
        (&b""[..], "Timeout"),
        (b"HTTP/1.1 400 Bad Request\r\n", "Malformed"),
        (b"$999999999\r\n", "TooLarge"),
        (b"*1\r\n*1\r\n*1\r\n*1\r\n:x\r\n", "Malformed"),
        (b"_\r\n_\r\n", "Unexpected"),
    ] {
        let (mut world, ends) = up();
        let alice = world.connect_line();
        world.say(alice, "GET x");
        world.send_from(ends[0], bytes);
        world.advance(1_000);
        assert!(since(&world, 2).contains(&&*format!("a Down({reason})")), "{:?}", world.state());
        assert!(!world.is_open(ends[0]) && world.is_open(ends[1]) && world.is_open(alice));
    }
    let (mut world, ends) = up();
    world.disconnect(ends[1]);
    assert_eq!(since(&world, 2), ["b Down(Closed)"]);
}

#[test]
fn a_greeting_that_takes_too_long_is_given_up() {
    let mut world = TestServer::new(server());
    world.answer_links(true);
    let ends = world.remote_ends();
    world.send_from(ends[0], HELLO);
    world.advance(2_000);
    assert_eq!(*world.state(), ["a Down(Timeout)", "b Down(Timeout)"]);
    world.advance(100);
    assert_eq!(world.remote_ends().len(), 2);
}

#[test]
fn the_last_commands_are_sent_before_a_server_ends() {
    let (mut world, ends) = up();
    world.sent_to(ends[0]);
    world.stop();
    assert_eq!(world.sent_to(ends[0]), b"*2\r\n$3\r\nDEL\r\n$5\r\nlease\r\n");
    assert!(!world.is_open(ends[0]) && !world.is_open(ends[1]));
    world.advance(60_000);
    assert!(world.remote_ends().is_empty());
    assert_eq!(since(&world, 2), [""; 0]);
}

/// Answers what a server has sent on a link: the stream is empty, and nothing can be added to it.
fn refuse_writes<S>(world: &mut TestServer<S>, end: RemoteEnd) {
    let sent = String::from_utf8_lossy(&world.sent_to(end)).into_owned();
    for command in sent.split("\r\n").skip_while(|part| !part.starts_with('*')) {
        let answer: &[u8] = match command {
            "HELLO" => HELLO,
            "SELECT" => b"+OK\r\n",
            "PING" => PONG,
            "XREVRANGE" => b"*0\r\n",
            "XADD" => b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
            // Nothing comes by a channel, and a read of the stream waits.
            _ => continue,
        };
        world.send_from(end, answer);
    }
}

#[test]
fn events_go_on_when_a_cluster_cannot_write() {
    let redis = Redis::at("redis://redis.example/1").expect("it is a URL");
    let mut world = TestServer::new(Server::new((), |server| {
        server.adapter(RedisStreams::new(redis).recovery_ms(60_000)).namespace("/", |events| {
            events.on("say", |cx, event| cx.everyone().emit("said", event.args))
        })
    }));
    world.answer_links(true);
    let ends = world.remote_ends();
    let answer_all = |world: &mut TestServer<()>| {
        for _ in 0..3 {
            ends.iter().for_each(|end| refuse_writes(world, *end));
        }
    };
    answer_all(&mut world);
    let guest = json!({"recover": true});
    let [alice, bob] = [0, 1].map(|_| world.connect("/", guest.clone()).expect("let in"));
    world.emit(alice, "say", "hi");
    assert!(world.events(bob).is_empty(), "it waits for its place in the stream");
    answer_all(&mut world);
    // The last argument is the offset.
    assert_eq!(world.expect(bob, "said").args.first(), Some(&Value::from("hi")));
}
