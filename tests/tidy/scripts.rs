//! Rules for the tests in JavaScript.

use super::sources::is_repository;
use std::path::Path;

/// Folders with tests in JavaScript.
const FOLDERS: &[&str] = &["tests/interop", "tests/page"];

/// The one file that opens connections. It listens to their errors: an error that nobody listens to
/// ends the process, even between two tests.
const OPENS: &str = "streams.js";

/// Calls that open a connection.
const CALLS: &[&str] = &[
    "net.connect(",
    "net.createConnection(",
    "new net.Socket(",
    "tls.connect(",
    "new tls.TLSSocket(",
    "new WebSocket(",
];

/// The lines of `text` that open a connection, with their numbers.
fn opening(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().zip(1..).map(|(line, number)| (number, line.trim()));
    let is_code = |line: &str| !line.starts_with("//") && !line.starts_with('*');
    lines.filter(|(_, line)| is_code(line) && CALLS.iter().any(|it| line.contains(it))).collect()
}

#[test]
fn connections_are_opened_where_their_errors_are_heeded() {
    if !is_repository() {
        return;
    }
    let mut broken = Vec::new();
    let mut count = 0;
    for folder in FOLDERS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).expect("a folder is readable") {
            let path = entry.expect("an entry is readable").path();
            if path.extension().is_none_or(|it| it != "js") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a file is readable");
            let calls = opening(&text);
            if path.ends_with(OPENS) {
                count += calls.len();
                continue;
            }
            broken.extend(calls.iter().map(|(number, line)| {
                format!("{}:{number}: only {OPENS} opens connections: {line}", path.display())
            }));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(count >= 3, "{OPENS} opens {count} kinds of connections");
}

#[test]
fn a_planted_connection_is_found() {
    let text =
        "// net.connect(1) is in a comment\n  const it = tls.connect({ port });\nconnect(2)\n";
    assert_eq!(opening(text), [(2, "const it = tls.connect({ port });")]);
}
