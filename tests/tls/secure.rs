//! Certificates, a server with one, and a client over TLS.

use super::harness::{DEADLINE, Server};
use mio_wire::tls::{Tls, TlsClient};
use rcgen::{CertificateParams, KeyPair};
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The name in the certificates.
pub(crate) const NAME: &str = "chat.example";

/// A certificate that signs itself, and its key, in PEM.
pub(crate) fn certificate() -> (String, String) {
    made(|_| ())
}

/// A certificate with other settings, which signs itself, and its key, in PEM.
pub(crate) fn made(set: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let names = vec![NAME.to_owned(), "localhost".to_owned()];
    let mut wanted = CertificateParams::new(names).expect("good names");
    set(&mut wanted);
    let key = KeyPair::generate().expect("a key");
    (wanted.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
}

/// A folder with a certificate and its key.
pub(crate) struct Files {
    folder: TempDir,
    /// The certificate.
    pub(crate) pem: String,
}

impl Files {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut files = Self { folder, pem: String::new() };
        files.renew();
        files
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// Puts a certificate and a key there.
    pub(crate) fn put(&self, pem: &str, key: &str) {
        fs::write(self.certificate(), pem).expect("a file");
        fs::write(self.key(), key).expect("a file");
    }

    /// Puts a new certificate there.
    pub(crate) fn renew(&mut self) {
        let (pem, key) = certificate();
        self.put(&pem, &key);
        self.pem = pem;
    }

    /// The flags that name the files.
    pub(crate) fn flags(&self) -> [String; 4] {
        let text = |path: &Path| path.to_str().expect("text").to_owned();
        let (certificate, key) = (text(&self.certificate()), text(&self.key()));
        ["--tls-cert".to_owned(), certificate, "--tls-key".to_owned(), key]
    }
}

/// A server with both doors over TLS, besides the plain ones.
pub(crate) struct SecureServer {
    server: Server,
    pub(crate) files: Files,
}

impl Deref for SecureServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl SecureServer {
    pub(crate) fn start(flags: &[&str]) -> Self {
        let files = Files::new();
        let own = files.flags();
        let doors = ["--bind-tls", "127.0.0.1:0", "--https", "127.0.0.1:0"];
        let all: Vec<&str> =
            own.iter().map(String::as_str).chain(doors).chain(flags.iter().copied()).collect();
        Self { server: Server::start(&all), files }
    }

    /// The port in the banner's line that begins with this.
    fn port(&self, start: &str) -> SocketAddr {
        let log = self.log();
        let line = log.lines().find_map(|line| line.trim().strip_prefix(start));
        let address = line.expect("the banner has it").trim_end_matches('/').replace(' ', ":");
        address.parse().expect("an address")
    }

    /// The line door over TLS.
    pub(crate) fn tls(&self) -> SocketAddr {
        self.port("chat     ncat --ssl ")
    }

    pub(crate) fn https(&self) -> SocketAddr {
        self.port("web      https://")
    }

    pub(crate) fn http(&self) -> SocketAddr {
        self.port("web      http://")
    }

    /// A client that trusts the server's certificate.
    pub(crate) fn trusts(&self, protocols: &[&str]) -> TlsClient {
        TlsClient::trusting(self.files.pem.as_bytes(), protocols).expect("a certificate")
    }

    /// A newcomer at the line door who has read the greeting.
    pub(crate) fn guest(&self) -> Secure {
        let mut guest = Secure::connect(self.tls(), &self.trusts(&[])).expect("it lets in");
        guest.skip_to("* /nick NAME");
        guest
    }

    /// The answer to a request over TLS.
    pub(crate) fn get(&self, request: &str) -> String {
        let trusts = self.trusts(&["http/1.1"]);
        let mut client = Secure::connect(self.https(), &trusts).expect("it lets in");
        client.send(request);
        client.rest()
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let mut plain = TcpStream::connect(self.http()).expect("it accepts");
        plain.set_read_timeout(Some(DEADLINE)).expect("a deadline can be set");
        let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        plain.write_all(request.as_bytes()).expect("it reads");
        let mut text = String::new();
        plain.read_to_string(&mut text).expect("text");
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{name} in {text}")).parse().expect("a number")
    }
}

/// A client over TLS.
#[derive(Debug)]
pub(crate) struct Secure {
    pub(crate) stream: TcpStream,
    pub(crate) tls: Tls,
    /// Text that nobody has looked at.
    text: Vec<u8>,
}

impl Secure {
    /// A connection whose handshake is done.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(crate) fn connect(address: SocketAddr, trusts: &TlsClient) -> Result<Self, String> {
        Self::over(TcpStream::connect(address).expect("it accepts"), trusts)
    }

    /// A client over a connection on which something may have been sent.
    pub(crate) fn over(stream: TcpStream, trusts: &TlsClient) -> Result<Self, String> {
        stream.set_read_timeout(Some(DEADLINE)).expect("a deadline can be set");
        stream.set_nodelay(true).expect("small segments can be sent");
        let tls = trusts.connect(NAME).expect("a name");
        let mut client = Self { stream, tls, text: Vec::new() };
        client.take(&mut [])?;
        while !client.tls.is_open() {
            if !client.read()? {
                return Err("it hung up".to_owned());
            }
        }
        Ok(client)
    }

    /// Takes records.
    fn take(&mut self, records: &mut [u8]) -> Result<(), String> {
        let (mut text, mut out) = (vec![0; 32 * 1024], Vec::new());
        let mut received = self.tls.receive(records, &mut text, &mut out);
        loop {
            self.stream.write_all(&std::mem::take(&mut out)).map_err(|error| error.to_string())?;
            let taken = received.map_err(|error| error.to_string())?;
            self.text.extend_from_slice(&text[..taken.text]);
            if !taken.has_more {
                return Ok(());
            }
            received = self.tls.receive(&mut [], &mut text, &mut out);
        }
    }

    /// Reads once; false at the end.
    pub(crate) fn read(&mut self) -> Result<bool, String> {
        let mut records = vec![0; 32 * 1024];
        match self.stream.read(&mut records) {
            Ok(0) => Ok(false),
            Ok(count) => self.take(&mut records[..count]).map(|()| true),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(false),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(crate) fn send(&mut self, text: &str) {
        let mut records = Vec::new();
        self.tls.send(text.as_bytes(), &mut records).expect("it is open");
        self.stream.write_all(&records).expect("the server reads");
    }

    /// Says that nothing more comes.
    pub(crate) fn end(&mut self) {
        let mut records = Vec::new();
        self.tls.end(&mut records).expect("it is open");
        self.stream.write_all(&records).expect("the server reads");
    }

    /// The next line; `None` at the end.
    pub(crate) fn try_line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.text.drain(..=at).collect();
                return Some(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.tls.is_ended() || !self.read().expect("sound records") {
                return None;
            }
        }
    }

    /// Reads up to a line with this beginning.
    pub(crate) fn skip_to(&mut self, start: &str) -> String {
        loop {
            let line = self.try_line();
            let line = line.unwrap_or_else(|| panic!("it was closed before {start:?}"));
            if line.starts_with(start) {
                return line;
            }
        }
    }

    /// All text up to the end, which must come.
    pub(crate) fn rest(&mut self) -> String {
        while !self.tls.is_ended() && self.read().expect("sound records") {}
        String::from_utf8_lossy(&std::mem::take(&mut self.text)).into_owned()
    }
}
