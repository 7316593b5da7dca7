//! Rules for names of people and rooms, and against imitations.

use super::harness::{Client, Server};

const CHARACTERS: &str = "* a name is made of letters, digits and - _ .";
const RESERVED: &str = "* that name is kept for the server";

#[test]
fn a_taken_name_is_refused_however_it_is_written() {
    let server = Server::start(&["--rate", "0"]);
    let _alice = Client::named(&server, "alice");
    let _eric = Client::named(&server, "éric");
    let _paypal = Client::named(&server, "paypal");
    let mut mallory = Client::named(&server, "mallory");
    for (wanted, taken) in [
        ("alice", "alice"),
        ("ALICE", "alice"),
        ("aLiCe", "alice"),
        ("alice   ", "alice"),
        ("aIice", "alice"), // a capital I for the l
        ("ÉRIC", "éric"),
        ("PayPaI", "paypal"), // another one
    ] {
        let told = mallory.ask(&format!("/nick {wanted}"));
        assert_eq!(told, format!("* {taken} is here already, choose another name"), "{wanted:?}");
    }
}

#[test]
fn a_name_in_another_normal_form_is_not_a_second_name() {
    let server = Server::start(&[]);
    let _eric = Client::named(&server, "éric");
    let mut mallory = Client::named(&server, "mallory");
    // Decomposed, the letters are no other name.
    let told = mallory.ask("/nick e\u{301}ric");
    assert_eq!(told, "* éric is here already, choose another name");
    assert_eq!(mallory.ask("/nick Rene\u{301}"), "* you are now René");
}

#[test]
fn names_that_are_none_are_refused_with_a_reason() {
    let server = Server::start(&["--rate", "0"]);
    let mut mallory = Client::named(&server, "mallory");
    let length = "* a name has 1 to 24 characters";
    let scripts = "* a name must use the letters of one alphabet";
    for (wanted, told) in [
        ("a:b", CHARACTERS),
        ("<bob>", CHARACTERS),
        ("bob>", CHARACTERS),
        ("*", CHARACTERS),
        ("two words", CHARACTERS),
        ("zero\u{200b}width", CHARACTERS),
        ("joi\u{200d}ner", CHARACTERS),
        ("soft\u{ad}hyphen", CHARACTERS),
        ("\u{3164}", "* usage: /nick NAME"), // blank: a Hangul filler
        ("bob\u{ffa0}", CHARACTERS),
        ("\u{301}bob", CHARACTERS),
        ("bo\u{301}\u{301}b", CHARACTERS),
        ("\u{1b}[31mred", CHARACTERS),
        ("nbsp\u{a0}x", CHARACTERS),
        ("...", CHARACTERS),
        ("@alice", CHARACTERS),
        ("ａｌｉｃｅ", CHARACTERS), // full width
        ("alice\u{2d0}", CHARACTERS),
        ("ᐸaliceᐳ", CHARACTERS),
        ("аlice", scripts),  // Cyrillic а
        ("раураl", scripts), // all Cyrillic but the l
        ("#lobby", CHARACTERS),
        ("server", RESERVED),
        ("Admin", RESERVED),
        ("sеrver", RESERVED), // Cyrillic е
        ("Adm1n", RESERVED),
        ("you", RESERVED),
        ("guest-1", RESERVED),
        ("Guest-99", RESERVED),
        (&"x".repeat(25), length),
        (&"x".repeat(300), length),
        ("", "* usage: /nick NAME"),
        ("   ", "* usage: /nick NAME"),
    ] {
        assert_eq!(mallory.ask(&format!("/nick {wanted}")), told, "{wanted:?}");
    }
}

#[test]
fn names_of_all_scripts_are_welcome() {
    let server = Server::start(&[]);
    for nick in [
        "Żółw",
        "李雷",
        "Ελένη",
        "дмитрий",
        "דוד",
        "कृष्ण",
        "น้ำผึ้ง",
        "김철수",
        "mary-jane_2.0",
        "İbrahim",
        "x",
    ] {
        let client = Client::named(&server, nick);
        drop(client);
    }
    Client::named(&server, &"n".repeat(24));
}

#[test]
fn a_name_is_free_again_when_its_owner_leaves() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = Client::named(&server, "bob");
    alice.rename("anna");
    bob.skip_to("* alice is now anna");
    // Until then the name is held for her, and leads to her.
    let held = "* alice was here a moment ago and may come back, choose another name";
    assert_eq!(bob.ask("/nick alice"), held);
    assert_eq!(bob.ask("/msg alice psst"), "* -> anna: psst");
    alice.skip_to("<bob -> you> psst");
    drop(alice);
    bob.skip_to("* anna left");
    bob.rename("ANNA");
    bob.rename("alice");
    assert_eq!(bob.ask("/who"), "* in #lobby: alice (netcat)");
}

#[test]
fn one_may_change_the_case_of_ones_own_name() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = Client::named(&server, "bob");
    alice.send("/nick alice\n");
    alice.skip_to("* you are alice already");
    alice.rename("Alice");
    bob.skip_to("* alice is now Alice");
    alice.rename("aIice");
    // A look-alike of a person's name is theirs too, and leads to them.
    alice.send("/who\n");
    alice.skip_to("* in #lobby: aIice (netcat) and bob (netcat)");
    bob.send("/msg alice psst\n");
    alice.skip_to("<bob -> you> psst");
}

#[test]
fn guests_have_names_that_nobody_else_has() {
    let server = Server::start(&[]);
    let mut nicks: Vec<String> =
        (0..12).map(|_| Client::guest(&server).nick().to_owned()).collect();
    let count = nicks.len();
    nicks.sort();
    nicks.dedup();
    assert_eq!(nicks.len(), count);
}

#[test]
fn rooms_are_known_without_case_and_mark() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let mut bob = Client::named(&server, "bob");
    alice.send("/join #Dev\n");
    alice.skip_to("* you are in #dev. Nobody else is here yet.");
    bob.send("/join DEV\n");
    bob.skip_to("* you are in #dev with alice.");
    alice.skip_to("* bob joined");
    assert_eq!(alice.ask("/join dEv"), "* you are in #dev already");
}

#[test]
fn rooms_that_are_none_are_refused_with_a_reason() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    let length = "* a name has 1 to 32 characters";
    for (room, told) in [
        ("#", length),
        ("##", CHARACTERS),
        ("#a b", CHARACTERS),
        ("#a/b", CHARACTERS),
        ("#..", CHARACTERS),
        ("#\u{202e}x", CHARACTERS),
        (&"r".repeat(33), length),
        ("", "* usage: /join #ROOM"),
    ] {
        assert_eq!(alice.ask(&format!("/join {room}")), told, "{room:?}");
    }
    let longest = "r".repeat(32);
    let told = alice.ask(&format!("/join #{longest}"));
    assert_eq!(told, format!("* you are in #{longest}. Nobody else is here yet."));
}

#[test]
fn rooms_of_all_scripts_are_welcome() {
    let server = Server::start(&[]);
    let mut alice = Client::named(&server, "alice");
    for room in ["Łódź", "北京", "Αθήνα", "Straße", "İzmir"] {
        let told = alice.ask(&format!("/join #{room}"));
        assert!(told.starts_with("* you are in #"), "{room}: {told}");
    }
}
