//! Files that people send: their way to the server and back, their end, and the harm that they
//! cannot do.

use super::client::{Client, DEADLINE, Response, Server, Wire, Ws, mib, poll_until, post};
use super::process::{binary, run};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Bytes of a piece, as the server wants them.
pub(super) const PIECE: usize = 128 * 1024;
/// A picture of one pixel.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

/// A chat with a history in a folder of its own.
pub(super) struct Place {
    pub(super) folder: TempDir,
    pub(super) server: Server,
}

impl Place {
    pub(super) fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Self::serve(folder.path(), flags);
        Self { folder, server }
    }

    pub(super) fn serve(folder: &Path, flags: &[&str]) -> Server {
        let db = folder.join("chat.db");
        let db = ["--db", db.to_str().expect("the path is text")];
        Server::start(&[&db, flags].concat())
    }

    /// Another server takes the place of this one.
    pub(super) fn again(self, flags: &[&str]) -> Self {
        let Self { folder, server } = self;
        drop(server);
        let server = Self::serve(folder.path(), flags);
        Self { folder, server }
    }

    fn db(&self) -> PathBuf {
        self.folder.path().join("chat.db")
    }

    pub(super) fn files(&self) -> PathBuf {
        self.folder.path().join("chat.db-files")
    }

    /// The names in the folder of files, without that of the key.
    pub(super) fn kept(&self) -> Vec<String> {
        let entries = fs::read_dir(self.files()).expect("the folder");
        let names = entries.map(|it| it.expect("an entry").file_name().into_string());
        names.map(|it| it.expect("a name")).filter(|it| it != "key").collect()
    }
}

/// A client of namespace `/chat`.
pub(super) struct Person {
    ws: Ws,
    asked: u32,
    pub(super) welcome: Value,
}

impl Person {
    pub(super) fn come(server: &Server) -> Self {
        Self::come_with(server, &json!({"client": "app"}))
    }

    pub(super) fn come_with(server: &Server, auth: &Value) -> Self {
        let mut ws = Ws::open(server, "/socket.io/?EIO=4&transport=websocket");
        ws.send(&format!("40/chat,{auth}"));
        let welcome = loop {
            let text = ws.text();
            if let Some(args) = text.strip_prefix("42/chat,[\"welcome\",") {
                let object = args.strip_suffix(']').expect("the end of the arguments");
                break serde_json::from_str(object).expect("JSON");
            }
        };
        Self { ws, asked: 0, welcome }
    }

    /// Makes a request and returns the answer.
    pub(super) fn ask(&mut self, request: &str, args: &Value) -> Value {
        self.asked += 1;
        self.ws.send(&format!("42/chat,{}[\"{request}\",{args}]", self.asked));
        let begin = format!("43/chat,{}[", self.asked);
        loop {
            let text = self.ws.text();
            if let Some(answer) = text.strip_prefix(&begin) {
                let object = answer.strip_suffix(']').expect("the end of the arguments");
                return serde_json::from_str(object).expect("JSON");
            }
        }
    }

    pub(super) fn begin(&mut self, name: &str, bytes: usize) -> Value {
        self.ask("upload", &json!({"name": name, "bytes": bytes}))
    }

    /// Sends a whole file, and returns its path.
    pub(super) fn send(&mut self, server: &Server, name: &str, content: &[u8]) -> String {
        let begun = self.begin(name, content.len());
        let upload = begun["upload"].as_str().unwrap_or_else(|| panic!("an upload, not {begun}"));
        let mut wire = Wire::connect(server);
        let mut answer = Value::Null;
        for (at, piece) in content.chunks(PIECE).enumerate() {
            answer = send_piece(&mut wire, upload, at * PIECE, piece).1;
            assert_eq!(answer["ok"], true, "{answer}");
        }
        answer["path"].as_str().unwrap_or_else(|| panic!("a path, not {answer}")).to_owned()
    }

    fn say(&mut self, text: &str) {
        self.say_in("lobby", text);
    }

    pub(super) fn say_in(&mut self, room: &str, text: &str) {
        let answer = self.ask("post", &json!({"room": room, "text": text}));
        assert_eq!(answer["ok"], true, "{answer}");
    }

