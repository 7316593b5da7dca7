//! Programs that people have: openssl and ncat. Where there is none, there is nothing to test.

use super::harness::{Client, DEADLINE, poll_until};
use super::secure::{Files, NAME, SecureServer};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

/// A program that runs, and its output.
struct Tool {
    child: Child,
    output: std::sync::mpsc::Receiver<Vec<u8>>,
    seen: String,
}

impl Tool {
    /// Starts a program; `None` if it is not here.
    fn start(name: &str, arguments: &[&str]) -> Option<Self> {
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().ok()?;
        let (tell, output) = channel();
        let out = child.stdout.take().expect("it is piped");
        let err = child.stderr.take().expect("it is piped");
        follow(out, tell.clone());
        follow(err, tell);
        Some(Self { child, output, seen: String::new() })
    }

    fn send(&mut self, text: &str) {
        let input = self.child.stdin.as_mut().expect("it is piped");
        input.write_all(text.as_bytes()).expect("it reads");
        input.flush().expect("it reads");
    }

    /// Waits until it has written this.
    fn wait_for(&mut self, text: &str) {
        let seen = poll_until(DEADLINE, || {
            while let Ok(bytes) = self.output.try_recv() {
                self.seen.push_str(&String::from_utf8_lossy(&bytes));
            }
            self.seen.contains(text)
        });
        assert!(seen, "{text:?} in {}", self.seen);
    }

    /// Waits for its end.
    fn ended(&mut self) -> String {
        drop(self.child.stdin.take());
        assert!(poll_until(DEADLINE, || self.child.try_wait().is_ok_and(|it| it.is_some())));
        while let Ok(bytes) = self.output.recv() {
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
        std::mem::take(&mut self.seen)
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(mut from: impl Read + Send + 'static, tell: std::sync::mpsc::Sender<Vec<u8>>) {
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if tell.send(bytes[..count].to_vec()).is_err() {
                return;
            }
        }
    });
}

#[test]
fn people_come_with_openssl_and_ncat() {
    let server = SecureServer::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let place = server.tls().to_string();
    let port = server.tls().port().to_string();
    let ca = server.files.certificate();
    let ca = ca.to_str().expect("text");
    let s_client = ["s_client", "-quiet", "-verify_return_error", "-CAfile", ca];
    let versions: [&[&str]; 3] = [&[], &["-tls1_2"], &["-tls1_3"]];
    for version in versions {
        let all = [&s_client, version, &["-servername", NAME, "-connect", &place][..]].concat();
        let Some(mut openssl) = Tool::start("openssl", &all) else { return };
        openssl.wait_for("* Welcome");
        openssl.send("from openssl\n");
        assert!(alice.said().ends_with("from openssl"));
        alice.send("to openssl\n");
        openssl.wait_for("<alice> to openssl");
        openssl.send("/quit\n");
        openssl.ended();
    }
    let arguments = ["--ssl", "--no-shutdown", "127.0.0.1", &port];
    let Some(mut ncat) = Tool::start("ncat", &arguments) else { return };
    ncat.wait_for("* Welcome");
    ncat.send("from ncat\n");
    assert!(alice.said().ends_with("from ncat"));
    alice.send("to ncat\n");
    ncat.wait_for("<alice> to ncat");
    ncat.send("/quit\n");
    ncat.ended();
}

#[test]
fn old_versions_and_renegotiation_are_refused() {
    let server = SecureServer::start(&[]);
    let place = server.tls().to_string();
    for version in ["-tls1", "-tls1_1"] {
        let weak = ["-cipher", "ALL:@SECLEVEL=0"];
        let all = [&["s_client", version, "-connect", &place][..], &weak].concat();
        let Some(mut openssl) = Tool::start("openssl", &all) else { return };
        let told = openssl.ended();
        assert!(told.contains("alert") || told.contains("no protocols"), "{told}");
        assert!(!told.contains("* Welcome"), "{told}");
    }
    let all = ["s_client", "-tls1_2", "-connect", &place];
    let Some(mut openssl) = Tool::start("openssl", &all) else { return };
    openssl.wait_for("* Welcome");
    openssl.send("R\n");
    openssl.wait_for("RENEGOTIATING");
    let told = openssl.ended();
    assert!(told.contains("no renegotiation") || told.contains("error"), "{told}");
    assert!(server.guest().tls.is_open(), "the others go on");
}

