//! The certificate of the listeners that speak TLS, and its files.

#[cfg(not(feature = "tls"))]
use super::Stream;
use crate::base::Now;
use crate::limits::{CERTIFICATE_DAYS_LEFT, CERTIFICATE_LOOK_MS, CERTIFICATE_WARNING_MS};
#[cfg(feature = "tls")]
use mio_wire::tls::TlsServer;
use std::fs;
#[cfg(not(feature = "tls"))]
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;

/// HTTP as it is called above TLS (RFC 7301, 6).
#[cfg(feature = "tls")]
const HTTP_PROTOCOLS: &[&str] = &["http/1.1"];

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// The files of a certificate and its key, in the form of PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, and after it those that lead to an authority.
    pub certificate: PathBuf,
    /// Its key: of ECDSA (P-256, P-384), RSA or Ed25519, in PKCS#8, SEC1 or PKCS#1.
    pub key: PathBuf,
}

impl CertificateFiles {
    /// The certificate at one path and its key at another; both may be in one file.
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { certificate: certificate.into(), key: key.into() }
    }
}

/// The protocol above TLS at a listener that speaks TLS.
#[derive(Debug, Clone)]
pub struct Secured {
    /// Whether that is HTTP: a client that asks for a protocol (ALPN, RFC 7301) must ask for it.
    pub is_http: bool,
    /// The answer to a client that does not speak TLS.
    pub plain_answer: Arc<[u8]>,
}

/// A certificate in use.
#[derive(Debug)]
pub struct Certificates {
    files: CertificateFiles,
    /// The identities of the files when they were last read, good or not.
    seen: [Option<Identity>; 2],
    looks_at_ms: u64,
    /// From then on it may be said again that the certificate ends soon.
    warns_at_ms: u64,
    /// The service does not know it yet.
    is_new: bool,
    #[cfg(feature = "tls")]
    server: TlsServer,
    /// The settings of listeners that speak HTTP above TLS.
    #[cfg(feature = "tls")]
    http: TlsServer,
}

/// Tells one state of a file from another.
type Identity = (u64, u64, i64, i64, u64);

/// A file that cannot be used, and why not.
#[derive(Debug)]
pub struct BadFile {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    pub why: String,
}

impl Certificates {
    /// Reads a certificate and its key.
    ///
    /// # Errors
    /// If they cannot be used at `unix_s`, in seconds since 1970.
    #[cfg(feature = "tls")]
    pub fn open(files: &CertificateFiles, unix_s: i64) -> Result<Self, BadFile> {
        let seen = seen(files);
        let (certificate, key) = read_both(files)?;
        let server = TlsServer::new(&certificate, &key).map_err(|fault| bad(files, fault))?;
        server.valid_at(unix_s).map_err(|fault| bad(files, fault))?;
        let (files, http) = (files.clone(), server.speaking(HTTP_PROTOCOLS));
        Ok(Self { files, seen, looks_at_ms: 0, warns_at_ms: 0, is_new: true, server, http })
    }

    /// There is no certificate without the feature `tls`.
    #[cfg(not(feature = "tls"))]
    pub fn open(files: &CertificateFiles, _unix_s: i64) -> Result<Self, BadFile> {
        let why = "this program is built without TLS".to_owned();
        Err(BadFile { path: files.certificate.clone(), why })
    }

    /// The time of the next look at the files, in milliseconds of [`Now::ms`].
    pub(super) const fn looks_at_ms(&self) -> u64 {
        self.looks_at_ms
    }

    /// Looks whether the files have changed, if it is time for that or it `is_asked`, and takes
    /// the new ones. If they are not good, the old certificate stays. Returns when the certificate
    /// ends, in seconds since 1970, if that is news or it was asked.
    pub(super) fn look(&mut self, now: Now, is_asked: bool) -> Option<i64> {
        if now.ms >= self.looks_at_ms || is_asked {
            self.looks_at_ms = now.ms + CERTIFICATE_LOOK_MS;
            let seen = seen(&self.files);
            let has_news = seen != self.seen || is_asked;
            if has_news {
                self.seen = seen;
                self.renew(unix_s(now));
            }
            self.warn(now);
            if has_news {
                return Some(self.ends_unix_s());
            }
        }
        std::mem::take(&mut self.is_new).then(|| self.ends_unix_s())
    }

    /// Says in the log that the certificate ends soon, or has ended.
    fn warn(&mut self, now: Now) {
        let file = self.files.certificate.display().to_string();
        match self.days_to_warn_of(now) {
            None => (),
            Some(days @ 0..) => log::warn!(
                "certificate ends soon days={days} file={file} hint=\"replace the file: a new \
                 one is read by itself\""
            ),
            Some(_) => log::error!(
                "certificate has ended, clients do not trust it file={file} hint=\"replace the \
                 file: a new one is read by itself\""
            ),
        }
    }

    /// Whole days until the end of the certificate, if it is near and has not been told today.
    fn days_to_warn_of(&mut self, now: Now) -> Option<i64> {
        let days = (self.ends_unix_s() - unix_s(now)).div_euclid(DAY_S);
        if days >= CERTIFICATE_DAYS_LEFT || now.ms < self.warns_at_ms {
            return None;
        }
        self.warns_at_ms = now.ms + CERTIFICATE_WARNING_MS;
        Some(days)
    }
}

