//! The compiler's messages to somebody who uses the library wrongly.

use serde_json::Value;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

/// Compiles a file of `tests/messages` with the library at `library`.
fn compile(file: &str, library: &Path) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages");
    let out = tempfile::tempdir().expect("a folder for the result");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=json"])
        .arg("--out-dir")
        .arg(out.path())
        .arg(format!("--extern=mio_socketio={}", library.display()))
        .arg("-L")
        .arg(library.parent().expect("it is in a folder"))
        .arg(folder.join(file));
    command.output().expect("the compiler runs")
}

/// The library that this test was built with. Others of other features and of other days lie beside
/// it, of which some do not fit the rest of the folder any more.
fn library() -> PathBuf {
    let own = env::current_exe().expect("a program");
    let entries = fs::read_dir(own.parent().expect("a folder")).expect("it can be listed");
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let is_ours = |path: &PathBuf| {
        let name = name(path).unwrap_or_default();
        name.starts_with("libmio_socketio-") && name.ends_with(".rlib")
    };
    let mut all: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_ours).collect();
    let changed = |path: &PathBuf| path.metadata().and_then(|it| it.modified());
    all.sort_by_key(|path| std::cmp::Reverse(changed(path).unwrap_or(SystemTime::UNIX_EPOCH)));
    let mut told = String::new();
    for path in all {
        let output = compile("right.rs", &path);
        if output.status.success() {
            return path;
        }
        told = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    panic!("what is right does not compile: {told}");
}

/// The errors in a file: the line of each, and its text.
fn errors(file: &str, library: &Path) -> Vec<(u64, String)> {
    let output = compile(file, library);
    assert!(!output.status.success(), "{file} compiles");
    let text = String::from_utf8(output.stderr).expect("messages are text");
    let messages = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    messages
        .filter(|message| message["level"] == "error")
        .filter_map(|message| {
            let spans = message["spans"].as_array()?;
            let primary = spans.iter().find(|span| span["is_primary"] == true)?;
            let rendered = message["rendered"].as_str()?.to_owned();
            Some((primary["line_start"].as_u64()?, rendered))
        })
        .collect()
}

#[test]
fn a_mistake_has_a_sentence_that_tells_what_to_write() {
    let library = library();
    for file in ["wrong.rs", "wrong_borrow.rs"] {
        let errors = errors(file, &library);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages").join(file);
        let text = fs::read_to_string(path).expect("the file is there");
        let mut said = Vec::new();
        let mut wrong = 0;
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(sentence) = line.strip_prefix("// says: ") {
                said.push(sentence);
            } else if line == "}" && !said.is_empty() {
                let at = errors.iter().filter(|(at, _)| (number - 3..number).contains(at));
                let told: Vec<&str> = at.map(|(_, told)| &**told).collect();
                assert_eq!(told.len(), 1, "{file}:{number}: {told:?}");
                for sentence in said.drain(..) {
                    assert!(told[0].contains(sentence), "{sentence:?} is missing in {}", told[0]);
                }
                wrong += 1;
            }
        }
        assert_eq!(errors.len(), wrong, "{errors:?}");
    }
}
