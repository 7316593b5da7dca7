//! Clients that come back: `pid` and `offset` (`docs/protocols.md`, "Socket.IO: coming back").

use super::client::{Conformance, Door, Message, Ws, frame};
use super::engine::{Polling, engine_ws, opened, socket_io};

const WINDOW_MS: u64 = 60_000;
const RECOVER: &str = "{\"recover\":true}";
const BYTES: &str = "{\"_placeholder\":true,\"num\":0}";

/// A client in the namespace of rooms.
struct Guest {
    ws: Ws,
    welcome: String,
    /// Events from before it was admitted.
    missed: Vec<String>,
    /// The offset of the last event that it received.
    offset: Option<String>,
}

impl Guest {
    fn come(door: &impl Door, auth: &str) -> Self {
        let mut ws = socket_io(door);
        ws.send(&format!("40/rooms,{auth}"));
        let mut missed = Vec::new();
        loop {
            let text = ws.text();
            if text.starts_with("40/rooms,") {
                let offset = missed.last().map(|text: &String| offset_of(text));
                return Self { ws, welcome: text, missed, offset };
            }
            missed.push(text);
        }
    }

    fn sid(&self) -> String {
        opened(&self.welcome, "sid")
    }

    fn pid(&self) -> String {
        opened(&self.welcome, "pid")
    }

    fn has_pid(&self) -> bool {
        self.welcome.contains("\"pid\"")
    }

    /// The server has done this, and sent nothing else.
    fn ask(&mut self, event: &str, arg: &str) {
        self.ws.send(&format!("42/rooms,7[\"{event}\",\"{arg}\"]"));
        self.ws.expect("43/rooms,7[]");
    }

    fn tell(&mut self, event: &str) {
        self.ws.send(&format!("42/rooms,{event}"));
    }

    /// The next event without its offset, which it must have.
    fn kept(&mut self) -> String {
        let text = self.ws.text();
        self.offset = Some(offset_of(&text));
        without_offset(&text)
    }

    /// Comes back to `door`, after its connection ended without a goodbye.
    fn back(self, door: &impl Door) -> Self {
        let auth = self.auth();
        drop(self);
        Self::come(door, &auth)
    }

    fn auth(&self) -> String {
        let offset =
            self.offset.as_ref().map_or(String::new(), |it| format!(",\"offset\":\"{it}\""));
        format!("{{\"pid\":\"{}\"{offset},\"recover\":true}}", self.pid())
    }

    /// Expects to be told, after its welcome, the kept data and these rooms.
    fn expect_recovered(&mut self, kept: &str, rooms: &str) {
        let told = self.kept();
        assert_eq!(told, format!("42/rooms,[\"recovered\",\"{kept}\",{rooms}]"));
    }
}

fn offset_of(text: &str) -> String {
    let end = text.strip_suffix("\"]").unwrap_or_else(|| panic!("an offset in {text}"));
    end[end.rfind('"').expect("a string begins") + 1..].to_owned()
}

fn without_offset(text: &str) -> String {
    let last = format!(",\"{}\"]", offset_of(text));
    format!("{}]", text.strip_suffix(&last).expect("an offset is an argument"))
}

fn without_offsets(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| without_offset(text)).collect()
}

#[test]
fn whoever_does_not_ask_gets_what_it_always_got() {
    let recovering = Conformance::recovering(WINDOW_MS);
    let mut asking = Guest::come(&recovering, RECOVER);
    asking.ask("join", "a");
    let auths = ["", "{}", "{\"recover\":1}", "{\"recover\":false,\"pid\":7,\"offset\":\"x\"}"];
    for auth in auths {
        let mut plain = Guest::come(&recovering, auth);
        assert_eq!(plain.welcome, format!("40/rooms,{{\"sid\":\"{}\"}}", plain.sid()));
        plain.ask("join", "a");
        plain.tell("[\"say\",\"a\",1]");
        plain.ws.expect("42/rooms,[\"said\",\"a\",1]");
        assert_eq!(asking.kept(), "42/rooms,[\"said\",\"a\",1]");
        plain.tell("[\"whisper\"]");
        plain.ws.expect("42/rooms,[\"whispered\"]");
    }
    // A client of Socket.IO 2 cannot ask.
    let mut old = engine_ws(&recovering, "/socket.io/", 3);
    old.expect("40");
    old.skip_to("42[\"auth\",{}]");
    old.send("40/rooms?recover=true,");
    old.expect("40/rooms,");
    old.send("42/rooms,[\"whisper\",1]");
    old.expect("42/rooms,[\"whispered\",1]");
    // Without recovery in the application there is none.
    let plain = Conformance::patient();
    let mut refused = Guest::come(&plain, RECOVER);
    assert!(!refused.has_pid());
    refused.tell("[\"whisper\",1]");
    refused.ws.expect("42/rooms,[\"whispered\",1]");
}

