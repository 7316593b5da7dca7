//! The page's modules in one file. A browser on a slow network would otherwise wait for thirty
//! answers, six at a time; and together they are smaller than one by one.
//!
//! The modules stay readable: each is put whole into a function of its own, after those that it
//! imports, and gives back its exports.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// The module that puts the page together. All that it imports is in the file; modules that are
/// loaded later take what they import from there.
const FIRST: &str = "app";
/// The name of the file.
pub(super) const FILE: &str = "page.js";

/// A module: its name without the extension, and its parts.
struct Module<'a> {
    stem: &'a str,
    /// The names that it imports, as they are written between the braces, and from which module.
    imports: Vec<(&'a str, &'a str)>,
    /// The names that it exports.
    exports: Vec<&'a str>,
    /// Its text without imports, and without the word `export`.
    body: String,
}

impl<'a> Module<'a> {
    fn new(stem: &'a str, text: &'a str) -> Self {
        let (mut imports, mut exports, mut body) = (Vec::new(), Vec::new(), String::new());
        let mut rest = text;
        while let Some((before, names, from, after)) = next_import(rest) {
            body.push_str(before);
            imports.push((names, from));
            rest = after;
        }
        for line in rest.split_inclusive('\n') {
            let declared = line.strip_prefix("export ");
            exports.extend(declared.and_then(declared_name));
            body.push_str(declared.unwrap_or(line));
        }
        Self { stem, imports, exports, body }
    }

    /// As a part of the file: its exports under its own name.
    fn part(&self) -> String {
        let Self { stem, imports, exports, body } = self;
        let heads = imports.iter().map(|(names, from)| taken(names, from)).collect::<String>();
        let exports = exports.join(", ");
        let begin = format!("// {stem}.js\nconst _{stem} = (() => {{\n{heads}");
        format!("{begin}{body}return {{ {exports} }};\n}})();\n")
    }
}

/// A line that takes names from a part of the file.
fn taken(names: &str, from: &str) -> String {
    format!("const {{{names}}} = _{from};\n")
}

/// The first import of a text at the beginning of a line: what is before it, the names, the module
/// without its extension, and what follows.
fn next_import(text: &str) -> Option<(&str, &str, &str, &str)> {
    const BEGIN: &str = "import {";
    let at = if text.starts_with(BEGIN) { 0 } else { text.find("\nimport {")? + 1 };
    let (names, after) = text[at + BEGIN.len()..].split_once("} from './")?;
    let (from, after) = after.split_once(".js';\n")?;
    Some((&text[..at], names, from, after))
}

/// The name that a line declares.
fn declared_name(line: &str) -> Option<&str> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let (_, name) = line.split_once(' ')?;
    name.split([' ', '(']).next()
}

/// The modules that are needed at the beginning.
pub(super) struct Bundle {
    /// All of them, as one file.
    pub(super) text: String,
    /// Their names without the extension.
    parts: BTreeSet<&'static str>,
}

impl Bundle {
    /// Puts them together; `text_of` finds a file.
    ///
    /// # Panics
    /// If one imports a module that is not there.
    pub(super) fn new(text_of: impl Fn(&str) -> Option<&'static str>) -> Self {
        let mut bundle = Self { text: String::new(), parts: BTreeSet::new() };
        bundle.add(FIRST, &text_of);
        let parts: Vec<String> = bundle.parts.iter().map(|part| format!("_{part}")).collect();
        bundle.text += &format!("export {{ {} }};\n", parts.join(", "));
        bundle
    }

    /// Adds a module, after those that it imports.
    fn add(&mut self, stem: &'static str, text_of: &impl Fn(&str) -> Option<&'static str>) {
        if !self.parts.insert(stem) {
            return;
        }
        let text = text_of(&format!("{stem}.js")).expect("a module that is imported is there");
        let module = Module::new(stem, text);
        for (_, from) in &module.imports {
            self.add(from, text_of);
        }
        self.text += &module.part();
    }

    /// Whether a file is a part of it, and is not asked for by itself.
    pub(super) fn has(&self, file: &str) -> bool {
        file.strip_suffix(".js").is_some_and(|stem| self.parts.contains(stem))
    }

    /// A module that is loaded later, as it takes its imports from the file.
    pub(super) fn later(&self, text: &'static str) -> Cow<'static, str> {
        let (mut adapted, mut rest) = (String::new(), text);
        while let Some((before, names, from, after)) = next_import(rest) {
            adapted += &format!("{before}import {{ _{from} }} from './{FILE}';\n");
            adapted += &taken(names, from);
            rest = after;
        }
        match adapted.is_empty() {
            true => Cow::Borrowed(text),
            false => Cow::Owned(adapted + rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(file: &str) -> Option<&'static str> {
        let app = "// Begins.\n\nimport { $, h } from './dom.js';\nimport {\n  two,\n\
            } from './two.js';\n\nexport const app = () => import('./late.js');\n";
        let two = "import { h } from './dom.js';\nexport async function two() {}\n\
            export class Three extends h {}\n";
        [
            ("app.js", app),
            ("dom.js", "export const $ = 1;\nexport function h() {}\n"),
            ("two.js", two),
        ]
        .into_iter()
        .find_map(|(name, text)| (name == file).then_some(text))
    }

    #[test]
    fn each_module_comes_once_and_after_those_that_it_imports() {
        let bundle = Bundle::new(text_of);
        let expected = "// dom.js\nconst _dom = (() => {\nconst $ = 1;\nfunction h() {}\n\
            return { $, h };\n})();\n// two.js\nconst _two = (() => {\nconst { h } = _dom;\n\
            async function two() {}\nclass Three extends h {}\nreturn { two, Three };\n})();\n\
            // app.js\nconst _app = (() => {\nconst { $, h } = _dom;\nconst {\n  two,\n} = _two;\n\
            // Begins.\n\n\nconst app = () => import('./late.js');\nreturn { app };\n})();\n\
            export { _app, _dom, _two };\n";
        assert_eq!(bundle.text, expected);
        assert!(bundle.has("two.js") && !bundle.has("late.js") && !bundle.has("two"));
    }

    #[test]
    fn a_later_module_takes_its_imports_from_the_file() {
        let bundle = Bundle::new(text_of);
        let late = "// Late.\nimport { $ } from './dom.js';\n\nexport const late = $;\n";
        let adapted = "// Late.\nimport { _dom } from './page.js';\nconst { $ } = _dom;\n\n\
            export const late = $;\n";
        assert_eq!(bundle.later(late), adapted);
        assert_eq!(bundle.later("const none = 1;\n"), "const none = 1;\n");
    }
}
