use super::*;
use crate::base::{Chunk, Dialect, Id};
use std::collections::HashMap as Map;

const LINE: Voice = Voice::plain(Namespace::LINES, Dialect::Line);
const ENGINE: Voice = Voice::plain(Namespace(1), Dialect::Engine4);

fn route(index: u32) -> Route {
    Route::Connection(Id::new(index, 1))
}

/// The delivered bytes, by route.
#[derive(Default)]
struct Delivered {
    heard: Map<usize, Vec<u8>>,
    parts: usize,
}

impl Delivery for Delivered {
    fn copy(&mut self, route: Route, bytes: &[u8]) {
        let Route::Connection(id) = route else { return };
        self.heard.entry(id.index()).or_default().extend_from_slice(bytes);
    }

    fn share(&mut self, route: Route, chunk: &Chunk) {
        self.parts += 1;
        self.copy(route, chunk.as_bytes());
    }
}

/// A hub together with its delivered output.
#[derive(Default)]
struct Heard {
    hub: Hub,
    out: Delivered,
}

impl Heard {
    fn join(&mut self, socket: SocketId, room: &str) -> bool {
        let joined = self.hub.join(socket, room, &mut self.out);
        self.hub.check_invariants();
        joined
    }

    fn say(&mut self, room: &str, author: Option<SocketId>, text: &str) {
        self.say_in(Namespace::LINES, Target::Room(room), author, text);
    }

    fn say_in(&mut self, ns: Namespace, to: Target<'_>, author: Option<SocketId>, text: &str) {
        let render = |_, bytes: &mut Vec<u8>| bytes.extend_from_slice(text.as_bytes());
        self.hub.post(ns, to, author.as_slice(), &mut self.out, render);
        self.hub.check_invariants();
    }

    fn say_except(&mut self, except: &[SocketId], text: &str) {
        let render = |_, bytes: &mut Vec<u8>| bytes.extend_from_slice(text.as_bytes());
        let ns = Namespace::LINES;
        let to = Target::Room("r");
        self.hub.post(ns, to, except, &mut self.out, render);
        self.hub.check_invariants();
    }

    fn direct(&mut self, socket: SocketId, text: &str) {
        self.hub.catch_up(socket, &mut self.out);
        let Some(route) = self.hub.route(socket) else { return };
        self.out.copy(route, text.as_bytes());
    }

    fn leave(&mut self, socket: SocketId, room: &str) {
        self.hub.leave(socket, room, &mut self.out);
        self.hub.check_invariants();
    }

    fn rise(&mut self, socket: SocketId) {
        self.hub.rise(socket, &mut self.out);
        self.hub.check_invariants();
    }

    fn settle(&mut self) {
        self.out.parts = 0;
        self.hub.settle(&mut self.out);
        self.hub.check_invariants();
    }

    fn take(&mut self, index: usize) -> String {
        String::from_utf8(self.out.heard.remove(&index).unwrap_or_default()).expect("text")
    }
}

fn three() -> (Heard, [SocketId; 3]) {
    let mut h = Heard::default();
    let sockets = [0, 1, 2].map(|index| {
        let socket = h.hub.sit(route(index), LINE);
        assert!(h.join(socket, "r"));
        assert!(!h.join(socket, "r"));
        socket
    });
    (h, sockets)
}

#[test]
fn authors_hear_all_but_their_own() {
    let (mut h, [a, b, _]) = three();
    for (author, text) in [(a, "a1 "), (a, "a2 "), (b, "b1 "), (a, "a3 "), (b, "b2 ")] {
        h.say("r", Some(author), text);
    }
    h.say("r", None, "all");
    h.settle();
    // One part for the listener; an author's runs that touch are one cut.
    assert_eq!(h.out.parts, 1 + 2 + 3);
    assert_eq!(h.take(0), "b1 b2 all");
    assert_eq!(h.take(1), "a1 a2 a3 all");
    assert_eq!(h.take(2), "a1 a2 b1 a3 b2 all");
    h.say("r", Some(b), "next");
    h.settle();
    assert_eq!((h.take(0), h.take(1), h.take(2)), ("next".into(), String::new(), "next".into()));
}

#[test]
fn several_may_be_left_out_and_the_others_share() {
    let (mut h, [a, b, c]) = three();
    let others = [3, 4, 5].map(|index| h.hub.sit(route(index), LINE));
    for other in others {
        h.join(other, "r");
    }
    let elsewhere = h.hub.sit(route(9), LINE);
    // B does not hear A, and C hears neither. A socket that is named twice, or is not here, changes
    // nothing.
    h.say_except(&[a, b, c], "a1 ");
    h.say_except(&[a, b, c, b, elsewhere], "a2 ");
    h.say_except(&[b, c], "b1 ");
    h.say_except(&[c], "c1 ");
    h.say_except(&[a, b, c], "a3 ");
    h.settle();
    assert_eq!(h.out.parts, 3 + 1 + 1, "the others get one part each");
    for index in [3, 4, 5] {
        assert_eq!(h.take(index), "a1 a2 b1 c1 a3 ");
    }
    assert_eq!((h.take(0), h.take(1), h.take(2)), ("b1 c1 ".into(), "c1 ".into(), String::new()));
    assert_eq!(h.take(9), "");
    // The next turn begins afresh, and direct output comes in order.
    h.say_except(&[a, b], "a4 ");
    h.direct(b, "[to b]");
    h.say_except(&[a, b], "a5 ");
    h.say_except(&[c], "c2 ");
    h.settle();
    assert_eq!(
        (h.take(0), h.take(1), h.take(2)),
        ("c2 ".into(), "[to b]c2 ".into(), "a4 a5 ".into())
    );
}

