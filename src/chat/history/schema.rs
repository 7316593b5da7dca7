//! The tables of the history file, and the migration of older files.

mod access;
mod known;
mod newer;

use super::OpenError;
pub(super) use known::check;
use newer::NEWER;
use rusqlite::Connection;

/// The version of the format that this program writes. Kept in SQLite's `user_version`.
const VERSION: i64 = 26;

/// The migrations from each version to the next, the oldest first.
pub(super) const MIGRATIONS: [&str; VERSION as usize] = {
    let mut all = [""; VERSION as usize];
    let (older, newer) = all.split_at_mut(OLDER.len());
    older.copy_from_slice(&OLDER);
    newer.copy_from_slice(NEWER);
    all
};

/// The older ones. The first makes an empty file one of version 1.
const OLDER: [&str; 15] = [
    "
    CREATE TABLE message (
        id     INTEGER PRIMARY KEY,
        ts     INTEGER NOT NULL,
        -- The room's key, or the pair of people in a private conversation.
        place  TEXT NOT NULL,
        author TEXT NOT NULL,
        -- 1 is an action (/me).
        action INTEGER NOT NULL,
        text   TEXT NOT NULL
    ) STRICT;
    CREATE INDEX message_by_place ON message (place, id);
    -- The index of words, filled when there is time; `indexed` tells how far it goes.
    CREATE VIRTUAL TABLE word USING fts5 (
        text, content = 'message', content_rowid = 'id', tokenize = 'unicode61'
    );
    INSERT INTO word (word, rank) VALUES ('automerge', 0), ('crisismerge', 64);
    CREATE TABLE indexed (upto INTEGER NOT NULL) STRICT;
    INSERT INTO indexed VALUES (0);
",
    "
    -- The author of a private message or one of namespace /chat, by an id that outlives names.
    ALTER TABLE message ADD COLUMN sender TEXT;
    -- The payload for clients of namespace /, if it was not the text with the author's name.
    ALTER TABLE message ADD COLUMN payload TEXT;
    -- People who can come back with a token, of which only the hash is here.
    CREATE TABLE person (
        id    TEXT NOT NULL PRIMARY KEY,
        token BLOB NOT NULL UNIQUE,
        nick  TEXT NOT NULL,
        -- The keys of the rooms, with spaces between them.
        rooms TEXT NOT NULL,
        -- 1 is connected, or was when the server died.
        here  INTEGER NOT NULL,
        -- The time of their last coming or going, in Unix milliseconds.
        seen  INTEGER NOT NULL,
        -- 1 is a client that knows its token.
        returns INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX person_by_seen ON person (here, seen);
    -- Their private conversations: the place, and the other person's last nick.
    CREATE TABLE conversation (
        person TEXT NOT NULL,
        place  TEXT NOT NULL,
        nick   TEXT NOT NULL,
        last   INTEGER NOT NULL,
        PRIMARY KEY (person, place)
    ) STRICT, WITHOUT ROWID;
    -- Sessions for Socket.IO's own recovery, by the hashes of their secret ids.
    CREATE TABLE seat (
        pid       BLOB NOT NULL PRIMARY KEY,
        sid       TEXT NOT NULL,
        namespace TEXT NOT NULL,
        rooms     TEXT NOT NULL,
        data      TEXT NOT NULL,
        since     TEXT NOT NULL,
        -- The time of their departure, in Unix milliseconds.
        gone      INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX seat_by_gone ON seat (gone);
    CREATE INDEX conversation_by_place ON conversation (place);
    CREATE INDEX conversation_by_last ON conversation (person, last);
    CREATE TABLE topic (
        room TEXT NOT NULL PRIMARY KEY,
        text TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- The keys of their last posts, by which a repeated one is recognised.
    CREATE TABLE posted (
        person TEXT NOT NULL,
        key    TEXT NOT NULL,
        id     INTEGER NOT NULL,
        ts     INTEGER NOT NULL,
        PRIMARY KEY (person, key)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- The index has more than the words now, and is built again.
    DROP TABLE word;
    CREATE VIRTUAL TABLE word USING fts5 (
        text, content = 'message', content_rowid = 'id', tokenize = 'unicode61'
    );
    INSERT INTO word (word, rank) VALUES ('automerge', 0), ('crisismerge', 64);
    UPDATE indexed SET upto = 0;
",
    "
    -- The index is built again, in parts: tables word_1, word_2 and so on, each of the messages
    -- from the first to the last. Words are added to the newest.
    DROP TABLE word;
    UPDATE indexed SET upto = 0;
    CREATE TABLE part (
        number   INTEGER PRIMARY KEY,
        first    INTEGER NOT NULL,
        last     INTEGER NOT NULL,
        messages INTEGER NOT NULL,
        -- Of the texts.
        bytes    INTEGER NOT NULL
    ) STRICT;
    -- The highest number that was given to a message which has been deleted.
    CREATE TABLE given (upto INTEGER NOT NULL) STRICT;
    INSERT INTO given VALUES (0);
    CREATE INDEX conversation_by_end ON conversation (last);
    CREATE INDEX posted_by_id ON posted (id);
    -- The hash of the post's text and place; none if it is unknown.
    ALTER TABLE posted ADD COLUMN what BLOB;
    -- 0 is a person who has never said anything.
    ALTER TABLE person ADD COLUMN spoke INTEGER NOT NULL DEFAULT 1;
    -- The time at which the token was given, in Unix milliseconds.
    ALTER TABLE person ADD COLUMN given INTEGER NOT NULL DEFAULT 0;
    UPDATE person SET given = seen;
    -- The token that will take its place, and the time at which that was given.
    ALTER TABLE person ADD COLUMN next BLOB;
    ALTER TABLE person ADD COLUMN next_given INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX person_by_next ON person (next) WHERE next IS NOT NULL;
    DROP INDEX person_by_seen;
    CREATE INDEX person_by_seen ON person (here, spoke, seen);
    -- Banned networks.
    CREATE TABLE ban (
        network TEXT NOT NULL PRIMARY KEY,
        -- In Unix milliseconds; one without an end has none.
        made    INTEGER NOT NULL,
        until   INTEGER,
        why     TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    -- The name of the history: 128 random bits, so that it is unique. Copies share it.
    CREATE TABLE history (name TEXT NOT NULL) STRICT;
    INSERT INTO history VALUES (lower(hex(randomblob(16))));
    -- The numbers at which the servers of this file began: each is higher than any that may have
    -- been given. The file has no message between `after` and this one.
    CREATE TABLE start (
        number INTEGER PRIMARY KEY,
        after  INTEGER NOT NULL
    ) STRICT;
",
    "
    -- Purges that have begun, of a room each or of all (''): what they have deleted may not be
    -- erased yet.
    CREATE TABLE purge (room TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
    -- Counts how often bytes were erased in the file: programs with cached pages read them again.
    ALTER TABLE given ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
",
    "
    -- The last entry of the stream of many nodes whose fact is in this file; none if it is one
    -- server's alone.
    CREATE TABLE journal (
        one   INTEGER PRIMARY KEY CHECK (one = 1),
        place TEXT NOT NULL
    ) STRICT;
",
    "
    -- The bans that all nodes know of. Where the table of bans differs, somebody has changed it at
    -- this file, and other nodes have to be told.
    CREATE TABLE told_ban (
        network TEXT NOT NULL PRIMARY KEY,
        until   INTEGER,
        why     TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- Purges that concern all nodes, of a room each or of all ('').
    CREATE TABLE purge_order (
        number INTEGER PRIMARY KEY,
        room   TEXT NOT NULL,
        -- In Unix milliseconds.
        before INTEGER NOT NULL,
        -- 0: other nodes must be told; 1: the stream must be swept; 2: this file must be purged.
        step   INTEGER NOT NULL
    ) STRICT;
",
    "
    -- The last of each node's signed entries that were read.
    ALTER TABLE journal ADD COLUMN senders TEXT NOT NULL DEFAULT '';
",
    "
    -- The id of the entry that told of the ban, NUMBER-PART: of two orders, the later one counts.
    ALTER TABLE told_ban ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE told_ban ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
    -- The time at which the ban was lifted, in Unix milliseconds; 0 if it is in force.
    ALTER TABLE told_ban ADD COLUMN lifted INTEGER NOT NULL DEFAULT 0;
",
    "
    -- Registered people. In the table of people their `spoke` is 2: they are never forgotten there.
    CREATE TABLE registration (
        person TEXT NOT NULL PRIMARY KEY,
        nick   TEXT NOT NULL,
        -- The password's hash in PHC string form.
        hash   TEXT NOT NULL,
        -- Words with spaces between them.
        roles  TEXT NOT NULL DEFAULT '',
        -- In Unix milliseconds.
        made   INTEGER NOT NULL,
        seen   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- Their names by the keys with which nicks are compared.
    CREATE TABLE registered_name (
        key    TEXT NOT NULL PRIMARY KEY,
        person TEXT NOT NULL,
        nick   TEXT NOT NULL,
        -- A former name is free from this time on; the present one has none.
        until  INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registered_name_by_person ON registered_name (person);
    -- Their devices, by the hashes of tokens.
    CREATE TABLE device (
        token  BLOB NOT NULL PRIMARY KEY,
        person TEXT NOT NULL,
        -- Unique for the person.
        number INTEGER NOT NULL,
        kind   TEXT NOT NULL,
        made   INTEGER NOT NULL,
        seen   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX device_by_person ON device (person, number);
",
    "
    -- The files that people have sent. They are in a folder, named by the hash of their content.
    CREATE TABLE file (
        number  INTEGER PRIMARY KEY,
        id      TEXT NOT NULL,
        person  TEXT NOT NULL,
        bytes   INTEGER NOT NULL,
        ts      INTEGER NOT NULL,
        -- The first message that tells of it.
        message INTEGER
    ) STRICT;
    CREATE INDEX file_by_id ON file (id);
    CREATE INDEX file_by_person ON file (person, bytes);
",
    "
    -- The time of the last correction, in Unix milliseconds, and the number of corrections.
    ALTER TABLE message ADD COLUMN edited INTEGER;
    ALTER TABLE message ADD COLUMN edits INTEGER NOT NULL DEFAULT 0;
    -- The texts before, for moderators: JSON, a list of [time of the correction, text].
    ALTER TABLE message ADD COLUMN former TEXT;
    -- JSON: a list of [emoji, [[id of a person, nick], ...]].
    ALTER TABLE message ADD COLUMN reactions TEXT;
    -- The last change of each changed or deleted message, and the highest number that was given to
    -- a message by then: people who have seen that one may not know of the change.
    CREATE TABLE changed (
        message INTEGER PRIMARY KEY,
        place   TEXT NOT NULL,
        after   INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX changed_by_place ON changed (place, after);
    CREATE INDEX changed_by_after ON changed (after);
",
    "
    -- The index of words has letters and digits apart now, and is built again. The old parts are
    -- full and have no messages, so they are dropped when there is time.
    UPDATE part SET messages = 0, bytes = 1 << 40;
    UPDATE indexed SET upto = 0;
",
    access::STEP,
];

/// The number of migrations that the file has been through.
pub(super) fn steps(connection: &Connection) -> Result<usize, OpenError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > VERSION {
        return Err(OpenError::Newer(version));
    }
    if version == 0 && !is_empty(connection)? {
        return Err(OpenError::Foreign);
    }
    usize::try_from(version).map_err(|_| OpenError::Foreign)
}

/// Migrates the file to the present version in one transaction, so that it has always one version
/// or the other.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let done = steps(connection)?;
    let steps = MIGRATIONS.get(done..).unwrap_or_default();
    if steps.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// Whether the file has no tables. Another program's file must not be written.
fn is_empty(connection: &Connection) -> Result<bool, OpenError> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Makes a new file give free pages back to the disk. It must be set before anything else.
pub(super) fn prepare(connection: &Connection) -> Result<(), OpenError> {
    if is_empty(connection)? {
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    Ok(())
}
