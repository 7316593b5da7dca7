//! A server of Socket.IO over TLS: `cargo run --features tls --example tls -- cert.pem key.pem`, then
//! a client of Socket.IO at `https://localhost:5443`, or `openssl s_client -quiet -connect
//! localhost:6697`. Replace the files, and newcomers get the new certificate.

use mio_socketio::{CertificateFiles, Listen, Listening, Server};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = std::env::args().skip(1);
    let (Some(certificate), Some(key)) = (files.next(), files.next()) else {
        return Err("tls CERTIFICATE KEY".into());
    };
    let listen = Listen::default()
        .https(vec!["127.0.0.1:5443".parse()?])
        .tls(vec!["127.0.0.1:6697".parse()?])
        .certificate(Some(CertificateFiles::new(certificate, key)));
    Listening::open(&listen)?.serve_until_signal(echo())?;
    Ok(())
}

/// Says everything back.
fn echo() -> Server<()> {
    Server::builder()
        .on_line(|cx, socket, line| cx.send(socket, format_args!("{line}")))
        .namespace("/", |events| {
            events.on("say", |cx, event| cx.emit(event.socket, "said", event.args))
        })
        .build(())
}
