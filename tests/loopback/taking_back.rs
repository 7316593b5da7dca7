//! Words that people take back are nowhere in the history's files a moment later.

use super::harness::{Client, DEADLINE, Server, poll_until};
use super::keeping::database;
use super::purging::times;

#[test]
fn what_was_taken_back_is_erased_while_people_talk() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--rate", "0", "--db", db.to_str().expect("a path")]);
    let mut bob = Client::named(&server, "bob");
    let alice = Client::named(&server, "alice");
    let some: String = (0..500).map(|number| format!("some words {number}\n")).collect();
    alice.send(format!("{some}/msg bob firstsecret\n/edit othersecret\n"));
    bob.skip_to("<alice> some words 499");
    assert!(poll_until(DEADLINE, || times(folder.path(), "othersecret") > 0), "it is written");
    alice.send("/delete\ndeletedsecret\n/delete\nlast words\n");
    bob.skip_to("<alice> last words");
    for secret in ["firstsecret", "othersecret", "deletedsecret"] {
        let is_gone = || times(folder.path(), secret) == 0;
        assert!(poll_until(DEADLINE, is_gone), "{secret}");
    }
    assert!(times(folder.path(), "words 250") > 0, "the rest is there");
}
