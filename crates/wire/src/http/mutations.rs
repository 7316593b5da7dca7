use super::tests::{last, read};
use fastrand::Rng;

const SOUND: &[&[u8]] = &[
    b"GET /a?b=c HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    b"\r\nPOST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"PUT / HTTP/1.1\r\nHost: [::1]:5\r\nTransfer-Encoding: chunked\r\n\r\n\
        5;x=y\r\nhello\r\n2\r\n!!\r\n0\r\nA: b\r\n\r\n",
    b"OPTIONS * HTTP/1.0\r\nX: \xc3\xbc\xff\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b",",
    b"#",
    b"?",
    b"%",
    b"\x16",
    b"\xff",
    b"0",
    b"f",
    b"-",
    b"+",
    b"\r\n\r\n",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Host: b\r\n",
    b"chunked",
    b"Connection: close\r\n",
    b"HTTP/1.0",
    b"http://a",
    b"99999999999",
];

fn mutate(input: &mut Vec<u8>, random: &mut Rng) {
    let at = random.usize(..input.len() + 1);
    match random.usize(..6) {
        0 => drop(input.splice(at..at, PIECES[random.usize(..PIECES.len())].iter().copied())),
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.u8(..);
            }
        }
        2 => drop(input.drain(at..(at + 1 + random.usize(..4)).min(input.len()).max(at))),
        3 => input.truncate(at),
        4 => drop(input.splice(at..at, SOUND[random.usize(..SOUND.len())].iter().copied())),
        _ => {
            let copy = input[at..(at + random.usize(..30)).min(input.len())].to_vec();
            let to = random.usize(..input.len() + 1);
            drop(input.splice(to..to, copy));
        }
    }
}

#[test]
fn no_mutation_panics_and_no_split_matters() {
    let mut random = Rng::with_seed(1);
    let mut refused = 0;
    for round in 0..20_000 {
        let mut input = SOUND[round % SOUND.len()].to_vec();
        if random.bool() {
            input.extend_from_slice(SOUND[random.usize(..SOUND.len())]);
        }
        for _ in 0..random.usize(..4) {
            mutate(&mut input, &mut random);
        }
        let whole = read(&input, &[]);
        let mut cuts: Vec<usize> = (0..3).map(|_| random.usize(..input.len() + 1)).collect();
        cuts.sort_unstable();
        let each: Vec<usize> = (0..input.len()).collect();
        for cuts in [cuts, each] {
            assert_eq!(read(&input, &cuts), whole, "{:?}", String::from_utf8_lossy(&input));
        }
        refused += usize::from(!last(&whole).ends_with('"'));
    }
    // Both outcomes occur: the mutations are neither harmless nor all fatal.
    assert!((5_000..15_000).contains(&refused), "{refused}");
}
