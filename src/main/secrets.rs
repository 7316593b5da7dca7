//! Files with secrets, which other users of the machine should not be able to read.

use super::options::{Serve, Source};
use super::serve;
use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The permission of all users to read a file.
const ALL_READ: u32 = 0o004;

/// The files with secrets that the server was given and that every user of the machine may read.
/// (A group may: it is how a key is shared with the servers that use it.)
pub(crate) fn exposed(options: &Serve) -> Vec<&Path> {
    let config = options.config.as_deref().filter(|_| file_has_password(options));
    config
        .into_iter()
        .chain(options.tls_key.as_deref())
        .chain(options.nodes.cluster_secret.as_ref().map(|file| &*file.path))
        .filter(|it| is_readable_by_all(it))
        .collect()
}

/// A file of the server's that is in the folder of pages, though nobody else may read it: the
/// history, the configuration, or a secret.
pub(crate) fn shown(options: &Serve) -> Option<&Path> {
    let folder = options.static_folder.as_ref()?;
    let history = serve::keeps_history(options).then_some(&*options.db);
    let files = [&options.config, &options.tls_key].into_iter().flatten();
    let mut files = files.map(PathBuf::as_path).chain(history);
    let secret = options.nodes.cluster_secret.as_ref().map(|file| &*file.path);
    let sent = options.files_sent.files.as_deref();
    let mut others = secret.into_iter().chain(sent);
    files.find(|file| folder.holds(file)).or_else(|| others.find(|file| folder.holds(file)))
}

/// Whether the configuration file has a password: that of Redis, in its URL.
fn file_has_password(options: &Serve) -> bool {
    options.settings.iter().any(|setting| {
        let value = setting.value.as_deref().unwrap_or_default();
        matches!(setting.source, Source::File(_)) && has_password(value)
    })
}

/// Whether a value is a URL with a password.
pub(crate) fn has_password(value: &str) -> bool {
    without_password(value) != value
}

/// A value with an ellipsis in place of the password, if it is a URL with one.
pub(crate) fn without_password(value: &str) -> Cow<'_, str> {
    let parts = value.split_once("://").and_then(|(scheme, rest)| {
        let (who, place) = rest.rsplit_once('@')?;
        let (user, _) = who.split_once(':')?;
        Some(format!("{scheme}://{user}:\u{2026}@{place}"))
    });
    parts.map_or(Cow::Borrowed(value), Cow::Owned)
}

pub(crate) fn is_readable_by_all(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & ALL_READ != 0)
}

/// Warns of the exposed files.
pub(crate) fn warn(options: &Serve) {
    for file in exposed(options) {
        let file = file.display();
        log::warn!("all users can read a secret file={file} hint=\"chmod o-r {file}\"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for (value, shown) in [
            ("redis://:a:b@c@host:6379/0", "redis://:…@host:6379/0"),
            ("rediss://user:pass@host", "rediss://user:…@host"),
            ("redis://host:6379", "redis://host:6379"),
            ("a@b:c", "a@b:c"),
        ] {
            assert_eq!(without_password(value), shown);
            assert_eq!(has_password(value), value != shown);
        }
    }
}
