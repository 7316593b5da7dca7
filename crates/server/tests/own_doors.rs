//! Doors for protocols of the application's own: a byte of length, and so many bytes.

use mio_socketio::testing::TestServer;
use mio_socketio::{
    CloseReason, Context, DoorSettings, Framed, Framer, LineSettings, Listen, ListenAddress,
    Listening, Message, Proxies, Server, SocketId,
};
use serde_json::{Value, json};
use std::net::SocketAddr;

const ROOM: &str = "everyone";
const DOOR: &str = "counted";
/// A length that no frame of this protocol has.
const FOREIGN: u8 = 255;

/// Counts the frames that it has cut, as a framer with a state would.
#[derive(Debug, Default)]
struct Counted {
    frames: usize,
}

impl Framer for Counted {
    fn next<'b>(&mut self, input: &'b [u8]) -> Framed<'b> {
        match input.split_first() {
            None => Framed::Part,
            Some((&FOREIGN, _)) => Framed::Foreign,
            Some((length, rest)) => match rest.get(..usize::from(*length)) {
                Some(frame) => {
                    self.frames += 1;
                    Framed::Whole { frame, taken: 1 + frame.len() }
                }
                None => Framed::Part,
            },
        }
    }
}

/// The events at the door.
type Log = Vec<String>;

fn counted(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    [&[length], text.as_bytes()].concat()
}

fn heard(cx: &mut Context<'_, Log>, socket: SocketId, message: Message<'_>) {
    let Message::Binary(frame) = message else { panic!("a frame is bytes") };
    let text = String::from_utf8_lossy(frame).into_owned();
    cx.of(DOOR).to(ROOM).except(socket).send_binary(&counted(&text));
    cx.of("/").to(ROOM).emit("said", (&*text,));
    cx.to(ROOM).send(format_args!("{text}"));
    cx.state.push(text);
}

fn server(settings: DoorSettings) -> Server<Log> {
    let builder = Server::<Log>::builder().door(DOOR, settings, Counted::default, |door| {
        door.on_open(|cx, socket| {
            cx.join(socket, ROOM);
            cx.send_text(socket, "\u{2}hi");
            cx.send(socket, format_args!("a line is nothing here"));
            cx.state.push("open".to_owned());
        })
        .on_message(heard)
        .on_close(|cx, _, reason| cx.state.push(reason.to_string()))
    });
    builder
        .namespace("/", |events| {
            events.on_connect(|cx, connect| {
                cx.join(connect.socket, ROOM);
                Ok(())
            })
        })
        .on_connect(|cx, socket| {
            cx.join(socket, ROOM);
        })
        .build(Log::new())
}

#[test]
fn frames_are_the_same_however_their_bytes_are_split() {
    let bytes = [counted("one"), counted(""), counted("two")].concat();
    for cut in 0..=bytes.len() {
        let mut world = TestServer::new(server(DoorSettings::default()));
        let alice = world.connect_door(DOOR);
        world.send_bytes(alice, &bytes[..cut]);
        world.send_bytes(alice, &bytes[cut..]);
        assert_eq!(*world.state(), ["open", "one", "", "two"], "{cut}");
        assert_eq!(world.bytes(alice), b"\x02hi", "{cut}");
    }
}

#[test]
fn rooms_span_all_doors_and_each_speaks_its_own_language() {
    let mut world = TestServer::new(server(DoorSettings::default()));
    let (alice, bob) = (world.connect_door(DOOR), world.connect_door(DOOR));
    let carol = world.connect("/", Value::Null).expect("she is let in");
    let dan = world.connect_line();
    world.bytes(bob);
    world.send_bytes(alice, &counted("hello"));
    assert_eq!(world.bytes(bob), counted("hello"));
    assert_eq!(world.expect(carol, "said").args, [json!("hello")]);
    // A handler's own namespace is that of the door, and lines go to the line door all the same.
    assert_eq!(world.lines(dan), ["hello"]);
    world.disconnect(bob);
    world.cut(alice);
    assert_eq!(world.state()[2..], ["hello", "eof", "reset"]);
}

