//! Plain English, in documents, comments and texts: phrases that readers stumble over are refused.

use super::sources::is_repository;
use std::path::{Path, PathBuf};

/// Phrases that readers stumble over, and plainer ones.
const STUMBLES: &[(&str, &str)] = &[
    ("whoever", "the client that"),
    ("to be had", "available"),
    ("called so", "called that"),
    ("as it happens", "by chance"),
    ("what is not", "the rest"),
    ("is to be", "must be"),
    ("are to be", "must be"),
    ("whose it is", "its owner"),
    ("what comes of", "the outcome of"),
    ("what becomes of", "the outcome for"),
    ("what stands", "the content of"),
    ("it is looked", "the server checks"),
    ("who wants to be called", "who asks for the name"),
    ("as far as is known", "probably"),
    ("so many answers", "this number of answers"),
    ("than there is", "than it has"),
];

/// Endings of files in which people write for people.
const ENDINGS: &[&str] = &["rs", "md", "js", "py", "lua", "sh", "toml", "html", "css"];

/// Words with which no comment begins, unless it is a question: its subject would be a clause, and
/// a reader would wait for the noun. "The same" points at another comment, which a page of rustdoc
/// or an editor does not show beside it.
const BEGINNINGS: &[&str] =
    &["What", "Who", "Whom", "Whose", "Those", "How many", "How much", "How far", "The same"];

/// Folders without texts of ours, and the one that has the phrases above.
const SKIPPED: &[&str] = &["target", "node_modules", "tidy"];

/// Signs around the text of a comment.
const MARKS: &[char] = &['/', '*', '#', '-', '!', '>', ' ', '\t'];

/// All files below `folder` in which people write for people.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder is readable") {
        let entry = entry.expect("an entry is readable");
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') || SKIPPED.contains(&&*name) {
            continue;
        }
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| ENDINGS.iter().any(|ending| it == *ending)) {
            found.push(path);
        }
    }
}

/// The text in one line, in lower case, without code and without the marks of comments, and the
/// index at which each line begins in it. A phrase does not go on over an empty line.
fn flat(text: &str) -> (String, Vec<usize>) {
    let (mut flat, mut starts) = (String::new(), Vec::new());
    for line in text.lines() {
        starts.push(flat.len());
        let prose: String = line.trim_matches(MARKS).split('`').step_by(2).collect();
        flat.push_str(if prose.is_empty() { "." } else { &prose });
        flat.push(' ');
    }
    (flat.to_lowercase(), starts)
}

/// Why parts of `text` must be read twice: they have a phrase of [`STUMBLES`], outside of code.
fn stumbles(text: &str) -> Vec<String> {
    let (flat, starts) = flat(text);
    let is_letter = |char: Option<char>| char.is_some_and(|it| it.is_alphanumeric() || it == '_');
    let mut found = Vec::new();
    for (phrase, plain) in STUMBLES {
        for (at, _) in flat.match_indices(phrase) {
            let (before, after) = (&flat[..at], &flat[at + phrase.len()..]);
            if !is_letter(before.chars().next_back()) && !is_letter(after.chars().next()) {
                let line = starts.partition_point(|start| *start <= at);
                found.push((line, format!("{line}: \"{phrase}\" is plainer as \"{plain}\"")));
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, why)| why).collect()
}

/// Comments of a source that begin with one of [`BEGINNINGS`]. A comment is one of some lines.
fn clauses(text: &str) -> Vec<String> {
    let is_mark = |word: &str| !word.is_empty() && word.chars().all(|it| "/!*#-".contains(it));
    let comment = |line: &str| {
        let (mark, rest) = line.trim_start().split_once(' ')?;
        is_mark(mark).then(|| rest.trim_end_matches("*/").trim().to_owned())
    };
    let (mut found, mut is_inside) = (Vec::new(), false);
    let lines: Vec<Option<String>> = text.lines().map(comment).collect();
    for (at, line) in lines.iter().enumerate() {
        let Some(first) = line.as_ref().filter(|_| !std::mem::replace(&mut is_inside, true)) else {
            is_inside = line.is_some();
            continue;
        };
        let words = lines[at..].iter().map_while(|line| line.as_deref());
        let is_question = words.collect::<Vec<_>>().join(" ").contains('?');
        let begins = |with: &&&str| {
            first.strip_prefix(**with).is_some_and(|rest| rest.starts_with([' ', ',']))
        };
        if let Some(with) = BEGINNINGS.iter().find(begins).filter(|_| !is_question) {
            found.push(format!("{}: a comment begins with {with:?}, not with its subject", at + 1));
        }
    }
    found
}

#[test]
fn documents_comments_and_texts_are_in_plain_english() {
    if !is_repository() {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut paths, mut broken) = (Vec::new(), Vec::new());
    files(root, &mut paths);
    assert!(paths.len() > 500, "the files are found");
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file is text");
        let name = path.strip_prefix(root).unwrap_or(&path).display();
        let is_document = path.extension().is_some_and(|ending| ending == "md");
        let clauses = if is_document { Vec::new() } else { clauses(&text) };
        let all = stumbles(&text).into_iter().chain(clauses);
        broken.extend(all.map(|why| format!("{name}:{why}")));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn phrases_that_must_be_read_twice_are_found() {
    let text = "All is well, `a::whoever_asks` too, a_whoever and called somebody.\n\
        // Whoever asks\n/// for what is to\n    /// be had\nThis is\n\nto be read.";
    let wrong = [
        r#"2: "whoever" is plainer as "the client that""#,
        r#"3: "is to be" is plainer as "must be""#,
        r#"3: "to be had" is plainer as "available""#,
    ];
    assert_eq!(stumbles(text), wrong);
}

#[test]
fn comments_that_begin_with_a_clause_are_found() {
    let text = "/// What it is.\nfn a() {}\n// A noun.\n// What goes on.\n\n    //! Those of it\n\
        /// Who is there?\n\n# How many there are\n-- How many\nlet what = 1; // What\n\
        /** Whom it hears */\n\n/// The same, longer.\nfn b() {}\n/// The sameness of it.";
    let wrong = [
        r#"1: a comment begins with "What", not with its subject"#,
        r#"9: a comment begins with "How many", not with its subject"#,
        r#"12: a comment begins with "Whom", not with its subject"#,
        r#"14: a comment begins with "The same", not with its subject"#,
    ];
    assert_eq!(clauses(text), wrong);
    assert_eq!(clauses("\n//! Those of it\n").len(), 1);
}