    /// The header with which a browser shows who they are.
    pub(super) fn pass(&self, server: &Server) -> String {
        let token = self.welcome["token"].as_str().expect("a token");
        let response = Wire::connect(server).post("/files/pass", token);
        assert_eq!((response.status, response.header("cache-control")), (200, Some("no-store")));
        let cookie = response.header("set-cookie").expect("a pass");
        let (pass, about) = cookie.split_once("; ").expect("its attributes");
        assert_eq!(about, "Max-Age=7776000; HttpOnly; SameSite=Strict");
        format!("Cookie: other=1; {pass}\r\n")
    }

    pub(super) fn get(&self, server: &Server, path: &str) -> Response {
        Wire::connect(server).get_with(&format!("/{path}"), &self.pass(server))
    }
}

pub(super) fn send_piece(wire: &mut Wire, upload: &str, at: usize, piece: &[u8]) -> (u16, Value) {
    let response = wire.post(&format!("/uploads/{upload}?at={at}"), piece);
    (response.status, serde_json::from_str(response.text()).expect("JSON"))
}

fn get(server: &Server, path: &str) -> Response {
    Wire::connect(server).get(&format!("/{path}"))
}

/// The type of a file with this content for browsers, and whether it is shown in place.
fn shown(place: &Place, name: &str, content: &[u8]) -> (String, String) {
    let mut person = Person::come(&place.server);
    let path = person.send(&place.server, name, content);
    let response = person.get(&place.server, &path);
    assert_eq!((response.status, &*response.body), (200, content), "{name}");
    for (header, value) in [
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(response.header(header), Some(value), "{name}");
    }
    let policy = response.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none';") && policy.ends_with("; sandbox"), "{policy}");
    let value = |name| response.header(name).expect("a header").to_owned();
    (value("content-type"), value("content-disposition"))
}

#[test]
fn a_file_is_sent_in_pieces_and_a_line_tells_netcat_where_it_is() {
    let place = Place::start(&[]);
    let mut netcat = Client::named(&place.server, "nora");
    let mut person = Person::come(&place.server);
    assert_eq!(person.welcome["file"], mib(10));
    let content: Vec<u8> = (0..=250).cycle().take(3 * PIECE + 5).collect();
    let path = person.send(&place.server, "über uns.pdf", &content);
    let id = path.split('/').nth(1).expect("an id");
    assert_eq!(path, format!("files/{id}/%C3%BCber%20uns.pdf"));
    person.say(&format!("http://chat.example/{path}"));
    assert!(netcat.said().ends_with(&format!("http://chat.example/{path}")));
    let response = get(&place.server, &path);
    assert_eq!((response.status, response.body == content), (200, true));
    assert_eq!(place.kept(), [id], "there is no part left");
    // Somebody else who sends the same content has a file of their own, which goes with their own
    // message.
    let other = Person::come(&place.server).send(&place.server, "a.txt", &content);
    assert!(!other.contains(id) && place.kept().len() == 2);
    let mode = |path: &Path| fs::metadata(path).expect("it is there").mode() & 0o777;
    assert_eq!((mode(&place.files()), mode(&place.files().join(id))), (0o700, 0o600));
}

#[test]
fn only_the_content_tells_what_a_file_is() {
    let place = Place::start(&[]);
    let png = shown(&place, "cat.png", PNG);
    assert_eq!(png, ("image/png".into(), "inline; filename*=UTF-8''cat.png".into()));
    // A picture that says it is a page, and a page that says it is a picture.
    let polyglot = [PNG, b"<script>alert(1)</script>"].concat();
    let (kind, how) = shown(&place, "page.html", &polyglot);
    assert_eq!((&*kind, &*how), ("image/png", "inline; filename*=UTF-8''page.html.png"));
    for (name, content) in [
        ("cat.png", b"<html><script>alert(1)</script>".as_slice()),
        ("cat.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.html", b"<!doctype html>"),
        ("a.js", b"alert(1)"),
        ("a.pdf", b"%PDF-1.7"),
        ("cat.gif", b"GIF89a\0\0\0\0 no pixel"),
        // 65,535 x 65,535 pixels, which a browser could not hold.
        ("bomb.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x06\0\0\0"),
    ] {
        let (kind, how) = shown(&place, name, content);
        assert_eq!(kind, "application/octet-stream", "{name}");
        assert_eq!(how, format!("attachment; filename*=UTF-8''{name}"));
    }
    let path = Person::come(&place.server).send(&place.server, "cat.png", PNG);
    assert!(path.ends_with("/1x1/cat.png"), "{path}");
}

