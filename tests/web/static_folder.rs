//! The operator's own pages, from a folder.

use super::client::{Response, Server, Wire};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Longer than everything that a connection may have unsent.
const LARGE: usize = 5 * 1024 * 1024;

/// A folder of pages, with a file outside of it and a link to that file.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let site = folder.path().join("site");
    fs::create_dir_all(site.join("socket.io")).expect("folders");
    fs::create_dir_all(site.join("docs")).expect("folders");
    for (file, text) in [
        ("site/index.html", "<h1>Mine</h1>"),
        ("site/docs/index.html", "docs"),
        ("site/socket.io/socket.io.js", "var io;"),
        ("site/style.css", "p {}"),
        ("site/.env", "password"),
        ("secret", "secret"),
    ] {
        fs::write(folder.path().join(file), text).expect("a file");
    }
    symlink("../secret", site.join("link")).expect("a link");
    folder
}

fn start(folder: &TempDir) -> Server {
    let site = folder.path().join("site");
    Server::start(&["--static", site.to_str().expect("the path is text")])
}

fn get(server: &Server, target: &str) -> Response {
    Wire::connect(server).get(target)
}

#[test]
fn ones_own_pages_stand_at_the_root_and_the_chats_page_beside_them() {
    let folder = folder();
    let server = start(&folder);
    for (target, kind, text) in [
        ("/", "text/html; charset=utf-8", "<h1>Mine</h1>"),
        ("/docs/?x=1", "text/html; charset=utf-8", "docs"),
        ("/style.css", "text/css; charset=utf-8", "p {}"),
        ("/socket.io/socket.io.js", "text/javascript; charset=utf-8", "var io;"),
    ] {
        let response = get(&server, target);
        assert_eq!((response.status, response.text()), (200, text), "{target}");
        assert_eq!(response.header("content-type"), Some(kind), "{target}");
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{target}");
    }
    let page = get(&server, "/chat/");
    assert!(page.text().contains("data-root=\"../\""), "it finds Socket.IO at the root");
    let script = page.text().split('"').find(|it| it.ends_with("page.js")).expect("a script");
    assert_eq!(get(&server, &format!("/chat/{script}")).status, 200);
    for (target, to) in [("/chat", "./chat/"), ("/docs?x=1", "./docs/?x=1")] {
        let response = get(&server, target);
        assert_eq!((response.status, response.header("location")), (308, Some(to)), "{target}");
    }
    get(&server, "/socket.io/").expect_code(0);
    assert_eq!(get(&server, "/healthz").status, 200);
    let missing = get(&server, "/socket.io/socket.io.min.js");
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("in the folder of --static"), "{}", missing.text());
    assert!(missing.text().contains("cdn.socket.io"), "{}", missing.text());
}

#[test]
fn nothing_else_of_the_machine_is_shown() {
    let folder = folder();
    let server = start(&folder);
    for target in [
        "/link",
        "/.env",
        "/%2eenv",
        "/../secret",
        "/%2e%2e/secret",
        "/docs/..%2f..%2fsecret",
        "/docs/../../secret",
        "//etc/passwd",
        "/docs/%00",
        "/none",
    ] {
        let response = get(&server, target);
        assert_eq!((response.status, response.text()), (404, "not found\n"), "{target}");
    }
    // A pipe has no end, so nobody waits for it.
    let pipe = folder.path().join("site/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()));
    assert_eq!(get(&server, "/pipe").status, 404);
}

#[test]
fn a_changed_file_is_sent_again_and_a_known_one_is_not() {
    let folder = folder();
    let server = start(&folder);
    let first = get(&server, "/style.css");
    let tag = first.header("etag").expect("a tag").to_owned();
    let ask = |tag: &str| {
        Wire::connect(&server).get_with("/style.css", &format!("If-None-Match: {tag}\r\n"))
    };
    assert_eq!(ask(&tag).status, 304);
    fs::write(folder.path().join("site/style.css"), "p { color: red }").expect("a file");
    let second = ask(&tag);
    assert_eq!((second.status, second.text()), (200, "p { color: red }"));
}

#[test]
fn a_part_of_a_file_is_sent_to_those_who_ask_for_it() {
    let folder = folder();
    let server = start(&folder);
    fs::write(folder.path().join("site/ten.bin"), b"0123456789").expect("a file");
    let ask = |range: &str| Wire::connect(&server).get_with("/ten.bin", range);
    let whole = ask("");
    assert_eq!((whole.status, whole.header("accept-ranges")), (200, Some("bytes")));
    let part = ask("Range: bytes=3-5\r\n");
    assert_eq!((part.status, part.text()), (206, "345"));
    assert_eq!(part.header("content-range"), Some("bytes 3-5/10"));
    let tag = whole.header("etag").expect("a tag");
    assert_eq!(part.header("etag"), Some(tag));
    assert_eq!(ask(&format!("Range: bytes=-2\r\nIf-Range: {tag}\r\n")).text(), "89");
    let other = ask("Range: bytes=-2\r\nIf-Range: \"another\"\r\n");
    assert_eq!((other.status, other.text()), (200, "0123456789"));
    let none = ask("Range: bytes=10-\r\n");
    assert_eq!((none.status, none.header("content-range")), (416, Some("bytes */10")));
    assert_eq!(ask("Range: bytes=0-1,3-4\r\n").text(), "0123456789");
}

#[test]
fn another_folder_in_its_place_is_told_to_the_operator() {
    let folder = folder();
    let server = start(&folder);
    let site = folder.path().join("site");
    fs::rename(&site, folder.path().join("old")).expect("it moves");
    fs::create_dir(&site).expect("a folder");
    fs::write(site.join("index.html"), "new").expect("a file");
    for _ in 0..3 {
        assert_eq!(get(&server, "/none").status, 503);
    }
    assert_eq!(server.logged("restart the server"), 1);
}

#[test]
fn a_large_file_comes_whole_and_needs_little_memory() {
    let folder = folder();
    let bytes: Vec<u8> = (0..LARGE).map(|at| (at * 7 % 251) as u8).collect();
    fs::write(folder.path().join("site/large.bin"), &bytes).expect("a file");
    let server = start(&folder);
    get(&server, "/style.css");
    let before = server.peak_memory();
    let mut readers: Vec<Wire> = (0..8).map(|_| Wire::connect(&server)).collect();
    readers.iter_mut().for_each(|wire| wire.send_get("/large.bin", ""));
    for wire in &mut readers {
        let response = wire.response();
        assert_eq!(response.header("content-type"), Some("application/octet-stream"));
        assert!(response.body == bytes, "the file is whole");
    }
    let grown = server.peak_memory() - before;
    assert!(grown < LARGE as u64, "{grown} bytes more for 8 readers of {LARGE} bytes");
}

/// The refusal of a server with these flags.
fn refusal(folder: &Path, flags: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mio-chat"))
        .args(flags)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn a_folder_with_the_servers_own_files_is_refused() {
    let folder = folder();
    let told = refusal(folder.path(), &["--static=.", "--bind=127.0.0.1:0", "--http=127.0.0.1:0"]);
    assert!(told.contains("everyone could read mio-chat.db"), "{told}");
    assert!(File::open(folder.path().join("mio-chat.db")).is_err(), "nothing was begun");
    let told = refusal(folder.path(), &["--static=none-such"]);
    assert!(told.contains("--static") && told.contains("this is no folder"), "{told}");
}
