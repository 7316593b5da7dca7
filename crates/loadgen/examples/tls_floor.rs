//! The least that a chat over TLS can do with mio and rustls on one thread: a floor under the
//! figures of the real server.
//!
//! `tls_floor serve PORT CERT KEY` passes each line on to all other clients. In each turn all that is
//! ready is read; then each client's share of it is encrypted once and written once. There are no
//! limits, no names, no time: `mio-chat-loadgen --tls --connect localhost:PORT` measures it.
//!
//! `tls_floor handshakes COUNT CERT KEY` does handshakes in memory, of TLS 1.3 and without tickets of
//! earlier ones, and tells how many the server's side does in a second of its own time: rustls in its
//! usual form, and the server's own form.
#![allow(clippy::print_stdout, reason = "a program that tells figures")]

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use mio_wire::tls::{Tls, TlsServer};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LISTENER: Token = Token(usize::MAX);
/// Bytes that are read at once.
const BUFFER_BYTES: usize = 64 * 1024;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", port, certificate, key] => serve(port.parse()?, config(certificate, key)?),
        ["handshakes", count, certificate, key] => handshakes(count.parse()?, certificate, key),
        _ => Err("tls_floor serve PORT CERT KEY | tls_floor handshakes COUNT CERT KEY".into()),
    }
}

fn config(certificate: &str, key: &str) -> Result<Arc<ServerConfig>, Failure> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate)?.collect();
    let key = PrivateKeyDer::from_pem_file(key)?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain?, key)?;
    Ok(Arc::new(config))
}

struct Client {
    stream: TcpStream,
    tls: ServerConnection,
    /// The turn in which it last said something.
    spoke: u64,
    /// The beginning of a line.
    carry: Vec<u8>,
}

/// A run of lines that one client has sent.
struct Said {
    by: usize,
    end: usize,
}

fn serve(port: u16, config: Arc<ServerConfig>) -> Result<(), Failure> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1024);
    let mut clients: Vec<Option<Client>> = Vec::new();
    let (mut batch, mut said) = (Vec::new(), Vec::<Said>::new());
    let (mut buffer, mut own) = (vec![0; BUFFER_BYTES], Vec::new());
    for turn in 1_u64.. {
        poll.poll(&mut events, None)?;
        batch.clear();
        said.clear();
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &config, &mut clients)?;
                continue;
            }
            let index = event.token().0;
            let Some(client) = &mut clients[index] else { continue };
            let start = batch.len();
            if client.read(&mut buffer, &mut batch).is_err() {
                clients[index] = None;
            } else if batch.len() > start {
                client.spoke = turn;
                said.push(Said { by: index, end: batch.len() });
            }
        }
        for (index, slot) in clients.iter_mut().enumerate() {
            let Some(client) = slot else { continue };
            if client.tls.is_handshaking() {
                continue;
            }
            let text: &[u8] = if client.spoke == turn {
                own.clear();
                let mut start = 0;
                for Said { by, end } in &said {
                    if *by != index {
                        own.extend_from_slice(&batch[start..*end]);
                    }
                    start = *end;
                }
                &own
            } else {
                &batch
            };
            if client.write(text).is_err() {
                *slot = None;
            }
        }
    }
    Ok(())
}

fn accept(
    listener: &TcpListener,
    poll: &Poll,
    config: &Arc<ServerConfig>,
    clients: &mut Vec<Option<Client>>,
) -> Result<(), Failure> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        stream.set_nodelay(true)?;
        let index = clients.iter().position(Option::is_none).unwrap_or(clients.len());
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(index), interest)?;
        let tls = ServerConnection::new(Arc::clone(config))?;
        let client = Some(Client { stream, tls, spoke: 0, carry: Vec::new() });
        if index == clients.len() {
            clients.push(client);
        } else {
            clients[index] = client;
        }
    }
}

impl Client {
    /// Reads everything and appends the whole lines to `batch`.
    fn read(&mut self, buffer: &mut [u8], batch: &mut Vec<u8>) -> io::Result<()> {
        loop {
            match self.tls.read_tls(&mut self.stream) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
            let state = self.tls.process_new_packets().map_err(io::Error::other)?;
            if state.plaintext_bytes_to_read() > 0 {
                let count = self.tls.reader().read(buffer)?;
                self.carry.extend_from_slice(&buffer[..count]);
                if let Some(end) = self.carry.iter().rposition(|byte| *byte == b'\n') {
                    batch.extend(self.carry.drain(..=end));
                }
            }
        }
        self.flush()
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        if !text.is_empty() {
            self.tls.writer().write_all(text)?;
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.stream) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                written => written?,
            };
        }
        Ok(())
    }
}

/// The server's side of a handshake, in memory.
trait Greeting {
    fn is_done(&self) -> bool;

    /// Takes the bytes of the client, and appends the answer to `out`.
    fn take(&mut self, bytes: &mut [u8], out: &mut Vec<u8>) -> Result<(), Failure>;
}

/// In rustls' usual form.
impl Greeting for ServerConnection {
    fn is_done(&self) -> bool {
        !self.is_handshaking()
    }

    fn take(&mut self, bytes: &mut [u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        self.read_tls(&mut &*bytes)?;
        self.process_new_packets()?;
        while self.wants_write() {
            self.write_tls(out)?;
        }
        Ok(())
    }
}

/// In the form of mio-chat.
impl Greeting for Tls {
    fn is_done(&self) -> bool {
        self.is_open()
    }

    fn take(&mut self, bytes: &mut [u8], out: &mut Vec<u8>) -> Result<(), Failure> {
        self.receive(bytes, &mut [], out)?;
        Ok(())
    }
}

fn handshakes(count: u32, certificate: &str, key: &str) -> Result<(), Failure> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_file_iter(certificate)? {
        roots.add(authority?)?;
    }
    let mut client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    client.resumption = rustls::client::Resumption::disabled();
    let client = Arc::new(client);
    let rustls = config(certificate, key)?;
    let ours = TlsServer::new(&std::fs::read(certificate)?, &std::fs::read(key)?)?;
    tell("rustls", count, &client, || Ok(ServerConnection::new(Arc::clone(&rustls))?))?;
    tell("mio-chat", count, &client, || Ok(ours.accept()?))
}

/// Does handshakes with one server, and tells the time that its side of each took.
fn tell<S: Greeting>(
    name: &str,
    count: u32,
    config: &Arc<ClientConfig>,
    accept: impl Fn() -> Result<S, Failure>,
) -> Result<(), Failure> {
    let mut spent = Duration::ZERO;
    let mut answer = Vec::new();
    for _ in 0..count {
        let name = ServerName::try_from("localhost")?;
        let mut client = ClientConnection::new(Arc::clone(config), name)?;
        let begun = Instant::now();
        let mut server = accept()?;
        spent += begun.elapsed();
        while client.is_handshaking() || !server.is_done() {
            let mut bytes = Vec::new();
            client.write_tls(&mut bytes)?;
            answer.clear();
            let begun = Instant::now();
            server.take(&mut bytes, &mut answer)?;
            spent += begun.elapsed();
            let mut rest = &answer[..];
            while !rest.is_empty() {
                client.read_tls(&mut rest)?;
                client.process_new_packets()?;
            }
        }
    }
    let each = spent.as_secs_f64() / f64::from(count);
    println!("{name}: {:.0} handshakes/s, {:.1} us each", 1.0 / each, each * 1e6);
    Ok(())
}
