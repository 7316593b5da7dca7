//! The HTTP door at a Unix socket: its clients are on this machine, or come through a proxy on it.

use super::client::{DEADLINE, Server};
use rustix::process::getuid;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const POLL: &str = "/socket.io/?EIO=4&transport=polling";
const PROXIED: &str = "X-Forwarded-For: 203.0.113.9\r\n";

fn start(flags: &[&str]) -> (TempDir, PathBuf, Server) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("web.sock");
    let http = format!("unix:{}", path.display());
    let flags = [&["--http", "127.0.0.1:0", "--http", &*http], flags].concat();
    let server = Server::start(&flags);
    (folder, path, server)
}

/// The status of an answer, as curl gets it from a Unix socket.
fn status(path: &Path, target: &str, headers: &str) -> u16 {
    let mut stream = UnixStream::connect(path).expect("the server accepts");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline can be set");
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).expect("the server reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer, and an end");
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status: {answer}"))
}

#[test]
fn a_unix_socket_is_this_machines() {
    let (_folder, path, server) = start(&[]);
    let banner = format!("  web      http://localhost/ at unix:{}", path.display());
    assert_eq!(server.logged(&banner), 1);
    for target in ["/", "/healthz", "/metrics", POLL] {
        assert_eq!(status(&path, target, ""), 200, "{target}");
    }
    server.wait_logged(&format!("connect ip=unix:{} … door=eio4", getuid().as_raw()), 1);
}

#[test]
fn a_proxy_at_a_unix_socket_tells_who_asks() {
    let (_folder, path, server) = start(&["--per-address", "1"]);
    // Another address, as the server may learn of a connection's end after the next has come.
    assert_eq!(status(&path, "/metrics", "X-Forwarded-For: 203.0.113.8\r\n"), 404);
    assert_eq!(status(&path, POLL, PROXIED), 200);
    server.wait_logged("connect ip=203.0.113.9 … door=eio4", 1);
    assert_eq!(status(&path, POLL, PROXIED), 429);
}

#[test]
fn a_proxy_that_is_not_believed_is_its_user() {
    let (_folder, path, server) = start(&["--trust-proxy", "none", "--per-address", "1"]);
    assert_eq!(status(&path, POLL, PROXIED), 200);
    let user = getuid().as_raw();
    server.wait_logged(&format!("connect ip=unix:{user} … door=eio4"), 1);
    server.wait_logged("reason=proxy hint=\"--trust-proxy 127.0.0.1\"", 1);
    assert_eq!(status(&path, POLL, PROXIED), 429);
    server.wait_logged(&format!("refused reason=sessions ip=unix:{user}"), 1);
    // Clients without a proxy have no limits.
    assert_eq!(status(&path, POLL, ""), 200);
    assert_eq!(status(&path, POLL, ""), 200);
}