#[cfg(feature = "tls")]
mod with_tls {
    use super::{BadFile, CertificateFiles, Certificates, DAY_S, HTTP_PROTOCOLS, Secured};
    use crate::limits::CERTIFICATE_BYTES_MAX;
    use crate::net::Stream;
    use crate::net::tls::TlsStream;
    use mio_wire::tls::CertificateFault;
    use std::fs::{self, File};
    use std::io::{self, ErrorKind, Read};
    use std::path::Path;
    use std::sync::Arc;

    impl Certificates {
        /// When the certificate ends, in seconds since 1970.
        pub fn ends_unix_s(&self) -> i64 {
            self.server.ends_unix_s()
        }

        /// Takes the files as they are now, if they are good.
        pub(super) fn renew(&mut self, unix_s: i64) {
            let renewed = read_both(&self.files).and_then(|(certificate, key)| {
                let renewed = self.server.renewed(&certificate, &key);
                let renewed = renewed.and_then(|it| it.valid_at(unix_s).map(|()| it));
                renewed.map_err(|fault| bad(&self.files, fault))
            });
            match renewed {
                Ok(server) => {
                    self.http = server.speaking(HTTP_PROTOCOLS);
                    self.server = server;
                    let days = (self.ends_unix_s() - unix_s) / DAY_S;
                    log::info!("certificate read again, it is valid for days={days}");
                }
                Err(BadFile { path, why }) => log::error!(
                    "certificate not read again, the old one stays file={} error=\"{why}\"",
                    path.display()
                ),
            }
        }

        /// Lets a connection that has come in speak TLS.
        pub(in crate::net) fn accept(
            &self,
            stream: Stream,
            secured: &Secured,
        ) -> io::Result<Stream> {
            let Stream::Tcp { stream, .. } = stream else { return Ok(stream) };
            let server = if secured.is_http { &self.http } else { &self.server };
            let tls = server.accept().map_err(io::Error::other)?;
            let answer = Arc::clone(&secured.plain_answer);
            Ok(Stream::Tls(Box::new(TlsStream::accepted(stream, tls, answer))))
        }
    }

    pub(super) fn read_both(files: &CertificateFiles) -> Result<(Vec<u8>, Vec<u8>), BadFile> {
        let read = |path: &Path| {
            read_file(path)
                .map_err(|error| BadFile { path: path.to_owned(), why: error.to_string() })
        };
        Ok((read(&files.certificate)?, read(&files.key)?))
    }

    /// Reads a file that must not hold up the loop: no pipe, and not too long.
    fn read_file(path: &Path) -> io::Result<Vec<u8>> {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a file"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(CERTIFICATE_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn bad(files: &CertificateFiles, fault: CertificateFault) -> BadFile {
        let path = if fault.is_of_key() { &files.key } else { &files.certificate };
        BadFile { path: path.clone(), why: fault.to_string() }
    }
}

#[cfg(feature = "tls")]
use with_tls::{bad, read_both};

#[cfg(not(feature = "tls"))]
impl Certificates {
    /// There is none without the feature `tls`.
    pub const fn ends_unix_s(&self) -> i64 {
        0
    }

    const fn renew(&self, _unix_s: i64) {}

    pub(super) fn accept(&self, stream: Stream, _secured: &Secured) -> io::Result<Stream> {
        Ok(stream)
    }
}

fn unix_s(now: Now) -> i64 {
    i64::try_from(now.unix_ms / 1_000).unwrap_or(i64::MAX)
}

fn seen(files: &CertificateFiles) -> [Option<Identity>; 2] {
    [&files.certificate, &files.key].map(|path| {
        let found = fs::metadata(path).ok()?;
        Some((found.dev(), found.ino(), found.mtime(), found.mtime_nsec(), found.size()))
    })
}

#[cfg(all(test, feature = "tls"))]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    #[test]
    fn the_end_of_a_certificate_is_told_once_a_day_when_it_is_near() {
        const DAY_MS: u64 = 86_400_000;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("both.pem");
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).expect("a name");
        params.not_after = rcgen::date_time_ymd(2030, 1, 31);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        fs::write(&file, pem + &key.serialize_pem()).expect("a file");
        let ends_unix_s: i64 = 1_896_048_000;
        let files = CertificateFiles::new(&file, &file);
        let mut certificates = Certificates::open(&files, ends_unix_s - 1).expect("good files");
        assert_eq!(certificates.ends_unix_s(), ends_unix_s);
        let began_ms = ends_unix_s.unsigned_abs() * 1_000 - 16 * DAY_MS;
        let mut told = Vec::new();
        for hour in 0..18 * 24 {
            let ms = hour * DAY_MS / 24;
            let now = Now { ms, unix_ms: began_ms + ms + 1 };
            told.extend(certificates.days_to_warn_of(now));
        }
        let days: Vec<i64> = (-2..14).rev().collect();
        assert_eq!(told, days);
    }
}
