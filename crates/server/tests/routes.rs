//! The application's answers to requests: which route counts, and long answers that go out piece by
//! piece.

mod harness;

use harness::{At, World};
use mio_socketio::base::CloseReason;
use mio_socketio::limits::{
    BULK_BYTES_PER_MS, BULK_SILENCE_MS, CONTENT_PIECE_BYTES, CONTENT_PIECE_MS, LINGER_MS,
};
use mio_socketio::testing::TestServer;
use mio_socketio::{Server, WebResponse};
use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

/// Bytes of a long answer: many pieces, and the last is not whole.
const LONG_BYTES: usize = 20 * CONTENT_PIECE_BYTES + 17;
/// The bound of a connection's queue.
const QUEUE_BYTES: usize = 512 * 1024;
/// Bytes that a client's socket takes at a time.
const WINDOW: usize = 10_000;

/// A file that counts the bytes read from it.
struct Counted {
    at: usize,
    /// The length at which it ends.
    end: usize,
    read: Rc<Cell<usize>>,
}

const fn byte(at: usize) -> u8 {
    (at % 251) as u8
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = into.len().min(self.end - self.at);
        for (place, at) in into.iter_mut().zip(self.at..) {
            *place = byte(at);
        }
        self.at += count;
        self.read.set(self.read.get() + count);
        Ok(count)
    }
}

/// A server with a long answer, whose file is as long as it says or ends at `end`.
fn long(end: usize) -> (World<()>, Rc<Cell<usize>>) {
    let read = Rc::new(Cell::new(0));
    let count = Rc::clone(&read);
    let server = Server::builder()
        .route("/long", move |_, _| {
            let file = Counted { at: 0, end, read: Rc::clone(&count) };
            WebResponse::stream("application/octet-stream", file, LONG_BYTES as u64)
        })
        .route("/", |_, _| WebResponse::ok("text/plain", "short"))
        .build(());
    (World::new(server, QUEUE_BYTES), read)
}

fn ask<S>(world: &mut World<S>, requests: &str) -> usize {
    let client = world.connect_at(At::Http, WINDOW);
    world.clients[client].send(requests.as_bytes());
    world.settle();
    client
}

/// Takes all that comes to a client until nothing does.
fn take<S>(world: &mut World<S>, client: usize) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let bytes = world.clients[client].take(usize::MAX);
        if bytes.is_empty() {
            return all;
        }
        all.extend(bytes);
        world.settle();
    }
}

/// The body of the first answer and the bytes after it.
fn split(answer: &[u8]) -> (&[u8], &[u8]) {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    answer[head..].split_at_checked(LONG_BYTES).expect("the whole body")
}

#[test]
fn a_long_answer_is_read_while_the_client_takes_it() {
    let (mut world, read) = long(LONG_BYTES);
    let next = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let client = ask(&mut world, &format!("GET /long HTTP/1.1\r\nHost: a\r\n\r\n{next}"));
    let most = 2 * CONTENT_PIECE_BYTES;
    assert!(read.get() <= most, "{} bytes were read for a client that takes none", read.get());
    let first = world.clients[client].take(usize::MAX);
    world.settle();
    assert!(read.get() <= most + first.len());
    let answer = [first, take(&mut world, client)].concat();
    let (body, rest) = split(&answer);
    assert!(body.iter().enumerate().all(|(at, it)| *it == byte(at)));
    assert!(rest.ends_with(b"short"), "the next request is answered after it");
    assert!(!world.clients[client].is_open());
}

#[test]
fn requests_that_had_to_wait_are_read_after_a_long_answer() {
    let (mut world, _) = long(LONG_BYTES);
    let many = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2_000);
    let client = ask(&mut world, &format!("GET /long HTTP/1.1\r\nHost: a\r\n\r\n{many}"));
    let answers = take(&mut world, client);
    let shorts = split(&answers).1.windows(5).filter(|it| *it == b"short").count();
    assert_eq!((shorts, world.clients[client].unread()), (2_000, 0));
}

