//! Requests of HTTP.

use super::cost::bounded;
use super::cuts::Cuts;
use mio_socketio::session::{HttpDoor, HttpPeer, Step};
use mio_wire::http::{Body, Framing, Head, head_end, parse};
use mio_wire::limits::HTTP_HEAD_BYTES_MAX;
use std::net::{IpAddr, Ipv4Addr};

const BODIES_BYTES_MAX: [usize; 4] = [0, 10, 1000, 1_000_000];

/// Requests are read the same at every split, by the codec and by a connection of the HTTP door.
pub(crate) fn http_request(data: &[u8]) {
    let cuts = Cuts::new(data);
    let bytes_max = BODIES_BYTES_MAX[usize::from(cuts.options & 3)];
    let mut logs = Vec::new();
    for split in cuts.splits() {
        logs.push(codec(&split, bytes_max));
        logs.push(bounded(|| connection(&split, bytes_max)));
    }
    for log in &logs {
        assert_eq!(*log, logs[0]);
    }
}

/// The parts of a request that must be the same.
fn told(head: &Head<'_>) -> String {
    assert!(head.path == "*" || head.path.starts_with('/'));
    assert!(head.query.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(!head.http10 || !head.keep_alive);
    let headers: Vec<&str> = head.headers("x").collect();
    assert_eq!(headers.first().copied(), head.header("x"));
    let params: Vec<(_, _)> = head.params().collect();
    format!(
        "{:?} {} {} {} {:?} {} {headers:?} {params:?} {}",
        head.method,
        head.path,
        head.query,
        head.keep_alive,
        head.framing,
        head.expect_continue,
        head.has_token("connection", "upgrade")
    )
}

fn codec(split: &[&[u8]], bytes_max: usize) -> Vec<String> {
    let (mut input, mut scanned, mut log) = (Vec::new(), 0, Vec::new());
    let mut body: Option<(Body, Vec<u8>)> = None;
    for piece in split {
        input.extend_from_slice(piece);
        loop {
            let Some((decoder, content)) = &mut body else {
                let end = match head_end(&input, &mut scanned) {
                    Ok(Some(end)) => end,
                    Ok(None) => break,
                    Err(refusal) => return refused(log, refusal.to_string()),
                };
                assert!(end <= HTTP_HEAD_BYTES_MAX && scanned == 0);
                let rest = input.split_off(end);
                let bytes = std::mem::replace(&mut input, rest);
                let head = match parse(&bytes) {
                    Ok(head) => head,
                    Err(refusal) => return refused(log, refusal.to_string()),
                };
                log.push(told(&head));
                body = match Body::new(head.framing, bytes_max) {
                    Ok(body) if head.framing != Framing::None => Some((body, Vec::new())),
                    Ok(_) => {
                        log.push(String::new());
                        None
                    }
                    Err(refusal) => {
                        log.pop();
                        return refused(log, refusal.to_string());
                    }
                };
                continue;
            };
            let mut rest = &input[..];
            let whole = decoder.decode(&mut rest, content);
            let taken = input.len() - rest.len();
            input.drain(..taken);
            assert!(content.len() <= bytes_max, "a body is bounded");
            match whole {
                Ok(true) => {
                    log.push(content.escape_ascii().to_string());
                    body = None;
                }
                Ok(false) => {
                    assert!(input.is_empty(), "a body that is not whole takes everything");
                    break;
                }
                Err(refusal) => return refused(log, refusal.to_string()),
            }
        }
    }
    log
}

fn refused(mut log: Vec<String>, refusal: String) -> Vec<String> {
    log.push(refusal);
    log
}

fn connection(split: &[&[u8]], bytes_max: usize) -> Vec<String> {
    let mut peer = HttpPeer::new(HttpDoor::Clients, IpAddr::V4(Ipv4Addr::LOCALHOST).into(), 0);
    let mut log = Vec::new();
    for piece in split {
        peer.receive(piece, 0);
        loop {
            match peer.next(bytes_max, 0) {
                Ok(None) => break,
                Ok(Some(Step::Begun)) => log.push(told(&peer.begun().expect("it has begun"))),
                Ok(Some(Step::Whole(request))) => {
                    assert!(peer.is_busy() && peer.due_ms().is_none());
                    if request.head().framing == Framing::None {
                        log.push(told(&request.head()));
                    }
                    log.push(request.body().escape_ascii().to_string());
                    peer.answered(0);
                }
                Err(refusal) => return refused(log, refusal.to_string()),
            }
        }
    }
    log
}
