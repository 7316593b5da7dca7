//! The files that people have sent, with the messages that tell of them. The files themselves are
//! in a folder of their own: see `chat::files`.

mod past_ids;

use super::History;
use super::reads::read;
use super::store::Store;
use crate::limits::{FILE_UNSENT_MS, FILES_PER_MESSAGE_MAX, FILES_TOLD_WAITING_MAX};
use past_ids::PastIds;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use std::rc::Rc;

/// Digits of a file's id, hexadecimal.
const FILE_ID_DIGITS: usize = 32;
/// The last of them, which tell whose file it is: see [`file_id`].
const OWNER_DIGITS: usize = 12;
/// Stands for the person in the row of a file that another server of the chat has taken.
const ELSEWHERE: &str = "";
/// The folder of files in a link, before the slash and the id.
const IN_LINK: &str = "files";

/// A file that somebody has sent.
#[derive(Debug)]
pub(crate) struct KeptFile {
    pub(crate) id: Rc<str>,
    /// The id of the person.
    pub(crate) person: Rc<str>,
    pub(crate) bytes: u64,
    /// When it was whole, in Unix milliseconds.
    pub(crate) ms: i64,
}

/// The message that has told of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FileTold {
    /// No message has told of it yet. It is the file of the person with this id, and was whole at
    /// this time, in Unix milliseconds.
    NotYet(Rc<str>, i64),
    /// The message with this number was the first, in this place.
    By(i64, Rc<str>),
}

/// The number of files and their bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileSum {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// The files that people have sent, as far as the history's own file does not have them yet.
#[derive(Debug, Default)]
pub(super) struct SentFiles {
    files: Vec<KeptFile>,
    told: Vec<Told>,
    past_ids: PastIds,
}

/// A message that tells of a file.
#[derive(Debug)]
struct Told {
    id: Box<str>,
    message: i64,
    /// Whether its author has sent the file.
    is_own: bool,
}

impl SentFiles {
    /// Number of waiting changes.
    pub(super) fn len(&self) -> usize {
        self.files.len() + self.told.len()
    }

    /// All changes have been written.
    pub(super) fn forget_written(&mut self) {
        (self.files, self.told) = (Vec::new(), Vec::new());
    }
}

/// The id of the file with this hash, which nobody can guess, sent by the person with the id
/// `person`. Its last digits tell every server of the chat whether a person has sent it. Nobody
/// chooses their own id, so nobody takes over the file of another.
pub(crate) fn file_id(hash: &[u8], person: &str) -> String {
    let mut id: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    id.truncate(FILE_ID_DIGITS - OWNER_DIGITS);
    let owner = owner_digits(&id, person);
    id + &owner
}

/// The digits after these, if the person with the id `person` has sent the file.
fn owner_digits(id: &str, person: &str) -> String {
    let hash = Sha256::new().chain_update(id).chain_update(person).finalize();
    let mut digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.truncate(OWNER_DIGITS);
    digits
}

/// Whether the person with the id `person` has sent the file with this id.
fn is_file_of(id: &str, person: &str) -> bool {
    let parts = id.split_at_checked(FILE_ID_DIGITS - OWNER_DIGITS);
    parts.is_some_and(|(id, owner)| owner_digits(id, person) == owner)
}

/// The ids of the files to which a text has links.
fn linked(text: &str) -> impl Iterator<Item = &str> {
    // Most messages have no slash: looking for one byte costs next to nothing.
    let ids = memchr::memchr_iter(b'/', text.as_bytes()).filter_map(move |at| {
        let (before, after) = text.split_at_checked(at)?;
        let id = after.get(1..)?.get(..FILE_ID_DIGITS)?;
        (before.ends_with(IN_LINK) && is_file_id(id)).then_some(id)
    });
    ids.take(FILES_PER_MESSAGE_MAX)
}

/// Whether a text is the id of a file.
pub(crate) fn is_file_id(id: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    id.len() == FILE_ID_DIGITS && id.bytes().all(is_digit)
}

