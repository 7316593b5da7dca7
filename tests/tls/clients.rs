//! This program as a client over TLS: of a chat, and of Redis.

use super::harness::{Client, DEADLINE, Server, poll_until};
use super::process::binary;
use super::secure::{Files, SecureServer, certificate};
use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

/// Has the client say a line at an address; its status and what it has said.
fn say(address: &str, ca: &str, line: &str) -> Output {
    let mut command = binary();
    command.args(["client", address, "--ca", ca, "--nick", "deploy"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut input = child.stdin.take().expect("it is piped");
    let _ = input.write_all(line.as_bytes());
    drop(input);
    let ended = poll_until(DEADLINE, || child.try_wait().is_ok_and(|it| it.is_some()));
    let _ = child.kill();
    let output = child.wait_with_output().expect("it is ours");
    assert!(ended, "it does not end: {output:?}");
    output
}

#[test]
fn the_client_speaks_tls_with_a_server_that_it_trusts() {
    let server = SecureServer::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let ca = server.files.certificate();
    let ca = ca.to_str().expect("text");
    for (scheme, line) in [("https", "deploy done"), ("wss", "once more"), ("tls", "and again")] {
        let address = format!("{scheme}://localhost:{}", server.https().port());
        let output = say(&address, ca, line);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(alice.said(), format!("<deploy> {line}"));
    }
}

#[test]
fn why_a_server_is_not_trusted_is_a_sentence() {
    let server = SecureServer::start(&[]);
    let files = Files::new();
    let other = files.certificate().with_file_name("other.pem");
    fs::write(&other, certificate().0).expect("a file");
    let (own, other) = (server.files.certificate(), other.to_str().expect("text").to_owned());
    let own = own.to_str().expect("text");
    let (https, http) = (server.https().port(), server.http().port());
    for (address, ca, why) in [
        (
            format!("https://localhost:{https}"),
            &*other,
            "signed by nobody whom this machine trusts",
        ),
        (format!("https://127.0.0.1:{https}"), own, "for another name"),
        (format!("https://localhost:{http}"), own, "does not speak TLS"),
        (format!("http://localhost:{https}"), own, "400"),
    ] {
        let output = say(&address, ca, "hello");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{address}: {told}");
        assert!(told.contains(why), "{address}: {told}");
    }
    // A second attempt would end like the first.
    let refused = "mio_chat_tls_handshake_failures_total{reason=\"alert\"}";
    assert_eq!(server.metric(refused), 2);
    let output = say("https://localhost", "/nowhere.pem", "hello");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && told.contains("No such file"), "{told}");
}

/// A Redis that speaks only TLS.
struct Redis(Child);

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Redis {
    /// Starts one; `None` if there is none here, or it has no TLS.
    fn start(files: &Files, port: u16) -> Option<Self> {
        let (certificate, key) = (files.certificate(), files.key());
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--tls-port", &port.to_string(), "--bind", "127.0.0.1"]);
        command.arg("--tls-cert-file").arg(&certificate).arg("--tls-key-file").arg(&key);
        command.arg("--tls-ca-cert-file").arg(&certificate).args(["--tls-auth-clients", "no"]);
        command.args(["--save", "", "--appendonly", "no", "--dir"]);
        command.arg(certificate.parent().expect("a folder"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let mut runs = true;
        let is_up = poll_until(DEADLINE, || {
            runs = child.try_wait().is_ok_and(|it| it.is_none());
            !runs || TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        (is_up && runs).then_some(Self(child))
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

#[test]
fn servers_are_one_chat_through_redis_over_tls() {
    let (files, port) = (Files::new(), free_port());
    let Some(_redis) = Redis::start(&files, port) else { return };
    let (url, ca) = (format!("rediss://localhost:{port}"), files.certificate());
    let ca = ca.to_str().expect("text");
    let node = |name: &str| Server::start(&["--redis", &url, "--redis-ca", ca, "--node", name]);
    let (first, second) = (node("a"), node("b"));
    for server in [&first, &second] {
        let comes_in = || Client::connect(server).line().starts_with("* Welcome");
        assert!(poll_until(DEADLINE, comes_in), "it is connected with the others in time");
    }
    let mut alice = Client::named(&first, "alice");
    let mut bob = Client::named(&second, "bob");
    alice.send("to the other server\n");
    bob.expect_said("<alice> to the other server");
    bob.send("and back\n");
    alice.expect_said("<bob> and back");
}

#[test]
fn a_redis_that_is_not_trusted_is_named_in_the_log() {
    let (files, port) = (Files::new(), free_port());
    let Some(_redis) = Redis::start(&files, port) else { return };
    let other = files.certificate().with_file_name("other.pem");
    fs::write(&other, certificate().0).expect("a file");
    let url = format!("rediss://localhost:{port}");
    let server = Server::start(&[
        "--redis",
        &url,
        "--redis-ca",
        other.to_str().expect("text"),
        "--node",
        "a",
    ]);
    server.wait_logged("refused link=…signed by nobody whom this machine trusts", 1);
}