#[test]
fn names_lead_nowhere_and_ids_are_not_guessed() {
    let place = Place::start(&[]);
    let mut person = Person::come(&place.server);
    let path = person.send(&place.server, "../../../etc/pass\r\nwd\u{202e}", b"x");
    let id = path.split('/').nth(1).expect("an id").to_owned();
    assert_eq!(path, format!("files/{id}/passwd"));
    let mut wire = Wire::connect(&place.server);
    let hostile = format!("/files/{id}/a%0d%0aX-Evil:%201");
    let response = wire.get_with(&hostile, &person.pass(&place.server));
    assert_eq!((response.status, response.header("x-evil")), (200, None));
    for target in [
        format!("/files/{}", "0".repeat(32)),
        format!("/files/{}/x", "0".repeat(32)),
        format!("/files/{}/x", id.to_uppercase()),
        "/files/key/x".to_owned(),
        "/files/../chat.db".to_owned(),
        "/files/..%2fchat.db/x".to_owned(),
        "/files/%2e%2e/x".to_owned(),
        "/files//x".to_owned(),
        "/files/".to_owned(),
        format!("/files/./{id}/x"),
    ] {
        assert_eq!(wire.get(&target).status, 404, "{target}");
    }
}

#[test]
fn an_upload_that_was_cut_goes_on_where_it_was() {
    let place = Place::start(&[]);
    let mut person = Person::come(&place.server);
    let content: Vec<u8> = (0..=250).cycle().take(2 * PIECE + 5).collect();
    let begun = person.begin("a", content.len());
    assert_eq!(begun["piece"], PIECE);
    let upload = begun["upload"].as_str().expect("a name");
    // The connection is cut in the middle of a piece.
    let piece = post(&format!("/uploads/{upload}?at=0"), "", &content[..PIECE]);
    Wire::connect(&place.server).send(&piece[..piece.len() / 2]);
    let mut wire = Wire::connect(&place.server);
    assert_eq!(send_piece(&mut wire, upload, 0, b""), (200, json!({"ok": true, "at": 0})));
    send_piece(&mut wire, upload, 0, &content[..PIECE]);
    // The answer was lost, and the piece comes again.
    let (status, again) = send_piece(&mut wire, upload, 0, &content[..PIECE]);
    assert_eq!((status, &again["code"], &again["at"]), (409, &json!("out-of-step"), &json!(PIECE)));
    send_piece(&mut wire, upload, PIECE, &content[PIECE..2 * PIECE]);
    let (_, whole) = send_piece(&mut wire, upload, 2 * PIECE, &content[2 * PIECE..]);
    let path = whole["path"].as_str().expect("a path");
    assert!(person.get(&place.server, path).body == content);
    // The last answer can be had again too.
    assert_eq!(send_piece(&mut wire, upload, 2 * PIECE, &content[2 * PIECE..]).1, whole);
}

#[test]
fn an_upload_that_is_given_up_or_too_long_leaves_nothing() {
    let place = Place::start(&[]);
    let mut person = Person::come(&place.server);
    let mut wire = Wire::connect(&place.server);
    for (last, status, code) in [(None, 404, "no-upload"), (Some("too long"), 413, "too-long")] {
        let begun = person.begin("a", 6);
        let upload = begun["upload"].as_str().expect("a name");
        assert_eq!(send_piece(&mut wire, upload, 0, b"abc").1["at"], 3);
        assert_eq!(place.kept().len(), 1);
        let last = last.unwrap_or_else(|| {
            assert_eq!(wire.post(&format!("/uploads/{upload}?cancel"), "").status, 200);
            "def"
        });
        let (answered, answer) = send_piece(&mut wire, upload, 3, last.as_bytes());
        assert_eq!((answered, &answer["code"]), (status, &json!(code)));
        assert_eq!(place.kept(), [""; 0]);
    }
    for target in ["/uploads/none?at=0", "/uploads/?at=0", "/uploads/../files/x?at=0"] {
        assert_eq!(wire.post(target, "x").status, 404, "{target}");
    }
    for target in ["/uploads/x", "/uploads/x?at=", "/uploads/x?at=-1", "/uploads/x?at=1&at=2"] {
        assert_eq!(wire.post(target, "x").status, 400, "{target}");
    }
}

