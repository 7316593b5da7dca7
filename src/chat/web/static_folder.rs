//! The operator's own pages: the files of a folder, at the HTTP door.

use crate::chat::files::sent_file::{self, Version, open};
use crate::chat::page::is_known;
use mio_socketio::{WebRequest, WebResponse};
use percent_encoding::percent_decode_str;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

/// The file that stands for its folder.
const INDEX: &str = "index.html";
/// The one name with a dot before it that is no secret: files that others look for (RFC 8615).
const WELL_KNOWN: &str = ".well-known";
/// The beginning of the paths at which pages look for the client's script.
const SCRIPT: &str = "/socket.io/socket.io.";
/// The answer if the folder lacks it.
const NO_SCRIPT: &str = "The client's script is not in the folder of --static: copy the files of \
    client-dist in the npm package socket.io to DIR/socket.io, or load it from \
    https://cdn.socket.io/4.8.1/socket.io.min.js.\n";
/// The type of pages.
const HTML: &str = "text/html";

/// A folder whose files everyone may read.
///
/// A file is found by the path of its request, and a folder by the `index.html` in it. Nothing
/// outside of the folder is found, and no file or folder whose name begins with a dot except
/// `.well-known`, not even by a symbolic link. Files are looked up anew for each request, so a
/// changed file is a new file to the browser. The folder itself is that of the start: another one
/// in its place is not shown.
#[derive(Debug, Clone)]
pub struct StaticFolder {
    root: PathBuf,
    version: Version,
    /// A problem has been logged, and nothing has been sent since.
    is_troubled: bool,
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
        let about = root.metadata()?;
        match about.is_dir() {
            true => Ok(Self { root, version: Version::of(&about), is_troubled: false }),
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
    pub(in crate::chat) fn answer(
        &mut self,
        request: &WebRequest<'_>,
        elsewhere: impl FnOnce() -> Option<WebResponse>,
    ) -> WebResponse {
        match self.find(request.head.path) {
            Some(Found::File(file)) => {
                let content_type = content_type(&file);
                match elsewhere().filter(|_| content_type.starts_with(HTML)) {
                    Some(response) => response,
                    None => self.send(file, &content_type, request),
                }
            }
            Some(Found::Folder) => with_slash(request),
            None if self.is_replaced() => {
                self.trouble(format_args!("the folder was replaced: restart the server"))
            }
            None if request.head.path.starts_with(SCRIPT) => {
                WebResponse::text(404, NO_SCRIPT).header("Cache-Control", "no-store")
            }
            None => WebResponse::not_found(),
        }
    }

    /// A file, unless the browser has it already.
    fn send(&mut self, path: PathBuf, content_type: &str, request: &WebRequest<'_>) -> WebResponse {
        let version = match open(&path) {
            Ok((_, version)) => version,
            Err(error) if is_missing(&error) => return WebResponse::not_found(),
            Err(error) => return self.trouble(format_args!("{}: {error}", path.display())),
        };
        self.is_troubled = false;
        let tag = version.tag();
        let response = match is_known(request, &tag) {
            true => WebResponse::not_modified(),
            false => sent_file::send(request, content_type, path, version),
        };
        response.header("Cache-Control", "no-cache").header("ETag", &tag)
    }

    /// Whether another folder is in its place, or none.
    fn is_replaced(&self) -> bool {
        !self.root.metadata().is_ok_and(|about| Version::of(&about) == self.version)
    }

    /// Answers that a file cannot be sent, and tells the operator once.
    fn trouble(&mut self, why: fmt::Arguments<'_>) -> WebResponse {
        if !std::mem::replace(&mut self.is_troubled, true) {
            log::warn!("pages cannot be sent folder={} why=\"{why}\"", self.root.display());
        }
        let text = "this file cannot be read now\n";
        WebResponse::new(503, "text/plain; charset=utf-8", text)
    }

    /// The file of a path.
    fn find(&self, path: &str) -> Option<Found> {
        let mut file = self.root.clone();
        let mut names = path.strip_prefix('/')?.split('/').peekable();
        while let Some(name) = names.next() {
            let is_last = names.peek().is_none();
            match name {
                "" if is_last => file.push(INDEX),
                name => file.push(decoded(name)?),
            }
        }
        let file = file.canonicalize().ok()?;
        if !file.strip_prefix(&self.root).ok()?.components().all(is_shown) {
            return None;
        }
        match file.is_dir() {
            true => Some(Found::Folder),
            false => Some(Found::File(file)),
        }
    }
}

/// The name of a file or folder in a path; `None` for one that leads elsewhere or is not text.
fn decoded(name: &str) -> Option<String> {
    let name = percent_decode_str(name).decode_utf8().ok()?;
    let is_plain = !matches!(&*name, "" | "." | "..") && !name.contains(['/', '\\', '\0']);
    is_plain.then(|| name.into_owned())
}

/// Whether a part of a path is a name that is not hidden.
fn is_shown(part: Component<'_>) -> bool {
    let Component::Normal(name) = part else { return false };
    name == WELL_KNOWN || !name.as_encoded_bytes().starts_with(b".")
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

/// Whether there is no such file, for everyone who asks.
fn is_missing(error: &io::Error) -> bool {
    let missing = [ErrorKind::NotFound, ErrorKind::NotADirectory, ErrorKind::PermissionDenied];
    missing.contains(&error.kind())
}

/// Leads from a folder to its pages, whose links count from within it. The address is relative, so
/// that it holds after a proxy too, and cannot lead to another server.
pub(in crate::chat) fn with_slash(request: &WebRequest<'_>) -> WebResponse {
    let name = request.head.path.rsplit('/').next().unwrap_or_default();
    let to = match request.head.query {
        "" => format!("./{name}/"),
        query => format!("./{name}/?{query}"),
    };
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
        std::os::unix::fs::symlink(".env", root.join("plain")).expect("a link");
        fs::create_dir_all(root.join(".well-known")).expect("a folder");
        fs::write(root.join(".well-known/security.txt"), "whom to tell").expect("a file");
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
            ("/plain", None),
            ("/.well-known/security.txt", Some("whom to tell")),
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
