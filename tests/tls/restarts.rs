//! Doors over TLS at listeners that a supervisor keeps open over restarts.

use super::harness::Server;
use super::process::shell;
use super::secure::{Files, Secure};
use mio_wire::tls::TlsClient;
use rustix::process::Signal;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

/// People in the chat during a restart.
const CROWD: usize = 20;
const HEALTHZ: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// A supervisor with a listener for each door over TLS.
struct Supervisor {
    lines: TcpListener,
    https: TcpListener,
    files: Files,
}

impl Supervisor {
    fn new() -> Self {
        let open = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        Self { lines: open(), https: open(), files: Files::new() }
    }

    fn server(&self) -> Server {
        let copy = |listener: &TcpListener| OwnedFd::from(listener.try_clone().expect("a copy"));
        let mut command = shell(
            "exec 3<&0 4<&1 0</dev/null 1>&2; export LISTEN_PID=$$ LISTEN_FDS=2; \
             export LISTEN_FDNAMES=lines-tls:https; exec \"$0\" \"$@\"",
        );
        command.stdin(copy(&self.lines)).stdout(copy(&self.https));
        command.args(["--bind", "127.0.0.1:0"]).args(self.files.flags());
        Server::from(command)
    }

    fn trusts(&self) -> TlsClient {
        TlsClient::trusting(self.files.pem.as_bytes(), &[]).expect("a certificate")
    }
}

fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("it listens")
}

#[test]
fn a_restart_loses_no_newcomer_over_tls() {
    let supervisor = Supervisor::new();
    let (lines, https) = (address(&supervisor.lines), address(&supervisor.https));
    let trusts = supervisor.trusts();
    let mut old = supervisor.server();
    assert_eq!(old.logged("lets others in"), 0, "no flag opens the supervisor's doors");
    let crowd: Vec<Secure> = (0..CROWD)
        .map(|_| {
            let mut guest = Secure::connect(lines, &trusts).expect("it lets in");
            guest.skip_to("* /nick NAME");
            guest
        })
        .collect();
    old.signal(Signal::TERM);
    // All come back as soon as they have been told, when no server has the listener.
    let mut back = Vec::new();
    for mut client in crowd {
        client.skip_to("* server is shutting down");
        back.push(TcpStream::connect(lines).expect("it listens"));
    }
    assert_eq!(old.exit_code(), Some(0), "{}", old.log());
    let page = TcpStream::connect(https).expect("it listens");
    let new = supervisor.server();
    for stream in back {
        let mut guest = Secure::over(stream, &trusts).expect("the new server lets in");
        guest.skip_to("* /nick NAME");
    }
    let mut page = Secure::over(page, &trusts).expect("the new server lets in");
    page.send(HEALTHZ);
    page.skip_to("HTTP/1.1 200 ");
    assert_eq!(new.logged("refused"), 0, "{}", new.log());
}
