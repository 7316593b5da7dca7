//! The house rules: which module may import which, which words belong to which module, and how long
//! lines, functions and files may be.

#![allow(unreachable_pub, reason = "modules of a test")]

mod tidy {
    mod api;
    mod calls;
    mod documents;
    mod glossary;
    pub mod paths;
    mod plain;
    mod scripts;
    pub mod sources;
    pub mod surface;
}

use tidy::paths::named;
use tidy::sources::{is_repository, sources, tests};
use tidy::surface::{dependencies, foreign_types};

/// The layers: what each module may import, besides itself. Each crate's `Cargo.toml`
/// has the rules between crates; these are finer.
const LAYERS: &[(&str, &[&str])] = &[
    ("mio_socketio::limits", &["mio_wire"]),
    ("mio_socketio::base", &["mio_socketio::limits"]),
    ("mio_socketio::net", &["mio_wire", "mio_socketio::base", "mio_socketio::limits"]),
    ("mio_socketio::record", &["mio_socketio::net", "mio_socketio::base", "mio_socketio::limits"]),
    ("mio_socketio::session", &["mio_wire", "mio_socketio::base", "mio_socketio::limits"]),
    ("mio_socketio::link", &["mio_wire", "mio_socketio::base", "mio_socketio::limits"]),
    ("mio_socketio::hub", &["mio_wire", "mio_socketio::base", "mio_socketio::limits"]),
    (
        "mio_socketio::server",
        &[
            "mio_wire",
            "mio_socketio::session",
            "mio_socketio::link",
            "mio_socketio::hub",
            "mio_socketio::record",
            "mio_socketio::net",
            "mio_socketio::base",
            "mio_socketio::limits",
        ],
    ),
    ("mio_chat::limits", &["mio_wire", "mio_socketio::limits"]),
    ("mio_chat::words", &["mio_chat::limits"]),
    ("mio_chat::chat", &["mio_socketio", "mio_chat::words", "mio_chat::limits"]),
    ("mio_chat::client", &["mio_wire", "mio_chat::words", "mio_chat::limits"]),
    (
        "main",
        &[
            "mio_socketio",
            "mio_socketio::limits",
            "mio_chat::chat",
            "mio_chat::client",
            "mio_chat::words",
            "mio_chat::limits",
        ],
    ),
];

/// The modules inside `mio-socketio`: its public items are at its root and in `testing`.
const INSIDE: &[&str] = &["base", "hub", "limits", "link", "net", "record", "server", "session"];

/// Words, and the only modules that may use them.
const WORDS: &[(&str, &[&str])] = &[
    ("mio::", &["mio_socketio::net", "mio_chat::client", "mio_chat_loadgen"]),
    (
        "signal_hook",
        &["mio_socketio::net", "mio_chat::client", "main::on_demand", "mio_chat_loadgen"],
    ),
    ("socket2", &["mio_socketio::net", "mio_chat_loadgen"]),
    ("std::net::Tcp", &["mio_chat_loadgen"]),
    ("Instant", &["mio_socketio::net", "mio_chat::client", "mio_chat_loadgen"]),
    ("SystemTime", &["mio_socketio::net", "mio_chat::client", "main", "mio_chat_loadgen"]),
    ("rustix", &["mio_chat::client", "main", "mio_chat_loadgen"]),
    ("clap", &["main", "mio_chat_loadgen"]),
    ("std::thread", &[]),
    ("async fn", &[]),
    ("Rc<RefCell", &[]),
    (concat!("to", "do!("), &[]),
    (concat!("unimple", "mented!("), &[]),
];

const COLUMNS_MAX: usize = 100;
const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

