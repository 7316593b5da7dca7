//! A client's settings.

use super::trust::Trust;
use super::{CertificateFault, Side, Tls, TlsError};
use rustls::client::UnbufferedClientConnection;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::sync::Arc;

/// The settings of connections to servers.
#[derive(Clone)]
pub struct TlsClient(Arc<ClientConfig>);

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsClient")
    }
}

impl TlsClient {
    /// Trusts servers whose certificates are signed by one of `authorities`, in the form of PEM, or
    /// are one of these: `openssl req -x509` makes a certificate that is an authority as well as a
    /// server's. `protocols` are its protocols above TLS (ALPN), `http/1.1` for example.
    ///
    /// # Errors
    /// If there is no certificate in `authorities`, or one that cannot be read.
    pub fn trusting(authorities: &[u8], protocols: &[&str]) -> Result<Self, CertificateFault> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(authorities).collect();
        let found = found.map_err(|_| CertificateFault::Unreadable)?;
        let mut roots = RootCertStore::empty();
        for authority in &found {
            roots.add(authority.clone()).map_err(|_| CertificateFault::Unreadable)?;
        }
        Self::with(roots, found, protocols)
    }

    /// Trusts servers whose certificates are signed by one of these authorities, in the form of
    /// DER. Those that cannot be read are left out: a system's store may have some.
    ///
    /// # Errors
    /// If none can be read.
    pub fn trusting_system(
        authorities: impl IntoIterator<Item = Vec<u8>>,
        protocols: &[&str],
    ) -> Result<Self, CertificateFault> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities.into_iter().map(CertificateDer::from));
        Self::with(roots, Vec::new(), protocols)
    }

    fn with(
        roots: RootCertStore,
        servers: Vec<CertificateDer<'static>>,
        protocols: &[&str],
    ) -> Result<Self, CertificateFault> {
        if roots.is_empty() {
            return Err(CertificateFault::NoCertificate);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = Trust::new(roots, servers, Arc::clone(&provider))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| CertificateFault::Unsuited)?;
        // Nothing is dangerous about it: `Trust` asks the usual verifier about everything else.
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(trust));
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Self(Arc::new(config)))
    }

    /// These settings for other protocols above TLS (ALPN).
    pub fn speaking(&self, protocols: &[&str]) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Self(Arc::new(config))
    }

    /// These settings, with connections that tell their keys.
    #[cfg(test)]
    pub(super) fn with_secrets(&self) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.enable_secret_extraction = true;
        Self(Arc::new(config))
    }

    /// A connection to the server called `host`, a name or an address. Its hello is in the output
    /// of the first [`Tls::receive`].
    ///
    /// # Errors
    /// If that is no name of a server.
    pub fn connect(&self, host: &str) -> Result<Tls, TlsError> {
        let no_name = |_| TlsError::Other(format!("{host} is no name for a certificate"));
        let name = ServerName::try_from(host.to_owned()).map_err(no_name)?;
        let tls = UnbufferedClientConnection::new(Arc::clone(&self.0), name)?;
        Ok(Tls::new(Side::Client(Box::new(tls))))
    }
}
