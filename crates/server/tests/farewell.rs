//! How the server ends a session, and its answer to a client that asks only later. In memory,
//! because it takes half a minute of the clock.

mod harness;

use harness::{World, stream};
use mio_socketio::base::CloseReason;
use mio_socketio::{Binary, Context, Event, Listen, Server};

const QUEUE_BYTES_MAX: usize = 1024 * 1024;
const WIDE: usize = 1 << 24;

fn world() -> World<()> {
    let mut next = 0_u8;
    let entropy = move |bytes: &mut [u8]| {
        next += 1;
        bytes.fill(next);
    };
    let say = |cx: &mut Context<'_, ()>, event: Event<'_>| {
        let bytes: u32 = event.args.get(0).unwrap_or(3);
        cx.emit(event.socket, "bytes", Binary(&vec![7; bytes as usize]));
    };
    let server = Server::builder().entropy(entropy).namespace("/", |events| {
        events
            .on("bytes", say)
            .on("flicker", |cx, _| {
                (0..12).for_each(|number| cx.everyone().volatile().emit("flicker", (number,)));
            })
            .on("close", |cx, event| {
                cx.emit(event.socket, "bytes", Binary(&[7; 3]));
                cx.close(event.socket, CloseReason::ServerDisconnect);
            })
            .on("burst", |cx, event| {
                for number in 0..event.args.get::<u32>(0).unwrap_or(0) {
                    cx.emit(event.socket, "n", (number,));
                }
            })
            .on("disconnect-me", |cx, event| {
                cx.disconnect(event.socket, CloseReason::ServerDisconnect);
            })
    });
    let server = server.namespace("/other", |events| events.on("bytes", say));
    let server = server.engine_io("/engine.io/", |endpoint| {
        endpoint.on_message(|cx, socket, _| cx.disconnect(socket, CloseReason::ServerDisconnect))
    });
    let mut world = World::new(server.build(()), QUEUE_BYTES_MAX);
    world.server.set_listen(Listen::default().http(harness::one_address()));
    world
}

/// A client of the HTTP door, and the query of its session.
struct Client {
    connection: usize,
    query: String,
}

impl Client {
    fn open(world: &mut World<()>, eio: u8) -> Self {
        let connection = world.connect(WIDE);
        let mut client = Self { connection, query: format!("EIO={eio}&transport=polling") };
        let opened = client.get(world);
        let sid = opened.split("\"sid\":\"").nth(1).expect("a session");
        client.query += &format!("&sid={}", &sid[..20]);
        if eio == 4 {
            assert!(client.post(world, "40").ends_with("ok"));
        }
        assert!(client.get(world).contains("40"));
        client
    }

    fn ask(&self, world: &mut World<()>, request: &str) -> String {
        world.clients[self.connection].send(request.as_bytes());
        world.settle();
        self.heard(world)
    }

    fn heard(&self, world: &World<()>) -> String {
        let bytes = world.clients[self.connection].take(usize::MAX);
        bytes.into_iter().map(char::from).collect()
    }

    fn get(&self, world: &mut World<()>) -> String {
        self.ask(world, &format!("GET /socket.io/?{} HTTP/1.1\r\nHost: a\r\n\r\n", self.query))
    }

    fn post(&self, world: &mut World<()>, body: &str) -> String {
        let (query, length) = (&self.query, body.len());
        let head = format!("POST /socket.io/?{query} HTTP/1.1\r\nHost: a\r\n");
        self.ask(world, &format!("{head}Content-Length: {length}\r\n\r\n{body}"))
    }
}

/// The packets of an answer, without its head.
fn packets(answer: &str) -> Vec<&str> {
    answer.split_once("\r\n\r\n").expect("a head").1.split('\u{1e}').collect()
}

