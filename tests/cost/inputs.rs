//! The inputs that are most work to read, at each door.

use mio_wire::ws::{Opcode, masked_frame};

/// About an eighth of the longest message.
const LONG: usize = 120_000;
/// About an eighth of the longest head.
const HEAD: usize = 1_950;
/// About an eighth of the longest target of a request.
const TARGET: usize = 950;
/// About an eighth of several lines, each of the greatest length.
const LINES: usize = 32 * 1024;
/// Requests with such a head.
const HEADS: usize = 128;
/// A piece as small as networks deliver.
const PIECE: usize = 100;

pub struct Input {
    pub name: &'static str,
    pub at_http: bool,
    /// Sent before, and not measured.
    pub opening: Vec<u8>,
    /// Bytes of one, about.
    pub size: usize,
    pub load: Box<dyn Fn(usize) -> Vec<u8>>,
    /// The size of its pieces, if it does not come all at once.
    pub piece: Option<usize>,
    /// Whether it is the body of a POST for a polling session, and is in the query too.
    pub polls: bool,
    pub query: &'static str,
}

impl Input {
    fn new(name: &'static str, size: usize, load: impl Fn(usize) -> Vec<u8> + 'static) -> Self {
        let (opening, load) = (Vec::new(), Box::new(load));
        let (at_http, polls) = (false, false);
        Self { name, at_http, opening, size, load, piece: None, polls, query: "" }
    }

    /// Sends the input in small pieces.
    fn in_pieces(self) -> Self {
        Self { piece: Some(PIECE), ..self }
    }

    fn at_http(self) -> Self {
        Self { at_http: true, ..self }
    }

    fn posted(self, query: &'static str) -> Self {
        Self { at_http: true, polls: true, query, ..self }
    }

    /// Sends the input at a WebSocket of Socket.IO.
    fn at_websocket(self, eio: u8, joins: &str) -> Self {
        let head = format!(
            "GET /socket.io/?EIO={eio}&transport=websocket HTTP/1.1\r\nHost: a\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let mut opening = head.into_bytes();
        if !joins.is_empty() {
            opening.extend(frame(Opcode::Text, joins.as_bytes()));
        }
        Self { at_http: true, opening, ..self }
    }
}

fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    masked_frame(&mut bytes, opcode, payload, [1, 2, 3, 4]);
    bytes
}

/// `size` bytes of a repeated text.
fn of(text: &str, size: usize) -> String {
    text.repeat((size / text.len()).max(1))
}

pub fn at_lines() -> Vec<Input> {
    let input =
        |name, text: &'static str| Input::new(name, LINES, move |size| of(text, size).into());
    let each = |name, prefix: &'static str, text: &'static str| {
        Input::new(name, LINES, move |size| {
            let line = format!("{prefix}{}\n", of(text, 4_000));
            of(&line, size).into_bytes()
        })
    };
    vec![
        input("short lines", "x\n"),
        input("short lines in pieces", "x\n").in_pieces(),
        input("blank lines", "\n"),
        input("a line without end", "x"),
        each("long lines in pieces", "", "x").in_pieces(),
        each("combining marks", "", "a\u{300}\u{301}"),
        each("tabs", "", "\t"),
        each("what is turned around", "", "\u{202e}\u{202d}"),
        each("names", "/nick ", "\u{fdfa}"),
        each("rooms", "/join ", "\u{fdfa}"),
        each("private messages", "/msg ", "\u{fdfa}"),
        each("what is asked about", "/whois ", "\u{1e9b}\u{323}"),
        Input::new("telnet", LINES, |size| [255, 253, 1].repeat(size / 3)),
        Input::new("interrupted telnet", LINES, |size| [255, 250].repeat(size / 2)),
        Input::new("no text", LINES, |size| [0xff, 0xf1, 0xc3, b'\n'].repeat(size / 4)),
    ]
}

/// A packet with a long middle.
fn packet(name: &'static str, [begin, text, end]: [&'static str; 3], joins: &str) -> Input {
    let load = move |size| {
        let middle = of(text, size);
        let middle = middle.trim_end_matches(',');
        frame(Opcode::Text, format!("{begin}{middle}{end}").as_bytes())
    };
    let eio = if joins.is_empty() { 3 } else { 4 };
    Input::new(name, LONG, load).at_websocket(eio, joins)
}

