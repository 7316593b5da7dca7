//! The files that people have sent, with the messages that tell of them. The files themselves are
//! in a folder of their own: see `chat::files`.

use super::History;
use super::reads::read;
use super::store::Store;
use crate::limits::{FILE_UNSENT_MS, FILES_PER_MESSAGE_MAX, FILES_TOLD_WAITING_MAX};
use rusqlite::{Connection, Transaction, params};
use std::rc::Rc;

/// Digits of a file's id, hexadecimal.
pub(crate) const FILE_ID_DIGITS: usize = 32;
/// The folder of files in a link, before the id.
const IN_LINK: &str = "files/";

/// A file that somebody has sent.
#[derive(Debug)]
pub(crate) struct KeptFile {
    /// The hash of its content.
    pub(crate) id: Rc<str>,
    /// The id of the person.
    pub(crate) person: Rc<str>,
    pub(crate) bytes: u64,
    /// When it was whole, in Unix milliseconds.
    pub(crate) ms: i64,
}

/// The number of files and their bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileSum {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// Changes that the file of the history does not have yet.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    files: Vec<KeptFile>,
    /// Ids of files, each with the number of a message that tells of it.
    told: Vec<(Box<str>, i64)>,
}

impl Unwritten {
    /// Number of waiting changes.
    pub(super) fn len(&self) -> usize {
        self.files.len() + self.told.len()
    }
}

/// The ids of the files to which a text has links.
fn linked(text: &str) -> impl Iterator<Item = &str> {
    let ids = memchr::memmem::find_iter(text.as_bytes(), IN_LINK).filter_map(move |at| {
        let id = text.get(at + IN_LINK.len()..)?.get(..FILE_ID_DIGITS)?;
        is_file_id(id).then_some(id)
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

    /// Notes which files a message tells of. A file is deleted once the first message that told of
    /// it is gone.
    pub(super) fn note_links(&mut self, message: i64, text: &str) {
        let told = linked(text).map(|id| (id.into(), message));
        let room = FILES_TOLD_WAITING_MAX.saturating_sub(self.sent_files.told.len());
        self.sent_files.told.extend(told.take(room));
    }

    /// All files, or those of one person; `None` if that cannot be read.
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

impl Store {
    fn file_sum(&self, person: Option<&str>) -> rusqlite::Result<FileSum> {
        let sql = match person {
            None => "SELECT count(*), coalesce(sum(bytes), 0) FROM file WHERE ?1 IS NULL",
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
        for (number, id) in rows {
            transaction.prepare_cached("DELETE FROM file WHERE number = ?")?.execute([number])?;
            let mut select = transaction.prepare_cached("SELECT 1 FROM file WHERE id = ?")?;
            if !select.exists([&id])? {
                gone.push(id.into());
            }
        }
        transaction.commit()?;
        log.used();
        Ok((gone, next))
    }
}

/// Files to forget, and the number after which to go on.
fn looked_at(
    connection: &Connection,
    after: i64,
    count: usize,
    unsent_ms: i64,
) -> rusqlite::Result<(Vec<(i64, String)>, i64)> {
    let sql = "SELECT number, id,
               CASE WHEN message IS NULL THEN ts < ?3
               ELSE NOT EXISTS (SELECT 1 FROM message
                                WHERE message.id = file.message AND instr(text, file.id)) END
               FROM file WHERE number > ?1 ORDER BY number LIMIT ?2";
    let mut select = connection.prepare_cached(sql)?;
    let wanted = i64::try_from(count).unwrap_or(i64::MAX);
    let rows = select.query_map(params![after, wanted, unsent_ms], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
    })?;
    let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    let next = if rows.len() < count { 0 } else { rows.last().map_or(0, |(number, ..)| *number) };
    let gone = rows.into_iter().filter(|(.., is_gone)| *is_gone);
    Ok((gone.map(|(number, id, _)| (number, id)).collect(), next))
}

/// Writes the new files, and the messages that tell of files.
pub(super) fn write(transaction: &Transaction<'_>, new: &Unwritten) -> rusqlite::Result<()> {
    let sql = "INSERT INTO file (id, person, bytes, ts) VALUES (?, ?, ?, ?)";
    for KeptFile { id, person, bytes, ms } in &new.files {
        let values = params![&**id, &**person, bytes.cast_signed(), ms];
        transaction.prepare_cached(sql)?.execute(values)?;
    }
    let sql = "UPDATE file SET message = ?2 WHERE id = ?1 AND message IS NULL";
    for (id, message) in &new.told {
        transaction.prepare_cached(sql)?.execute(params![&**id, message])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
