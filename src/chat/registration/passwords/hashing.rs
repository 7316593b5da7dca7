//! The lines between the server and the process that hashes passwords.

use crate::limits::{HASHER_LINE_BYTES_MAX, PASSWORD_HASH_BYTES_MAX};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A password that must be hashed, or compared with a hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashWork {
    /// The password.
    pub password: String,
    /// The hash to compare it with; `None` to hash it.
    pub hash: Option<String>,
}

/// The result of such work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HashAnswer {
    /// The hash in PHC string form.
    Hashed(String),
    /// Whether the hash is that of the password.
    Checked(bool),
    /// It could not be done.
    Failed,
}

#[derive(Serialize, Deserialize)]
struct Line<T> {
    number: u64,
    it: T,
}

/// Passwords are never shown.
impl fmt::Debug for HashWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashWork")
    }
}

impl HashWork {
    /// To hash a password.
    pub(super) fn hash(password: &str) -> Self {
        Self { password: password.to_owned(), hash: None }
    }

    /// To compare a password with a hash.
    pub(super) fn check(password: &str, hash: &str) -> Self {
        Self { password: password.to_owned(), hash: Some(hash.to_owned()) }
    }

    /// Its line, without the end of the line.
    pub(super) fn line(&self, number: u64) -> String {
        line(number, self)
    }

    /// Reads such a line: the number of the work, and the work; `None` if it is none.
    pub fn of_line(line: &str) -> Option<(u64, Self)> {
        of_line(line)
    }
}

impl HashAnswer {
    /// Its line, without the end of the line.
    pub fn line(&self, number: u64) -> String {
        line(number, self)
    }

    /// Reads such a line; `None` if it is none.
    pub(super) fn of_line(line: &str) -> Option<(u64, Self)> {
        let (number, answer) = of_line(line)?;
        let is_short = !matches!(&answer, Self::Hashed(it) if it.len() > PASSWORD_HASH_BYTES_MAX);
        is_short.then_some((number, answer))
    }
}

fn line<T: Serialize>(number: u64, it: &T) -> String {
    // Nothing in it can fail to be written.
    serde_json::to_string(&Line { number, it }).unwrap_or_default()
}

fn of_line<T: for<'d> Deserialize<'d>>(line: &str) -> Option<(u64, T)> {
    if line.len() > HASHER_LINE_BYTES_MAX {
        return None;
    }
    let Line { number, it } = serde_json::from_str(line).ok()?;
    Some((number, it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PASSWORD_BYTES_MAX;

    #[test]
    fn lines_are_read_as_they_were_written() {
        let hash = "$".repeat(PASSWORD_HASH_BYTES_MAX);
        let worst = HashWork::check(&"\u{1}".repeat(PASSWORD_BYTES_MAX), &hash);
        assert_eq!(HashWork::of_line(&worst.line(u64::MAX)), Some((u64::MAX, worst)));
        let odd = HashWork::hash("a \"b\"\n{\u{e9}");
        assert!(!odd.line(1).contains('\n') && !format!("{odd:?}").contains('b'));
        assert_eq!(HashWork::of_line(&odd.line(1)), Some((1, odd)));
        for answer in [HashAnswer::Hashed(hash), HashAnswer::Checked(true), HashAnswer::Failed] {
            assert_eq!(HashAnswer::of_line(&answer.line(7)), Some((7, answer)));
        }
        let long = HashAnswer::Hashed("x".repeat(PASSWORD_HASH_BYTES_MAX + 1)).line(1);
        for line in ["", "{}", "1", &*long, &"x".repeat(HASHER_LINE_BYTES_MAX + 1)] {
            assert_eq!(HashAnswer::of_line(line), None, "{line}");
        }
    }
}