/// Whether `module` is `place` or lies in it.
fn is_in(module: &str, place: &str) -> bool {
    module.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The module of a path: a crate, or one of its modules if these are told apart.
fn module_of(path: &[String]) -> Option<String> {
    let crate_name = path.first()?;
    let second = path.get(1).map_or("", String::as_str);
    match crate_name.as_str() {
        "mio_wire" | "main" => Some(crate_name.clone()),
        "mio_socketio" if !INSIDE.contains(&second) => Some(crate_name.clone()),
        "mio_socketio" | "mio_chat" => Some(format!("{crate_name}::{second}")),
        _ => None,
    }
}

#[test]
fn a_module_imports_only_modules_below_it() {
    let mut broken = Vec::new();
    for source in sources() {
        let module = source.top_module();
        let layer = LAYERS.iter().find(|(layer, _)| is_in(&module, layer));
        let is_root = matches!(&*module, "mio_socketio" | "mio_chat");
        let is_free = is_root || is_in(&module, "mio_wire") || is_in(&module, "mio_chat_loadgen");
        let Some((own, below)) = layer else {
            assert!(is_free, "{module} is in no layer");
            continue;
        };
        for other in named(&source.module, &source.text).iter().filter_map(|it| module_of(it)) {
            // Below means exactly this module: a library's public items are not its inner modules.
            if !is_in(&other, own) && !below.contains(&&*other) {
                broken.push(format!("{}: {own} may not import {other}", source.place()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn words_stay_in_their_modules() {
    let mut broken = Vec::new();
    for source in sources() {
        let module = source.top_module();
        for (number, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (word, modules) in WORDS {
                if code.contains(word) && !modules.iter().any(|may| is_in(&module, may)) {
                    let place = source.place();
                    broken.push(format!("{place}:{}: only {modules:?} may say {word}", number + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Crates whose types may occur in the public items of the libraries: those that carry arguments,
/// and ours.
const OFFERED: &[&str] = &["mio_wire", "serde", "serde_json"];

#[test]
fn the_libraries_offer_no_types_of_other_crates() {
    if !is_repository() {
        return;
    }
    let others = dependencies(&["crates/wire", "crates/server"]);
    let others: Vec<&String> = others.iter().filter(|it| !OFFERED.contains(&&***it)).collect();
    assert!(others.iter().any(|other| *other == "ipnet"), "{others:?}");
    let mut broken = Vec::new();
    for source in sources() {
        let module = source.top_module();
        // The loop is hidden from applications.
        let is_offered = is_in(&module, "mio_socketio") && !is_in(&module, "mio_socketio::net");
        if is_offered || is_in(&module, "mio_wire") {
            let found = foreign_types(&source).into_iter();
            let found = found.filter(|it| others.iter().any(|other| is_in(it, other)));
            broken.extend(found.map(|it| format!("{}: {it}", source.place())));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Work that examines each character of a name more than once, or makes more characters of it.
const UNICODE_WORK: [&str; 3] = ["unicode_security", "UnicodeNormalization", "MixedScript"];

/// The only places that may do it: names, messages and searches.
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
                broken.push(format!("{}:{}: {line}", source.place(), number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "there a text's length is looked at first:\n{}", broken.join("\n"));
}

/// The lists of brokers: the only places in the chat that know all of them.
const LISTS_OF_BROKERS: [&str; 3] = ["chat/shared/broker.rs", "chat/shared/mod.rs", "chat/mod.rs"];

/// The folder that holds a broker, if a source is in one: it has the name of the broker.
fn folder_of_a_broker<'p>(place: &'p str, text: &str) -> Option<&'p str> {
    let (_, inside) = place.split_once("src/chat/shared/")?;
    let (folder, _) = inside.split_once('/')?;
    text.contains("impl Broker for ").then_some(folder)
}

/// Whether a line of a source in the chat names one of these brokers, outside comments, and outside
/// the folder of that broker.
fn names_a_broker(brokers: &[String], place: &str, line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default().to_lowercase();
    let may = place.contains("/tests") || LISTS_OF_BROKERS.iter().any(|may| place.contains(may));
    let is_own = |broker: &str| place.contains(&format!("chat/shared/{broker}/"));
    let mut named = brokers.iter().filter(|broker| code.contains(&***broker));
    place.contains("src/chat/") && !may && named.any(|broker| !is_own(broker))
}

#[test]
fn only_its_folder_knows_a_broker() {
    let brokers: Vec<String> = sources()
        .iter()
        .filter_map(|source| Some(folder_of_a_broker(&source.place(), &source.text)?.to_owned()))
        .collect();
    assert!(!is_repository() || brokers.iter().any(|broker| broker == "redis"), "{brokers:?}");
    let mut broken = Vec::new();
    for source in sources() {
        let place = source.place();
        for (number, line) in source.text.lines().enumerate() {
            if names_a_broker(&brokers, &place, line) {
                broken.push(format!("{place}:{}: {line}", number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let names = |place: &str, line: &str| {
        names_a_broker(&["redis", "post"].map(str::to_owned), place, line)
    };
    assert!(names("src/chat/shared/read.rs", "use super::redis::keys::Keys;"));
    assert!(names("src/chat/metrics.rs", "let text = \"of Redis\";"));
    assert!(!names("src/chat/shared/redis/keys.rs", "use mio_socketio::redis::Redis;"));
    assert!(names("src/chat/shared/redis/keys.rs", "use super::super::post::Post;"));
}

#[test]
fn lines_functions_and_files_are_short() {
    let mut broken = Vec::new();
    for source in sources().into_iter().chain(tests()) {
        let place = source.place();
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

/// The number of lines of the function that begins here; 0 if none does, or if it has no body.
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
