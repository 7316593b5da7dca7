//! Records of a run: a replay gives the same output.

use super::harness::{Client, Server, run};
use super::process::binary;
use rustix::process::Signal;
use socket2::SockRef;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

const FIRST_LINE: &[u8] = b"mio-socketio record 1\n";
const HEAD_BYTES: usize = 8;

fn replay(file: &Path) -> Output {
    let mut command = binary();
    command.arg("replay").arg(file);
    run(command)
}

/// The end of a replay's output; it must end with this code.
fn told(file: &Path, code: i32) -> String {
    let output = replay(file);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

/// Sends a request and returns the answer, up to `end`.
fn ask(stream: &mut TcpStream, request: &[u8], end: &[u8]) -> Vec<u8> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket has a timeout");
    stream.write_all(request).expect("the server reads");
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(end) {
        let count = stream.read(&mut byte).expect("the server answers in time");
        assert_ne!(count, 0, "closed after {:?}", answer.escape_ascii().to_string());
        answer.push(byte[0]);
    }
    answer
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

fn websocket(path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

/// A text frame of a client, masked with zeros.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).expect("a short text"), 0, 0, 0, 0];
    frame.extend(text.as_bytes());
    frame
}

/// Reads on to a line with this end.
fn hears(client: &mut Client, end: &str) {
    while !client.line().ends_with(end) {}
}

/// A conversation at all doors.
fn converse(server: &Server, http: SocketAddr) {
    let connect = || TcpStream::connect(http).expect("the server accepts");
    let mut alice = Client::named(server, "alice");
    let mut bob = Client::guest(server);
    alice.send("good morning\n");
    bob.expect_said("<alice> good morning");
    let mut browser = connect();
    let page = ask(&mut browser, &get("/"), b"</html>\n");
    assert!(page.starts_with(b"HTTP/1.1 200"));
    let metrics = ask(&mut browser, &get("/metrics"), b"{reason=\"request\"} 0\n");
    let of_the_process = b"\nprocess_start_time_seconds";
    assert!(metrics.windows(of_the_process.len()).any(|it| it == of_the_process));
    let mut polling = connect();
    let opened = ask(&mut polling, &get("/socket.io/?EIO=4&transport=polling"), b"}");
    assert!(opened.windows(5).any(|it| it == b"\"sid\""));
    let mut carol = connect();
    ask(&mut carol, &websocket("/socket.io/?EIO=4&transport=websocket"), b"}");
    ask(&mut carol, &frame("40"), b"}");
    ask(&mut carol, &frame("42[\"message\",\"hello\"]"), b"}]");
    hears(&mut bob, "hello");
    let mut dave = connect();
    ask(&mut dave, &websocket("/ws"), b"/quit");
    ask(&mut dave, &frame("from a socket"), b"");
    hears(&mut bob, "from a socket");
    // A client that goes without a word.
    SockRef::from(&dave).set_linger(Some(Duration::ZERO)).expect("a socket lingers or not");
    drop(dave);
    alice.send("/quit\n");
    alice.rest();
}

/// A folder with the record of a conversation.
fn recorded() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run");
    let path = file.to_str().expect("a path is text");
    let mut server = Server::start(&["--record", path, "--open-metrics"]);
    let log = server.log();
    let http = log.split("http://").nth(1).and_then(|rest| rest.split('/').next());
    converse(&server, http.and_then(|it| it.parse().ok()).expect("the banner tells where"));
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    (folder, file)
}

/// The blocks of a record: the beginning and the end of the bytes of each.
fn blocks(record: &[u8]) -> Vec<(usize, usize)> {
    let mut blocks = Vec::new();
    let mut at = FIRST_LINE.len();
    while at < record.len() {
        let length = record[at..at + 4].try_into().expect("four bytes");
        let from = at + HEAD_BYTES;
        at = from + u32::from_le_bytes(length) as usize;
        blocks.push((from, at));
    }
    blocks
}

/// CRC-32 (RFC 1952, 8), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ ((crc & 1) * 0xedb8_8320))
    })
}

