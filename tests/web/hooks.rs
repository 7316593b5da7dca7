//! Hooks: programs that say something in a room by a POST.

use super::client::{Response, Server, Wire};
use super::engine::socket_io;
use super::harness::Client;
use mio_chat::limits::{HOOK_BODY_BYTES_MAX, HOOK_POSTS_BURST};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("chat.db")
}

fn start(db: &Path) -> Server {
    Server::start(&["--db", db.to_str().expect("a path")])
}

/// The exit code of a command of `admin hook`, and what it says.
fn admin(db: &Path, line: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    let output = command.args(["admin", "hook"]).args(line).arg("--db").arg(db).output();
    let output = output.expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).expect("text"))
}

/// Makes a hook; the path of its address.
fn add(db: &Path, name: &str, room: &str) -> String {
    let (code, said) = admin(db, &["add", name, "--room", room, "--url", "https://chat.example/"]);
    assert_eq!(code, Some(0), "{said}");
    let path = said.trim_end().strip_prefix("https://chat.example").expect("an address");
    assert!(path.starts_with("/hook/") && path.len() == "/hook/".len() + 32, "{said}");
    path.to_owned()
}

/// The status of an answer, and its sentence.
fn told(response: &Response) -> (u16, &str) {
    (response.status, response.text().trim_end())
}

#[test]
fn what_is_posted_is_said_in_the_room_under_the_hooks_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = start(&db);
    let mut alice = Client::connect(&server).greeted();
    alice.send("/join #ops\n");
    alice.skip_to("* you are in #ops. Nobody else is here yet.");
    let path = add(&db, "deploy", "#Ops");
    let mut program = Wire::connect(&server);
    assert_eq!(told(&program.post(&path, "deploy done\n")), (200, "said in #ops"));
    alice.expect_said("<deploy> deploy done");
    let json = r#"{"text": "version 7 is out"}"#;
    assert_eq!(program.post(&path, json).status, 200);
    alice.expect_said("<deploy> version 7 is out");
    let push = serde_json::json!({
        "ref": "refs/heads/main",
        "commits": [{}],
        "sender": {"login": "bob"},
        "repository": {"full_name": "org/repo"},
    });
    let push = push.to_string();
    let head = "X-GitHub-Event: push\r\nContent-Type: application/json\r\n";
    let length = push.len();
    let request =
        format!("POST {path} HTTP/1.1\r\nHost: a\r\n{head}Content-Length: {length}\r\n\r\n{push}");
    assert_eq!(program.ask(request).status, 200);
    alice.expect_said("<deploy> bob pushed 1 commit to main of org/repo");
    // It is in the history like any message, and escape sequences are shown.
    program.post(&path, "\u{1b}[2Jcleared");
    alice.expect_said("<deploy> ^[[2Jcleared");
    alice.send("/search version\n");
    let found = alice.line();
    assert!(found.ends_with("<deploy> version 7 is out"), "{found}");
}

#[test]
fn what_is_wrong_with_a_post_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = start(&db);
    let path = add(&db, "deploy", "lobby");
    let mut program = Wire::connect(&server);
    let none = (404, "there is no such hook; mio-chat admin hook list lists them");
    for wrong in ["/hook/", "/hook/x", &path[..path.len() - 1], &format!("{path}0")] {
        assert_eq!(told(&program.post(wrong, "hi")), none, "{wrong}");
    }
    for (body, sentence) in [
        ("", "there is nothing to say; post a text, or JSON with text"),
        (" \n\u{200b}", "there is nothing to say; post a text, or JSON with text"),
        ("{\"txt\": \"hi\"}", "JSON needs a text; this has only: txt"),
        ("{\"text\": 7}", "text must be a string"),
    ] {
        assert_eq!(told(&program.post(&path, body)), (400, sentence), "{body}");
    }
    let long = "x".repeat(HOOK_BODY_BYTES_MAX + 1);
    assert_eq!(told(&program.post(&path, &long)).0, 413);
    assert_eq!(Wire::connect(&server).get(&path).status, 405, "only POST says something");
    let mut statuses = (0..=HOOK_POSTS_BURST).map(|_| program.post(&path, "again"));
    let late = statuses.find(|response| response.status != 200).expect("it has a pace");
    assert_eq!((late.status, late.header("retry-after").is_some()), (429, true));
    assert!(late.text().starts_with("this hook has said too much of late"), "{late:?}");
}

