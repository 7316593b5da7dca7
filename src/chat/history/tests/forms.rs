//! Files of an earlier form become files of the present one, and lose nothing.

use super::*;
use rusqlite::Connection;
use rusqlite::types::Value;

/// The form before rooms could have rules.
const BEFORE_RULES: usize = 19;

/// A file of the form after so many steps.
fn file_of_form(path: &Path, steps: usize) -> Connection {
    let connection = Connection::open(path).expect("a file");
    for step in &schema::MIGRATIONS[..steps] {
        connection.execute_batch(step).expect("a step");
    }
    let version = i64::try_from(steps).expect("a small number");
    connection.pragma_update(None, "user_version", version).expect("a version");
    connection
}

fn names(connection: &Connection, sql: &str) -> Vec<String> {
    let mut select = connection.prepare(sql).expect("a query");
    let names = select.query_map([], |row| row.get(0)).expect("names");
    names.map(|name| name.expect("a name")).collect()
}

/// The tables, except those of the index of words, which is made anew at need.
fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'word%'
               AND name NOT LIKE 'sqlite%' ORDER BY name";
    names(connection, sql)
}

/// Adds a row to a table, with some value in each column.
fn add_row(connection: &Connection, table: &str) {
    let types = names(connection, &format!("SELECT type FROM pragma_table_info('{table}')"));
    let values = types.iter().map(|kind| match &**kind {
        "INTEGER" => "1",
        "TEXT" => "'some text'",
        "BLOB" => "x'07'",
        other => panic!("{other} in {table}"),
    });
    let values: Vec<&str> = values.collect();
    let sql = format!("INSERT INTO {table} VALUES ({})", values.join(", "));
    connection.execute(&sql, []).expect("a row");
}

fn rows(connection: &Connection, table: &str) -> Vec<Vec<Value>> {
    let mut select = connection.prepare(&format!("SELECT * FROM {table}")).expect("a query");
    let columns = 0..select.column_count();
    let rows = select.query_map([], |row| columns.clone().map(|it| row.get(it)).collect());
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

#[test]
fn a_file_from_before_rules_of_rooms_keeps_every_row() {
    let folder = folder();
    let mut file = file_of_form(&folder.path().join("chat.db"), BEFORE_RULES);
    let tables = tables(&file);
    assert!(tables.len() > 15, "{tables:?}");
    let empty = tables.iter().filter(|table| rows(&file, table).is_empty());
    empty.for_each(|table| add_row(&file, table));
    let all = |file: &Connection| -> Vec<_> { tables.iter().map(|it| rows(file, it)).collect() };
    let before = all(&file);
    assert!(before.iter().all(|rows| !rows.is_empty()));
    schema::migrate(&mut file).expect("the present form");
    // A later form may add columns at the end.
    for ((before, now), table) in before.into_iter().zip(all(&file)).zip(&tables) {
        assert_eq!(before.len(), now.len(), "{table}");
        for (before, now) in before.into_iter().zip(now) {
            assert_eq!(before[..], now[..before.len()], "{table}");
        }
    }
}

#[test]
fn a_file_from_before_rules_of_rooms_can_have_them() {
    let folder = folder();
    let file = file_of_form(&folder.path().join("chat.db"), BEFORE_RULES);
    let sql = "INSERT INTO message (id, ts, place, author, action, text)
               VALUES (7, 1, 'den', 'alice', 0, 'hi')";
    file.execute(sql, []).expect("a message");
    drop(file);
    let mut history = open(&folder);
    assert_eq!(texts(&history.last("den", None, 9).expect("the file")), ["hi"]);
    assert!(history.begin(NOW).expect("the file").rules.is_empty());
    history.keep_rules("den".into(), Some("{}".to_owned()));
    assert_eq!(history.settle(0), None);
    drop(history);
    let rules = open(&folder).begin(NOW).expect("the file").rules;
    assert_eq!(rules, [(Rc::from("den"), "{}".to_owned())]);
}
