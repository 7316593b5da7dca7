use super::*;
use crate::base::Id;
use std::collections::HashMap as Map;

fn route(index: u32) -> ConnectionId {
    Id::new(index, 1)
}

/// A hub with what has been delivered, by route.
#[derive(Default)]
struct Heard {
    hub: Hub,
    heard: Map<usize, Vec<u8>>,
    parts: usize,
}

impl Heard {
    fn say(&mut self, room: &str, author: Option<SocketId>, text: &str) {
        self.hub.post(room, author, |bytes| bytes.extend_from_slice(text.as_bytes()));
        self.hub.check_invariants();
    }

    fn direct(&mut self, socket: SocketId, text: &str) {
        let heard = &mut self.heard;
        self.hub.catch_up(socket, |route, bytes| {
            heard.entry(route.index()).or_default().extend_from_slice(bytes);
        });
        let Some(route) = self.hub.route(socket) else { return };
        heard.entry(route.index()).or_default().extend_from_slice(text.as_bytes());
    }

    fn leave(&mut self, socket: SocketId, room: &str) {
        let heard = &mut self.heard;
        self.hub.leave(socket, room, |route, bytes| {
            heard.entry(route.index()).or_default().extend_from_slice(bytes);
        });
        self.hub.check_invariants();
    }

    fn settle(&mut self) {
        let (heard, parts) = (&mut self.heard, &mut self.parts);
        *parts = 0;
        self.hub.settle(|route, chunk| {
            *parts += 1;
            heard.entry(route.index()).or_default().extend_from_slice(chunk.as_bytes());
        });
        self.hub.check_invariants();
    }

    fn take(&mut self, index: usize) -> String {
        String::from_utf8(self.heard.remove(&index).unwrap_or_default()).expect("text")
    }
}

fn three() -> (Heard, [SocketId; 3]) {
    let mut h = Heard::default();
    let sockets = [0, 1, 2].map(|index| {
        let socket = h.hub.sit(route(index));
        assert!(h.hub.join(socket, "r"));
        assert!(!h.hub.join(socket, "r"));
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
    assert_eq!(h.parts, 1 + 2 + 3);
    assert_eq!(h.take(0), "b1 b2 all");
    assert_eq!(h.take(1), "a1 a2 a3 all");
    assert_eq!(h.take(2), "a1 a2 b1 a3 b2 all");
    h.say("r", Some(b), "next");
    h.settle();
    assert_eq!((h.take(0), h.take(1), h.take(2)), ("next".into(), String::new(), "next".into()));
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
    let late = h.hub.sit(route(3));
    assert!(h.hub.join(late, "r"));
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
        h.hub.rise(socket, |_, _| ());
        h.hub.check_invariants();
    }
    assert_eq!(h.hub.rooms().count(), 0);
    h.say("r", None, "nobody hears it");
    h.settle();
    assert_eq!(h.parts, 0);
    assert!(!h.hub.join(sockets[0], "r"));
    assert_eq!(h.hub.rooms().count(), 0);
}

#[test]
fn a_socket_may_be_in_many_rooms() {
    let (mut h, [a, b, _]) = three();
    h.hub.join(a, "s");
    h.hub.join(b, "s");
    h.say("s", Some(a), "s1");
    h.say("r", Some(b), "r1");
    h.hub.rise(a, |_, _| ());
    h.settle();
    assert_eq!(h.take(1), "s1");
    assert_eq!(h.take(2), "r1");
    assert_eq!(h.hub.members("s").collect::<Vec<_>>(), [b]);
}
