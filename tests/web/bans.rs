//! A client banned while the server runs is closed at every door, and kept out until the ban ends.

use super::client::{Client, Message, Server, Wire, Ws, poll_until};
use super::harness::run;
use super::process::{binary, serve};
use std::path::Path;
use std::time::{Duration, Instant};

const SOCKET: &str = "/socket.io/?EIO=4&transport=websocket";
const BANNED: &str = "* you are banned";
/// Time in which a ban is noticed: the server checks every second.
const NOTICED: Duration = Duration::from_secs(5);

fn header(ip: &str) -> String {
    format!("PROXY TCP4 {ip} 127.0.0.1 56324 5000\r\n")
}

/// A client at the line door, and its first line.
fn line(server: &Server, ip: &str) -> (Client, String) {
    let mut client = Client::connect(server);
    client.send(header(ip));
    let told = client.line();
    (client, told)
}

fn websocket(server: &Server, ip: &str, target: &str) -> Ws {
    let wire = Wire::connect(server);
    wire.send(header(ip));
    Ws::over(wire, target)
}

/// A client at `/ws`, and its first line.
fn plain(server: &Server, ip: &str) -> (Ws, String) {
    let mut ws = websocket(server, ip, "/ws");
    let told = ws.text();
    (ws, told)
}

/// A client that asks to join a namespace, and the answer.
fn socket(server: &Server, ip: &str, namespace: &str) -> (Ws, String) {
    let mut ws = websocket(server, ip, SOCKET);
    assert!(ws.text().starts_with("0{"));
    ws.send(&format!("40{namespace}"));
    let told = ws.text();
    (ws, told)
}

/// The texts up to the end, without the close frame.
fn rest(ws: &mut Ws) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        match ws.next() {
            Message::Text(text) => told.push(text),
            Message::Close(_) => (),
            Message::End => return told,
            other => panic!("{other:?}"),
        }
    }
}

fn runs(command: &str, db: &Path, ip: &str) {
    let mut asked = binary();
    asked.arg(command).arg("--db").arg(db).arg(ip);
    let output = run(asked);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// Clients of an address at each door, all admitted.
struct All {
    line: Client,
    plain: Ws,
    chat: Ws,
    root: Ws,
}

impl All {
    fn come(server: &Server, ip: &str) -> Self {
        let (line, told) = line(server, ip);
        assert!(told.starts_with("* Welcome"), "{told}");
        let (plain, told) = plain(server, ip);
        assert!(told.starts_with("* Welcome"), "{told}");
        let (chat, told) = socket(server, ip, "/chat,{}");
        assert!(told.starts_with("40/chat,"), "{told}");
        let (root, told) = socket(server, ip, "");
        assert!(told.starts_with("40{"), "{told}");
        Self { line, plain, chat, root }
    }
}

#[test]
fn a_ban_counts_at_every_door_while_the_server_runs_until_it_is_taken_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("chat.db");
    let mut command = serve(&[]);
    command.arg("--db").arg(&db);
    let server = Server::from(command);
    let (banned, other) = ("203.0.113.7", "203.0.113.8");
    let mut theirs = All::come(&server, banned);
    let mut others = All::come(&server, other);
    runs("ban", &db, banned);
    let start = Instant::now();
    // Clients that are in are told so, and closed.
    for told in [theirs.line.rest(), rest(&mut theirs.plain)] {
        assert!(told.iter().any(|text| text == BANNED), "{told:?}");
    }
    let bye = r#"42/chat,["bye",{"error":"you are banned","reason":"banned"}]"#;
    let told = rest(&mut theirs.chat);
    assert!(told.iter().any(|text| text == bye), "{told:?}");
    rest(&mut theirs.root);
    assert!(start.elapsed() < NOTICED, "{:?}", start.elapsed());
    server.wait_logged("disconnect ip=203.0.113.7 … reason=banned", 4);
    // Newcomers are told so, and refused.
    let (mut client, told) = line(&server, banned);
    assert_eq!((&*told, client.rest().len()), (BANNED, 0));
    let (mut ws, told) = plain(&server, banned);
    assert_eq!((&*told, rest(&mut ws).len()), (BANNED, 0));
    for namespace in ["/chat,", ""] {
        let (_, told) = socket(&server, banned, namespace);
        let refused = told.starts_with(&format!("44{namespace}{{"));
        assert!(refused && told.contains("you are banned"), "{told}");
    }
    // Nobody else is affected.
    others.line.send("still here\n");
    while !others.plain.text().ends_with("> still here") {}
    while !others.chat.text().contains("still here") {}
    while !others.root.text().contains("still here") {}
    drop(All::come(&server, other));
    runs("unban", &db, banned);
    let comes_in = || line(&server, banned).1.starts_with("* Welcome");
    assert!(poll_until(NOTICED, comes_in), "they are let in again");
    All::come(&server, banned);
}
