//! Messages of WebSocket.

use super::cost::bounded;
use super::cuts::Cuts;
use mio_wire::limits::WS_CONTROL_BYTES_MAX;
use mio_wire::ws::{Decoder, Error, Event, Inflater, Opcode, Role, masked_frame};

const MESSAGES_BYTES_MAX: [usize; 8] = [0, 1, 10, 125, 126, 1000, 65_536, 1_000_000];
const FRAGMENTS_MAX: [u32; 4] = [1, 2, 5, 1024];

#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
    Refused(Error),
}

/// Messages, compressed or not, are the same at every split. None exceeds its limit, and none comes
/// after the end. The messages can be encoded and decoded once more.
pub(crate) fn ws_messages(data: &[u8]) {
    let cuts = Cuts::new(data);
    let bytes_max = MESSAGES_BYTES_MAX[usize::from(cuts.options & 7)];
    let fragments_max = FRAGMENTS_MAX[usize::from(cuts.options >> 3 & 3)];
    let deflates = cuts.options >> 5 & 1 == 1;
    let mut first: Option<Vec<Told>> = None;
    for split in cuts.splits() {
        let told = bounded(|| messages(&split, bytes_max, fragments_max, deflates));
        match &first {
            Some(first) => assert_eq!(told, *first),
            None => first = Some(told),
        }
    }
    let first = first.unwrap_or_default();
    let again = encode(&first, cuts.options);
    let same = first.into_iter().filter(|told| !matches!(told, Told::Refused(_)));
    assert_eq!(messages(&[&again], bytes_max, 1, deflates), same.collect::<Vec<_>>());
}

fn messages(split: &[&[u8]], bytes_max: usize, fragments_max: u32, deflates: bool) -> Vec<Told> {
    let decoder = Decoder::new(Role::Server).with_fragments_max(fragments_max);
    let mut decoder = if deflates { decoder.with_deflate() } else { decoder };
    let mut inflater = Inflater::default();
    let mut all = Vec::new();
    for piece in split {
        let mut piece = piece.to_vec();
        let mut rest = &mut piece[..];
        loop {
            let ended = matches!(all.last(), Some(Told::Close(_) | Told::Refused(_)));
            let told = match decoder.next_with(&mut rest, bytes_max, &mut inflater) {
                Ok(None) => break,
                Ok(Some(Event::Text(text))) => Told::Text(text.to_owned()),
                Ok(Some(Event::Binary(bytes))) => Told::Binary(bytes.to_vec()),
                Ok(Some(Event::Ping(bytes))) => Told::Ping(bytes.to_vec()),
                Ok(Some(Event::Pong)) => Told::Pong,
                Ok(Some(Event::Close { code })) => Told::Close(code),
                Err(error) => Told::Refused(error),
            };
            assert!(!ended, "{told:?} behind the end");
            match &told {
                Told::Text(text) => assert!(text.len() <= bytes_max),
                Told::Binary(bytes) => assert!(bytes.len() <= bytes_max),
                Told::Ping(bytes) => assert!(bytes.len() <= WS_CONTROL_BYTES_MAX),
                Told::Refused(error) => assert!((1002..=1009).contains(&error.code())),
                Told::Pong | Told::Close(_) => (),
            }
            all.push(told);
        }
        assert!(rest.is_empty(), "everything is taken");
    }
    all
}

fn encode(all: &[Told], mask: u8) -> Vec<u8> {
    let (mut out, mask) = (Vec::new(), [mask, 1, 0xff, 0x80]);
    for told in all {
        match told {
            Told::Text(text) => masked_frame(&mut out, Opcode::Text, text.as_bytes(), mask),
            Told::Binary(bytes) => masked_frame(&mut out, Opcode::Binary, bytes, mask),
            Told::Ping(bytes) => masked_frame(&mut out, Opcode::Ping, bytes, mask),
            Told::Pong => masked_frame(&mut out, Opcode::Pong, b"", mask),
            Told::Close(code) => {
                let code = code.map_or_else(Vec::new, |code| code.to_be_bytes().to_vec());
                masked_frame(&mut out, Opcode::Close, &code, mask);
            }
            Told::Refused(_) => (),
        }
    }
    out
}
