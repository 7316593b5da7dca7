//! The files of the certificate: at the start, and when they change.

use super::harness::{Client, run, serve};
use super::secure::{Files, Secure, SecureServer, certificate, made};
use mio_wire::tls::TlsClient;
use rustix::process::Signal;
use std::fs;

/// The exit code and the output of a server with these files.
fn fails(files: &Files) -> (Option<i32>, String) {
    let mut command = serve(&["--https", "127.0.0.1:0"]);
    command.args(files.flags());
    let output = run(command);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_server_does_not_start_with_a_certificate_that_is_no_good() {
    let files = Files::new();
    let (pem, key) = certificate();
    let other = certificate().1;
    let (old, old_key) = made(|it| it.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let (new, new_key) = made(|it| it.not_before = rcgen::date_time_ymd(4000, 1, 1));
    for (pem, key, file, why) in [
        (&*pem, &*other, "key.pem", "not that of the certificate"),
        (&pem, "", "key.pem", "no private key"),
        (&*key, &key, "cert.pem", "no certificate"),
        (&old, &old_key, "cert.pem", "has expired"),
        (&new, &new_key, "cert.pem", "not valid yet"),
    ] {
        files.put(pem, key);
        let (code, text) = fails(&files);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(file) && text.contains(why), "{text}");
    }
    fs::remove_file(files.certificate()).expect("it was there");
    let (code, text) = fails(&files);
    assert!(
        code == Some(2) && text.contains("cert.pem") && text.contains("No such file"),
        "{text}"
    );
    let output = run(serve(&["--https", "127.0.0.1:0"]));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && text.contains("--tls-cert"), "{text}");
}

/// Whether a newcomer gets the certificate `pem`.
fn is_given(server: &SecureServer, pem: &str) -> bool {
    let trusts = TlsClient::trusting(pem.as_bytes(), &[]).expect("a certificate");
    Secure::connect(server.tls(), &trusts).is_ok()
}

#[test]
fn a_new_certificate_is_taken_while_people_chat() {
    let mut server = SecureServer::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = server.guest();
    let ends = server.metric("mio_chat_tls_certificate_end_seconds");
    let first = server.files.pem.clone();
    let (new, key) = made(|it| it.not_after = rcgen::date_time_ymd(2050, 1, 1));
    server.files.put(&new, &key);
    server.signal(Signal::HUP);
    server.wait_logged("certificate read again", 1);
    assert!(is_given(&server, &new) && !is_given(&server, &first));
    assert_eq!(server.metric("mio_chat_tls_certificate_end_seconds"), 2_524_608_000);
    assert_ne!(ends, 2_524_608_000);
    bob.send("still here\n");
    assert!(alice.said().ends_with("still here"));
    // A broken one changes nothing.
    for (pem, key) in [(&*new, "no key"), ("no certificate", &*key), (&first, &*key)] {
        let before = server.logged("certificate not read again");
        server.files.put(pem, key);
        server.signal(Signal::HUP);
        server.wait_logged("certificate not read again", before + 1);
        assert!(is_given(&server, &new));
    }
    // Without a signal it is found too, later.
    server.files.renew();
    server.wait_logged("certificate read again", 2);
    assert!(is_given(&server, &server.files.pem));
    bob.send("and still\n");
    assert!(alice.said().ends_with("and still"));
}
