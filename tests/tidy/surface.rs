//! The public items of the libraries, and the crates of the types in them.

use super::sources::Source;
use std::collections::HashMap;
use std::path::Path;
use syn::visit::Visit;

/// The dependencies of the crates in these folders, by the names that Rust has for them.
pub fn dependencies(folders: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for folder in folders {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("Cargo.toml");
        let manifest = std::fs::read_to_string(path).expect("a manifest is text");
        let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1);
        let lines = lines.take_while(|line| !line.starts_with('['));
        let own = lines.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
        names.extend(own.map(|name| name.replace('-', "_")));
    }
    names
}

/// The types in a file's public signatures that come from other crates, each as `crate::Type`.
pub fn foreign_types(source: &Source) -> Vec<String> {
    let file = syn::parse_file(&source.text).expect("a source is Rust");
    let mut surface = Surface::default();
    for item in &file.items {
        if let syn::Item::Use(import) = item {
            surface.import(&mut Vec::new(), &import.tree);
        }
    }
    surface.visit_file(&file);
    surface.found
}

#[derive(Default)]
struct Surface {
    /// The crate that each name in the file has been imported from.
    imported: HashMap<String, String>,
    found: Vec<String>,
}

impl Surface {
    fn import(&mut self, before: &mut Vec<String>, tree: &syn::UseTree) {
        let names = match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(before, &path.tree);
                before.pop();
                return;
            }
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|item| self.import(before, item));
            }
            syn::UseTree::Name(name) if name.ident == "self" => before.last().cloned(),
            syn::UseTree::Name(name) => Some(name.ident.to_string()),
            syn::UseTree::Rename(rename) => Some(rename.rename.to_string()),
            syn::UseTree::Glob(_) => None,
        };
        if let (Some(name), Some(first)) = (names, before.first()) {
            self.imported.insert(name, first.clone());
        }
    }

    fn signature(&mut self, signature: &syn::Signature) {
        Named(self).visit_signature(signature);
    }
}

const fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}

impl Visit<'_> for Surface {
    fn visit_item_fn(&mut self, item: &syn::ItemFn) {
        if is_public(&item.vis) {
            self.signature(&item.sig);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &syn::ImplItemFn) {
        if is_public(&item.vis) {
            self.signature(&item.sig);
        }
    }

    fn visit_item_trait(&mut self, item: &syn::ItemTrait) {
        if is_public(&item.vis) {
            Named(self).visit_item_trait(item);
        }
    }

    fn visit_item_type(&mut self, item: &syn::ItemType) {
        if is_public(&item.vis) {
            Named(self).visit_item_type(item);
        }
    }

    fn visit_item_enum(&mut self, item: &syn::ItemEnum) {
        if is_public(&item.vis) {
            Named(self).visit_item_enum(item);
        }
    }

    fn visit_field(&mut self, field: &syn::Field) {
        if is_public(&field.vis) {
            Named(self).visit_type(&field.ty);
        }
    }

    fn visit_item_use(&mut self, item: &syn::ItemUse) {
        if is_public(&item.vis) {
            let mut exported = Self::default();
            exported.import(&mut Vec::new(), &item.tree);
            let paths = exported.imported.into_iter();
            self.found.extend(paths.map(|(name, first)| format!("{first}::{name}")));
        }
    }
}

/// Notes each path in the visited part.
struct Named<'s>(&'s mut Surface);

impl Visit<'_> for Named<'_> {
    fn visit_path(&mut self, path: &syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        if let (Some(first), Some(last)) = (segments.first(), segments.last()) {
            let from = match self.0.imported.get(first) {
                Some(from) => Some(from.clone()),
                None => (segments.len() > 1).then(|| first.clone()),
            };
            self.0.found.extend(from.map(|from| format!("{from}::{last}")));
        }
        syn::visit::visit_path(self, path);
    }

    /// The body of a function is not public.
    fn visit_block(&mut self, _: &syn::Block) {}
}

#[test]
fn types_of_other_crates_are_found_in_what_is_public() {
    let text = "
        use form_urlencoded::Parse;
        use ipnet::{IpNet, Ipv4Net as V4};
        pub use mio::Token;
        pub fn f(net: Option<&IpNet>) -> slab::Slab<u8> { V4::default() }
        pub struct S { pub v4: V4, parse: Parse<'static> }
        pub(crate) fn g(parse: Parse<'_>) {}
        impl S { pub fn parse(&self) -> impl Iterator<Item = Parse<'_>> {} fn h(v4: V4) {} }
    ";
    let module = vec!["mio_socketio".to_owned()];
    let source = Source { module, path: "x.rs".into(), text: text.to_owned() };
    let mut found = foreign_types(&source);
    found.sort();
    let expected =
        ["form_urlencoded::Parse", "ipnet::IpNet", "ipnet::V4", "mio::Token", "slab::Slab"];
    let found: Vec<&str> = found.iter().map(String::as_str).filter(|it| *it != "Self").collect();
    assert_eq!(found, expected);
}
