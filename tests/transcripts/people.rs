//! People who are registered before a transcript begins.

use mio_chat::chat::history::{ChatRole, History, Registrations};
use mio_chat::chat::names::nick_keys;
use mio_chat::chat::{HashAnswer, HashWork, Worker};
use rusqlite::{Connection, params};
use std::io;
use std::path::Path;

/// Their password.
const PASSWORD: &str = "correct-horse";
/// Its hash.
const HASH: &str = concat!(
    "$argon2id$v=19$m=19456,t=2,p=1$nf3u2a+UfE6lRvZ6FQa21Q",
    "$607ntwQS+3SBvfdFfPVisWLEOa+GV6fYsp7Z8VcY1fI"
);

/// A registered person: their nick, and their role.
pub type Registered = (String, Option<ChatRole>);

/// Reads `alice owner`, or `bob`.
pub fn registered(text: &str) -> Registered {
    let (nick, role) = text.split_once(' ').unwrap_or((text, ""));
    (nick.to_owned(), role.parse().ok())
}

/// Makes a history with these people; the folder has none yet.
pub fn register(db: &Path, people: &[Registered]) {
    if people.is_empty() {
        return;
    }
    drop(History::open(db, false).expect("a history"));
    let file = Connection::open(db).expect("the file");
    for (nick, _) in people {
        let sql = "INSERT INTO registration (person, nick, hash, made, seen)
                   VALUES (?1, ?1, ?2, 0, 0)";
        file.execute(sql, params![nick, HASH]).expect("it is written");
        for key in nick_keys(nick) {
            let sql = "INSERT INTO registered_name (key, person, nick) VALUES (?, ?, ?)";
            file.execute(sql, params![&*key, nick, nick]).expect("it is written");
        }
    }
    drop(file);
    let mut registrations = Registrations::open(db).expect("the file");
    for (nick, role) in people {
        if let Some(role) = role {
            registrations
                .grant(nick, *role, 0)
                .expect("it is written")
                .expect("they are registered");
        }
    }
}

/// Compares passwords without hashing them.
#[derive(Debug, Default)]
pub struct Hasher(Vec<String>);

impl Worker for Hasher {
    fn give(&mut self, line: &str) -> io::Result<()> {
        let (number, HashWork { password, .. }) = HashWork::of_line(line).expect("work");
        self.0.push(HashAnswer::Checked(password == PASSWORD).line(number));
        Ok(())
    }

    fn take(&mut self) -> io::Result<Vec<String>> {
        Ok(std::mem::take(&mut self.0))
    }
}