#[test]
fn a_hooks_name_is_nobody_elses_until_it_is_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = start(&db);
    let mut bob = Client::connect(&server).greeted();
    bob.rename("deploy");
    let path = add(&db, "deploy", "lobby");
    // Somebody who is here under the name gets another one.
    bob.skip_to("* you are now guest-2");
    assert_eq!(
        bob.ask("/nick dep1oy"),
        "* deploy is the name of a program here; choose another name"
    );
    assert_eq!(bob.ask("/login deploy secret-word"), "* nobody has registered as deploy");
    let exists = "mio-chat: deploy is a hook already; mio-chat admin hook remove removes it\n";
    assert_eq!(admin(&db, &["add", "Deploy"]), (Some(1), exists.replace("deploy is", "Deploy is")));
    let (code, said) = admin(&db, &["add", "a b"]);
    assert_eq!((code, said.starts_with("mio-chat: the name a b: ")), (Some(2), true), "{said}");
    let (code, said) = admin(&db, &["add", "ci", "--room", "a b"]);
    assert_eq!((code, said.starts_with("mio-chat: the room a b: ")), (Some(2), true), "{said}");
    let list = (Some(0), "deploy  #lobby  made within a day\n".to_owned());
    assert_eq!(admin(&db, &["list"]), list);
    drop(server);
    let server = start(&db);
    let mut program = Wire::connect(&server);
    assert_eq!(program.post(&path, "still here").status, 200);
    assert_eq!(admin(&db, &["remove", "deploy"]), (Some(0), "the hook deploy is removed\n".into()));
    assert_eq!(admin(&db, &["remove", "deploy"]).0, Some(1));
    assert_eq!(program.post(&path, "gone").status, 404);
    let mut bob = Client::connect(&server).greeted();
    bob.rename("deploy");
    assert_eq!(admin(&db, &["list"]), (Some(0), String::new()));
    // The secret is not in the file.
    let secret = path.trim_start_matches("/hook/");
    let bytes = std::fs::read(&db).expect("the file");
    assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none());
}

#[test]
fn no_password_token_code_or_secret_is_in_the_log() {
    const SESAME: &str = "open-sesame-0123456789";
    let folder = tempfile::tempdir().expect("a folder");
    let db = database(&folder);
    let server = Server::start(&["--db", db.to_str().expect("a path"), "--log", "trace"]);
    let path = add(&db, "deploy", "ops");
    let mut program = Wire::connect(&server);
    assert_eq!(program.post(&path, "deploy done").status, 200);
    assert_eq!(program.post(&format!("/hook/{SESAME}"), "deploy done").status, 404);
    for target in ["/", "/nowhere", "/metrics", "/socket.io/"] {
        let headers = format!("Authorization: Bearer {SESAME}\r\nCookie: token={SESAME}\r\n");
        program.get_with(&format!("{target}?token={SESAME}&code={SESAME}"), &headers);
    }
    let mut browser = socket_io(&server);
    let auth = format!("{{\"client\":\"web\",\"token\":\"{SESAME}\",\"code\":\"{SESAME}\"}}");
    browser.send(&format!("40/chat,{auth}"));
    let welcome = loop {
        let packet = browser.text();
        if packet.contains("\"token\":\"") {
            break packet;
        }
    };
    let token = welcome.split("\"token\":\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.expect("a token");
    let stranger = socket_io(&server);
    stranger.send(&format!("40/chat,{{\"nick\":\"bob\",\"password\":\"{SESAME}\"}}"));
    let mut alice = Client::named(&server, "alice");
    for line in [format!("/register {SESAME}"), format!("/login alice x{SESAME}")] {
        alice.send(format!("{line}\n"));
    }
    alice.skip_to("* that is not alice's password");
    let log = server.log();
    let secret = path.trim_start_matches("/hook/");
    for hidden in [SESAME, token, secret] {
        assert!(hidden.len() >= 20 && !log.contains(hidden), "{hidden} is in {log}");
    }
    assert!(log.contains("register"), "the log has these acts: {log}");
}