#[test]
fn each_event_that_is_kept_tells_its_offset() {
    let door = Conformance::recovering(WINDOW_MS);
    let mut guest = Guest::come(&door, RECOVER);
    assert!(guest.has_pid() && guest.pid() != guest.sid());
    guest.ask("join", "a");
    guest.tell("[\"say\",\"a\",\"x\"]");
    assert_eq!(guest.kept(), "42/rooms,[\"said\",\"a\",\"x\"]");
    let first = guest.offset.clone();
    guest.tell("[\"whisper\"]");
    assert_eq!(guest.kept(), "42/rooms,[\"whispered\"]");
    assert_ne!(guest.offset, first);
    // The bytes come after it as always.
    let event = format!("[\"say\",\"a\",{BYTES}]");
    guest.ws.send(&format!("451-/rooms,{event}"));
    guest.ws.wire.send(frame(0x82, b"bytes"));
    assert_eq!(guest.kept(), format!("451-/rooms,[\"said\",\"a\",{BYTES}]"));
    assert_eq!(guest.ws.next(), Message::Binary(b"bytes".to_vec()));
    // Events that cannot be kept have none.
    guest.tell("[\"flicker\",1]");
    guest.ws.expect("42/rooms,[\"flickered\",1]");
    guest.tell("[\"ask\",1]");
    guest.ws.expect("42/rooms,0[\"asked\",1]");
}

#[test]
fn whoever_comes_back_gets_what_it_has_missed() {
    let door = Conformance::recovering(WINDOW_MS);
    let mut other = Guest::come(&door, "");
    let mut guest = Guest::come(&door, RECOVER);
    let (sid, pid) = (guest.sid(), guest.pid());
    guest.ask("join", "a");
    guest.ask("join", "b");
    guest.ask("join", "gone");
    guest.ask("leave", "gone");
    guest.ask("keep", "cake");
    other.tell("[\"say\",\"a\",\"seen\"]");
    assert_eq!(guest.kept(), "42/rooms,[\"said\",\"a\",\"seen\"]");
    // Twice: the events it got on coming back do not come again.
    for round in 0..2 {
        let auth = guest.auth();
        drop(guest);
        other.tell(&format!("[\"say\",\"a\",{round}]"));
        other.ws.send(&format!("451-/rooms,[\"say\",\"b\",{BYTES}]"));
        other.ws.wire.send(frame(0x82, b"bytes"));
        for unheard in ["[\"say\",\"gone\",1]", "[\"say\",\"nowhere\",1]", "[\"whisper\",1]"] {
            other.tell(unheard);
        }
        other.tell("[\"tell\",\"all\"]");
        other.ws.expect("42/rooms,[\"whispered\",1]");
        let mut ws = socket_io(&door);
        ws.send(&format!("40/rooms,{auth}"));
        assert_eq!(without_offset(&ws.text()), format!("42/rooms,[\"said\",\"a\",{round}]"));
        assert_eq!(without_offset(&ws.text()), format!("451-/rooms,[\"said\",\"b\",{BYTES}]"));
        assert_eq!(ws.next(), Message::Binary(b"bytes".to_vec()));
        let last = ws.text();
        assert_eq!(without_offset(&last), "42/rooms,[\"told\",\"all\"]");
        let welcome = ws.text();
        assert_eq!(welcome, format!("40/rooms,{{\"sid\":\"{sid}\",\"pid\":\"{pid}\"}}"));
        guest = Guest { ws, welcome, missed: Vec::new(), offset: Some(offset_of(&last)) };
        guest.expect_recovered("cake", "[\"a\",\"b\"]");
        other.tell("[\"say\",\"b\",\"new\"]");
        assert_eq!(guest.kept(), "42/rooms,[\"said\",\"b\",\"new\"]");
    }
    // It is left out of its own events, as before.
    guest.tell("[\"tell\",1]");
    other.ws.skip_to("42/rooms,[\"told\",1]");
    let mut guest = guest.back(&door);
    assert!(guest.missed.is_empty(), "{:?}", guest.missed);
    guest.expect_recovered("cake", "[\"a\",\"b\"]");
}

