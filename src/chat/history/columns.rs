//! The columns of a message, and their reader.

use super::Message;
use super::amended::Amended;
use rusqlite::types::FromSql;
use rusqlite::{Connection, Row};
use std::fmt;
use std::rc::Rc;

/// The columns of a message that do not change, in the order in which [`message`] reads them.
const SAID: [&str; 8] = ["id", "ts", "place", "author", "action", "text", "sender", "payload"];

/// The columns that [`message`] reads, for a query of the table `message` alone.
pub(super) const COLUMNS: ColumnList = ColumnList { table: "" };
/// These columns for a query in which the table has the name `m`.
pub(super) const COLUMNS_OF_M: ColumnList = ColumnList { table: "m." };

/// The columns of a message, each after the name of its table.
pub(super) struct ColumnList {
    table: &'static str,
}

impl fmt::Display for ColumnList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, column) in all().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}{column}", self.table)?;
        }
        Ok(())
    }
}

fn all() -> impl Iterator<Item = &'static str> {
    SAID.into_iter().chain(Amended::COLUMNS)
}

/// These columns for a file that is only read, whatever its form: those that it does not have yet
/// are empty.
pub(super) fn columns_in(connection: &Connection) -> rusqlite::Result<String> {
    let mut select = connection.prepare("SELECT name FROM pragma_table_info('message')")?;
    let there: Vec<String> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let is_there = |column: &str| there.iter().any(|it| it == column);
    let columns = all().map(|column| if is_there(column) { column } else { "NULL" });
    Ok(columns.collect::<Vec<_>>().join(", "))
}

/// The columns of a row, one after the other.
pub(super) struct Columns<'r, 's> {
    row: &'r Row<'s>,
    at: usize,
}

impl Columns<'_, '_> {
    /// The next one.
    pub(super) fn next<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.at += 1;
        self.row.get(self.at - 1)
    }
}

/// Reads a message from a row that begins with its columns.
pub(super) fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let mut columns = Columns { row, at: 0 };
    Ok(Message {
        id: columns.next()?,
        ts: columns.next()?,
        place: Rc::from(columns.next::<String>()?),
        author: Rc::from(columns.next::<String>()?),
        is_action: columns.next()?,
        text: columns.next()?,
        sender: columns.next::<Option<String>>()?.map(Rc::from),
        payload: columns.next::<Option<String>>()?.map(Box::from),
        amended: Amended::read(&mut columns)?,
    })
}
