//! The references of documents: to files, and to tests by name.

use super::sources::{is_repository, sources, tests};
use std::path::Path;

/// Folders in which a path of a document is looked for.
const ROOTS: &[&str] = &["", "tests"];

/// Documents beside the folder of documents.
const BESIDE: &[&str] = &["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

/// The parts of `text` that are marked as code, line by line.
fn marked(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The reason why a part marked as code points nowhere: it is the path of a file, or of a file
/// without its ending and a test in it, and it does not exist. Other parts are not references.
fn dangling(code: &str, read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let is_path = |path: &str| {
        let mut parts = path.split('/');
        let is_word = |part: &str| {
            let is_in_names = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            !part.is_empty() && part.chars().all(is_in_names)
        };
        path.contains('/') && !path.contains("//") && parts.all(is_word)
    };
    match code.split_once("::") {
        Some((file, test)) if is_path(file) => match read(&format!("{file}.rs")) {
            Some(source) if source.contains(&format!("fn {test}()")) => None,
            Some(_) => Some(format!("there is no test {code}")),
            None => Some(format!("there is no file {file}.rs")),
        },
        None if is_path(code) && has_ending(code) => {
            read(code).is_none().then(|| format!("there is no file {code}"))
        }
        Some(_) | None => None,
    }
}

/// Whether a path ends like that of a file.
fn has_ending(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    !ending.is_empty() && ending.chars().all(|c| c.is_ascii_alphabetic())
}

/// The content of a file of the repository.
fn read(path: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = ROOTS.iter().map(|folder| root.join(folder).join(path));
    paths.find_map(|path| std::fs::read_to_string(path).ok())
}

/// All documents below `docs` and those beside it, by their paths, with their texts.
fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut folders, mut documents) = (vec![root.join("docs")], Vec::new());
    let mut paths: Vec<_> = BESIDE.iter().map(|name| root.join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder is readable") {
            let path = entry.expect("an entry is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a document is text");
        documents.push((path.display().to_string(), text));
    }
    documents
}

#[test]
fn what_documents_point_to_is_there() {
    if !is_repository() {
        return;
    }
    let mut broken = Vec::new();
    for (name, text) in documents() {
        let wrong = marked(&text).filter_map(|code| dangling(code, read));
        broken.extend(wrong.map(|why| format!("{name}: {why}")));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The headings that comments of a source refer to: a document marked as code, a comma, and the
/// heading in quotation marks.
fn pointed_to(source: &str) -> Vec<(String, String)> {
    let lines = source.lines().filter_map(|line| line.trim_start().strip_prefix("//"));
    let words = lines.flat_map(|line| line.trim_start_matches(['/', '!']).split_whitespace());
    let comments = words.collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for part in comments.split('`').collect::<Vec<_>>().windows(2) {
        let [document, behind] = part else { continue };
        let heading = behind.strip_prefix(", \"").and_then(|rest| rest.split_once('"'));
        if let (Some((heading, _)), true) = (heading, document.ends_with(".md")) {
            found.push(((*document).to_owned(), heading.to_owned()));
        }
    }
    found
}

/// Whether a document has a heading.
fn has_heading(document: &str, heading: &str) -> bool {
    document
        .lines()
        .any(|line| line.starts_with('#') && line.trim_start_matches('#').trim() == heading)
}

#[test]
fn headings_that_sources_point_to_are_there() {
    let mut broken = Vec::new();
    for source in sources().into_iter().chain(tests()) {
        for (document, heading) in pointed_to(&source.text) {
            if !read(&document).is_some_and(|text| has_heading(&text, &heading)) {
                broken.push(format!("{}: {document} has no {heading:?}", source.place()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn headings_are_found_in_comments_however_they_are_cut() {
    let source =
        "//! Frames (`docs/a.md`, \"The\n//! frames\"; and more).\nlet it = 1; // `b`, \"c\"\n";
    assert_eq!(pointed_to(source), [("docs/a.md".to_owned(), "The frames".to_owned())]);
    assert!(has_heading("# A\n\n## The frames\n", "The frames"));
    assert!(!has_heading("# A\n\nThe frames\n", "The frames"));
}

#[test]
fn what_is_not_there_is_found() {
    let read = |path: &str| (path == "web/a.rs").then(|| "fn it_works() {}".to_owned());
    let text = "`web/a::it_works` `web/a::it_fails` `web/b::it_works` `session::engine` `web/a.rs`
        `docs/none.md` `https://a.example/b.c` `a/b` `GET /x.y` `HTTP/1.2`";
    let wrong: Vec<String> = marked(text).filter_map(|code| dangling(code, read)).collect();
    assert_eq!(
        wrong,
        [
            "there is no test web/a::it_fails",
            "there is no file web/b.rs",
            "there is no file docs/none.md"
        ]
    );
}
