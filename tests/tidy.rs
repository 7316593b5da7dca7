//! The house rules: who may import whom, which words belong to which room, and how long things are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The rooms of `src`, and what each may import: the rooms below it.
const FLOORS: &[(&str, &[&str])] = &[
    ("limits", &[]),
    ("base", &["limits"]),
    ("proto", &["base", "limits"]),
    ("net", &["base", "limits"]),
    ("session", &["proto", "base", "limits"]),
    ("hub", &["proto", "base", "limits"]),
    ("server", &["session", "hub", "proto", "net", "base", "limits"]),
    ("chat", &["server", "base", "limits"]),
    ("client", &["proto", "base", "limits"]),
    ("main", &["chat", "client", "server", "base", "limits"]),
    ("loadgen", &["proto", "limits"]),
];

/// Words, and the only rooms that may say them.
const WORDS: &[(&str, &[&str])] = &[
    ("mio::", &["net", "client", "loadgen"]),
    ("signal_hook", &["net", "client", "loadgen"]),
    ("socket2", &["net", "loadgen"]),
    ("std::net::Tcp", &["loadgen"]),
    ("Instant", &["net", "client", "loadgen"]),
    ("SystemTime", &["net", "client", "main", "loadgen"]),
    ("rustix", &["client", "main", "loadgen"]),
    ("clap", &["main", "loadgen"]),
    ("std::thread", &[]),
    ("async fn", &[]),
    ("Rc<RefCell", &[]),
    (concat!("to", "do!("), &[]),
    (concat!("unimple", "mented!("), &[]),
];

const COLUMNS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

struct Source {
    room: String,
    path: PathBuf,
    text: String,
}

/// Every Rust file of the sources, with the room it stands in.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let paths = rust_files(&root);
    let sources = paths.into_iter().map(|path| {
        let inside = path.strip_prefix(&root).expect("a source is in src");
        let first = inside.components().next().expect("a source has a name");
        let room = first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&path).expect("a source is text");
        Source { room, path, text }
    });
    sources.collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder is readable") {
        let path = entry.expect("an entry is readable").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn a_room_imports_only_rooms_below_it() {
    let floors: HashMap<&str, &[&str]> = FLOORS.iter().copied().collect();
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.room != "lib") {
        let allowed = floors.get(&*source.room);
        let allowed = allowed.unwrap_or_else(|| panic!("{} stands on no floor", source.room));
        for (number, line) in source.text.lines().enumerate() {
            for (other, _) in FLOORS {
                let named = [format!("crate::{other}::"), format!("mio_chat::{other}::")];
                let inside = matches!(&*source.room, "main" | "loadgen");
                let imports =
                    named.iter().skip(usize::from(inside)).any(|name| line.contains(name))
                        || line.ends_with(&format!("mio_chat::{other};"));
                if imports && *other != source.room && !allowed.contains(other) {
                    let place = source.path.display();
                    broken.push(format!(
                        "{place}:{}: {} may not import {other}",
                        number + 1,
                        source.room
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn words_stay_in_their_rooms() {
    let mut broken = Vec::new();
    for source in sources() {
        for (number, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (word, rooms) in WORDS {
                if code.contains(word) && !rooms.contains(&&*source.room) {
                    let place = source.path.display();
                    broken.push(format!("{place}:{}: only {rooms:?} may say {word}", number + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// What looks at each character of a name more than once, or makes more of them.
const UNICODE_WORK: [&str; 3] = ["unicode_security", "UnicodeNormalization", "MixedScript"];

/// The only places that may do so: names, and what is said and looked for.
const PLACES: [&str; 2] = ["chat/names/look.rs", "chat/history/words.rs"];

#[test]
fn names_are_normalised_in_one_place() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|it| !PLACES.iter().any(|place| it.path.ends_with(place)))
    {
        let lines = source.text.lines().enumerate();
        for (number, line) in lines {
            let is_test = source.path.ends_with("tests.rs");
            if !is_test && UNICODE_WORK.iter().any(|word| line.contains(word)) {
                broken.push(format!("{}:{}: {line}", source.path.display(), number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "there a text's length is looked at first:\n{}", broken.join("\n"));
}

#[test]
fn lines_functions_and_files_are_short() {
    let mut broken = Vec::new();
    let tests = rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let tests = tests.into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).expect("a test is text");
        Source { room: "tests".to_owned(), path, text }
    });
    for source in sources().into_iter().chain(tests) {
        let place = source.path.display();
        let lines: Vec<&str> = source.text.lines().collect();
        if lines.len() > FILE_LINES_MAX {
            broken.push(format!("{place}: {} lines", lines.len()));
        }
        for (at, line) in lines.iter().enumerate() {
            if line.chars().count() > COLUMNS_MAX {
                broken.push(format!("{place}:{}: {} columns", at + 1, line.chars().count()));
            }
            let length = function_lines(&lines[at..]);
            if length > FUNCTION_LINES_MAX {
                broken.push(format!("{place}:{}: a function of {length} lines", at + 1));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The lines of the function that begins here; 0 if none does, or one of a trait without a body.
/// (rustfmt puts its end at the same indentation as its beginning.)
fn function_lines(lines: &[&str]) -> usize {
    let first = lines[0];
    let code = first.trim_start();
    if !(code.starts_with("fn ") || code.starts_with("pub") && code.contains(" fn ")) {
        return 0;
    }
    let mut head = lines.iter().filter(|line| line.ends_with([';', '{', '}']));
    if head.next().is_some_and(|line| line.ends_with(';')) {
        return 0;
    }
    let indentation = first.len() - code.len();
    let end = format!("{}}}", " ".repeat(indentation));
    lines.iter().position(|line| *line == end).map_or(0, |end| end + 1)
}
