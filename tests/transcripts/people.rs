//! People who are registered, and hooks that are there, before a transcript begins.

use mio_chat::chat::history::{ChatRole, History, Registrations};
use mio_chat::chat::names::nick_keys;
use mio_chat::chat::{HashAnswer, HashWork, Worker};
use mio_socketio::Now;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::{fs, io};

/// Their password.
const PASSWORD: &str = "correct-horse";
/// Its hash.
const HASH: &str = concat!(
    "$argon2id$v=19$m=19456,t=2,p=1$nf3u2a+UfE6lRvZ6FQa21Q",
    "$607ntwQS+3SBvfdFfPVisWLEOa+GV6fYsp7Z8VcY1fI"
);

/// The end of the time for which a former name is kept, long after today.
const UNTIL_MS: i64 = 4_000_000_000_000;

/// A file with people and hooks.
#[derive(Debug, Default)]
pub struct Before {
    /// Registered people: their nicks, and their roles.
    people: Vec<(String, Option<ChatRole>)>,
    /// Former names of theirs.
    former: Vec<(String, String)>,
    /// Hooks: their names, and their rooms.
    hooks: Vec<(String, String)>,
}

impl Before {
    /// Takes a setting: `person alice owner` or `person bob`, `former bob robert`, and
    /// `hook deploy ops`. False if it is another one.
    pub fn takes(&mut self, setting: &str, text: &str) -> bool {
        let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
        match setting {
            "person" => self.people.push((name.to_owned(), rest.parse().ok())),
            "former" => self.former.push((name.to_owned(), rest.to_owned())),
            "hook" => self.hooks.push((name.to_owned(), rest.to_owned())),
            _ => return false,
        }
        true
    }
}

/// Makes a history with all that; the folder has none yet.
///
/// It is a copy, because a transcript is run some hundred times, and making a history takes longer
/// than a run. Nor has anybody held the lock of a copy: a process that another test begins would
/// have inherited it, and hold it for a moment.
pub fn register(db: &Path, before: &Before) {
    static MADE: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());
    if before.people.is_empty() && before.hooks.is_empty() {
        return;
    }
    let mut made = MADE.lock().expect("no test has failed in here");
    let made = made.entry(format!("{before:?}")).or_insert_with(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let db = folder.path().join("chat.db");
        make(&db, before);
        fs::read(db).expect("the file")
    });
    fs::write(db, made).expect("a copy");
}

fn make(db: &Path, before: &Before) {
    let Before { people, former, hooks } = before;
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
    for (nick, old) in former {
        let sql = "INSERT INTO registered_name (key, person, nick, until) VALUES (?, ?, ?, ?)";
        for key in nick_keys(old) {
            file.execute(sql, params![&*key, nick, old, UNTIL_MS]).expect("it is written");
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
    for (name, room) in hooks {
        let added = registrations.add_hook(name, room, "a secret of its own", Now::default());
        added.expect("it is written").expect("a hook");
    }
    drop(registrations);
    let wal = db.with_extension("db-wal");
    assert!(!wal.exists(), "all of it is in the file");
}

/// Compares passwords without hashing them.
#[derive(Debug, Default)]
pub struct Hasher(Vec<String>);

impl Worker for Hasher {
    fn give(&mut self, line: &str) -> io::Result<()> {
        let (number, HashWork { password, hash }) = HashWork::of_line(line).expect("work");
        let answer = match hash {
            Some(_) => HashAnswer::Checked(password == PASSWORD),
            None => HashAnswer::Hashed(HASH.to_owned()),
        };
        self.0.push(answer.line(number));
        Ok(())
    }

    fn take(&mut self) -> io::Result<Vec<String>> {
        Ok(std::mem::take(&mut self.0))
    }
}
