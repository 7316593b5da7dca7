//! The calls inside the server of `mio-socketio`. A [`Server`](mio_socketio::Server) is one object
//! over many files, and each of them calls only files below it: one that is read does not lead back
//! to itself.

use super::sources::sources;
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;

/// The variables that stand for the server in its own methods.
const SERVER: [&str; 2] = ["self", "server"];

/// The least number of calls from file to file: with fewer this test reads the wrong files.
const CALLS_MIN: usize = 50;

/// A call of a method in one file from a method in another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    from: String,
    to: String,
    /// The method that is called.
    method: String,
}

/// The methods of the server that are called in a piece of code.
#[derive(Default)]
struct Called(BTreeSet<String>);

impl Visit<'_> for Called {
    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        if let syn::Expr::Path(receiver) = &*call.receiver
            && SERVER.iter().any(|server| receiver.path.is_ident(server))
        {
            self.0.insert(call.method.to_string());
        }
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// The blocks of a file that implement the server.
fn blocks(file: &syn::File) -> impl Iterator<Item = &syn::ItemImpl> {
    file.items.iter().filter_map(|item| match item {
        syn::Item::Impl(block) => match &*block.self_ty {
            syn::Type::Path(of) if of.path.segments.last()?.ident == "Server" => Some(block),
            _ => None,
        },
        _ => None,
    })
}

/// All calls from one of these files to another, where each file has a name and a text.
fn calls(files: &[(String, String)]) -> Vec<Call> {
    let parsed = files.iter().map(|(name, text)| (name, syn::parse_file(text)));
    let parsed: Vec<(&String, syn::File)> =
        parsed.map(|(name, file)| (name, file.expect("a source is Rust"))).collect();
    let mut places: BTreeMap<String, &String> = BTreeMap::new();
    for (name, file) in &parsed {
        // The methods of traits are called by others: by the loop.
        for block in blocks(file).filter(|block| block.trait_.is_none()) {
            for item in &block.items {
                if let syn::ImplItem::Fn(method) = item {
                    places.insert(method.sig.ident.to_string(), name);
                }
            }
        }
    }
    let mut calls = Vec::new();
    for (name, file) in &parsed {
        let mut called = Called::default();
        blocks(file).for_each(|block| called.visit_item_impl(block));
        for method in called.0 {
            if let Some(to) = places.get(&method).filter(|to| *to != name) {
                calls.push(Call { from: (*name).clone(), to: (*to).clone(), method });
            }
        }
    }
    calls
}

/// The calls that are part of a circle, or lie between two circles.
fn circles(mut calls: Vec<Call>) -> Vec<Call> {
    loop {
        let before = calls.len();
        // A file that calls nobody is at the bottom, and one that nobody calls is at the top.
        let from: BTreeSet<String> = calls.iter().map(|call| call.from.clone()).collect();
        let to: BTreeSet<String> = calls.iter().map(|call| call.to.clone()).collect();
        calls.retain(|call| from.contains(&call.to) && to.contains(&call.from));
        if calls.len() == before {
            return calls;
        }
    }
}

#[test]
fn the_files_of_the_server_do_not_call_each_other_in_circles() {
    let is_server = |module: &[String]| {
        module.starts_with(&["mio_socketio", "server"].map(str::to_owned))
            && module.get(2).is_none_or(|file| file != "testing")
    };
    let files = sources().into_iter().filter(|source| is_server(&source.module));
    let files: Vec<(String, String)> = files.map(|it| (it.place(), it.text)).collect();
    let calls = calls(&files);
    assert!(calls.len() >= CALLS_MIN, "{} calls", calls.len());
    let told = circles(calls).into_iter();
    let told = told.map(|Call { from, to, method }| format!("{from} calls {method} of {to}"));
    let told: Vec<String> = told.collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn a_circle_is_found() {
    let file = |name: &str, body: &str| {
        (name.to_owned(), format!("impl<S> Server<S> {{ fn {name}(&mut self) {{ {body} }} }}"))
    };
    let top = file("top", "self.left(); self.core.top();");
    let left = file("left", "self.bottom(); act(|server| server.right());");
    let bottom = file("bottom", "");
    let good = [top.clone(), left.clone(), bottom.clone(), file("right", "self.bottom();")];
    assert_eq!(circles(calls(&good)), []);
    let bad = [top, left, bottom, file("right", "self.bottom(); self.left();")];
    let found = circles(calls(&bad)).into_iter().map(|call| call.method);
    assert_eq!(found.collect::<Vec<_>>(), ["right", "left"]);
}
