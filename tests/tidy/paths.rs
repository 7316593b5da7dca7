//! The modules that a source file names, in any form.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;

/// The absolute paths that a file names: `use crate::{a, b}`, `super::super::c`, `crate::d::e()`,
/// also in the arguments of macros. Paths into other crates begin with the name of the crate.
///
/// `module` is the place of the file, `["mio_socketio", "net", "listener"]`.
pub fn named(module: &[String], text: &str) -> Vec<Vec<String>> {
    let file = syn::parse_file(text).expect("a source is Rust");
    let mut paths = Paths { module: module.to_vec(), named: Vec::new() };
    paths.visit_file(&file);
    paths.named
}

struct Paths {
    module: Vec<String>,
    named: Vec<Vec<String>>,
}

impl Paths {
    /// Notes a path in its written form, relative to its place.
    fn note(&mut self, written: &[String]) {
        let mut absolute = match written.first().map(String::as_str) {
            Some("crate") => self.module[..1].to_vec(),
            Some("self") => self.module.clone(),
            Some("super") => self.module.clone(),
            Some(_) => Vec::new(),
            None => return,
        };
        for segment in written {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => drop(absolute.pop()),
                name => absolute.push(name.to_owned()),
            }
        }
        self.named.push(absolute);
    }

    fn note_tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let mut written = before.to_vec();
        match tree {
            syn::UseTree::Path(path) => {
                written.push(path.ident.to_string());
                self.note_tree(&written, &path.tree);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.note_tree(before, item));
            }
            syn::UseTree::Name(name) => {
                written.push(name.ident.to_string());
                self.note(&written);
            }
            syn::UseTree::Rename(rename) => {
                written.push(rename.ident.to_string());
                self.note(&written);
            }
            syn::UseTree::Glob(_) => {
                written.push("*".to_owned());
                self.note(&written);
            }
        }
    }

    /// Notes the paths in the arguments of a macro: names with `::` between them.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let mut written: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.note(&std::mem::take(&mut written));
                    }
                    written.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => self.note_tokens(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => colons = 0,
            }
        }
        self.note(&written);
    }
}

impl Visit<'_> for Paths {
    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        self.note_tree(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        self.note(&segments);
        syn::visit::visit_path(self, path);
    }

    /// The visibility of an item does not say what the item uses.
    fn visit_vis_restricted(&mut self, _: &syn::VisRestricted) {}

    fn visit_macro(&mut self, it: &syn::Macro) {
        self.note_tokens(it.tokens.clone());
        syn::visit::visit_macro(self, it);
    }

    fn visit_item_mod(&mut self, item: &syn::ItemMod) {
        self.module.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.module.pop();
    }
}

#[test]
fn paths_are_found_however_they_are_written() {
    let module = ["mio_socketio", "hub", "room"].map(str::to_owned);
    let text = "
        use crate::{net::Clock, session};
        use super::super::server::Context as It;
        fn f() { println!(\"{}\", crate::base::NEVER_MS); crate::limits::x::<super::Y>(); }
        mod tests { use super::super::super::net::*; }
    ";
    let mut named: Vec<String> =
        named(&module, text).into_iter().map(|path| path.join("::")).collect();
    named.retain(|path| path.starts_with("mio_socketio"));
    assert_eq!(
        named,
        [
            "mio_socketio::net::Clock",
            "mio_socketio::session",
            "mio_socketio::server::Context",
            "mio_socketio::base::NEVER_MS",
            "mio_socketio::limits::x",
            "mio_socketio::hub::Y",
            "mio_socketio::net::*",
        ]
    );
}
