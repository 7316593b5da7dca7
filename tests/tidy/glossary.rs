//! One word, one meaning: no two public types share a name, and a type with a word of
//! `docs/glossary.md` in its name must be listed there.

use super::sources::{is_repository, sources};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;

/// Public types that share a name, and the reason.
const SHARED: &[(&str, &str)] = &[
    ("Decoder", "each codec has one, and it is written with its module"),
    ("Error", "what a codec refuses, written with its module"),
    ("Reply", "that of Redis, written with its module, and that to a request of Engine.IO"),
    ("Event", "what a codec finds, written with its module; the other is that of Socket.IO"),
    ("Packet", "the two protocols call theirs so; both are written with their modules"),
    ("Answer", "that to a test's event, and that of an HTTP server"),
    ("Message", "that of a plain WebSocket in the library, that of a person in the chat"),
];

/// Types that have a word of the glossary in their names with another meaning, and the reason.
const OTHERWISE: &[(&str, &str)] = &[
    ("mio_wire::Event", "what a codec finds, written with its module"),
    ("mio_socketio::Event", "that of Socket.IO, and what a record of a run tells"),
];

/// A type that a source declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Declared {
    /// The crate and the type's name, `mio_socketio::Outbox`.
    name: String,
    /// Whether it is public without a bound.
    is_public: bool,
    /// The place of its declaration.
    place: String,
}

/// The types that a source declares outside its tests.
struct Types<'a> {
    crate_name: &'a str,
    place: &'a str,
    found: Vec<Declared>,
}

impl Types<'_> {
    fn note(&mut self, name: &syn::Ident, visibility: &syn::Visibility) {
        self.found.push(Declared {
            name: format!("{}::{name}", self.crate_name),
            is_public: matches!(visibility, syn::Visibility::Public(_)),
            place: self.place.to_owned(),
        });
    }
}

impl Visit<'_> for Types<'_> {
    fn visit_item_struct(&mut self, item: &syn::ItemStruct) {
        self.note(&item.ident, &item.vis);
    }

    fn visit_item_enum(&mut self, item: &syn::ItemEnum) {
        self.note(&item.ident, &item.vis);
    }

    fn visit_item_trait(&mut self, item: &syn::ItemTrait) {
        self.note(&item.ident, &item.vis);
    }