impl History {
    /// Keeps a file that somebody has sent.
    pub(crate) fn keep_file(&mut self, file: KeptFile) {
        if self.store.is_some() {
            self.sent_files.files.push(file);
        }
    }

    /// Notes which files a message of the person with the id `sender` tells of. A file is deleted
    /// once the first message that told of it is gone.
    pub(super) fn note_links(&mut self, message: i64, text: &str, sender: Option<&str>) {
        let mut linked = linked(text).peekable();
        if linked.peek().is_none() {
            return;
        }
        let SentFiles { told, past_ids, .. } = &mut self.sent_files;
        let senders = sender.map_or_else(Vec::new, |now| past_ids.of(now));
        let more = linked.map(|id| Told {
            id: id.into(),
            message,
            is_own: senders.iter().any(|(sender, _)| is_file_of(id, sender)),
        });
        told.extend(more.take(FILES_TOLD_WAITING_MAX.saturating_sub(told.len())));
    }

    /// A person with the id `before` has the id `after` since `ms`, in Unix milliseconds, because
    /// they have signed in or out. The files that they have sent until then are still theirs.
    pub(crate) fn note_change_of_id(&mut self, ms: i64, before: Rc<str>, after: Rc<str>) {
        self.sent_files.past_ids.add(ms, before, after);
    }

    /// Whether the person with the id `now` has the id `id`, or had it a short time ago, at the
    /// time `ms` in Unix milliseconds. At a browser that several people share, somebody else may
    /// have it since.
    pub(crate) fn is_or_was(&self, now: &str, id: &str, ms: i64) -> bool {
        self.sent_files.past_ids.of(now).iter().any(|(one, end_ms)| *one == id && ms <= *end_ms)
    }

    /// The message that has told of the file with this id; `None` if there is no such file, if the
    /// message is gone, or if that cannot be read.
    pub(crate) fn file_told(&mut self, id: &str) -> Option<FileTold> {
        let waiting = self.sent_files.files.iter().find(|it| *it.id == *id);
        let waiting = waiting.map(|it| (it.person.clone(), it.ms, None));
        let stored = || read(self.store.as_ref().map(|it| it.file(id))).flatten();
        let told = self.sent_files.told.iter().find(|it| *it.id == *id);
        let (person, ms, message) = match waiting.or_else(stored) {
            Some(found) => found,
            None => (told.filter(|it| it.is_own).map(|_| ELSEWHERE.into())?, 0, None),
        };
        match message.or(told.map(|it| it.message)) {
            Some(message) => Some(FileTold::By(message, self.place_of(message)?)),
            None => Some(FileTold::NotYet(person, ms)),
        }
    }

    /// All files that this server has taken, or those of one person; `None` if that cannot be read.
    pub(crate) fn file_sum(&self, person: Option<&str>) -> Option<FileSum> {
        let FileSum { count, bytes } = read(self.store.as_ref().map(|it| it.file_sum(person)))?;
        let waiting = self.sent_files.files.iter();
        let waiting = waiting.filter(|it| person.is_none_or(|person| *it.person == *person));
        let (waits, waiting) = waiting.fold((0, 0), |(n, sum), it| (n + 1, sum + it.bytes));
        Some(FileSum { count: count + waits, bytes: bytes + waiting })
    }

    /// Looks at the next `count` files after the file number `after`: forgets those whose message
    /// is gone, and those that no message has told of within an hour before `now_ms`. Returns the
    /// ids of the files that nobody has any more, and the number after which to go on; 0 after the
    /// last one.
    pub(crate) fn forget_files(
        &mut self,
        after: i64,
        count: usize,
        now_ms: i64,
    ) -> (Vec<Box<str>>, i64) {
        if self.sent_files.len() > 0 || self.health.is_failing {
            return (Vec::new(), after);
        }
        let Some(store) = self.store.as_mut() else { return (Vec::new(), 0) };
        let found = store.forget_files(after, count, now_ms - FILE_UNSENT_MS);
        read(Some(found)).unwrap_or((Vec::new(), after))
    }
}