#[test]
fn everyone_at_a_door_is_reached_without_a_room() {
    let settings = DoorSettings::default();
    let server = Server::<()>::builder().door(DOOR, settings, Counted::default, |door| {
        door.on_message(|cx, socket, _| {
            cx.everyone().except(socket).send_text("\u{1}a");
            cx.of(DOOR).send_binary(&counted("b"));
        })
    });
    let mut world = TestServer::new(server.build(()));
    let (alice, bob) = (world.connect_door(DOOR), world.connect_door(DOOR));
    let dan = world.connect_line();
    world.send_bytes(alice, &counted("hi"));
    assert_eq!(world.bytes(alice), counted("b"));
    assert_eq!(world.bytes(bob), [counted("a"), counted("b")].concat());
    assert!(world.lines(dan).is_empty());
}

#[test]
fn what_breaks_the_protocol_or_its_bounds_ends_its_client() {
    let settings = DoorSettings::default().frame_bytes_max(10);
    let too_long = [[9].as_slice(), b"123456789", &[10], b"1234567890"].concat();
    for cut in 0..=too_long.len() {
        let mut world = TestServer::new(server(settings));
        let alice = world.connect_door(DOOR);
        world.send_bytes(alice, &too_long[..cut]);
        world.send_bytes(alice, &too_long[cut..]);
        assert_eq!(world.why(alice), Some(CloseReason::PayloadTooLarge), "{cut}");
        assert_eq!(*world.state(), ["open", "123456789", "payload-too-large"], "{cut}");
    }
    let mut world = TestServer::new(server(settings));
    let (alice, bob) = (world.connect_door(DOOR), world.connect_door(DOOR));
    world.send_bytes(alice, &[counted("last"), vec![FOREIGN], counted("never")].concat());
    assert_eq!(world.why(alice), Some(CloseReason::ProtocolError));
    assert_eq!(world.state()[2..], ["last", "protocol-error"]);
    assert!(world.is_open(bob));
}

/// A framer that takes nothing, or more than it was given.
#[derive(Debug)]
struct Wrong(usize);

impl Framer for Wrong {
    fn next<'b>(&mut self, input: &'b [u8]) -> Framed<'b> {
        Framed::Whole { frame: input, taken: self.0 }
    }
}

#[test]
fn a_framing_that_does_not_go_on_ends_its_client() {
    for taken in [0, 3] {
        let settings = DoorSettings::default();
        let server = Server::<usize>::builder().door(
            "wrong",
            settings,
            move || Wrong(taken),
            |it| it.on_message(|cx, _, _| *cx.state += 1),
        );
        let mut world = TestServer::new(server.build(0));
        let alice = world.connect_door("wrong");
        world.send_bytes(alice, b"xy");
        assert_eq!(world.why(alice), Some(CloseReason::ProtocolError), "{taken}");
        assert_eq!(*world.state(), 0);
    }
}

#[test]
fn a_client_over_its_pace_is_read_later() {
    let mut world = TestServer::new(server(DoorSettings::default().rate_per_s(1)));
    let alice = world.connect_door(DOOR);
    let bytes: Vec<u8> = (0..20).flat_map(|number| counted(&number.to_string())).collect();
    world.send_bytes(alice, &bytes);
    let frames = world.state().len() - 1;
    assert!((1..20).contains(&frames), "a burst is taken at once: {frames}");
    world.advance(60_000);
    assert_eq!(world.state().len() - 1, 20);
    assert!(world.is_open(alice));
}