pub fn at_websocket() -> Vec<Input> {
    let own = |name, parts| packet(name, parts, "40/chat,{}");
    let root = |name, parts| packet(name, parts, "40");
    let old = |name, parts| packet(name, parts, "");
    let hole = "{\"_placeholder\":true,\"num\":0},";
    let nested = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],";
    let all = vec![
        root("a text", ["421[\"message\",\"", "x", "\"]"]),
        root("many arguments", ["421[\"message\",", "1,", "]"]),
        root("a long list", ["421[\"message\",[", "1,", "]]"]),
        root("nested lists", ["421[\"message\",[", nested, "]]"]),
        root("an abyss", ["421[\"message\",", "[", "]"]),
        root("an object", ["421[\"message\",{", "\"a\":{},", "}]"]),
        root("escapes", ["421[\"message\",\"", "\\u0061", "\"]"]),
        root("half escapes", ["421[\"message\",\"", "\\ud800", "\"]"]),
        root("backslashes", ["421[\"message\",\"", "\\\\", "\"]"]),
        root("numbers", ["421[\"message\",", "9", "]"]),
        root("blanks", ["421[\"message\",", " ", "1]"]),
        root("holes without attachments", ["421[\"message\",[", hole, "]]"]),
        root("holes for one attachment", ["451-1[\"message\",[", hole, "]]"]),
        root("a name", ["421[\"", "n", "\"]"]),
        root("a name in escapes", ["421[\"", "\\u0061", "\"]"]),
        root("a number of an answer", ["42", "1", "[\"message\"]"]),
        root("a namespace", ["42/", "n", ",[\"message\"]"]),
        root("attachments", ["45", "1", "-[\"message\"]"]),
        root("marks", ["421[\"message\",\"", "a\u{300}\u{301}", "\"]"]),
        root("a tutorial's name", ["421[\"send_message\",{\"username\":\"", "\u{fdfa}", "\"}]"]),
        own("an unknown request", ["42/chat,1[\"", "n", "\",{}]"]),
        own("a name wanted", ["42/chat,1[\"nick\",{\"nick\":\"", "\u{fdfa}", "\"}]"]),
        own("a name of blanks", ["42/chat,1[\"nick\",{\"nick\":\"", " ", "\"}]"]),
        own("a room wanted", ["42/chat,1[\"join\",{\"room\":\"", "\u{fdfa}", "\"}]"]),
        own("somebody", ["42/chat,1[\"dm\",{\"text\":\"x\",\"to\":\"", "\u{fdfa}", "\"}]"]),
        own("what is looked for", ["42/chat,1[\"search\",{\"query\":\"", "\u{fdfa} ", "\"}]"]),
        own("a topic", ["42/chat,1[\"topic\",{\"room\":\"lobby\",\"text\":\"", "a\u{300}", "\"}]"]),
        own(
            "a key",
            ["42/chat,1[\"post\",{\"room\":\"lobby\",\"text\":\"x\",\"key\":\"", "k", "\"}]"],
        ),
        own("an object with many keys", ["42/chat,1[\"post\",{", "\"a\":1,", "}]"]),
        own("another namespace", ["40/other,{\"a\":\"", "x", "\"}"]),
        old("a text of old", ["42[\"message\",\"", "x", "\"]"]),
        old("a query of old", ["40/chat?", "a=%61&", ""]),
        root("a text in pieces", ["421[\"message\",\"", "x", "\"]"]).in_pieces(),
        Input::new("pings", LONG, |size| frame(Opcode::Ping, b"").repeat(size / 6))
            .at_websocket(4, "40"),
        Input::new("short packets", LONG, |size| {
            frame(Opcode::Text, b"421[\"x\"]").repeat(size / 15)
        })
        .at_websocket(4, "40"),
        Input::new("bytes that nobody awaits", LONG, |size| frame(Opcode::Binary, &vec![7; size]))
            .at_websocket(4, "40"),
    ];
    all
}

/// Requests with a head of this size: `begin` and `end` stand around the long part.
fn heads(name: &'static str, size: usize, [begin, text, end]: [&'static str; 3]) -> Input {
    let load = move |size| {
        let middle = of(text, size);
        format!("GET /{begin}{middle}{end}\r\n\r\n").repeat(HEADS).into_bytes()
    };
    Input::new(name, size, load).at_http()
}

pub fn at_http() -> Vec<Input> {
    let body = |name, text: &'static str, query| {
        Input::new(name, LONG, move |size| of(text, size).into()).posted(query)
    };
    let poll = "socket.io/?EIO=4&transport=polling&a=";
    let pages = |size: usize| "GET /x HTTP/1.1\r\nHost: a\r\n\r\n".repeat(size / 28).into_bytes();
    vec![
        heads("a long header", HEAD, [" HTTP/1.1\r\nHost: a\r\nA: ", "x", ""]),
        heads("a long header in pieces", HEAD, [" HTTP/1.1\r\nHost: a\r\nA: ", "x", ""])
            .in_pieces(),
        heads("cookies", HEAD, [" HTTP/1.1\r\nHost: a\r\nCookie: ", "a=b; ", ""]),
        heads(
            "proxies",
            HEAD,
            [" HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ", "1.2.3.4, ", "1.1.1.1"],
        ),
        heads(
            "other proxies",
            HEAD,
            [" HTTP/1.1\r\nHost: a\r\nForwarded: ", "for=1.2.3.4;", "for=x"],
        ),
        heads("upgrades", HEAD, [" HTTP/1.1\r\nHost: a\r\nConnection: ", "upgrade, ", ""]),
        heads("hosts", HEAD, [" HTTP/1.1\r\nHost: ", "a.", ""]),
        heads("etags", HEAD, [" HTTP/1.1\r\nHost: a\r\nIf-None-Match: ", "\"a\", ", ""]),
        heads("a query", TARGET, [poll, "%61", " HTTP/1.1\r\nHost: a"]),
        heads("parameters", TARGET, [poll, "&a=b", " HTTP/1.1\r\nHost: a"]),
        Input::new("requests", LONG, pages).at_http(),
        Input::new("requests in pieces", LONG / 2, pages).at_http().in_pieces(),
        body("empty packets", "6\u{1e}", ""),
        body("heartbeats", "3\u{1e}", ""),
        body("packets for nobody", "42[\"x\"]\u{1e}", ""),
        body("one packet", "4", ""),
        body("base64", "bAAAA\u{1e}", ""),
        body("a script", "d=%5c%6e", "&j=0"),
        body("a body in pieces", "6\u{1e}", "").in_pieces(),
        Input::new("small chunks", LONG, |size| {
            let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
            [head, &of("1\r\nx\r\n", size), "0\r\n\r\n"].concat().into_bytes()
        })
        .at_http(),
    ]
}
