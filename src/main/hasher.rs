//! The process that hashes passwords, with argon2id. It is started on demand, gets one password
//! after the other from the server, and ends when no more come.

use super::failure::Failure;
use super::history::stand_back;
use super::on_demand;
use super::sandbox::Needs;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use mio_chat::chat::{HashAnswer, HashWork, WorkerProcess};
use mio_chat::limits::{HASHER_IDLE_MS, HASHER_KILL_MS, HASHER_LINE_BYTES_MAX, HASHER_PASSWORDS};
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Starts what is needed to hash passwords, again and again.
///
/// # Errors
/// If the system refuses it.
pub(crate) fn start() -> io::Result<WorkerProcess> {
    let command = [OsStr::new("hash-passwords")];
    let life = Duration::from_millis(HASHER_KILL_MS);
    let (ours, child) = on_demand::start(&command, Path::new("/"), Some(life))?;
    WorkerProcess::new(ours, child)
}

/// Hashes passwords until no more come, or the server has gone. It needs no file and no connection.
pub(crate) fn run() -> Result<(), Failure> {
    stand_back();
    on_demand::end_with_the_server()?;
    on_demand::end_with_the_starter()?;
    let server = io::stdin().as_fd().try_clone_to_owned().map_err(Failure::Running)?;
    let server = UnixStream::from(server);
    let idle = Duration::from_millis(HASHER_IDLE_MS);
    server.set_read_timeout(Some(idle)).map_err(Failure::Running)?;
    Needs::default().enter();
    let mut works = BufReader::new(&server);
    for count in 1.. {
        // All that has been read already is done.
        if count > HASHER_PASSWORDS && works.buffer().is_empty() {
            break;
        }
        let mut line = String::new();
        let mut work = works.by_ref().take(HASHER_LINE_BYTES_MAX as u64);
        match work.read_line(&mut line) {
            Ok(0) => break,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            read => read.map_err(Failure::Running)?,
        };
        let Some((number, work)) = HashWork::of_line(line.trim_end_matches('\n')) else { continue };
        let answer = format!("{}\n", hash(&work).line(number));
        (&server).write_all(answer.as_bytes()).map_err(Failure::Running)?;
    }
    Ok(())
}

/// Hashes a password, or compares it with a hash. The parameters are those that OWASP advises: 19
/// MiB, two passes, one lane; each hash has its own beside it.
fn hash(work: &HashWork) -> HashAnswer {
    let (argon2, password) = (Argon2::default(), work.password.as_bytes());
    match &work.hash {
        None => match argon2.hash_password(password) {
            Ok(hash) => HashAnswer::Hashed(hash.to_string()),
            Err(_) => HashAnswer::Failed,
        },
        Some(hash) => match PasswordHash::new(hash) {
            Ok(hash) => HashAnswer::Checked(argon2.verify_password(password, &hash).is_ok()),
            Err(_) => HashAnswer::Failed,
        },
    }
}

/// The hash of a new password that an operator gives somebody.
pub(crate) fn hash_now(password: &str) -> Option<String> {
    match hash(&HashWork { password: password.to_owned(), hash: None }) {
        HashAnswer::Hashed(hash) => Some(hash),
        HashAnswer::Checked(_) | HashAnswer::Failed => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str, hash: Option<&str>) -> HashAnswer {
        hash_of(password, hash)
    }

    fn hash_of(password: &str, hash: Option<&str>) -> HashAnswer {
        super::hash(&HashWork { password: password.to_owned(), hash: hash.map(str::to_owned) })
    }

    #[test]
    fn a_hash_has_the_parameters_that_are_advised_and_a_salt_of_its_own() {
        let hash = hash_now("correct-horse").expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash_now("correct-horse"), Some(hash.clone()));
        assert_eq!(check("correct-horse", Some(&hash)), HashAnswer::Checked(true));
        assert_eq!(check("correct-house", Some(&hash)), HashAnswer::Checked(false));
        for bad in ["", "$", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$", "plain"] {
            assert_eq!(check("correct-horse", Some(bad)), HashAnswer::Failed, "{bad}");
        }
    }
}
