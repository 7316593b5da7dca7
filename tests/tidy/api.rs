//! The public items of the libraries, recorded in `docs/api.txt` of each, so that a change of them
//! is seen and meant. `API=write cargo test --test tidy` writes the records.
//!
//! It reads formatted text: items begin in the first column, and their parts in the fifth. The
//! compiler warns of public items that nobody can reach, so that all in `mio-wire` count; those of
//! `mio-socketio` are the ones that its root exports, and those of its two public modules.

use super::sources::{Source, is_repository, sources};
use std::collections::BTreeSet;
use std::path::Path;

/// The crates, and their folders.
const LIBRARIES: [(&str, &str); 2] =
    [("mio_wire", "crates/wire"), ("mio_socketio", "crates/server")];
/// The file of the library whose `pub use` are its root.
const ROOT: &str = "server";
/// Its public modules.
const MODULES: [&str; 2] = ["testing", "redis"];

/// The lines of an item, without comments, attributes and indentation of its own.
struct Item<'t> {
    head: String,
    lines: Vec<&'t str>,
}

/// The text up to a body or an end, on one line.
fn signature<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let mut text = String::new();
    for line in lines {
        let line = line.trim();
        let is_open = text.is_empty() || text.ends_with('(') || text.ends_with('<');
        text.push_str(if is_open || line.starts_with([')', '>']) { "" } else { " " });
        text.push_str(line);
        let is_closed = text.matches(['(', '[']).count() == text.matches([')', ']']).count();
        if line.ends_with(['{', ';', '}']) || line.ends_with(',') && is_closed {
            break;
        }
    }
    let body = text.find(" {").filter(|_| !text.ends_with(';'));
    let text = body.map_or(&*text, |at| &text[..at]);
    text.trim_end_matches([';', ',']).replace(",)", ")").replace(",>", ">")
}

/// The items of a file, without its tests.
fn items(text: &str) -> Vec<Item<'_>> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let is_code = |line: &&str| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with("//") && !line.starts_with("#[")
    };
    let mut items: Vec<Item<'_>> = Vec::new();
    for line in code.lines().filter(is_code) {
        let begins = line.starts_with(|it: char| it.is_ascii_lowercase());
        match items.last_mut() {
            Some(item) if !begins => item.lines.push(line),
            _ => items.push(Item { head: String::new(), lines: vec![line] }),
        }
    }
    for item in &mut items {
        item.head = signature(item.lines.iter().copied());
    }
    items
}

/// The name of the type that an item declares or implements.
fn name(head: &str) -> &str {
    let after = |words: &str| head.split_once(words).map(|(_, rest)| rest);
    let declared = ["struct ", "enum ", "trait ", "type ", "fn ", "const ", "setters!("];
    let rest = if head.starts_with("impl") {
        let of = after(" for ").unwrap_or_else(|| match head.strip_prefix("impl<") {
            // After the parameters of the `impl`.
            Some(rest) => rest.split_once("> ").map_or(rest, |(_, rest)| rest),
            None => &head["impl ".len().min(head.len())..],
        });
        of.trim_start_matches('&')
    } else {
        declared.into_iter().find_map(after).unwrap_or(head)
    };
    let end = rest.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(rest.len());
    &rest[..end]
}

/// The parts of an item that are public, each on one line.
fn parts(item: &Item<'_>) -> Vec<String> {
    let is_part = |line: &str| line.starts_with("    ") && !line.starts_with("     ");
    let body = || item.lines.iter().enumerate().skip(1).filter(|(_, line)| is_part(line));
    let from = |at: usize| signature(item.lines[at..].iter().copied());
    let is_trait = item.head.starts_with("pub trait");
    if item.head.starts_with("pub enum") {
        let all: Vec<&str> = item.lines[1..].iter().map(|line| line.trim()).collect();
        let variants = all.join(" ");
        let variants = variants.strip_suffix('}').unwrap_or(&variants).trim_end();
        return vec![variants.trim_end_matches(',').to_owned()];
    }
    let wanted = |line: &str| {
        let line = line.trim_start();
        let is_member = line.starts_with("fn ") || line.starts_with("type ");
        line.starts_with("pub ") || is_trait && (is_member || line.starts_with("const "))
    };
    body().filter(|(_, line)| wanted(line)).map(|(at, _)| from(at)).collect()
}

/// The public items of a file, for a record.
fn surface(source: &Source, is_wanted: impl Fn(&str, bool) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    for item in items(&source.text) {
        let head = &item.head;
        let is_implemented = head.starts_with("impl") || head.starts_with("setters!");
        let is_public = head.starts_with("pub ") && !head.starts_with("pub use ");
        let is_item = is_public || is_implemented;
        if !is_item || head.starts_with("pub mod") || !is_wanted(name(head), is_implemented) {
            continue;
        }
        let parts = parts(&item);
        let is_trait_of = head.starts_with("impl") && head.contains(" for ");
        if !head.starts_with("impl") || is_trait_of {
            lines.push(head.clone());
        }
        if !is_trait_of {
            lines.extend(parts.into_iter().map(|part| format!("{}: {part}", name(head))));
        }
    }
    lines
}

