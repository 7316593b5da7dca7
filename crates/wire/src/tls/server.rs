//! A server's settings: its certificate and its key.

use super::validity::Validity;
use super::{Side, Tls, TlsError};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, UnbufferedServerConnection};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys, ServerConfig};
use std::fmt;
use std::sync::Arc;

/// A fault of a certificate or a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFault {
    /// There is no certificate in the file.
    NoCertificate,
    /// There is no key in the file.
    NoKey,
    /// The key is of a kind that is not known.
    UnknownKey,
    /// A certificate cannot be read.
    Unreadable,
    /// The key is that of another certificate.
    Mismatch,
    /// The certificate has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is of a kind that is not known.
    Unsuited,
}

impl CertificateFault {
    /// Whether the fault is in the file of the key.
    pub const fn is_of_key(self) -> bool {
        matches!(self, Self::NoKey | Self::UnknownKey | Self::Mismatch)
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "there is no certificate in it (PEM)",
            Self::NoKey => "there is no private key in it (PEM, without a password)",
            Self::UnknownKey => "the key is neither ECDSA (P-256, P-384), RSA nor Ed25519",
            Self::Unreadable => "a certificate in it cannot be read",
            Self::Mismatch => "the key is not that of the certificate",
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::Unsuited => "the certificate is of a kind that is not known",
        })
    }
}

impl std::error::Error for CertificateFault {}

/// The settings of a server's connections.
#[derive(Clone)]
pub struct TlsServer {
    config: Arc<ServerConfig>,
    validity: Validity,
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsServer").field("validity", &self.validity).finish_non_exhaustive()
    }
}

impl TlsServer {
    /// Takes a certificate, which others that lead to an authority may follow, and its key, both in
    /// the form of PEM. The key is of ECDSA, RSA or Ed25519, in PKCS#8, SEC1 or PKCS#1.
    ///
    /// # Errors
    /// If one of them cannot be used, or they do not belong together. It is not looked at whether
    /// the certificate is valid now; see [`Self::valid_at`].
    pub fn new(certificate: &[u8], key: &[u8]) -> Result<Self, CertificateFault> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let (keys, validity) = read(certificate, key, &provider)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| CertificateFault::Unsuited)?;
        let mut config = config.with_no_client_auth().with_cert_resolver(Arc::new(keys));
        // A client that comes back brings its keys itself: the server keeps nothing for it.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        if let Ok(tickets) = rustls::crypto::ring::Ticketer::new() {
            config.ticketer = tickets;
        }
        Ok(Self { config: Arc::new(config), validity })
    }

    /// These settings with another certificate: clients that have a ticket come back with it.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn renewed(&self, certificate: &[u8], key: &[u8]) -> Result<Self, CertificateFault> {
        let (keys, validity) = read(certificate, key, self.config.crypto_provider())?;
        let mut config = ServerConfig::clone(&self.config);
        config.cert_resolver = Arc::new(keys);
        Ok(Self { config: Arc::new(config), validity })
    }

    /// These settings for a protocol above TLS (ALPN): a client that offers others only is refused.
    pub fn speaking(&self, protocols: &[&str]) -> Self {
        let mut config = ServerConfig::clone(&self.config);
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Self { config: Arc::new(config), validity: self.validity }
    }

    /// Whether the certificate is valid at a time, in seconds since 1970.
    ///
    /// # Errors
    /// If it is not valid yet, or no longer.
    pub const fn valid_at(&self, unix_s: i64) -> Result<(), CertificateFault> {
        if unix_s < self.validity.begins_unix_s {
            return Err(CertificateFault::NotYetValid);
        }
        if unix_s > self.validity.ends_unix_s {
            return Err(CertificateFault::Expired);
        }
        Ok(())
    }

    /// The last second at which the certificate is valid, since 1970.
    pub const fn ends_unix_s(&self) -> i64 {
        self.validity.ends_unix_s
    }

    /// A connection that a client has begun.
    ///
    /// # Errors
    /// If the settings do not allow it.
    pub fn accept(&self) -> Result<Tls, TlsError> {
        let tls = UnbufferedServerConnection::new(Arc::clone(&self.config))?;
        Ok(Tls::new(Side::Server(Box::new(tls))))
    }
}

/// Reads a certificate and its key.
fn read(
    certificate: &[u8],
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<(SingleCertAndKey, Validity), CertificateFault> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
    let chain = chain.map_err(|_| CertificateFault::Unreadable)?;
    let own = chain.first().ok_or(CertificateFault::NoCertificate)?;
    let validity = Validity::of(own).ok_or(CertificateFault::Unreadable)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| match error {
        pem::Error::NoItemsFound => CertificateFault::NoKey,
        _ => CertificateFault::UnknownKey,
    })?;
    let keys = CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => CertificateFault::Mismatch,
        Error::InvalidCertificate(_) => CertificateFault::Unreadable,
        _ => CertificateFault::UnknownKey,
    })?;
    Ok((keys.into(), validity))
}