/// The person who has sent a file, when it was whole, and the message that tells of it.
type FileRow = (Rc<str>, i64, Option<i64>);

impl Store {
    /// The row of the file with this id.
    fn file(&self, id: &str) -> rusqlite::Result<Option<FileRow>> {
        let sql = "SELECT person, ts, message FROM file WHERE id = ?";
        let mut select = self.connection.prepare_cached(sql)?;
        self.budget.look_up(|| {
            let row = |row: &rusqlite::Row<'_>| {
                Ok((row.get::<_, String>(0)?.into(), row.get(1)?, row.get(2)?))
            };
            select.query_row([id], row).optional()
        })
    }

    fn file_sum(&self, person: Option<&str>) -> rusqlite::Result<FileSum> {
        let sql = match person {
            None => {
                "SELECT count(*), coalesce(sum(bytes), 0) FROM file
                 WHERE ?1 IS NULL AND person > ''"
            }
            Some(_) => "SELECT count(*), coalesce(sum(bytes), 0) FROM file WHERE person = ?1",
        };
        let mut select = self.connection.prepare_cached(sql)?;
        let sum = self.budget.look_up(|| {
            select.query_row([person], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
        });
        let (count, bytes) = sum?;
        Ok(FileSum { count: count.cast_unsigned(), bytes: bytes.cast_unsigned() })
    }

    fn forget_files(
        &mut self,
        after: i64,
        count: usize,
        unsent_ms: i64,
    ) -> rusqlite::Result<(Vec<Box<str>>, i64)> {
        let Self { connection, log, .. } = self;
        let (rows, next) = looked_at(connection, after, count, unsent_ms)?;
        if rows.is_empty() {
            return Ok((Vec::new(), next));
        }
        let transaction = connection.transaction()?;
        let mut gone = Vec::new();
        for (number, id, person) in rows {
            transaction.prepare_cached("DELETE FROM file WHERE number = ?")?.execute([number])?;
            let mut select = transaction.prepare_cached("SELECT 1 FROM file WHERE id = ?")?;
            // The server that has taken a file deletes it.
            if person != ELSEWHERE && !select.exists([&id])? {
                gone.push(id.into());
            }
        }
        transaction.commit()?;
        log.used();
        Ok((gone, next))
    }
}

/// A file to forget: its number, its id, and its person.
type Forgotten = (i64, String, String);

/// Files to forget, and the number after which to go on.
fn looked_at(
    connection: &Connection,
    after: i64,
    count: usize,
    unsent_ms: i64,
) -> rusqlite::Result<(Vec<Forgotten>, i64)> {
    let sql = "SELECT number, id, person,
               CASE WHEN message IS NULL THEN ts < ?3
               ELSE NOT EXISTS (SELECT 1 FROM message
                                WHERE message.id = file.message AND instr(text, file.id)) END
               FROM file WHERE number > ?1 ORDER BY number LIMIT ?2";
    let mut select = connection.prepare_cached(sql)?;
    let wanted = i64::try_from(count).unwrap_or(i64::MAX);
    let rows = select.query_map(params![after, wanted, unsent_ms], |row| {
        let file: Forgotten = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((file, row.get::<_, bool>(3)?))
    })?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let next = if rows.len() < count { 0 } else { rows.last().map_or(0, |(file, _)| file.0) };
    let gone = rows.into_iter().filter(|(_, is_gone)| *is_gone);
    Ok((gone.map(|(file, _)| file).collect(), next))
}