#[test]
fn a_conversation_at_all_doors_is_replayed_byte_for_byte() {
    let (_folder, file) = recorded();
    let said = told(&file, 0);
    assert!(said.starts_with("the same: ") && said.contains(", 6 connections, "), "{said}");
    assert!(said.ends_with(" bytes sent\n"), "{said}");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it is nobody else's to read");
}

#[test]
fn a_byte_that_was_sent_otherwise_is_named() {
    let (_folder, file) = recorded();
    let mut record = fs::read(&file).expect("it is there");
    // Bytes that bob was sent, and not alice's input, which comes before.
    let wanted = b"<alice> good morning\n";
    let at = record.windows(wanted.len()).position(|it| it == wanted).expect("bob was sent it");
    record[at + 8] = b'f';
    let (from, to) = *blocks(&record).iter().find(|(_, to)| *to > at).expect("it is in a block");
    let crc = crc32(&record[from..to]).to_le_bytes();
    record[from - 4..from].copy_from_slice(&crc);
    fs::write(&file, record).expect("it is written");
    let said = told(&file, 1);
    assert!(said.contains(": connection 2 (127.0.0.1)"), "{said}");
    assert!(said.contains("is sent other bytes from byte "), "{said}");
    assert!(said.contains("recorded: \"") && said.contains("<alice> food morning\\n"), "{said}");
    assert!(said.contains("replayed: \"") && said.contains("<alice> good morning\\n"), "{said}");
}

#[test]
fn a_record_that_was_cut_off_is_replayed_up_to_its_last_whole_block() {
    let (_folder, file) = recorded();
    let record = fs::read(&file).expect("it is there");
    let blocks = blocks(&record);
    let some = blocks.iter().step_by(blocks.len() / 8 + 1);
    for (from, to) in some.skip(1) {
        for end in [*from - HEAD_BYTES, *from, *to - 1, *to] {
            fs::write(&file, &record[..end]).expect("it is written");
            let said = told(&file, 0);
            assert!(said.ends_with(", up to where the record was cut off\n"), "{end}: {said}");
        }
    }
    // In the middle of a file it is not a cut.
    let mut damaged = record;
    let (from, _) = blocks[blocks.len() / 2];
    damaged[from] ^= 1;
    fs::write(&file, &damaged).expect("it is written");
    let said = told(&file, 2);
    assert!(said.ends_with(&format!(": damaged from byte {} on\n", from - HEAD_BYTES)), "{said}");
}

#[test]
fn a_server_that_is_killed_leaves_a_record_of_all_that_it_was_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run");
    let server = Server::start(&["--record", file.to_str().expect("a path is text")]);
    let mut alice = Client::named(&server, "alice");
    alice.sync();
    drop(server);
    let said = told(&file, 0);
    assert!(said.contains(", 1 connections, "), "{said}");
    assert!(said.ends_with(", up to where the record was cut off\n"), "{said}");
    let record = fs::read(&file).expect("it is there");
    assert!(record.windows(10).any(|it| it == b"/sync-mark"));
}

#[test]
fn what_is_no_record_is_refused_and_nothing_is_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run");
    let path = file.to_str().expect("a path is text");
    for bytes in [&b""[..], b"hello\n", FIRST_LINE, b"mio-socketio record 2\n"] {
        fs::write(&file, bytes).expect("it is written");
        assert!(told(&file, 2).contains("not a record that this program can replay"));
    }
    let fails = |flags: &[&str], code| {
        let mut command = binary();
        command.args(["--bind", "127.0.0.1:0", "--record"]).args(flags);
        let output = run(command);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(fails(&[path], 1).contains("cannot record to "));
    assert_eq!(fs::read(&file).expect("it is there"), b"mio-socketio record 2\n");
    let db = folder.path().join("chat.db");
    let new = folder.path().join("new");
    let flags = [new.to_str(), Some("--db"), db.to_str()].map(|it| it.expect("a path is text"));
    assert!(fails(&flags, 2).contains("--db none keeps none"));
    assert!(!db.exists() && !new.exists());
    fs::remove_file(&file).expect("it is there");
    assert!(told(&file, 2).contains("cannot be read: "));
}