#[test]
fn a_session_that_the_server_ends_is_told_when_it_asks() {
    let mut world = world();
    let one = Client::open(&mut world, 4);
    // The request that brought the last event has been handled.
    assert!(one.post(&mut world, "42[\"close\"]").ends_with("\r\n\r\nok"));
    world.advance(20_000);
    let last = one.get(&mut world);
    assert!(last.ends_with("{\"_placeholder\":true,\"num\":0}]\u{1e}bBwcH\u{1e}41"), "{last}");
    // The end comes alone: clients act upon it before they hand over events from the same answer.
    assert_eq!(packets(&one.get(&mut world)), ["1"]);
    assert!(one.get(&mut world).contains("{\"code\":1,"));
    // In the binary form, if the client takes it.
    let old = Client::open(&mut world, 3);
    assert!(old.post(&mut world, "11:42[\"close\"]").ends_with("\r\n\r\nok"));
    let last = old.get(&mut world);
    assert!(last.contains("application/octet-stream"), "{last}");
    assert!(last.ends_with("\u{1}\u{4}\u{ff}\u{4}\u{7}\u{7}\u{7}\u{0}\u{2}\u{ff}41"), "{last:?}");
    assert!(old.get(&mut world).ends_with("\r\n\r\n1:1"));
    // Farewells are not kept for ever.
    let late = Client::open(&mut world, 4);
    late.post(&mut world, "42[\"close\"]");
    world.advance(31_000);
    assert!(late.get(&mut world).contains("{\"code\":1,"));
}

#[test]
fn all_that_was_sent_is_fetched_before_the_end() {
    let mut world = world();
    let one = Client::open(&mut world, 4);
    let other = Client { connection: world.connect(WIDE), query: one.query.clone() };
    one.post(&mut world, "40/other,");
    assert!(one.get(&mut world).contains("40/other,"));
    assert_eq!(one.get(&mut world), "");
    other.post(&mut world, "42[\"burst\",40]\u{1e}42[\"close\"]");
    let mut came = Vec::new();
    for answer in 0.. {
        let heard = if answer == 0 { one.heard(&world) } else { one.get(&mut world) };
        let all = packets(&heard);
        assert!(all.len() <= 16, "{heard}");
        if all == ["1"] {
            break;
        }
        // It may go on sending: it has not heard of the end yet.
        assert!(other.post(&mut world, "42[\"bytes\"]").ends_with("ok"));
        came.extend(all.into_iter().map(str::to_owned));
    }
    let events = (0..40).map(|number| format!("42[\"n\",{number}]"));
    let bytes = "451-[\"bytes\",{\"_placeholder\":true,\"num\":0}]";
    let last = [bytes, "bBwcH", "41", "41/other,"].map(str::to_owned);
    assert_eq!(came, events.chain(last).collect::<Vec<_>>());
    assert!(one.get(&mut world).contains("{\"code\":1,"));
    // A client that says goodbye in the meantime gets nothing more.
    let two = Client::open(&mut world, 4);
    two.post(&mut world, "42[\"burst\",40]\u{1e}42[\"close\"]");
    assert_eq!(packets(&two.get(&mut world)).len(), 16);
    assert!(two.post(&mut world, "1").ends_with("ok"));
    assert!(two.get(&mut world).contains("{\"code\":1,"));
}

#[test]
fn a_poll_that_waits_gets_the_last_words() {
    let mut world = world();
    let one = Client::open(&mut world, 4);
    assert_eq!(one.get(&mut world), "");
    let other = Client { connection: world.connect(WIDE), query: one.query.clone() };
    assert!(other.post(&mut world, "42[\"close\"]").ends_with("\r\n\r\nok"));
    let last = one.heard(&world);
    assert!(last.ends_with("\u{1e}bBwcH\u{1e}41"), "{last}");
    assert_eq!(packets(&one.get(&mut world)), ["1"]);
    // From a namespace alone one may come back.
    let two = Client::open(&mut world, 4);
    two.post(&mut world, "42[\"disconnect-me\"]");
    assert!(two.get(&mut world).ends_with("\r\n\r\n41"));
    assert!(two.post(&mut world, "40").ends_with("ok"));
    assert!(two.get(&mut world).contains("40{\"sid\":"));
}

#[test]
fn whoever_has_no_namespace_to_leave_is_closed() {
    let mut world = world();
    let connection = world.connect(WIDE);
    let mut one = Client { connection, query: "EIO=4&transport=polling".to_owned() };
    let get = |one: &Client, world: &mut World<()>| {
        let query = &one.query;
        one.ask(world, &format!("GET /engine.io/?{query} HTTP/1.1\r\nHost: a\r\n\r\n"))
    };
    let opened = get(&one, &mut world);
    let sid = opened.split("\"sid\":\"").nth(1).expect("a session");
    one.query += &format!("&sid={}", &sid[..20]);
    let head = format!("POST /engine.io/?{} HTTP/1.1\r\nHost: a\r\n", one.query);
    one.ask(&mut world, &format!("{head}Content-Length: 3\r\n\r\n4hi"));
    assert_eq!(packets(&get(&one, &mut world)), ["1"]);
    assert!(get(&one, &mut world).contains("{\"code\":1,"));
}

