//! Reading transcripts.

use crate::people::Before;
use std::path::Path;

/// Stands for the code of an invitation: the last one that somebody was told.
const CODE: &[u8] = b"xxxx-xxxx-xxxx-xxxx";

pub struct Script {
    pub name: String,
    pub flags: Vec<(String, Option<String>)>,
    /// The people and hooks that the file has before.
    pub before: Before,
    /// It is played with simulated time alone.
    pub is_virtual: bool,
    /// It is played at one server alone.
    pub is_lone: bool,
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
        self.text(flag)?.parse().ok()
    }

    pub fn text(&self, flag: &str) -> Option<&str> {
        self.flags.iter().find(|(name, _)| name == flag)?.1.as_deref()
    }

    fn read(path: &Path) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.expect("a transcript has a name");
        let text = std::fs::read_to_string(path).expect("a transcript is readable");
        let mut script = Self {
            name,
            flags: Vec::new(),
            before: Before::default(),
            is_virtual: false,
            is_lone: false,
            steps: Vec::new(),
        };
        for (number, line) in repeated(&text) {
            let place = format!("{}:{}", script.name, number);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (first, rest) = line.split_once(' ').expect("a step has two words");
            if first == "=" {
                script.setting(rest);
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

    fn setting(&mut self, text: &str) {
        let (flag, value) = text.split_once(' ').unwrap_or((text, ""));
        match flag {
            "virtual" => self.is_virtual = true,
            "lone" => self.is_lone = true,
            _ if self.before.takes(flag, value) => (),
            _ => {
                let value = Some(value.to_owned()).filter(|value| !value.is_empty());
                self.flags.push((flag.to_owned(), value));
            }
        }
    }
}

/// The lines with their numbers, those between `( 2 16` and `)` so many times.
fn repeated(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut block = None;
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(bounds) = line.strip_prefix("( ") {
            block = Some((lines.len(), bounds));
        } else if line == ")" {
            let (begin, bounds) = block.take().expect("a block has begun");
            let (first, last) = bounds.split_once(' ').expect("two numbers");
            let bound = |text: &str| text.parse::<u32>().expect("a number");
            let once = lines.split_off(begin);
            for count in bound(first)..=bound(last) {
                let with_it = once
                    .iter()
                    .map(|(number, line)| (*number, line.replace("$N", &count.to_string())));
                lines.extend(with_it);
            }
        } else {
            lines.push((number, line.to_owned()));
        }
    }
    lines
}

/// The code of an invitation, which is known once somebody was told it.
#[derive(Default)]
pub struct Code(Vec<u8>);

impl Code {
    /// Learns the code from a line that was received.
    pub fn learn(&mut self, expected: &[u8], received: &[u8]) {
        if let Some(at) = memchr::memmem::find(expected, CODE) {
            self.0 = received[at..at + CODE.len()].to_vec();
        }
    }

    /// A line that is sent, with the code in it.
    pub fn fill(&self, line: &[u8]) -> Vec<u8> {
        let mut line = line.to_vec();
        if let Some(at) = memchr::memmem::find(&line, CODE).filter(|_| !self.0.is_empty()) {
            line[at..at + CODE.len()].copy_from_slice(&self.0);
        }
        line
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

/// Whether bytes begin with the expected ones. Any time matches a time, any day a day, and any code
/// of an invitation one.
pub fn is_like(expected: &[u8], received: &[u8]) -> bool {
    const ANY: [&[u8]; 3] = [b"00:00", b"0000-00-00", CODE];
    let mut any = vec![false; expected.len()];
    for form in ANY {
        for at in memchr::memmem::find_iter(expected, form) {
            any[at..at + form.len()].fill(true);
        }
    }
    let is_like = |((expected, received), any): ((&u8, &u8), &bool)| {
        let is_any = match expected {
            b'0' => received.is_ascii_digit(),
            b'x' => received.is_ascii_alphanumeric(),
            _ => false,
        };
        expected == received || *any && is_any
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
