use super::steps::HEADER_BYTES;
use super::*;
use rcgen::{
    BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::ConnectionTrafficSecrets;
use rustls::client::ClientConnectionData;
use rustls::kernel::KernelConnection;

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

/// A client's records of TLS 1.3 that `rustls` does not make: without text, and in any order.
struct Crafted {
    secrets: KernelConnection<ClientConnectionData>,
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    /// Records sent with this key.
    sent: u64,
}

impl Crafted {
    /// Goes on in place of a client after its handshake.
    fn after(client: Tls) -> Self {
        let Side::Client(tls) = client.side else { panic!("a client") };
        let (first, secrets) = tls.dangerous_into_kernel_connection().expect("allowed in tests");
        let (sent, first) = first.tx;
        let (key, iv) = key_of(&first);
        Self { secrets, key, iv, sent }
    }

    /// A record of this kind (RFC 8446, 5.2).
    fn record(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut nonce = self.iv;
        for (byte, sent) in nonce[4..].iter_mut().zip(self.sent.to_be_bytes()) {
            *byte ^= sent;
        }
        self.sent += 1;
        let length = u16::try_from(content.len() + 1 + AES_256_GCM.tag_len()).expect("short");
        let head = [&[23, 3, 3][..], &length.to_be_bytes()].concat();
        let mut text = [content, &[kind]].concat();
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(nonce, Aad::from(&head), &mut text).expect("sealed");
        [head, text].concat()
    }

    fn text(&mut self, text: &[u8]) -> Vec<u8> {
        self.record(23, text)
    }

    /// A record that tells of new keys (RFC 8446, 4.6.3), and asks for none.
    fn new_keys(&mut self) -> Vec<u8> {
        let record = self.record(22, &[24, 0, 0, 1, 0]);
        let (sent, next) = self.secrets.update_tx_secret().expect("new keys");
        self.sent = sent;
        (self.key, self.iv) = key_of(&next);
        record
    }
}

fn key_of(secrets: &ConnectionTrafficSecrets) -> (LessSafeKey, [u8; NONCE_LEN]) {
    let ConnectionTrafficSecrets::Aes256Gcm { key, iv } = secrets else {
        panic!("the first cipher of both sides")
    };
    let key = UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("its length");
    (LessSafeKey::new(key), iv.as_ref().try_into().expect("its length"))
}

/// A server after a handshake, and its client replaced.
fn crafted() -> (Tls, Crafted) {
    let (pem, key) = certificate(&["localhost"]);
    let server = TlsServer::new(pem.as_bytes(), key.as_bytes()).expect("good files");
    let client = TlsClient::trusting(pem.as_bytes(), &[]).expect("a certificate");
    let client = client.with_secrets();
    let mut pair = Pair::new(&server, &client, "localhost");
    pair.run(usize::MAX).expect("a handshake");
    (pair.server, Crafted::after(pair.client))
}

#[test]
fn records_without_text_are_counted_however_they_come() {
    const MAX: usize = TLS_BARE_RECORDS_MAX;
    let mut text = vec![0; TLS_RECORD_BYTES_MAX];
    // rustls counts empty ones and new keys, but each kind ends the count of the other.
    let empty = |client: &mut Crafted, _: usize| client.text(b"");
    let mixed = |client: &mut Crafted, number: usize| match number % 2 {
        0 => client.new_keys(),
        _ => client.text(b""),
    };
    let kinds: [fn(&mut Crafted, usize) -> Vec<u8>; 2] = [empty, mixed];
    for at_once in [1, 5, 1_000] {
        for bare in kinds {
            let (mut server, mut client) = crafted();
            let mut give = |records: &[Vec<u8>]| {
                records.chunks(at_once).try_fold(0, |all, some| {
                    let received = server.receive(&mut some.concat(), &mut text, &mut Vec::new());
                    Ok::<_, TlsError>(all + received?.text)
                })
            };
            let mut many = |count| (0..count).map(|it| bare(&mut client, it)).collect::<Vec<_>>();
            assert_eq!(give(&many(MAX)), Ok(0), "as many as there may be");
            let few = many(2);
            let refused = give(&few).expect_err("too many");
            assert!(matches!(refused, TlsError::Bare | TlsError::Malformed), "{refused}");
        }
        // With text in between there may be more of them.
        let (mut server, mut client) = crafted();
        for _ in 0..3 {
            let mut records: Vec<_> = (0..MAX).map(|it| mixed(&mut client, it)).collect();
            records.push(client.text(b"hi"));
            let mut heard = 0;
            for some in records.chunks(at_once) {
                let received = server.receive(&mut some.concat(), &mut text, &mut Vec::new());
                heard += received.expect("sound").text;
            }
            assert_eq!(heard, 2);
        }
    }
}