/// The names of the public types of a file.
fn types(source: &Source) -> Vec<String> {
    let kinds = ["pub struct ", "pub enum ", "pub trait ", "pub type "];
    let is_type = |head: &str| kinds.iter().any(|kind| head.starts_with(kind));
    let items = items(&source.text).into_iter().filter(|item| is_type(&item.head));
    items.map(|item| name(&item.head).to_owned()).collect()
}

/// The names in the `pub use` of a file.
fn exported(source: &Source) -> BTreeSet<String> {
    let uses = items(&source.text).into_iter().filter(|item| item.head.starts_with("pub use"));
    let texts = uses.map(|item| item.lines.concat());
    let words = texts.flat_map(|text| {
        let words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
        words.map(str::to_owned).collect::<Vec<_>>()
    });
    words.filter(|word| !word.is_empty()).collect()
}

/// The record of a library.
fn record(library: &str) -> String {
    let sources: Vec<Source> =
        sources().into_iter().filter(|source| source.module[0] == library).collect();
    let root = sources.iter().find(|source| source.module[1..] == [ROOT.to_owned()]);
    let exported = root.map(exported);
    let sources = sources.iter().filter(|source| !source.module.iter().any(|it| it == "tests"));
    let sources: Vec<&Source> = sources.collect();
    let types: BTreeSet<String> = sources.iter().flat_map(|source| types(source)).collect();
    let mut all = BTreeSet::new();
    for source in sources {
        let inside = source.module.get(2).filter(|module| MODULES.contains(&module.as_str()));
        let (module, is_whole) = match (&exported, inside) {
            (None, _) => (source.module.get(1), true),
            (Some(_), Some(module)) => (Some(module), true),
            (Some(_), None) => (None, false),
        };
        let place = module.map_or(String::new(), |module| format!("{module}::"));
        let is_wanted = |name: &str, is_impl: bool| {
            let is_exported = exported.as_ref().is_some_and(|it| it.contains(name));
            (is_whole || is_exported) && (!is_impl || types.contains(name))
        };
        all.extend(surface(source, is_wanted).into_iter().map(|line| format!("{place}{line}")));
    }
    all.into_iter().map(|line| line + "\n").collect()
}

#[test]
fn the_public_items_of_the_libraries_are_as_recorded() {
    if !is_repository() {
        return;
    }
    for (library, folder) in LIBRARIES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("docs/api.txt");
        let found = record(library);
        if std::env::var_os("API").is_some_and(|it| it == "write") {
            std::fs::write(&path, &found).expect("the record can be written");
        }
        let recorded = std::fs::read_to_string(&path).unwrap_or_default();
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        let (found, recorded) = (lines(&found), lines(&recorded));
        let new = found.difference(&recorded).map(|line| format!("+ {line}"));
        let gone = recorded.difference(&found).map(|line| format!("- {line}"));
        let changes: Vec<String> = gone.chain(new).collect();
        let hint = "if that is meant: API=write cargo test --test tidy, and a line in CHANGELOG.md";
        assert!(changes.is_empty(), "{library} has changed:\n{}\n{hint}", changes.join("\n"));
    }
}

#[test]
fn public_items_are_found_whatever_their_form() {
    let text = "
        |pub use self::a::{A, B};
        |/// Text.
        |pub struct A<'a>(pub &'a [u8]);
        |pub(crate) struct Hidden;
        |#[derive(Debug)]
        |pub struct B {
        |    /// Text.
        |    pub x: u8,
        |    y: u8,
        |}
        |setters!(B { x: u8 });
        |pub enum C {
        |    /// Text.
        |    One(u8),
        |    Two { x: u8 },
        |}
        |impl<S: Clone> B<S> {
        |    pub const fn long(
        |        self,
        |        x: u8,
        |    ) -> Vec<u8> {
        |        x
        |    }
        |    fn private(&self) {}
        |}
        |impl Drop for B {
        |    fn drop(&mut self) {}
        |}
        |pub trait T: Sized {
        |    type X;
        |    fn f(&self) -> u8 {
        |        1
        |    }
        |}
        |pub const N: usize = 7;
        |#[cfg(test)]
        |pub struct Test;
    ";
    let lines = text.lines().filter_map(|line| line.split_once('|').map(|it| it.1));
    let (module, text) = (vec!["x".to_owned()], lines.collect::<Vec<_>>().join("\n"));
    let source = Source { module, path: "x.rs".into(), text };
    assert_eq!(exported(&source).into_iter().filter(|it| it.len() == 1).count(), 3);
    let expected = [
        "pub struct A<'a>(pub &'a [u8])",
        "pub struct B",
        "B: pub x: u8",
        "setters!(B { x: u8 })",
        "pub enum C",
        "C: One(u8), Two { x: u8 }",
        "B: pub const fn long(self, x: u8) -> Vec<u8>",
        "impl Drop for B",
        "pub trait T: Sized",
        "T: type X",
        "T: fn f(&self) -> u8",
        "pub const N: usize = 7",
    ];
    assert_eq!(surface(&source, |_, _| true), expected);
    assert_eq!(types(&source), ["A", "B", "C", "T"]);
}