#[test]
fn whoever_has_got_no_event_comes_back_too() {
    let door = Conformance::recovering(WINDOW_MS);
    let mut other = Guest::come(&door, "");
    other.tell("[\"tell\",\"before\"]");
    other.ask("join", "b");
    let mut guest = Guest::come(&door, RECOVER);
    other.tell("[\"say\",\"a\",\"before\"]");
    other.ask("leave", "b");
    guest.ask("join", "a");
    assert_eq!(guest.offset, None);
    let auth = guest.auth();
    drop(guest);
    other.tell("[\"say\",\"a\",\"missed\"]");
    other.ask("join", "b");
    let mut guest = Guest::come(&door, &auth);
    assert_eq!(without_offsets(&guest.missed), ["42/rooms,[\"said\",\"a\",\"missed\"]"]);
    guest.expect_recovered("", "[\"a\"]");
}

#[test]
fn whoever_polls_comes_back_too() {
    let door = Conformance::recovering(WINDOW_MS);
    let mut other = Guest::come(&door, "");
    let mut polling = Polling::open(&door, "/socket.io/", 4);
    polling.post_ok(format!("40/rooms,{RECOVER}"));
    let (sid, pid) = {
        let welcome = polling.poll();
        (opened(&welcome, "sid"), opened(&welcome, "pid"))
    };
    polling.post_ok("42/rooms,[\"join\",\"a\"]\u{1e}42/rooms,[\"whisper\",1]");
    let offset = offset_of(&polling.poll());
    // The JavaScript client ends its transport like this.
    polling.post_ok("1");
    other.tell("[\"say\",\"a\",\"missed\"]");
    other.ask("join", "b");
    let mut back = Polling::open(&door, "/socket.io/", 4);
    back.post_ok(format!("40/rooms,{{\"pid\":\"{pid}\",\"offset\":\"{offset}\"}}"));
    let came = back.poll();
    let came: Vec<&str> = came.split('\u{1e}').collect();
    assert_eq!(without_offset(came[0]), "42/rooms,[\"said\",\"a\",\"missed\"]");
    assert_eq!(came[1], format!("40/rooms,{{\"sid\":\"{sid}\",\"pid\":\"{pid}\"}}"));
}

#[test]
fn whoever_leaves_or_is_sent_away_begins_anew() {
    let door = Conformance::recovering(WINDOW_MS);
    for end in ["41/rooms,", "42/rooms,[\"send-away\"]", "4abc"] {
        let mut guest = Guest::come(&door, RECOVER);
        guest.ask("join", "a");
        guest.tell("[\"whisper\",1]");
        guest.kept();
        guest.ws.send(end);
        match end {
            "4abc" => guest.ws.expect_close(None),
            "41/rooms," => guest.ws.send("40/custom,"),
            _ => guest.ws.expect("41/rooms,"),
        }
        let (sid, pid) = (guest.sid(), guest.pid());
        let new = guest.back(&door);
        assert!(new.sid() != sid && new.pid() != pid && new.missed.is_empty(), "{end}");
    }
    // So does a client that is refused.
    let guest = Guest::come(&door, RECOVER);
    let (auth, sid) = (guest.auth(), guest.sid());
    drop(guest);
    let mut ws = socket_io(&door);
    ws.send(&format!("40/rooms,{}", auth.replace("{\"pid\"", "{\"refuse\":true,\"pid\"")));
    assert!(ws.text().starts_with("44/rooms,{\"message\":\"not today\""));
    assert_ne!(Guest::come(&door, &auth).sid(), sid);
}

