//! Reading transcripts.

use crate::people::{self, Registered};
use std::path::Path;

pub struct Script {
    pub name: String,
    pub flags: Vec<(String, Option<u64>)>,
    pub people: Vec<Registered>,
    pub steps: Vec<Step>,
}

pub struct Step {
    pub who: String,
    /// File and line, for a failure's message.
    pub place: String,
    pub action: Action,
}

pub enum Action {
    Connect,
    Send(Vec<u8>),
    Receive(Vec<u8>),
    End,
    Reset,
    Ended,
    Wait(u64),
}

impl Script {
    /// All transcripts.
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .expect("there is a folder of transcripts")
            .map(|entry| entry.expect("its entries are readable").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "chat"))
            .collect();
        paths.sort();
        assert!(!paths.is_empty(), "there are transcripts");
        paths.iter().map(|path| Self::read(path)).collect()
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|(name, _)| name == flag)
    }

    pub fn value(&self, flag: &str) -> Option<u64> {
        self.flags.iter().find(|(name, _)| name == flag).and_then(|(_, value)| *value)
    }

    fn read(path: &Path) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.expect("a transcript has a name");
        let text = std::fs::read_to_string(path).expect("a transcript is readable");
        let mut script = Self { name, flags: Vec::new(), people: Vec::new(), steps: Vec::new() };
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", script.name, number + 1);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (first, rest) = line.split_once(' ').expect("a step has two words");
            if first == "=" {
                let (flag, value) = rest.split_once(' ').unwrap_or((rest, ""));
                if flag == "person" {
                    script.people.push(people::registered(value));
                    continue;
                }
                script.flags.push((flag.to_owned(), value.parse().ok()));
                continue;
            }
            let action = if first == "@" {
                Action::Wait(rest.parse().expect("a wait is in milliseconds"))
            } else {
                action(rest).unwrap_or_else(|| panic!("{place}: no such step"))
            };
            script.steps.push(Step { who: first.to_owned(), place, action });
        }
        script
    }
}

fn action(text: &str) -> Option<Action> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some(match verb {
        "+" => Action::Connect,
        "-" => Action::End,
        "!" => Action::Reset,
        "." => Action::Ended,
        "->" => Action::Send(bytes(rest)),
        "<-" => Action::Receive(bytes(rest)),
        _ => return None,
    })
}

/// Whether bytes begin with the expected ones. Any time matches a time, and any day a day.
pub fn is_like(expected: &[u8], received: &[u8]) -> bool {
    const ANY: [&[u8]; 2] = [b"00:00", b"0000-00-00"];
    let mut any = vec![false; expected.len()];
    for form in ANY {
        for at in memchr::memmem::find_iter(expected, form) {
            any[at..at + form.len()].fill(true);
        }
    }
    let is_like = |((expected, received), any): ((&u8, &u8), &bool)| {
        expected == received || *any && *expected == b'0' && received.is_ascii_digit()
    };
    received.len() >= expected.len() && expected.iter().zip(received).zip(&any).all(is_like)
}

/// The bytes of a line, with its end unless the line ends with a backslash.
fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            None => return bytes,
            Some(b'r') => bytes.push(b'\r'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'e') => bytes.push(0x1b),
            Some(b'\\') => bytes.push(b'\\'),
            Some(b'x') => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&digits, 16).expect("two hexadecimal digits"));
            }
            Some(other) => panic!("there is no escape \\{}", char::from(other)),
        }
    }
    bytes.push(b'\n');
    bytes
}