#[test]
fn a_client_that_has_closed_its_side_gets_the_whole_answer() {
    let (mut world, _) = long(LONG_BYTES);
    let client = ask(&mut world, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    world.clients[client].end();
    world.settle();
    let answer = take(&mut world, client);
    assert_eq!(split(&answer).1, b"");
    assert!(world.clients[client].is_ended());
}

#[test]
fn a_question_for_the_head_reads_nothing() {
    let (mut world, read) = long(LONG_BYTES);
    let client = ask(&mut world, "HEAD /long HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = String::from_utf8(take(&mut world, client)).expect("a head is text");
    assert!(answer.contains(&format!("Content-Length: {LONG_BYTES}\r\n")), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"));
    assert_eq!(read.get(), 0);
    assert!(world.clients[client].is_open());
}

#[test]
fn a_client_that_does_not_take_its_answer_is_closed_and_a_slow_one_is_not() {
    let (mut world, read) = long(LONG_BYTES);
    let client = ask(&mut world, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    while read.get() < 4 * CONTENT_PIECE_BYTES {
        world.advance(CONTENT_PIECE_MS / 20);
        world.clients[client].take(WINDOW);
        world.settle();
        assert!(world.clients[client].is_open());
    }
    world.advance(CONTENT_PIECE_MS + LINGER_MS + 1);
    assert_eq!(world.clients[client].reason(), Some(CloseReason::SlowClient));
}

#[test]
fn an_answer_that_ends_too_early_ends_the_connection() {
    let end = 3 * CONTENT_PIECE_BYTES;
    let (mut world, _) = long(end);
    let client = ask(&mut world, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
    let answer = take(&mut world, client);
    assert!(answer.len() > end - CONTENT_PIECE_BYTES && answer.len() < LONG_BYTES);
    world.advance(LINGER_MS + 1);
    assert_eq!(world.clients[client].reason(), Some(CloseReason::InternalError));
}

/// Bytes of an upload, and the milliseconds that it takes at the pace of bulk routes.
const BODY: usize = 64 * 1024;
const MS_EACH: u64 = BODY as u64 / BULK_BYTES_PER_MS;

fn post(path: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A server with a bulk route, and the first letters of the uploads in the order in which they are
/// handled. `!` stands for another request.
fn bulk() -> (World<()>, Rc<RefCell<String>>) {
    let handled = Rc::new(RefCell::new(String::new()));
    let (uploaded, said) = (Rc::clone(&handled), Rc::clone(&handled));
    let server = Server::builder()
        .bulk_route("/upload", move |_, request| {
            assert_eq!(request.body.len(), BODY);
            uploaded.borrow_mut().push(char::from(request.body[0]));
            WebResponse::ok("text/plain", "stored")
        })
        .post_route("/say", move |_, _| {
            said.borrow_mut().push('!');
            WebResponse::ok("text/plain", "said")
        })
        .build(());
    (World::new(server, QUEUE_BYTES), handled)
}

#[test]
fn large_requests_are_read_one_after_the_other_and_nobody_waits_for_them() {
    let (mut world, handled) = bulk();
    let uploads = ["a", "b", "c"].map(|letter| post("/upload", &letter.repeat(BODY)));
    let clients = uploads.map(|upload| ask(&mut world, &upload));
    let said = ask(&mut world, &post("/say", "hi"));
    assert_eq!(*handled.borrow(), "a!", "only the first is read at once");
    assert!(take(&mut world, said).ends_with(b"said"));
    world.advance(MS_EACH - 1);
    assert_eq!(*handled.borrow(), "a!");
    world.advance(1);
    assert_eq!(*handled.borrow(), "a!b");
    world.advance(MS_EACH);
    assert_eq!(*handled.borrow(), "a!bc");
    for client in clients {
        assert!(take(&mut world, client).ends_with(b"stored"));
    }
}

#[test]
fn nobody_waits_for_a_large_request_that_does_not_come() {
    let (mut world, handled) = bulk();
    let upload = |letter: &str| post("/upload", &letter.repeat(BODY));
    let head = |letter: &str| upload(letter)[..upload(letter).len() - BODY].to_owned();
    // The first begins and says nothing more; ten that wait hang up.
    let silent = ask(&mut world, &head("s"));
    let gone: Vec<usize> = (0..10).map(|_| ask(&mut world, &upload("g"))).collect();
    ask(&mut world, &upload("a"));
    gone.into_iter().for_each(|client| world.clients[client].reset());
    world.settle();
    world.advance(BULK_SILENCE_MS - 1);
    assert_eq!(*handled.borrow(), "");
    world.advance(1);
    assert_eq!(*handled.borrow(), "a", "the turn of a silent client has ended");
    // A body that comes late is taken, and its bytes count.
    world.clients[silent].send("s".repeat(BODY).as_bytes());
    world.settle();
    assert_eq!(*handled.borrow(), "as");
    ask(&mut world, &upload("b"));
    world.advance(2 * MS_EACH - 1);
    assert_eq!(*handled.borrow(), "as");
    world.advance(1);
    assert_eq!(*handled.borrow(), "asb");
    // A client that hangs up in its turn gives it back at once.
    world.advance(MS_EACH);
    let going = ask(&mut world, &head("g"));
    ask(&mut world, &upload("c"));
    assert_eq!(*handled.borrow(), "asb");
    world.clients[going].reset();
    world.settle();
    world.advance(0);
    assert_eq!(*handled.borrow(), "asbc");
}

#[test]
fn requests_go_to_the_most_exact_route() {
    let server = Server::<Vec<String>>::builder()
        .route("/*", |_, request| {
            WebResponse::ok("text/plain", format!("any {}", request.head.path))
        })
        .route("/page", |_, _| WebResponse::ok("text/plain", "page"))
        .post_route("/say/*", |cx, request| {
            cx.state.push(String::from_utf8_lossy(request.body).into_owned());
            WebResponse::new(201, "text/plain", "said")
        })
        .build(Vec::new());
    let mut world = TestServer::new(server);
    for (target, body) in [("/", "any /"), ("/page?x", "page"), ("/page/", "any /page/")] {
        assert_eq!(world.get(target).body, body.as_bytes(), "{target}");
    }
    let script = world.get("/socket.io/socket.io.js");
    assert_eq!(script.body, b"any /socket.io/socket.io.js", "the application has its own");
    assert_eq!(world.get("/socket.io/").status, 400, "Socket.IO has its path for itself");
    let said = world.post("/say/a", b"hello");
    assert_eq!((said.status, &*said.body), (201, &b"said"[..]));
    assert_eq!(*world.state(), ["hello"]);
    let refused = world.post("/page", b"hello");
    assert_eq!((refused.status, &*refused.body), (405, &b"only GET is answered here\n"[..]));
    let allow = refused.headers.iter().find(|(name, _)| name == "Allow");
    assert_eq!(allow.map(|(_, value)| &**value), Some("GET, HEAD, OPTIONS"));
}
