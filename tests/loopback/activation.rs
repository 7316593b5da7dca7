//! Listeners that a supervisor keeps open over restarts, and what it is told of the server.

use super::harness::{Client, DEADLINE, Server, run};
use super::process::shell;
use rustix::process::Signal;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

/// People in the chat during a restart.
const CROWD: usize = 40;

/// A supervisor with two listeners.
struct Supervisor {
    lines: TcpListener,
    http: TcpListener,
}

impl Supervisor {
    fn new() -> Self {
        let open = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        Self { lines: open(), http: open() }
    }

    /// The command of a server that is given the listeners under these names.
    fn command(&self, names: &str) -> Command {
        let copy = |listener: &TcpListener| OwnedFd::from(listener.try_clone().expect("a copy"));
        activated(copy(&self.lines), copy(&self.http), names)
    }

    fn server(&self) -> Server {
        Server::from(self.command("lines:http"))
    }

    fn lines(&self) -> SocketAddr {
        self.lines.local_addr().expect("it listens")
    }

    fn http(&self) -> SocketAddr {
        self.http.local_addr().expect("it listens")
    }
}

/// The command of a server that is given two descriptors, as many of them as there are names.
fn activated(first: OwnedFd, second: OwnedFd, names: &str) -> Command {
    let count = names.split(':').count();
    let mut command = shell(&format!(
        "exec 3<&0 4<&1 0</dev/null 1>&2; export LISTEN_PID=$$ LISTEN_FDS={count}; \
         export LISTEN_FDNAMES={names}; exec \"$0\""
    ));
    command.stdin(first).stdout(second);
    command
}

/// Asks for `/healthz` and returns the whole answer.
fn healthz(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(DEADLINE)).expect("a socket");
    let request = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_restart_loses_no_newcomer_at_listeners_that_stay_open() {
    let supervisor = Supervisor::new();
    let mut old = supervisor.server();
    assert_eq!(old.addresses(), [supervisor.lines()]);
    let crowd: Vec<Client> = (0..CROWD).map(|_| Client::guest(&old)).collect();
    assert!(healthz(TcpStream::connect(supervisor.http()).expect("it listens")).contains("ok"));
    old.signal(Signal::TERM);
    // All come back as soon as they have been told, when no server has the listener.
    let mut back = Vec::new();
    for mut client in crowd {
        assert_eq!(client.rest().last().map(String::as_str), Some("* server is shutting down"));
        back.push(Client::connect_to(supervisor.lines()));
    }
    assert_eq!(old.exit_code(), Some(0), "{}", old.log());
    let newcomer = Client::connect_to(supervisor.lines());
    let page = TcpStream::connect(supervisor.http()).expect("it listens");
    let new = supervisor.server();
    for client in back {
        client.greeted();
    }
    newcomer.greeted();
    assert!(healthz(page).starts_with("HTTP/1.1 200 "), "{}", new.log());
}

#[test]
fn a_supervisor_hears_when_the_server_serves_turns_rereads_and_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify.sock");
    let heard = UnixDatagram::bind(&path).expect("a socket");
    heard.set_read_timeout(Some(DEADLINE)).expect("a socket");
    let mut buffer = [0; 256];
    let mut hear = || {
        let count = heard.recv(&mut buffer).expect("the server says something");
        let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
        text.lines().next().unwrap_or_default().to_owned()
    };
    let mut command = Supervisor::new().command("lines:http");
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "100000");
    let mut server = Server::from(command);
    assert_eq!(hear(), "READY=1");
    // Nobody is there, and nothing happens: the loop turns for the watchdog alone.
    for _ in 0..3 {
        assert_eq!(hear(), "WATCHDOG=1");
    }
    let mut skip_to = |wanted: &str| {
        while let text = hear()
            && text != wanted
        {
            assert_eq!(text, "WATCHDOG=1");
        }
    };
    server.signal(Signal::HUP);
    skip_to("RELOADING=1");
    skip_to("READY=1");
    server.signal(Signal::TERM);
    skip_to("STOPPING=1");
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn listeners_of_no_use_are_refused_with_a_sentence() {
    let refused = |command: Command, sentence: &str| {
        let output = run(command);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(sentence), "{text}");
    };
    refused(
        Supervisor::new().command("irc"),
        "cannot use the inherited listener \"irc\": the doors are called lines, lines-tls, ",
    );
    let file = || OwnedFd::from(File::open("/dev/null").expect("a file"));
    refused(activated(file(), file(), "lines"), "cannot use the inherited listener \"lines\": ");
}