#[test]
fn whoever_names_what_is_not_known_begins_anew() {
    let door = Conformance::recovering(WINDOW_MS);
    let mut guest = Guest::come(&door, RECOVER);
    guest.tell("[\"whisper\",1]");
    guest.kept();
    let (sid, pid, offset) = (guest.sid(), guest.pid(), guest.offset.clone().expect("an event"));
    let long = "x".repeat(300_000);
    let deep = format!("{}{}", "[".repeat(60), "]".repeat(60));
    let other = {
        let elsewhere = Conformance::recovering(WINDOW_MS);
        let mut guest = Guest::come(&elsewhere, RECOVER);
        guest.tell("[\"whisper\",1]");
        guest.kept();
        guest.offset.expect("an event")
    };
    let beyond = format!("{offset}fff");
    let pids = [&*sid, "", "x", "\\u0041", "__proto__", "AAAAAAAAAAAAAAAAAAAA", &long];
    for wrong in pids {
        let new = Guest::come(&door, &format!("{{\"pid\":\"{wrong}\",\"offset\":\"{offset}\"}}"));
        assert!(new.has_pid() && new.sid() != sid && new.pid() != pid, "{wrong}");
    }
    let texts = ["", "x", "-", "+1-+1", "\\u0000", &other, &beyond, &long, &pid];
    let offsets = texts.map(|text| format!("\"{text}\""));
    for wrong in offsets.iter().map(String::as_str).chain(["7", "{}", "true", &deep]) {
        let new = Guest::come(&door, &format!("{{\"pid\":\"{pid}\",\"offset\":{wrong}}}"));
        assert!(new.has_pid() && new.sid() != sid && new.pid() != pid, "{wrong}");
    }
    // Nor is it known in another namespace.
    let mut ws = socket_io(&door);
    ws.send(&format!("40/custom,{{\"pid\":\"{pid}\",\"offset\":\"{offset}\"}}"));
    assert_ne!(opened(&ws.text(), "sid"), sid);
    // All these attempts have taken nothing from its owner.
    let mut back = Guest::come(&door, &format!("{{\"pid\":\"{pid}\",\"offset\":\"{offset}\"}}"));
    assert_eq!((back.sid(), back.pid()), (sid, pid));
    back.expect_recovered("", "[]");
}

#[test]
fn who_comes_back_early_replaces_itself() {
    let door = Conformance::recovering(WINDOW_MS);
    let mut other = Guest::come(&door, "");
    let mut first = Guest::come(&door, RECOVER);
    let (sid, pid) = (first.sid(), first.pid());
    first.ask("join", "a");
    other.tell("[\"say\",\"a\",1]");
    first.kept();
    let early = first.auth();
    // It gets this on a connection that it no longer reads.
    other.tell("[\"say\",\"a\",2]");
    other.ask("join", "b");
    let mut second = Guest::come(&door, &early);
    assert_eq!((second.sid(), second.pid()), (sid.clone(), pid.clone()));
    assert_eq!(without_offsets(&second.missed), ["42/rooms,[\"said\",\"a\",2]"]);
    second.expect_recovered("", "[\"a\"]");
    assert_eq!(first.kept(), "42/rooms,[\"said\",\"a\",2]");
    // If it is another client after all, it must not come back and replace the first.
    first.ws.expect("41/rooms,");
    first.ws.expect_close(None);
    drop(first);
    // The end of the old one has changed nothing.
    second.ask("join", "c");
    other.tell("[\"say\",\"a\",3]");
    assert_eq!(second.kept(), "42/rooms,[\"said\",\"a\",3]");
    let mut third = second.back(&door);
    assert_eq!((third.sid(), third.pid()), (sid, pid));
    assert!(third.missed.is_empty(), "{:?}", third.missed);
    third.expect_recovered("", "[\"a\",\"c\"]");
}

#[test]
fn whoever_comes_back_late_begins_anew() {
    let door = Conformance::recovering(0);
    let mut guest = Guest::come(&door, RECOVER);
    guest.tell("[\"whisper\",1]");
    guest.kept();
    let (sid, pid) = (guest.sid(), guest.pid());
    let new = guest.back(&door);
    assert!(new.has_pid() && new.sid() != sid && new.pid() != pid);
}
