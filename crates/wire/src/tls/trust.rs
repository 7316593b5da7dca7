//! Which servers a client believes.

use super::CertificateFault;
use super::validity::Validity;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// Believes servers whose certificates are signed by authorities, and those whose certificate is
/// known itself.
#[derive(Debug)]
pub(super) struct Trust {
    signed: Arc<WebPkiServerVerifier>,
    /// The certificates that are known themselves.
    known: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// # Errors
    /// If there is no authority.
    pub(super) fn new(
        authorities: RootCertStore,
        known: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, CertificateFault> {
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(authorities), provider);
        let signed = builder.build().map_err(|_| CertificateFault::NoCertificate)?;
        Ok(Self { signed, known })
    }
}

/// Whether a certificate that is known itself is this server's, and is valid now.
fn check_known(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, Error> {
    verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
    let validity = Validity::of(certificate).ok_or(CertificateError::BadEncoding)?;
    match i64::try_from(now.as_secs()) {
        Ok(now_s) if now_s < validity.begins_unix_s => Err(CertificateError::NotValidYet.into()),
        Ok(now_s) if now_s <= validity.ends_unix_s => Ok(ServerCertVerified::assertion()),
        _ => Err(CertificateError::Expired.into()),
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.known.contains(certificate) {
            return check_known(certificate, name, now);
        }
        self.signed.verify_server_cert(certificate, intermediates, name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signed.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signed.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signed.supported_verify_schemes()
    }
}
