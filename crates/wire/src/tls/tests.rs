use super::*;
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
};

/// A certificate that signs itself, and its key.
fn certificate(names: &[&str]) -> (String, String) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

struct Pair {
    server: Tls,
    client: Tls,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

impl Pair {
    fn new(server: &TlsServer, client: &TlsClient, host: &str) -> Self {
        let (server, client) = (server.accept().expect("one"), client.connect(host).expect("one"));
        Self { server, client, to_server: Vec::new(), to_client: Vec::new() }
    }

    /// Lets both sides read their input, `piece` more bytes at a time, until neither has more to
    /// say. Returns the text that each has received.
    fn run(&mut self, piece: usize) -> Result<(Vec<u8>, Vec<u8>), TlsError> {
        let (mut heard, mut told) = (Vec::new(), Vec::new());
        loop {
            let before = (self.server.is_open(), self.client.is_open());
            let is_idle = self.to_server.is_empty() && self.to_client.is_empty();
            read(&mut self.client, &mut self.to_client, piece, &mut self.to_server, &mut told)?;
            read(&mut self.server, &mut self.to_server, piece, &mut self.to_client, &mut heard)?;
            let is_quiet = self.to_server.is_empty() && self.to_client.is_empty();
            if is_idle && is_quiet && before == (self.server.is_open(), self.client.is_open()) {
                return Ok((heard, told));
            }
        }
    }
}

fn read(
    tls: &mut Tls,
    arrived: &mut Vec<u8>,
    piece: usize,
    out: &mut Vec<u8>,
    heard: &mut Vec<u8>,
) -> Result<(), TlsError> {
    let mut text = vec![0; TLS_RECORD_BYTES_MAX];
    let mut pieces = arrived.chunks_mut(piece);
    loop {
        let fresh = pieces.next().unwrap_or_default();
        let is_last = fresh.is_empty();
        let mut received = tls.receive(fresh, &mut text, out)?;
        loop {
            heard.extend_from_slice(&text[..received.text]);
            if !received.has_more {
                break;
            }
            received = tls.receive(&mut [], &mut text, out)?;
        }
        if is_last {
            break;
        }
    }
    arrived.clear();
    Ok(())
}

#[test]
fn both_sides_talk_however_the_bytes_are_cut() {
    let (pem, key) = certificate(&["localhost"]);
    let server = TlsServer::new(pem.as_bytes(), key.as_bytes()).expect("good files");
    let server = server.speaking(&["http/1.1"]);
    let client = TlsClient::trusting(pem.as_bytes(), &["http/1.1"]).expect("a certificate");
    for piece in [1, 7, 100, usize::MAX] {
        let mut pair = Pair::new(&server, &client, "localhost");
        pair.run(piece).expect("a handshake");
        assert!(pair.server.is_open() && pair.client.is_open());
        assert_eq!(pair.server.protocol(), Some(&b"http/1.1"[..]));
        let long: Vec<u8> = (0..100_000_u32).map(|at| at as u8).collect();
        pair.client.send(b"hi", &mut pair.to_server).expect("open");
        pair.server.send(&long, &mut pair.to_client).expect("open");
        let (heard, told) = pair.run(piece).expect("sound");
        assert_eq!((&*heard, told.len()), (&b"hi"[..], long.len()));
        assert!(told == long);
        pair.client.end(&mut pair.to_server).expect("open");
        pair.run(piece).expect("sound");
        assert!(pair.server.is_ended() && !pair.client.is_ended());
        // The other half is still open.
        pair.server.send(b"bye", &mut pair.to_client).expect("open");
        assert_eq!(pair.run(piece).expect("sound").1, b"bye");
        assert_eq!(pair.server.held_bytes() + pair.client.held_bytes(), 0);
    }
}

#[test]
fn one_record_has_what_is_sent_at_once() {
    let (pem, key) = certificate(&["localhost"]);
    let server = TlsServer::new(pem.as_bytes(), key.as_bytes()).expect("good files");
    let client = TlsClient::trusting(pem.as_bytes(), &[]).expect("a certificate");
    let mut pair = Pair::new(&server, &client, "localhost");
    pair.run(usize::MAX).expect("a handshake");
    for (bytes, records) in [(1, 1), (TLS_RECORD_BYTES_MAX, 1), (TLS_RECORD_BYTES_MAX + 1, 2)] {
        let mut out = Vec::new();
        pair.server.send(&vec![0; bytes], &mut out).expect("open");
        let overhead = out.len() - bytes;
        assert!(overhead <= records * TLS_RECORD_OVERHEAD_BYTES, "{bytes}: {overhead} more");
        let mut found = 0;
        let mut rest = &out[..];
        while let Some(length) = rest.get(3..5) {
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            rest = &rest[HEADER_BYTES + length..];
            found += 1;
        }
        assert_eq!(found, records);
    }
}

#[test]
fn text_that_has_no_room_waits() {
    let (pem, key) = certificate(&["localhost"]);
    let server = TlsServer::new(pem.as_bytes(), key.as_bytes()).expect("good files");
    let client = TlsClient::trusting(pem.as_bytes(), &[]).expect("a certificate");
    let mut pair = Pair::new(&server, &client, "localhost");
    pair.run(usize::MAX).expect("a handshake");
    pair.client.send(&[b'x'; 300], &mut pair.to_server).expect("open");
    pair.client.send(&[b'y'; 300], &mut pair.to_server).expect("open");
    pair.client.end(&mut pair.to_server).expect("open");
    let (mut input, mut heard, mut text) = (pair.to_server.clone(), Vec::new(), [0; 128]);
    let mut received = pair.server.receive(&mut input, &mut text, &mut pair.to_client);
    loop {
        let Received { text: count, has_more } = received.expect("sound");
        heard.extend_from_slice(&text[..count]);
        if !has_more {
            break;
        }
        assert!(!pair.server.is_ended() || heard.len() < 600);
        // Kept input does not hinder output.
        pair.server.send(b"on", &mut pair.to_client).expect("open");
        received = pair.server.receive(&mut [], &mut text, &mut pair.to_client);
    }
    assert_eq!(heard, [[b'x'; 300], [b'y'; 300]].concat());
    assert!(pair.server.is_ended() && pair.server.held_bytes() == 0);
}

#[test]
fn certificates_that_prove_nothing_are_named() {
    let (pem, key) = certificate(&["localhost"]);
    let server = TlsServer::new(pem.as_bytes(), key.as_bytes()).expect("good files");
    let fails = |server: &TlsServer, trusted: &str, host: &str| {
        let client = TlsClient::trusting(trusted.as_bytes(), &[]).expect("a certificate");
        Pair::new(server, &client, host).run(usize::MAX).expect_err("refused").to_string()
    };
    let other = certificate(&["localhost"]).0;
    assert!(fails(&server, &other, "localhost").contains("trusts"));
    assert!(fails(&server, &pem, "chat.example").contains("another name"));
    let mut old = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    old.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let old = old.self_signed(&key).expect("a certificate").pem();
    let server = TlsServer::new(old.as_bytes(), key.serialize_pem().as_bytes()).expect("files");
    assert_eq!(server.ends_unix_s(), 1_577_836_800);
    assert_eq!(server.valid_at(1_577_836_801), Err(CertificateFault::Expired));
    assert_eq!(server.valid_at(-9_999_999_999), Err(CertificateFault::NotYetValid));
    assert!(fails(&server, &old, "localhost").contains("expired"));
}

/// Commands that make a certificate in one step make an authority which is its own server.
#[test]
fn a_known_authority_may_be_the_server_itself() {
    let made = |is_old: bool| {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        if is_old {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let server = TlsServer::new(pem.as_bytes(), key.serialize_pem().as_bytes());
        (server.expect("good files"), pem)
    };
    let run = |server: &TlsServer, trusted: &str, host: &str| {
        let client = TlsClient::trusting(trusted.as_bytes(), &[]).expect("a certificate");
        Pair::new(server, &client, host).run(usize::MAX).map_err(|error| error.to_string())
    };
    let (server, pem) = made(false);
    run(&server, &pem, "localhost").expect("it is known");
    let fails = |server: &TlsServer, trusted: &str, host: &str| {
        run(server, trusted, host).expect_err("refused")
    };
    assert!(fails(&server, &pem, "chat.example").contains("another name"));
    let other = made(false).1;
    assert!(fails(&server, &other, "localhost").contains("trust"));
    let (old, pem) = made(true);
    assert!(fails(&old, &pem, "localhost").contains("expired"));
}

#[test]
fn files_are_refused_in_words() {
    let (pem, key) = certificate(&["localhost"]);
    let other = certificate(&["localhost"]).1;
    let fault = |pem: &str, key: &str| TlsServer::new(pem.as_bytes(), key.as_bytes()).err();
    assert_eq!(fault(&pem, &other), Some(CertificateFault::Mismatch));
    assert_eq!(fault("", &key), Some(CertificateFault::NoCertificate));
    assert_eq!(fault(&key, &key), Some(CertificateFault::NoCertificate));
    assert_eq!(fault(&pem, &pem), Some(CertificateFault::NoKey));
    let torn = pem.replace("MII", "MIX");
    assert!(fault(&torn, &key).is_some());
    for kind in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
        let key = KeyPair::generate_for(kind).expect("a key");
        let made = CertificateParams::new(vec!["a.example".to_owned()]).expect("a name");
        let pem = made.self_signed(&key).expect("a certificate").pem();
        assert_eq!(fault(&pem, &key.serialize_pem()), None);
    }
}

#[test]
fn what_is_no_tls_is_told_from_what_is_broken() {
    let (pem, key) = certificate(&["localhost"]);
    let server = TlsServer::new(pem.as_bytes(), key.as_bytes()).expect("good files");
    let (mut text, mut out) = ([0; 64], Vec::new());
    let mut first = |bytes: &[u8]| {
        let mut tls = server.accept().expect("one");
        tls.receive(&mut bytes.to_vec(), &mut text, &mut out)
    };
    assert_eq!(first(b"GET / HTTP/1.1\r\n\r\n"), Err(TlsError::Plain));
    assert_eq!(first(b"\x16\x03\x01\xff\xff"), Err(TlsError::Malformed));
    assert_eq!(first(b"\x16\x03"), Ok(Received { text: 0, has_more: false }));
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..2_000 {
        let length = random.usize(0..200);
        let mut bytes = vec![22, 3, 1, 0, length as u8];
        bytes.extend((0..length).map(|_| random.u8(..)));
        let _ = first(&bytes);
    }
}
