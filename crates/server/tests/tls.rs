//! The doors over TLS of a server in its own process, over real sockets.

use mio_socketio::{
    CertificateFiles, CloseReason, Listen, ListenAddress, ListenError, Listening, Proxies, Server,
};
use mio_wire::limits::TLS_BARE_RECORDS_MAX;
use mio_wire::tls::{SecureStream, TlsClient};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// The longest wait for anything.
const DEADLINE: Duration = Duration::from_secs(20);
const POLL: &str = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\
                    Connection: close\r\n\r\n";

/// A certificate and its key, in a folder.
struct Files {
    folder: TempDir,
    pem: String,
}

impl Files {
    fn new() -> Self {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("cert.pem"), &pem).expect("a file");
        fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("a file");
        Self { folder, pem }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn named(&self) -> CertificateFiles {
        CertificateFiles::new(self.path("cert.pem"), self.path("key.pem"))
    }
}

fn any() -> ListenAddress {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()
}

/// The events of which the application was told.
type Told = Vec<String>;

/// A server that says every line back.
fn echo() -> Server<Told> {
    Server::new(Told::new(), |server| {
        server
            .proxies(Proxies::new(["127.0.0.0/8".parse().expect("a network")]))
            .on_connect(|cx, socket| {
                let address = cx.address(socket);
                cx.state.extend(address.map(|address| format!("came {address}")));
            })
            .on_line(|cx, socket, line| cx.send(socket, format_args!("{line}")))
            .on_disconnect(|cx, _, reason| cx.state.push(format!("left {reason}")))
            .namespace("/", |events| events)
    })
}

/// Serves while a client at the addresses of the line door and the HTTP door does `act`. Returns
/// what the application was told.
fn served(files: &Files, act: impl FnOnce(SocketAddr, SocketAddr) + Send) -> Told {
    let listen = Listen::default().tls(vec![any()]).https(vec![any()]);
    let listening = Listening::open(&listen.certificate(Some(files.named()))).expect("ports");
    let port = |addresses: &[ListenAddress]| addresses[0].tcp().expect("of TCP");
    let (lines, https) = (port(listening.tls()), port(listening.https()));
    let mut server = echo();
    let remote = server.remote();
    thread::scope(|scope| {
        let client = scope.spawn(move || {
            let acted =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| act(lines, https)));
            remote.stop();
            acted
        });
        let told = listening.serve(server).expect("it ends as it is told to");
        client.join().expect("it is joined once").expect("the client's part");
        told
    })
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it accepts");
    stream.set_read_timeout(Some(DEADLINE)).expect("a deadline can be set");
    stream
}

/// A stream over TLS on which a client may have said something before.
fn secure(stream: TcpStream, pem: &str) -> SecureStream<TcpStream> {
    let trusts = TlsClient::trusting(pem.as_bytes(), &[]).expect("a certificate");
    let tls = trusts.connect("localhost").expect("a name");
    let mut stream = SecureStream::begin(stream, tls).expect("it is open");
    while !stream.greet().expect("a handshake") {}
    stream
}

fn line(stream: &mut impl Read) -> String {
    let mut line = String::new();
    BufReader::with_capacity(1, stream).read_line(&mut line).expect("a line");
    line
}

#[test]
fn both_doors_speak_tls() {
    let files = Files::new();
    let told = served(&files, |lines, https| {
        let mut alice = secure(connect(lines), &files.pem);
        alice.write_all(b"hello\n").expect("it reads");
        assert_eq!(line(&mut alice), "hello\n");
        alice.end().expect("it stands");
        let mut rest = String::new();
        alice.read_to_string(&mut rest).expect("the server says that it ends");
        let mut page = secure(connect(https), &files.pem);
        page.write_all(POLL.as_bytes()).expect("it reads");
        assert!(line(&mut page).starts_with("HTTP/1.1 200"));
    });
    assert!(told.starts_with(&["came 127.0.0.1".to_owned(), "left eof".to_owned()]), "{told:?}");
}

#[test]
fn a_proxys_header_before_tls_names_the_client() {
    let files = Files::new();
    let told = served(&files, |lines, _| {
        let mut stream = connect(lines);
        let header = b"PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n";
        stream.write_all(header).expect("it reads");
        let mut alice = secure(stream, &files.pem);
        alice.write_all(b"hello\n").expect("it reads");
        assert_eq!(line(&mut alice), "hello\n");
    });
    assert_eq!(told.first().map(String::as_str), Some("came 203.0.113.9"));
}

/// New keys cost work, and no client has a reason to change them again and again.
#[test]
fn a_client_that_only_changes_its_keys_is_cut_off_for_it() {
    let files = Files::new();
    let told = served(&files, |lines, _| {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(files.pem.as_bytes()).expect("a certificate");
        roots.add(own).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut stream = rustls::StreamOwned::new(tls, connect(lines));
        stream.write_all(b"hello\n").expect("it reads");
        assert_eq!(line(&mut stream), "hello\n");
        for _ in 0..=TLS_BARE_RECORDS_MAX + 1 {
            stream.conn.refresh_traffic_keys().expect("new keys");
            // It may have been cut off already.
            let _ = stream.conn.write_tls(&mut stream.sock);
        }
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    let left = format!("left {}", CloseReason::ProtocolError);
    assert_eq!(told, ["came 127.0.0.1".to_owned(), left]);
}

#[test]
fn doors_without_a_good_certificate_are_not_opened() {
    let (files, other) = (Files::new(), Files::new());
    let refused = |listen: Listen| Listening::open(&listen).map(drop).expect_err("no door");
    let listen = || Listen::default().https(vec![any()]);
    assert!(matches!(refused(listen()), ListenError::NoCertificate));
    let unix = ListenAddress::Unix(files.path("socket"));
    let over_unix = Listen::default().tls(vec![unix]).certificate(Some(files.named()));
    assert!(matches!(refused(over_unix), ListenError::Address(..)));
    let key = other.path("key.pem");
    let mixed = CertificateFiles::new(files.path("cert.pem"), &key);
    let Err(ListenError::Certificate(named, why)) =
        Listening::open(&listen().certificate(Some(mixed))).map(drop)
    else {
        panic!("the key is another's")
    };
    assert!(named == key && !why.is_empty(), "{named:?}: {why}");
    let nowhere = CertificateFiles::new(files.path("none.pem"), files.path("key.pem"));
    let missing = refused(listen().certificate(Some(nowhere)));
    assert!(missing.to_string().contains("none.pem"), "{missing}");
}