/// The ciphers of TLS 1.2 that the server speaks, by their names in openssl. All are authenticated
/// and have forward secrecy.
const STRONG: &str = "ECDHE+AESGCM:ECDHE+CHACHA20";

#[test]
fn only_ciphers_with_forward_secrecy_are_spoken() {
    let server = SecureServer::start(&[]);
    let place = server.https().to_string();
    // A client that offers everything but these has nothing in common with the server.
    let weak = format!("ALL:COMPLEMENTOFALL:!{}:@SECLEVEL=0", STRONG.replace(':', ":!"));
    let refused: [&[&str]; 4] = [
        &["-tls1_2", "-cipher", &weak],
        &["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"],
        &["-tls1_2", "-curves", "P-521"],
        &["-tls1_3", "-curves", "P-521"],
    ];
    for offer in refused {
        let all = [&["s_client", "-connect", &place][..], offer].concat();
        let Some(mut openssl) = Tool::start("openssl", &all) else { return };
        let told = openssl.ended();
        assert!(told.contains("Cipher is (NONE)") && told.contains("alert"), "{told}");
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let all = ["s_client", version, "-cipher", STRONG, "-tlsextdebug", "-connect", &place];
        let mut openssl = Tool::start("openssl", &all).expect("it is here");
        let told = openssl.ended();
        assert!(told.contains("Compression: NONE") && !told.contains("(NONE)"), "{told}");
        assert!(!told.contains("heartbeat") && !told.contains("no session ticket"), "{told}");
        if version == "-tls1_2" {
            for sign in ["Secure Renegotiation IS supported", "Extended master secret: yes"] {
                assert!(told.contains(sign), "{sign} in {told}");
            }
        }
    }
}

#[test]
fn a_client_comes_back_with_its_ticket() {
    let server = SecureServer::start(&[]);
    let folder = Files::new();
    let ticket = folder.certificate().with_file_name("ticket");
    let (ticket, place) = (ticket.to_str().expect("text"), server.https().to_string());
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for (version, flag, is_known) in
        [("-tls1_2", "-sess_out", "New, "), ("-tls1_2", "-sess_in", "Reused, ")]
    {
        let all = ["s_client", version, flag, ticket, "-ign_eof", "-connect", &place];
        let Some(mut openssl) = Tool::start("openssl", &all) else { return };
        openssl.send(request);
        let told = openssl.ended();
        assert!(told.contains(is_known) && told.contains("HTTP/1.1 200"), "{told}");
    }
}

#[test]
fn keys_of_every_kind_are_read() {
    let files = Files::new();
    let (certificate, key) = (files.certificate(), files.key());
    let (certificate, key) = (certificate.to_str().expect("text"), key.to_str().expect("text"));
    let subject = ["-subj", "/CN=chat.example", "-days", "3", "-nodes", "-x509"];
    let name = ["-addext", "subjectAltName=DNS:chat.example"];
    let to = ["-keyout", key, "-out", certificate];
    let kinds: [(&[&str], &[&str]); 4] = [
        (&["-newkey", "rsa:2048"], &["rsa", "-traditional"]),
        (&["-newkey", "rsa:2048"], &[]),
        (&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], &["ec"]),
        (&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"], &[]),
    ];
    for (kind, form) in kinds {
        let all = [&["req"][..], kind, &subject, &name, &to].concat();
        let Some(mut openssl) = Tool::start("openssl", &all) else { return };
        openssl.ended();
        // The key from `req` is PKCS#8 already.
        if !form.is_empty() {
            let all = [form, &["-in", key, "-out", key]].concat();
            Tool::start("openssl", &all).expect("it is here").ended();
        }
        let pem = std::fs::read(certificate).expect("a file");
        let read = mio_wire::tls::TlsServer::new(&pem, &std::fs::read(key).expect("a file"));
        assert!(read.is_ok(), "{kind:?} {form:?}: {read:?}");
    }
}
