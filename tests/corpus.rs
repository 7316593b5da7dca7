//! Runs the fuzzers' checks over their corpus and over mutations of it, without a fuzzer.

mod checks;

use fastrand::Rng;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Mutations of the corpus that each check gets.
const MUTATIONS: u32 = 20_000;
/// Mutations of the corpus for a check that makes a history each time.
const CHAT_MUTATIONS: u32 = 500;
/// Mutations of the corpus for a check that does handshakes.
const TLS_MUTATIONS: u32 = 1_000;
/// Longest input that is mutated: many short inputs find more than few long ones.
const MUTATED_BYTES_MAX: usize = 1024;
/// Bytes with a meaning for the codecs.
const SPECIAL: &[u8] = b"\n\r\0 \x03\x04\x16\xf0\xf4\xfa\xfb\xfc\xfd\xfe\xff\xc3\xe2\x80\x8e\xcc";

type Check = fn(&[u8]);

#[test]
fn line_decoder() {
    run("line_decoder", checks::line_decoder);
}

#[test]
fn telnet_filter() {
    run("telnet_filter", checks::telnet_filter);
}

#[test]
fn visible_text() {
    run("visible_text", checks::visible_text);
}

#[test]
fn line_session() {
    run("line_session", checks::line_session);
}

#[test]
fn http_request() {
    run("http_request", checks::http_request);
}

#[test]
fn proxy_header() {
    run("proxy_header", checks::proxy_header);
}

#[test]
fn resp_replies() {
    run("resp_replies", checks::resp_replies);
}

#[test]
fn ws_deflate() {
    run("ws_deflate", checks::ws_deflate);
}

#[test]
fn ws_messages() {
    run("ws_messages", checks::ws_messages);
}

#[test]
fn eio_payload() {
    run("eio_payload", checks::eio_payload);
}

#[test]
fn sio_packet() {
    run("sio_packet", checks::sio_packet);
}

#[test]
fn msgpack() {
    run("msgpack", checks::msgpack);
}

#[test]
fn engine_session() {
    run("engine_session", checks::engine_session);
}

#[test]
fn chat_requests() {
    run_with("chat_requests", checks::chat_requests, CHAT_MUTATIONS);
}

#[test]
fn tls_input() {
    run_with("tls_input", checks::tls_input, TLS_MUTATIONS);
}

/// Each target of the fuzzer, and each corpus, is tested here. (A package has no fuzzer.)
#[test]
fn every_target_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = Vec::new();
    for folder in ["tests/corpus", "fuzz/fuzz_targets"] {
        let entries = fs::read_dir(root.join(folder)).into_iter().flatten();
        names.extend(entries.map(|entry| entry.expect("a folder can be listed").path()));
    }
    assert!(names.len() >= 11, "{names:?}");
    for path in names {
        let name = path.file_stem().expect("a name").to_string_lossy();
        assert!(include_str!("corpus.rs").contains(&format!("#[test]\nfn {name}()")), "{name}");
    }
}

fn run(target: &str, check: Check) {
    run_with(target, check, MUTATIONS);
}

fn run_with(target: &str, check: Check, mutations: u32) {
    let corpus = corpus(target);
    for (name, input) in &corpus {
        run_one(check, input, name);
    }
    let seeds: Vec<&[u8]> = corpus
        .iter()
        .map(|(_, input)| &**input)
        .filter(|input| input.len() <= MUTATED_BYTES_MAX)
        .collect();
    let mut random = Rng::with_seed(0x6d69_6f2d_6368_6174);
    for _ in 0..mutations {
        let mut input = seeds[random.usize(..seeds.len())].to_vec();
        for _ in 0..=random.usize(..4) {
            mutate(&mut input, &seeds, &mut random);
        }
        run_one(check, &input, "a mutation");
    }
}

/// Files of a corpus in the order of their names, so that every run is the same.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(target);
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(&directory)
        .expect("the corpus is there")
        .map(|entry| {
            let entry = entry.expect("the corpus can be listed");
            let input = fs::read(entry.path()).expect("a corpus file can be read");
            (entry.file_name().to_string_lossy().into_owned(), input)
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn run_one(check: Check, input: &[u8], name: &str) {
    let result = catch_unwind(AssertUnwindSafe(|| check(input)));
    assert!(result.is_ok(), "{name}: b\"{}\"", input.escape_ascii());
}

fn mutate(input: &mut Vec<u8>, seeds: &[&[u8]], random: &mut Rng) {
    let at = random.usize(..input.len() + 1);
    let to = at + random.usize(..input.len() - at + 1).min(16);
    match random.usize(..7) {
        0 => input.insert(at, random.u8(..)),
        1 => input.insert(at, SPECIAL[random.usize(..SPECIAL.len())]),
        2 => drop(input.drain(at..to)),
        3 => drop(input.splice(to..to, input[at..to].to_vec())),
        4 => {
            let other = seeds[random.usize(..seeds.len())];
            input.truncate(at);
            input.extend_from_slice(&other[random.usize(..other.len() + 1)..]);
            input.truncate(2 * MUTATED_BYTES_MAX);
        }
        5 if at < input.len() => input[at] = random.u8(..),
        6 if at < input.len() => input[at] = SPECIAL[random.usize(..SPECIAL.len())],
        _ => input.truncate(at),
    }
}