/// Writes the new files, and the messages that tell of files. If another server of the chat has
/// taken a file, the first message of its own sender counts.
pub(super) fn write(transaction: &Transaction<'_>, new: &SentFiles) -> rusqlite::Result<()> {
    let sql = "INSERT INTO file (id, person, bytes, ts) VALUES (?, ?, ?, ?)";
    for KeptFile { id, person, bytes, ms } in &new.files {
        let values = params![&**id, &**person, bytes.cast_signed(), ms];
        transaction.prepare_cached(sql)?.execute(values)?;
    }
    let tell = "UPDATE file SET message = ?2 WHERE id = ?1 AND message IS NULL";
    let add = "INSERT INTO file (id, person, bytes, ts, message) SELECT ?1, ?3, 0, 0, ?2
               WHERE NOT EXISTS (SELECT 1 FROM file WHERE id = ?1)";
    for Told { id, message, is_own } in &new.told {
        transaction.prepare_cached(tell)?.execute(params![&**id, message])?;
        if *is_own {
            transaction.prepare_cached(add)?.execute(params![&**id, message, ELSEWHERE])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::history::Post;

    #[test]
    fn only_ids_after_the_folder_of_files_are_links() {
        let (one, two) = ("0123456789abcdef".repeat(2), "f".repeat(FILE_ID_DIGITS));
        let text = format!("see https://a/b/files/{one}/1x1/é.png and files/{two}, files/{two}");
        assert_eq!(linked(&text).collect::<Vec<_>>(), [&*one, &*two, &*two]);
        for text in ["files/", "files/é", "files/0123", &format!("file/{one}")] {
            assert_eq!(linked(text).next(), None, "{text}");
        }
        assert_eq!(linked(&format!("files/{}", one.to_uppercase())).next(), None);
        assert_eq!(linked(&format!("files/{one} ").repeat(99)).count(), FILES_PER_MESSAGE_MAX);
    }

    #[test]
    fn of_a_file_that_another_server_has_taken_only_its_sender_tells() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut history = History::open(&folder.path().join("chat.db"), false).expect("a history");
        let id = file_id(&[1; 32], "alice");
        let mut say = |sender: &str| {
            let (place, author) = (&Rc::from("den"), &Rc::from("nick"));
            let (is_action, payload, known_to) = (false, None, Vec::new());
            let (number, text, sender) = (history.number(), format!("files/{id}/x"), sender.into());
            let (ts, text, sender) = (0, &*text, Some(sender));
            let id = number;
            history.append(Post {
                id,
                ts,
                place,
                author,
                is_action,
                text,
                payload,
                sender,
                known_to,
            });
            let before = history.file_told(text.get(6..38).expect("an id"));
            history.settle(0);
            assert_eq!(history.file_told(text.get(6..38).expect("an id")), before, "once written");
            (number, before)
        };
        assert_eq!(say("mallory").1, None);
        let (number, told) = say("alice");
        let first = Some(FileTold::By(number, "den".into()));
        assert_eq!(told, first);
        assert_eq!(say("mallory").1, first);
        assert_eq!(say("alice").1, first);
        assert_eq!(history.file_sum(None), Some(FileSum::default()), "it is not counted here");
        assert_eq!(history.forget_files(0, 9, i64::MAX), (Vec::new(), 0), "nor deleted");
    }

    #[test]
    fn files_sent_after_a_change_of_id_are_not_those_of_the_person_before_it() {
        let mut history = History::default();
        history.note_change_of_id(5, "alice".into(), "guest".into());
        history.note_change_of_id(9, "guest".into(), "bob".into());
        assert!(history.is_or_was("guest", "guest", 99) && history.is_or_was("guest", "alice", 5));
        assert!(!history.is_or_was("guest", "alice", 6), "it may be another device of hers");
        assert!(history.is_or_was("bob", "guest", 9) && !history.is_or_was("bob", "guest", 10));
        assert!(history.is_or_was("bob", "alice", 5) && !history.is_or_was("bob", "alice", 6));
    }

    #[test]
    fn an_id_tells_whose_file_it_is() {
        let id = file_id(&[0xab; 32], "alice");
        assert!(is_file_id(&id) && id.starts_with(&"ab".repeat(10)), "{id}");
        assert!(is_file_of(&id, "alice") && !is_file_of(&id, "mallory"));
        assert!(!is_file_of(&"0".repeat(FILE_ID_DIGITS), "alice") && !is_file_of("", "alice"));
    }
}
