//! The operator's own pages: the files of a folder, at the HTTP door.

use super::page::is_known;
use mio_socketio::{WebRequest, WebResponse};
use percent_encoding::percent_decode_str;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The file that stands for its folder.
const INDEX: &str = "index.html";
/// The type of pages.
const HTML: &str = "text/html";

/// A folder whose files everyone may read.
///
/// A file is found by the path of its request, and a folder by the `index.html` in it. Nothing
/// outside of the folder is found, not even by a symbolic link, and no file or folder whose name
/// begins with a dot. Files are looked up anew for each request: a changed file is a new file to
/// the browser.
#[derive(Debug, Clone)]
pub struct StaticFolder {
    root: PathBuf,
}

/// The result of looking for a path.
enum Found {
    File(PathBuf),
    /// It is a folder, and its path lacks the slash at its end.
    Folder,
}

impl StaticFolder {
    /// The folder at `path`.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        let root = path.canonicalize()?;
        match root.is_dir() {
            true => Ok(Self { root }),
            false => Err(ErrorKind::NotADirectory.into()),
        }
    }

    /// Its path, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Whether a file is in it, so that everyone could read it. A file that does not exist yet is
    /// there if its folder is.
    pub fn holds(&self, file: &Path) -> bool {
        let folder = || match file.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new(".").canonicalize().ok(),
            Some(parent) => parent.canonicalize().ok(),
            None => None,
        };
        file.canonicalize().ok().or_else(folder).is_some_and(|path| path.starts_with(&self.root))
    }

    /// The answer to a request. `elsewhere` is the answer to a request for a page, if it is another
    /// one.
    pub(super) fn answer(
        &self,
        request: &WebRequest<'_>,
        elsewhere: impl FnOnce() -> Option<WebResponse>,
    ) -> WebResponse {
        let path = request.head.path;
        match self.find(path) {
            Some(Found::File(file)) => {
                let content_type = content_type(&file);
                match elsewhere().filter(|_| content_type.starts_with(HTML)) {
                    Some(response) => response,
                    None => send(&file, &content_type, request),
                }
            }
            Some(Found::Folder) => with_slash(path),
            None => WebResponse::not_found(),
        }
    }

    /// The file of a path.
    fn find(&self, path: &str) -> Option<Found> {
        let mut file = self.root.clone();
        let mut names = path.strip_prefix('/')?.split('/').peekable();
        while let Some(name) = names.next() {
            let is_last = names.peek().is_none();
            match name {
                "" if is_last => file.push(INDEX),
                name => file.push(plain_name(name)?),
            }
        }
        let file = file.canonicalize().ok().filter(|file| file.starts_with(&self.root))?;
        match file.is_dir() {
            true => Some(Found::Folder),
            false => Some(Found::File(file)),
        }
    }
}

/// The name of a file or folder in a path, decoded; `None` for one that is hidden, leads elsewhere
/// or is not text.
fn plain_name(name: &str) -> Option<String> {
    let name = percent_decode_str(name).decode_utf8().ok()?;
    let is_plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    is_plain.then(|| name.into_owned())
}

/// The type of a file, by its name.
fn content_type(file: &Path) -> String {
    let guess = mime_guess::from_path(file).first_raw().unwrap_or("application/octet-stream");
    let is_text = guess.starts_with("text/")
        || guess.ends_with("javascript")
        || guess.ends_with("json")
        || guess.ends_with("xml");
    if is_text { format!("{guess}; charset=utf-8") } else { guess.to_owned() }
}

/// A file, unless the browser has it already.
fn send(path: &Path, content_type: &str, request: &WebRequest<'_>) -> WebResponse {
    let (file, tag, bytes) = match open(path) {
        Ok(opened) => opened,
        Err(error) if is_passing(&error) => {
            log::warn!("cannot send a file path={} error={error}", path.display());
            let text = "too busy to read this file, please try again\n";
            return WebResponse::new(503, "text/plain; charset=utf-8", text);
        }
        Err(_) => return WebResponse::not_found(),
    };
    let response = match is_known(request, &tag) {
        true => WebResponse::not_modified(),
        false => WebResponse::stream(content_type, file, bytes),
    };
    response.header("Cache-Control", "no-cache").header("ETag", &tag)
}

/// Opens a file to send. Returns a tag that changes with it, and its length.
fn open(path: &Path) -> io::Result<(File, String, u64)> {
    // The loop would wait for a pipe.
    if !fs::metadata(path)?.is_file() {
        return Err(ErrorKind::NotFound.into());
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    let (time, nanoseconds) = (about.mtime(), about.mtime_nsec());
    let tag = format!("\"{time:x}.{nanoseconds:x}-{:x}-{:x}\"", about.ino(), about.len());
    Ok((file, tag, about.len()))
}

/// Whether a file may be there, and cannot be opened for now.
fn is_passing(error: &io::Error) -> bool {
    let not_there = [ErrorKind::NotFound, ErrorKind::NotADirectory, ErrorKind::PermissionDenied];
    !not_there.contains(&error.kind())
}

/// Leads from a folder to its pages, whose links count from within it. The address is relative, so
/// that it holds after a proxy too, and cannot lead to another server.
pub(super) fn with_slash(path: &str) -> WebResponse {
    let name = path.rsplit('/').next().unwrap_or_default();
    let to = format!("./{name}/");
    let response = WebResponse::new(308, "text/plain; charset=utf-8", format!("it is at {to}\n"));
    response.header("Location", &to).header("Cache-Control", "no-cache")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_files_of_the_folder_are_found() {
        let outside = tempfile::tempdir().expect("a folder");
        let root = outside.path().join("site");
        fs::create_dir_all(root.join("a b/.git")).expect("folders");
        for file in ["index.html", "a b/index.html", "a b/é.js", ".env", "a b/.git/config"] {
            fs::write(root.join(file), file).expect("a file");
        }
        fs::write(outside.path().join("secret"), "secret").expect("a file");
        std::os::unix::fs::symlink("../secret", root.join("link")).expect("a link");
        std::os::unix::fs::symlink("index.html", root.join("inside")).expect("a link");
        let folder = StaticFolder::open(&root).expect("the folder");
        let found = |path: &str| match folder.find(path)? {
            Found::File(file) => Some(fs::read_to_string(file).expect("a file")),
            Found::Folder => Some("a folder".to_owned()),
        };
        for (path, expected) in [
            ("/", Some("index.html")),
            ("/index.html", Some("index.html")),
            ("/inside", Some("index.html")),
            ("/a%20b/", Some("a b/index.html")),
            ("/a%20b", Some("a folder")),
            ("/a%20b/%C3%A9.js", Some("a b/é.js")),
            ("/none", None),
            ("/index.html/", None),
            ("/link", None),
            ("/.env", None),
            ("/%2eenv", None),
            ("/a%20b/.git/config", None),
            ("/../secret", None),
            ("/%2e%2e/secret", None),
            ("/..%2fsecret", None),
            ("/a%20b/..%5csecret", None),
            ("//index.html", None),
            ("/./index.html", None),
            ("/index.html%00", None),
            ("/%FF", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(found(path).as_deref(), expected, "{path:?}");
        }
        let held = |name: &str| folder.holds(&root.join(name));
        assert!(held(".env") && held("new.db") && held("../site/new.db"));
        assert!(!held("../secret") && !held("link"));
    }
}
