//! Streams made and damaged by a seeded generator: nothing panics, and the way they are cut makes
//! no difference.

use super::*;

/// Frames, mostly in an allowed order.
fn stream(random: &mut Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut is_open = false;
    for _ in 0..1 + random.usize(..6) {
        let length = [0, 1, 5, 30, 125, 126, 300][random.usize(..7)];
        let first = match (random.usize(..12), is_open) {
            (0, _) => 0x89,
            (1, _) => 0x8a,
            (2, _) => random.u8(..),
            (3, _) if random.usize(..4) == 0 => 0x88,
            (4.., true) => [0x00, 0x80][random.usize(..2)],
            _ => [0x01, 0x02, 0x81, 0x82][random.usize(..4)],
        };
        is_open = if first & 0x08 == 0 { first & 0x80 == 0 } else { is_open };
        let payload = match first {
            0x88 => [[3, 232].as_slice(), b"bye"].concat(),
            0x89 | 0x8a => random_bytes(random, length.min(125)),
            _ => random_text(random, length).into_bytes(),
        };
        bytes.extend(raw(first, &payload));
    }
    bytes
}

fn damage(bytes: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..random.usize(..4) {
        let at = random.usize(..bytes.len());
        match random.usize(..4) {
            0 => bytes[at] ^= 1 << random.usize(..8),
            1 => bytes[at] = random.u8(..),
            2 => bytes.insert(at, random.u8(..)),
            _ => bytes.truncate(at.max(1)),
        }
    }
}

#[test]
fn damaged_streams_mean_the_same_in_any_pieces() {
    let mut random = Rng::with_seed(3);
    let mut events = 0;
    let mut errors = std::collections::BTreeSet::new();
    for run in 0..20_000 {
        let mut bytes = stream(&mut random);
        damage(&mut bytes, &mut random);
        let whole = decode(Role::Server, &bytes, &[], 500);
        let cuts = random_cuts(&mut random, 1 + run % 5, bytes.len());
        assert_eq!(decode(Role::Server, &bytes, &cuts, 500), whole, "run {run} {cuts:?}");
        if run % 8 == 0 {
            let each: Vec<usize> = (0..bytes.len()).collect();
            assert_eq!(decode(Role::Server, &bytes, &each, 500), whole, "run {run}");
        }
        events += whole.len();
        let last = whole.last().map_or("", String::as_str);
        errors.insert(last.split(['(', ' ']).next().unwrap_or_default().to_owned());
    }
    // The generator is useful only while it reaches all of this.
    assert!(events > 25_000, "{events}");
    for kind in ["Text", "Binary", "Ping", "Pong", "Close", "Utf8", "TooLarge", "Interleaved"] {
        assert!(errors.contains(kind), "{kind} {errors:?}");
    }
    assert!(errors.len() >= 15, "{errors:?}");
}

#[test]
fn noise_is_refused() {
    let mut random = Rng::with_seed(4);
    for role in [Role::Server, Role::Client] {
        for _ in 0..2_000 {
            let length = 1 + random.usize(..60);
            let bytes = random_bytes(&mut random, length);
            let cuts = random_cuts(&mut random, 3, bytes.len());
            let whole = decode(role, &bytes, &[], 500);
            assert_eq!(decode(role, &bytes, &cuts, 500), whole, "{bytes:?} {cuts:?}");
        }
    }
}