#[test]
fn a_file_goes_with_its_message() {
    let place = Place::start(&[]);
    let mut person = Person::come(&place.server);
    let one = person.send(&place.server, "one", b"one");
    let two = person.send(&place.server, "two", b"two");
    person.say(&format!("http://a/{one}"));
    let unsaid = person.send(&place.server, "unsaid", b"unsaid");
    let told = ["three", "four"].map(|name| {
        let path = person.send(&place.server, name, name.as_bytes());
        let text = format!("http://a/{path}");
        let answer = person.ask("post", &json!({"room": "lobby", "text": text}));
        (path, answer["id"].clone())
    });
    assert_eq!(person.ask("join", &json!({"room": "den"}))["ok"], true);
    let elsewhere = json!({"room": "den", "text": format!("http://a/{two}")});
    assert_eq!(person.ask("post", &elsewhere)["ok"], true);
    // A message that is taken back, and one that tells of it no longer.
    let [(taken, id), (edited, other)] = &told;
    assert_eq!(person.ask("delete", &json!({"id": id}))["ok"], true);
    assert_eq!(person.ask("edit", &json!({"id": other, "text": "nothing"}))["ok"], true);
    for path in [taken, edited] {
        let gone = poll_until(DEADLINE, || get(&place.server, path).status == 404);
        assert!(gone, "{path} is still there");
    }
    let mut purge = binary();
    purge.args(["purge", "--room", "lobby", "--older-than", "0", "--db"]).arg(place.db());
    let purged = run(purge);
    assert!(purged.status.success(), "{purged:?}");
    let gone = poll_until(DEADLINE, || get(&place.server, &one).status == 404);
    assert!(gone, "the file of the purged message is still there");
    assert_eq!(get(&place.server, &two).status, 200);
    let unsaid = person.get(&place.server, &unsaid);
    assert_eq!(unsaid.status, 200, "it may still be told of");
}

#[test]
fn without_a_history_or_with_none_there_are_no_files() {
    let place = Place::start(&["--files", "none"]);
    assert!(!place.files().exists());
    for server in [place.server, Server::start(&["--db", "none"])] {
        let mut person = Person::come(&server);
        assert_eq!(person.welcome.get("file"), None);
        assert_eq!(person.begin("a", 1)["code"], "no-files");
        assert_eq!(get(&server, &format!("files/{}/x", "0".repeat(32))).status, 404);
    }
}

#[test]
fn files_outlive_the_server_and_their_folder_is_not_shown() {
    let place = Place::start(&[]);
    let mut person = Person::come(&place.server);
    let path = person.send(&place.server, "cat.png", PNG);
    person.say(&format!("http://a/{path}"));
    let Place { folder, server } = place;
    drop(server);
    fs::create_dir(folder.path().join("site")).expect("a folder");
    let site = folder.path().join("site");
    let server = Place::serve(folder.path(), &["--static", site.to_str().expect("text")]);
    let response = get(&server, &format!("chat/{path}"));
    assert_eq!((response.status, &*response.body), (200, PNG));
    let tag = response.header("etag").expect("a tag");
    let known = Wire::connect(&server)
        .get_with(&format!("/chat/{path}"), &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(known.status, 304);
    let inside = site.join("sent");
    fs::create_dir(&inside).expect("a folder");
    let mut serve = binary();
    serve.args(["--static".as_ref(), site.as_os_str(), "--files".as_ref(), inside.as_os_str()]);
    serve.args(["--bind", "127.0.0.1:0", "--http", "127.0.0.1:0", "--db"]);
    let refused = run({
        serve.arg(folder.path().join("other.db"));
        serve
    });
    assert!(String::from_utf8_lossy(&refused.stderr).contains("sent"), "{refused:?}");
}
