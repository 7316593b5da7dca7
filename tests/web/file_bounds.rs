//! The bounds of the files that people send, and disks that are full.

use super::client::{DEADLINE, Wire, poll_until};
use super::files::{PIECE, Person, Place, send_piece};
use super::mount::Disk;
use mio_chat::limits::{FILES_MAX, FILES_PER_PERSON_MAX};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn a_full_disk_ends_an_upload_with_a_sentence() {
    let place = Place::start(&["--no-sandbox"]);
    let mut person = Person::come(&place.server);
    let begun = person.begin("a", 6);
    let upload = begun["upload"].as_str().expect("a name");
    symlink("/dev/full", place.files().join(format!("upload-{upload}"))).expect("a link");
    let mut wire = Wire::connect(&place.server);
    let (status, answer) = send_piece(&mut wire, upload, 0, b"abc");
    assert_eq!((status, &answer["error"]), (507, &json!("the server's disk is full")));
    assert_eq!(place.kept(), [""; 0]);
    assert_eq!(send_piece(&mut wire, upload, 0, b"abc").0, 404);
}

#[test]
fn a_disk_that_gets_full_in_the_middle_of_an_upload_gets_its_room_back() {
    let Some(disk) = Disk::mount("size=4m") else { return };
    let server = Place::serve(disk.path(), &[]);
    let mut person = Person::come(&server);
    let content = vec![7; 4 * PIECE];
    let begun = person.begin("a", content.len());
    let upload = begun["upload"].as_str().expect("a name");
    let mut wire = Wire::connect(&server);
    for at in [0, PIECE] {
        let (_, answer) = send_piece(&mut wire, upload, at, &content[at..at + PIECE]);
        assert_eq!(answer["at"], at + PIECE);
    }
    let filler = disk.fill();
    let (status, answer) = send_piece(&mut wire, upload, 2 * PIECE, &content[..PIECE]);
    assert_eq!((status, &answer["error"]), (507, &json!("the server's disk is full")));
    assert_eq!(answer["code"], "files-full");
    let files = disk.path().join("chat.db-files");
    let names = fs::read_dir(&files).expect("the folder").map(|it| it.expect("an entry"));
    let names: Vec<_> = names.map(|it| it.file_name()).collect();
    assert_eq!(names, ["key"], "its pieces have given their room back");
    assert_eq!(send_piece(&mut wire, upload, 2 * PIECE, b"x").0, 404);
    fs::remove_file(filler).expect("the filler");
    let ready = || person.begin("b", 1)["ok"] == true;
    assert!(poll_until(DEADLINE, ready), "nothing is taken any more");
    let path = person.send(&server, "a", &content);
    assert!(person.get(&server, &path).body == content);
}

#[test]
fn tiny_files_are_bounded_by_their_number() {
    let place = Place::start(&[]);
    let mut person = Person::come_with(&place.server, &json!({"client": "web"}));
    person.send(&place.server, "tiny", b"x");
    let Place { folder, server } = place;
    drop(server);
    // As if the person had sent many more, and others too.
    let more = |person: &str, count: u64| {
        let file = Connection::open(folder.path().join("chat.db")).expect("the file");
        let sql = format!(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})
             INSERT INTO file (id, person, bytes, ts)
             SELECT lower(hex(randomblob(16))), {person}, 1, ts
             FROM n, (SELECT * FROM file LIMIT 1)"
        );
        file.execute_batch(&sql).expect("it is changed");
    };
    more("person", FILES_PER_PERSON_MAX - 2);
    let server = Place::serve(folder.path(), &[]);
    let back = json!({"client": "web", "token": person.welcome["token"], "since": 0});
    let mut person = Person::come_with(&server, &back);
    person.send(&server, "the last", b"x");
    let refused = person.begin("one more", 1);
    assert_eq!(refused["code"], "files-full", "{refused}");
    Person::come(&server).send(&server, "tiny", b"x");
    drop(server);
    more("'id of ' || (n % 20)", FILES_MAX - FILES_PER_PERSON_MAX - 1);
    let server = Place::serve(folder.path(), &[]);
    let refused = Person::come(&server).begin("one more", 1);
    assert_eq!(refused["code"], "files-full", "{refused}");
}

#[test]
fn there_is_a_bound_for_each_file_each_person_and_all() {
    let place = Place::start(&["--max-file", "100K", "--files-max", "1M"]);
    let mut person = Person::come(&place.server);
    let code = |answer: Value| answer["code"].as_str().unwrap_or("ok").to_owned();
    assert_eq!(code(person.begin("a", 0)), "empty");
    assert_eq!(code(person.begin("a", 100 * 1024 + 1)), "too-long");
    assert_eq!(code(person.ask("upload", &json!({"name": "a", "bytes": -1}))), "bad-request");
    // Announced bytes count, so nobody gets more by beginning many at once.
    assert_eq!(code(person.begin("a", 100 * 1024)), "ok");
    assert_eq!(code(person.begin("b", 5 * 1024)), "files-full");
    let mut others: Vec<Person> = (0..12).map(|_| Person::come(&place.server)).collect();
    let codes = others.iter_mut().map(|other| code(other.begin("a", 100 * 1024)));
    let codes: Vec<String> = codes.collect();
    assert_eq!((&*codes[8], &*codes[9]), ("ok", "files-full"));
    let tiny = Place::start(&[]);
    let mut person = Person::come(&tiny.server);
    let codes: Vec<String> = (0..9).map(|_| code(person.begin("a", 1))).collect();
    assert_eq!((&*codes[7], &*codes[8]), ("ok", "too-many"));
    // Nor do many people of one address take all places.
    let mut others: Vec<Person> = (0..4).map(|_| Person::come(&tiny.server)).collect();
    let codes = others.iter_mut().flat_map(|it| [0; 7].map(|_| code(it.begin("a", 1))));
    let refused = codes.filter(|code| code == "too-many").count();
    assert_eq!(refused, 4 * 7 - 24, "32 in all");
}