#[test]
fn direct_bytes_come_in_order() {
    let (mut h, [a, b, _]) = three();
    h.say("r", Some(a), "1");
    h.say("r", Some(b), "2");
    h.direct(b, "[to b]");
    h.say("r", Some(b), "3");
    h.say("r", Some(a), "4");
    h.direct(b, "[again]");
    h.say("r", Some(a), "5");
    h.settle();
    assert_eq!(
        (h.take(0), h.take(1), h.take(2)),
        ("23".into(), "1[to b]4[again]5".into(), "12345".into())
    );
}

#[test]
fn who_comes_hears_what_follows_and_who_goes_what_came_before() {
    let (mut h, [a, b, c]) = three();
    h.say("r", Some(a), "1");
    h.leave(b, "r");
    let late = h.hub.sit(route(3), LINE);
    assert!(h.join(late, "r"));
    h.say("r", Some(c), "2");
    h.say("r", Some(late), "3");
    h.settle();
    let all = (h.take(0), h.take(1), h.take(2), h.take(3));
    assert_eq!(all, ("23".into(), "1".into(), "13".into(), "2".into()));
}

#[test]
fn a_room_ends_with_its_last_member() {
    let (mut h, sockets) = three();
    h.say("r", None, "x");
    for socket in sockets {
        h.rise(socket);
    }
    assert_eq!(h.hub.by_name.len(), 0);
    h.say("r", None, "nobody hears it");
    h.settle();
    assert_eq!(h.out.parts, 0);
    assert!(!h.join(sockets[0], "r"));
    assert_eq!(h.hub.by_name.len(), 0);
}

#[test]
fn a_socket_may_be_in_many_rooms() {
    let (mut h, [a, b, _]) = three();
    h.join(a, "s");
    h.join(b, "s");
    h.say("s", Some(a), "s1");
    h.say("r", Some(b), "r1");
    h.rise(a);
    h.settle();
    assert_eq!(h.take(1), "s1");
    assert_eq!(h.take(2), "r1");
    assert_eq!(h.hub.members("s").collect::<Vec<_>>(), [b]);
}

#[test]
fn a_socket_in_many_rooms_hears_them_in_the_order_of_speaking() {
    let (mut h, [a, b, c]) = three();
    h.join(a, "s");
    h.join(b, "s");
    for (room, text) in [("r", "1"), ("s", "2"), ("r", "3"), ("r", "4"), ("s", "5")] {
        h.say(room, None, text);
    }
    h.join(c, "s");
    h.say("s", Some(a), "6");
    h.say("r", Some(c), "7");
    h.settle();
    assert_eq!(
        (h.take(0), h.take(1), h.take(2)),
        ("123457".into(), "1234567".into(), "1346".into())
    );
}

#[test]
fn namespaces_share_rooms_and_hear_their_own() {
    let (mut h, [a, _, _]) = three();
    let page = h.hub.sit(route(7), ENGINE);
    h.hub.enroll(page, &mut h.out);
    h.join(page, "r");
    h.say("r", Some(a), "line");
    h.say_in(Namespace(1), Target::Room("r"), Some(a), "event");
    h.say_in(Namespace(1), Target::Everyone, None, "all");
    h.say_in(Namespace(2), Target::Room("r"), None, "nobody");
    h.say_in(Namespace(2), Target::Everyone, None, "nobody");
    h.settle();
    assert_eq!(
        (h.take(0), h.take(1), h.take(7)),
        (String::new(), "line".into(), "eventall".into())
    );
    assert_eq!(h.hub.members("r").len(), 4);
    let heard: Vec<SocketId> = h.hub.audience(Namespace(1), Target::Room("r")).collect();
    assert_eq!(heard, [page]);
    assert_eq!(h.hub.rooms_of(page).collect::<Vec<_>>(), ["r"]);
    h.hub.reroute(page, route(8), &mut h.out);
    h.say_in(Namespace(1), Target::Everyone, None, "there");
    h.rise(page);
    assert_eq!((h.take(7), h.take(8)), (String::new(), "there".into()));
}

#[test]
fn what_another_namespace_hears_ends_no_batch() {
    let (mut h, [a, _, _]) = three();
    h.join(a, "s");
    let page = h.hub.sit(route(7), ENGINE);
    h.hub.enroll(page, &mut h.out);
    h.join(page, "r");
    h.out.parts = 0;
    for text in ["1", "2", "3"] {
        h.say_in(Namespace(1), Target::Everyone, None, text);
        h.say("r", None, text);
    }
    assert_eq!(h.out.parts, 0, "nothing was delivered before the end of the turn");
    h.say_in(Namespace(1), Target::Room("r"), None, "4");
    h.say("s", None, "4");
    h.say_in(Namespace(1), Target::Everyone, None, "5");
    h.say("r", None, "5");
    h.settle();
    assert_eq!((h.take(0), h.take(1), h.take(7)), ("12345".into(), "1235".into(), "12345".into()));
}
