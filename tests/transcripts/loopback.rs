//! A transcript with the real program over TCP.

use crate::people;
use crate::script::{Action, Code, Script, is_like};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The longest wait for expected output.
const DEADLINE: Duration = Duration::from_secs(20);

struct Server {
    child: Child,
    address: String,
    _folder: TempDir,
}

impl Server {
    fn start(script: &Script) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
        command.args(["--bind", "127.0.0.1:0", "--http", "none", "--log", "off"]);
        let folder = tempfile::tempdir().expect("a folder");
        match script.value("replay") {
            Some(_) => {
                let db = folder.path().join("chat.db");
                people::register(&db, &script.before);
                command.arg("--db").arg(db)
            }
            None => command.args(["--db", "none"]),
        };
        if script.value("rate").is_none() {
            command.args(["--rate", "0"]);
        }
        for (flag, value) in &script.flags {
            command.arg(format!("--{flag}"));
            command.args(value);
        }
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the server starts");
        let banner = child.stderr.take().expect("standard error is piped");
        let line = BufReader::new(banner)
            .lines()
            .map(|line| line.expect("the banner is text"))
            .find(|line| line.starts_with("  chat "))
            .expect("the banner names the door");
        let mut words = line.split_whitespace().skip(2);
        let (ip, port) = (words.next().expect("an address"), words.next().expect("a port"));
        Self { child, address: format!("{ip}:{port}"), _folder: folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn run(script: &Script) {
    let server = Server::start(script);
    play(script, |_| &server.address, || ());
}

/// Plays a transcript with the server at the address for each person, who are numbered as they
/// come; `before_each` is called before anything is sent.
pub fn play<'a>(script: &Script, address_for: impl Fn(usize) -> &'a str, before_each: impl Fn()) {
    let mut clients: HashMap<&str, Seat<'_>> = HashMap::new();
    let (mut count, mut code) = (0, Code::default());
    for step in &script.steps {
        if matches!(step.action, Action::Connect | Action::Send(_) | Action::End | Action::Reset) {
            before_each();
        }
        if let Action::Connect = step.action {
            let address = address_for(count);
            count += 1;
            let stream = TcpStream::connect(address).expect("the door is open");
            stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
            clients.insert(&step.who, Seat { stream, address });
            continue;
        }
        // Time passes by itself here, so its effects are waited for.
        let Some(seat) = clients.get_mut(&*step.who) else { continue };
        match &step.action {
            Action::Send(bytes) => {
                seat.stream.write_all(&code.fill(bytes)).expect("the server takes bytes");
            }
            Action::End => seat.stream.shutdown(Shutdown::Write).expect("the server is there"),
            Action::Reset => {
                let socket = socket2::SockRef::from(&seat.stream);
                socket.set_linger(Some(Duration::ZERO)).expect("linger can be set");
                clients.remove(&*step.who);
            }
            Action::Receive(line) => seat.receive(&step.place, line, &mut code),
            Action::Ended => seat.ended(&step.place),
            Action::Connect | Action::Wait(_) => (),
        }
    }
}

/// A person's connection, and its server.
struct Seat<'a> {
    stream: TcpStream,
    address: &'a str,
}

impl Seat<'_> {
    fn receive(&mut self, place: &str, line: &[u8], code: &mut Code) {
        let mut expected = line.to_vec();
        if let Ok(text) = std::str::from_utf8(line) {
            let port = self.address.rsplit(':').next().expect("a port");
            expected = text.replace(" 55555", &format!(" {port}")).into_bytes();
        }
        let mut received = vec![0; expected.len()];
        let result = self.stream.read_exact(&mut received);
        let shown = [&received, &expected].map(|bytes| String::from_utf8_lossy(bytes));
        assert!(is_like(&expected, &received), "{place}: {shown:?} {result:?}");
        code.learn(&expected, &received);
    }

    fn ended(&mut self, place: &str) {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => (),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => (),
            Err(error) => panic!("{place}: no end: {error}"),
        }
        assert_eq!(String::from_utf8_lossy(&rest), "", "{place}");
    }
}
