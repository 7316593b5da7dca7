//! The stream of a connection: TCP, or TLS over it.

use super::address::ServerAddress;
use mio::net::TcpStream;
use mio_wire::tls::{SecureStream, TlsClient};
use std::io::{self, Read, Write};

/// The client's protocol above TLS (RFC 7301, 6).
const PROTOCOLS: &[&str] = &["http/1.1"];

/// A stream to the server.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Secure(Box<SecureStream<TcpStream>>),
}

/// The authorities that the client trusts at an address: none without TLS, and with it those in
/// `authorities`, or else those that the system trusts.
///
/// # Errors
/// If nobody can be trusted; the reason.
pub(super) fn trusts(
    address: &ServerAddress,
    authorities: Option<&[u8]>,
) -> Result<Option<TlsClient>, String> {
    if !address.is_secure {
        return Ok(None);
    }
    let trusts = match authorities {
        Some(authorities) => TlsClient::trusting(authorities, PROTOCOLS),
        None => {
            let known = rustls_native_certs::load_native_certs().certs;
            TlsClient::trusting_system(known.iter().map(|it| it.to_vec()), PROTOCOLS)
        }
    };
    match (trusts, authorities) {
        (Ok(trusts), _) => Ok(Some(trusts)),
        (Err(why), Some(_)) => Err(format!("cannot use the file of --ca: {why}")),
        (Err(_), None) => {
            Err("this machine trusts no authority for certificates; --ca FILE does".to_owned())
        }
    }
}

impl Stream {
    /// A stream over a connection that is there.
    pub(super) fn begin(
        stream: TcpStream,
        address: &ServerAddress,
        trusts: Option<&TlsClient>,
    ) -> io::Result<Self> {
        // A small frame should not wait for the receipt of the one before.
        let _ = stream.set_nodelay(true);
        let Some(trusts) = trusts else { return Ok(Self::Plain(stream)) };
        let tls = trusts.connect(&address.host).map_err(io::Error::other)?;
        Ok(Self::Secure(Box::new(SecureStream::begin(stream, tls)?)))
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Secure(stream) => stream.flush(),
        }
    }
}
