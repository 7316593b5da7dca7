//! The source files of all crates, with their modules.

use std::path::{Path, PathBuf};

/// The places of each crate's sources, and the name by which other crates import it. A package of
/// the program has only its own.
const CRATES: &[(&str, &str)] = &[
    ("crates/wire/src", "mio_wire"),
    ("crates/server/src", "mio_socketio"),
    ("crates/loadgen/src", "mio_chat_loadgen"),
    ("src/main", "main"),
    ("src", "mio_chat"),
];

/// The places of each crate's tests.
const TESTS: &[&str] = &["tests", "crates/server/tests"];

/// Whether this is the repository, which has everything, or a package of the program.
pub fn is_repository() -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates").exists()
}

pub struct Source {
    /// The crate and the modules of this file, `["mio_socketio", "net", "listener"]`.
    pub module: Vec<String>,
    pub path: PathBuf,
    pub text: String,
}

impl Source {
    /// Its crate, and the folder or file right below the crate's root.
    pub fn top_module(&self) -> String {
        self.module.iter().take(2).cloned().collect::<Vec<_>>().join("::")
    }

    /// Its name in a report.
    pub fn place(&self) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        self.path.strip_prefix(root).unwrap_or(&self.path).display().to_string()
    }
}

/// All source files, without the tests in folders of their own.
pub fn sources() -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for (folder, name) in CRATES {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        if !root.exists() {
            continue;
        }
        for path in rust_files(&root) {
            let is_taken = sources.iter().any(|source| source.path == path);
            if !is_taken {
                let inside = path.strip_prefix(&root).expect("a source is in its folder");
                let modules = inside.components().map(|it| it.as_os_str().to_string_lossy());
                let mut module = vec![(*name).to_owned()];
                module.extend(modules.map(|it| it.trim_end_matches(".rs").to_owned()));
                if module.last().is_some_and(|it| matches!(&**it, "mod" | "lib" | "main")) {
                    module.pop();
                }
                sources.push(read(module, path));
            }
        }
    }
    sources
}

/// All files of tests.
pub fn tests() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = TESTS.iter().map(|folder| root.join(folder)).filter(|folder| folder.exists());
    let paths = folders.flat_map(|folder| rust_files(&folder));
    paths.map(|path| read(vec!["tests".to_owned()], path)).collect()
}

fn read(module: Vec<String>, path: PathBuf) -> Source {
    let text = std::fs::read_to_string(&path).expect("a source is text");
    Source { module, path, text }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder is readable") {
        let path = entry.expect("an entry is readable").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