#[test]
fn packets_for_a_namespace_that_the_server_has_just_left_are_nothing() {
    let mut world = world();
    let one = Client::open(&mut world, 4);
    let leave = "42[\"disconnect-me\"]";
    // All of it may be under way when the server decides.
    for behind in ["42[\"bytes\"]", "427[\"bytes\"]", "433[]", "41", "451-[\"a\",{}]\u{1e}bAQ=="] {
        assert!(
            one.post(&mut world, &format!("{leave}\u{1e}{behind}")).ends_with("ok"),
            "{behind}"
        );
        assert_eq!(packets(&one.get(&mut world)), ["41"], "{behind}");
        one.post(&mut world, "42[\"bytes\"]");
        one.post(&mut world, "40");
        let back = one.get(&mut world);
        assert!(back.contains("\r\n\r\n40{\"sid\":") && !back.contains('\u{1e}'), "{back}");
        one.post(&mut world, "42[\"burst\",1]");
        assert_eq!(packets(&one.get(&mut world)), ["42[\"n\",0]"]);
    }
    // A client that leaves by itself is not told.
    assert!(one.post(&mut world, "41\u{1e}42[\"bytes\"]").contains(" 400 "));
    let two = Client::open(&mut world, 4);
    assert!(two.post(&mut world, "42/other,[\"bytes\"]").contains(" 400 "));
}

#[test]
fn a_server_that_ends_waits_for_those_who_poll() {
    let mut world = world();
    let late = Client::open(&mut world, 4);
    late.post(&mut world, "42[\"burst\",40]");
    let gone = Client::open(&mut world, 3);
    gone.post(&mut world, "15:42[\"burst\",40]");
    let waiting = Client::open(&mut world, 4);
    assert_eq!(waiting.get(&mut world), "");
    world.stop();
    world.settle();
    // Clients in Python stay away if they are told the end; all come back when a poll fails.
    assert_eq!(packets(&waiting.heard(&world)), ["6"]);
    // Each request may come by a connection of its own.
    let mut came = 0;
    while came < 40 {
        world.advance(1_000);
        let next = Client { connection: world.connect(WIDE), query: late.query.clone() };
        let answer = next.get(&mut world);
        assert!(answer.contains("Connection: close"), "{answer}");
        assert!(!world.clients[next.connection].is_open());
        came += packets(&answer).len();
        // Nobody else is let in.
        let other = Client { connection: world.connect(WIDE), query: String::new() };
        assert!(other.get(&mut world).contains(" 503 "));
    }
    assert_eq!(came, 40);
    // The other has been waited for long enough.
    assert!(world.clients.iter().all(|client| !client.is_open()));
    world.clients.iter().for_each(stream::End::end);
    world.advance(60_000);
    world.server.check_empty();
}

#[test]
fn a_poll_that_waits_takes_all_that_is_volatile_at_one_moment() {
    let mut world = world();
    let [one, other] = [Client::open(&mut world, 4), Client::open(&mut world, 4)];
    let poll = Client { connection: world.connect(WIDE), query: one.query };
    assert_eq!(poll.get(&mut world), "");
    other.post(&mut world, "42[\"flicker\"]");
    assert_eq!(poll.heard(&world).matches("42[\"flicker\"").count(), 12);
    // No client asks now.
    other.post(&mut world, "42[\"flicker\"]");
    assert_eq!(poll.get(&mut world), "");
}

#[test]
fn an_answer_is_not_too_long_for_a_narrow_way() {
    let mut world = world();
    for eio in [3, 4] {
        let one = Client::open(&mut world, eio);
        let narrow = world.connect(10_000);
        let poll = Client { connection: narrow, query: one.query.clone() + "&b64=1" };
        assert_eq!(poll.get(&mut world), "");
        let event = "42[\"bytes\",1000000]";
        let body = if eio == 3 { format!("{}:{event}", event.len()) } else { event.to_owned() };
        one.post(&mut world, &body);
        let mut heard = String::new();
        loop {
            let more = poll.heard(&world);
            if more.is_empty() {
                break;
            }
            heard += &more;
            world.settle();
        }
        let begin = heard.find("\r\n\r\n").expect("a head") + 4;
        let length = heard.split("Content-Length: ").nth(1).and_then(|it| it.split_once('\r'));
        let length: usize = length.expect("a length").0.parse().expect("a number");
        // Each byte stands for a character here.
        assert_eq!(heard[begin..].chars().count(), length);
        assert!(world.clients[narrow].is_open());
    }
}
