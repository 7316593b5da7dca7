//! Doors at listeners that somebody else has opened.

use mio_socketio::{InheritedListener, Listen, ListenAddress, ListenError, Listening};
use socket2::{Domain, Socket, Type};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};

fn any() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

fn refused(listen: &Listen, inherited: InheritedListener) -> ErrorKind {
    match Listening::open_inheriting(listen, vec![inherited]).map(drop) {
        Err(ListenError::Address(_, error) | ListenError::Inherited(error)) => error.kind(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_listener_stays_open_when_the_server_has_gone_and_its_file_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.sock");
    let tcp = TcpListener::bind(any()).expect("a port");
    let address = tcp.local_addr().expect("an address");
    let unix = UnixListener::bind(&path).expect("a socket");
    let inherited = vec![InheritedListener::Tcp(tcp), InheritedListener::Unix(unix)];
    let kept: Vec<_> = inherited.iter().map(InheritedListener::try_clone).collect();
    let listen = Listen::default()
        .addresses(vec![any().into(), ListenAddress::Unix(path.clone())])
        .http(vec![address.into()]);
    let listening = Listening::open_inheriting(&listen, inherited).expect("they listen");
    assert_eq!(listening.http(), [address.into()]);
    assert_eq!(listening.addresses()[1], ListenAddress::Unix(path.clone()));
    let own = listening.addresses()[0].tcp().expect("a port of the system's choice");
    drop(listening);
    assert!(TcpStream::connect(own).is_err(), "the server's own door is closed");
    assert!(TcpStream::connect(address).is_ok(), "somebody keeps it open");
    assert!(UnixStream::connect(&path).is_ok());
    drop(kept);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_listener_that_is_of_no_use_is_refused() {
    let listen = Listen::default().http(vec![any().into()]);
    let tcp = TcpListener::bind(any()).expect("a port");
    assert_eq!(refused(&listen, InheritedListener::Tcp(tcp)), ErrorKind::InvalidInput);
    // It is bound and does not listen.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&any().into()).expect("a port");
    let deaf = TcpListener::from(socket);
    let address = deaf.local_addr().expect("an address");
    let listen = Listen::default().http(vec![address.into()]);
    assert_eq!(refused(&listen, InheritedListener::Tcp(deaf)), ErrorKind::InvalidInput);
    // A Unix socket without a path: one of a pair.
    let (one, _other) = UnixStream::pair().expect("a pair");
    let nameless = UnixListener::from(std::os::fd::OwnedFd::from(one));
    assert_eq!(refused(&listen, InheritedListener::Unix(nameless)), ErrorKind::InvalidInput);
}
