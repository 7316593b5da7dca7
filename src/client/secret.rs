//! Passwords in lines that are typed: a screen does not show them, and the key Up does not bring
//! them back.

use crate::words::{Command, split_word};

/// The beginning of the password in a line, in bytes, if it has one.
pub(super) fn begins(line: &str) -> Option<usize> {
    let is = |word: &str, command: Command| {
        word.strip_prefix('/').is_some_and(|name| name.eq_ignore_ascii_case(command.name))
    };
    let (word, rest) = split_word(line);
    let password = match word {
        word if is(word, Command::REGISTER) => rest,
        word if is(word, Command::LOGIN) => split_word(rest).1,
        _ => "",
    };
    (!password.is_empty()).then(|| line.len() - password.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_is_secret() {
        for (line, secret) in [
            ("/login alice correct horse", "correct horse"),
            ("/LOGIN  alice  correct ", "correct "),
            ("/register correct horse", "correct horse"),
            ("/login alice", ""),
            ("/login alice ", ""),
            ("/register ", ""),
            ("//login alice secret", ""),
            ("/log alice secret", ""),
            ("say /login alice secret", ""),
        ] {
            let begin = begins(line).unwrap_or(line.len());
            assert_eq!(&line[begin..], secret, "{line}");
        }
    }
}
