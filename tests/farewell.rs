//! How the server ends a session, and what it tells a client that asks only later; in memory, for
//! it is a matter of half a minute.

mod harness;

use harness::World;
use mio_chat::base::CloseReason;
use mio_chat::server::{Binary, Context, Event, Server};

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
            .on("close", |cx, event| {
                cx.emit(event.socket, "bytes", Binary(&[7; 3]));
                cx.close(event.socket, CloseReason::ServerDisconnect);
            })
            .on("disconnect-me", |cx, event| {
                cx.disconnect(event.socket, CloseReason::ServerDisconnect);
            })
    });
    let mut world = World::new(server.build(()), QUEUE_BYTES_MAX);
    world.server.set_http_from(0);
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

#[test]
fn a_session_that_the_server_ends_is_told_when_it_asks() {
    let mut world = world();
    let one = Client::open(&mut world, 4);
    // The request that brought the last event has been handled.
    assert!(one.post(&mut world, "42[\"close\"]").ends_with("\r\n\r\nok"));
    world.advance(20_000);
    let last = one.get(&mut world);
    assert!(last.ends_with("{\"_placeholder\":true,\"num\":0}]\u{1e}bBwcH\u{1e}1"), "{last}");
    assert!(one.get(&mut world).contains("{\"code\":1,"));
    // In the binary form, where that is what the client takes.
    let old = Client::open(&mut world, 3);
    assert!(old.post(&mut world, "11:42[\"close\"]").ends_with("\r\n\r\nok"));
    let last = old.get(&mut world);
    assert!(last.contains("application/octet-stream"), "{last}");
    assert!(last.ends_with("\u{1}\u{4}\u{ff}\u{4}\u{7}\u{7}\u{7}\u{0}\u{1}\u{ff}1"), "{last:?}");
    // Nobody is told for ever.
    let late = Client::open(&mut world, 4);
    late.post(&mut world, "42[\"close\"]");
    world.advance(31_000);
    assert!(late.get(&mut world).contains("{\"code\":1,"));
}

#[test]
fn a_poll_that_waits_gets_the_last_words_and_the_end_in_one_answer() {
    let mut world = world();
    let one = Client::open(&mut world, 4);
    assert_eq!(one.get(&mut world), "");
    let other = Client { connection: world.connect(WIDE), query: one.query.clone() };
    assert!(other.post(&mut world, "42[\"close\"]").ends_with("\r\n\r\nok"));
    let last = one.heard(&world);
    assert!(last.ends_with("\u{1e}bBwcH\u{1e}1"), "{last}");
    // From a namespace alone one may come back.
    let two = Client::open(&mut world, 4);
    two.post(&mut world, "42[\"disconnect-me\"]");
    assert!(two.get(&mut world).ends_with("\r\n\r\n41"));
    assert!(two.post(&mut world, "40").ends_with("ok"));
    assert!(two.get(&mut world).contains("40{\"sid\":"));
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