#[test]
fn a_door_follows_the_line_door_in_all_that_it_does_not_set() {
    let lines = LineSettings::default().line_bytes_max(10).rate_per_s(1);
    let own = DoorSettings::default().frame_bytes_max(30).rate_per_s(0);
    let builder = Server::<usize>::builder();
    let builder = builder.door("follows", DoorSettings::default(), Counted::default, |door| {
        door.on_message(|cx, _, _| *cx.state += 1)
    });
    let builder = builder
        .door("own", own, Counted::default, |door| door.on_message(|cx, _, _| *cx.state += 1));
    // The settings of the line door may come after the doors that follow it.
    let server = builder.line_door(lines).on_hangup(|cx| cx.set_rate_per_s(0)).build(0);
    let mut world = TestServer::new(server);
    let frames: Vec<u8> = (0..20).flat_map(|_| counted("hi")).collect();
    let (alice, bob) = (world.connect_door("own"), world.connect_door("follows"));
    world.send_bytes(alice, &[counted("a frame of 22 bytes..."), frames.clone()].concat());
    assert_eq!(*world.state(), 21, "it has no pace, and longer frames");
    world.send_bytes(bob, &frames);
    let burst = *world.state() - 21;
    assert!((1..20).contains(&burst), "the pace of the line door: {burst}");
    world.advance(60_000);
    assert_eq!(*world.state(), 41);
    world.hang_up();
    world.send_bytes(bob, &frames);
    assert_eq!(*world.state(), 61, "the line door has no pace now");
    world.send_bytes(bob, &counted("ten bytes!"));
    assert_eq!(world.why(bob), Some(CloseReason::PayloadTooLarge), "the length of a line");
}

#[test]
fn sessions_are_counted_by_the_name_of_their_door() {
    let builder = Server::<Vec<(&str, u64)>>::builder();
    let settings = DoorSettings::default();
    let builder = builder.door(DOOR, settings, Counted::default, |door| {
        door.on_open(|cx, _| *cx.state = cx.stats().protocols)
    });
    let mut world = TestServer::new(builder.on_connect(|_, _| ()).build(Vec::new()));
    world.connect_line();
    world.connect_door(DOOR);
    let counts = world.state();
    assert!(counts.contains(&(DOOR, 1)) && counts.contains(&("line", 1)), "{counts:?}");
}

#[test]
fn a_door_has_a_name_that_no_other_protocol_has_and_logs_can_show() {
    for name in ["line", "ws", "two words", "zwölf", ""] {
        let door = || {
            let builder = Server::<()>::builder();
            builder.door(name, DoorSettings::default(), Counted::default, |door| door)
        };
        assert!(std::panic::catch_unwind(door).is_err(), "{name:?}");
    }
}

#[test]
fn a_proxys_header_comes_before_the_first_frame() {
    let proxies = Proxies::new(["127.0.0.1".parse().expect("a network")]);
    let builder = Server::<Log>::builder().proxies(proxies);
    let settings = DoorSettings::default();
    let builder = builder.door(DOOR, settings, Counted::default, |door| {
        door.on_open(|cx, socket| {
            let address = cx.address(socket).map(|address| address.to_string());
            cx.state.push(address.unwrap_or_default());
        })
        .on_message(heard)
    });
    let mut world = TestServer::new(builder.build(Log::new()));
    let alice = world.connect_door(DOOR);
    assert_eq!(*world.state(), Log::new(), "the header may still come");
    let header = b"PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n".to_vec();
    world.send_bytes(alice, &[header, counted("hi")].concat());
    assert_eq!(*world.state(), ["203.0.113.9", "hi"]);
}

#[test]
fn the_addresses_of_doors_are_listened_at() {
    let address = "127.0.0.1:0".parse().expect("an address");
    let listening =
        Listening::open(&Listen::default().door(DOOR, vec![address])).expect("it listens");
    let [door] = &*listening.listen().doors else { panic!("there is one") };
    let port = door.address.tcp().map(|address| address.port());
    assert!(port.is_some_and(|port| port != 0), "the port that the system chose");
    let no_door = Server::<()>::builder().build(());
    let error = listening.serve(no_door).expect_err("nobody would be served there");
    assert_eq!(error.to_string(), "the server has no door called counted");
}

#[test]
fn each_call_sets_the_addresses_of_one_door() {
    let at =
        |port: u16| -> Vec<ListenAddress> { vec![SocketAddr::from(([127, 0, 0, 1], port)).into()] };
    let listen = Listen::default().door("a", at(1)).secure_door("a", at(2)).door("b", at(3));
    let listen = listen.door("a", at(4));
    assert_eq!(listen.door_addresses("a"), at(4), "in the place of those from before");
    assert_eq!((listen.secure_door_addresses("a"), listen.door_addresses("b")), (at(2), at(3)));
    let listen = listen.door("a", Vec::new());
    assert!(listen.door_addresses("a").is_empty() && listen.doors.len() == 2);
}