    fn visit_item_type(&mut self, item: &syn::ItemType) {
        self.note(&item.ident, &item.vis);
    }

    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        let is_test = item.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        // Markers that only keep ids of different tables apart have the names of the things with
        // ids.
        if !is_test && item.ident != "kind" {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

fn types(crate_name: &str, place: &str, text: &str) -> Vec<Declared> {
    let file = syn::parse_file(text).expect("a source is Rust");
    let mut types = Types { crate_name, place, found: Vec::new() };
    types.visit_file(&file);
    types.found
}

fn all_types() -> Vec<Declared> {
    let sources = sources();
    let are_tests = |module: &[String]| module.iter().any(|name| name == "tests");
    let each = sources.iter().filter(|source| !are_tests(&source.module));
    each.flat_map(|source| types(&source.module[0], &source.place(), &source.text)).collect()
}

/// The name of a type without its crate.
fn bare(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

/// The words of a type's name in lower case, `outbox` and `id` for `OutboxId`; a WebSocket is one
/// word, and so is Socket.IO.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let name = bare(name).replace("WebSocket", "Websocket").replace("SocketIo", "Socketio");
    for letter in name.chars() {
        match words.last_mut() {
            Some(word) if !letter.is_ascii_uppercase() => word.push(letter),
            _ => words.push(letter.to_ascii_lowercase().to_string()),
        }
    }
    words
}

/// Whether a word of a name is this one, or its plural.
fn is_word(word: &str, of: &str) -> bool {
    let plural = [format!("{of}s"), format!("{of}es"), format!("{}ies", of.trim_end_matches('y'))];
    word == of || plural.iter().any(|plural| plural == word)
}

/// The words of the glossary, and the types that are listed for each.
fn glossary(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut words = BTreeMap::new();
    for row in text.lines().filter_map(|line| line.strip_prefix("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if let [word, _, types, ..] = cells[..]
            && word.chars().all(|letter| letter.is_ascii_lowercase())
        {
            let types = types.split('`').filter(|it| it.contains("::")).map(str::to_owned);
            words.insert(word.to_owned(), types.collect());
        }
    }
    words
}

/// Public types that share a name without being in `may`.
fn shared(types: &[Declared], may: &[(&str, &str)]) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for declared in types.iter().filter(|declared| declared.is_public) {
        places.entry(bare(&declared.name)).or_default().push(&declared.place);
    }
    places.retain(|name, places| places.len() > 1 && may.iter().all(|(may, _)| may != name));
    places
        .iter()
        .map(|(name, places)| format!("{name} is public in {}", places.join(", ")))
        .collect()
}

/// Types with a word in their names for which the glossary does not list them, or shared with
/// another type of their crate, and listed types that do not exist.
fn misnamed(
    types: &[Declared],
    glossary: &BTreeMap<String, BTreeSet<String>>,
    may: &[(&str, &str)],
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for declared in types.iter().filter(|it| may.iter().all(|(may, _)| *may != it.name)) {
        let Declared { name, place, .. } = declared;
        let named = words(name);
        let mut rows =
            glossary.iter().filter(|(word, _)| named.iter().any(|it| is_word(it, word))).peekable();
        if rows.peek().is_some()
            && let Some(other) = seen.insert(name, place)
        {
            wrong.push(format!("{place}: {name} is a type in {other} too"));
        }
        let unlisted = rows.filter(|(_, listed)| !listed.contains(name));
        wrong.extend(unlisted.map(|(word, _)| {
            format!("{place}: {name} is not listed in docs/glossary.md for {word:?}")
        }));
    }
    let is_there = |name: &String| types.iter().any(|declared| declared.name == *name);
    let listed = glossary.values().flatten();
    wrong.extend(listed.filter(|name| !is_there(name)).map(|name| format!("there is no {name}")));
    wrong
}

#[test]
fn no_two_public_types_share_a_name() {
    let wrong = shared(&all_types(), SHARED);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_of_the_glossary_mean_what_it_says() {
    if !is_repository() {
        return;
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/glossary.md");
    let glossary = glossary(&std::fs::read_to_string(path).expect("there is a glossary"));
    let wrong = misnamed(&all_types(), &glossary, OTHERWISE);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn violations_are_found() {
    let source = "
        pub struct Outbox;
        pub(crate) enum OutboxState {}
        mod inner { pub trait Outbox {} }
        #[cfg(test)]
        mod tests { pub struct Outbox; }
    ";
    let mut all = types("mio_socketio", "a.rs", source);
    all.extend(types("mio_chat", "b.rs", "struct Outboxes; pub struct Histories;"));
    all.extend(types("mio_chat", "c.rs", "struct Histories;"));
    assert_eq!(shared(&all, &[]), ["Outbox is public in a.rs, a.rs"]);
    assert!(shared(&all, &[("Outbox", "why not")]).is_empty());
    assert_eq!(words("mio_wire::PlainWebSocketId"), ["plain", "websocket", "id"]);
    let glossary = glossary(
        "| Word | Meaning | Types |\n|---|---|---|\n\
         | outbox | What waits | `mio_socketio::Outbox` `mio_wire::Outbox` |\n\
         | history | What was | |\n",
    );
    let wrong = misnamed(&all, &glossary, &[("mio_chat::Outboxes", "it is old")]);
    assert_eq!(
        wrong,
        [
            "a.rs: mio_socketio::OutboxState is not listed in docs/glossary.md for \"outbox\"",
            "a.rs: mio_socketio::Outbox is a type in a.rs too",
            "b.rs: mio_chat::Histories is not listed in docs/glossary.md for \"history\"",
            "c.rs: mio_chat::Histories is a type in b.rs too",
            "c.rs: mio_chat::Histories is not listed in docs/glossary.md for \"history\"",
            "there is no mio_wire::Outbox",
        ]
    );
}
