//! A chat with clients in memory.

use mio_chat::chat::history::History;
use mio_chat::chat::{self, Access, Chat, HashAnswer, HashWork, Purger, Setup, Worker};
use mio_chat::limits::{HISTORY_NUMBERS_PER_MS, PASSWORD_LOOK_MS, WORKER_LOST};
use mio_socketio::limits::TEST_START_UNIX_MS;
use mio_socketio::testing::{Asked, Client, LineClient, TestServer};
use serde_json::{Value, json};
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Time after which gathered events are sent.
pub(crate) const GATHER_MS: u64 = 200;

/// The number of a message, counted from the first server's start.
pub(crate) const fn nth(number: i64) -> i64 {
    TEST_START_UNIX_MS.cast_signed() * HISTORY_NUMBERS_PER_MS + number
}

pub(crate) struct World {
    chat: TestServer<Chat>,
    folder: Option<TempDir>,
    access: Access,
}

impl Deref for World {
    type Target = TestServer<Chat>;

    fn deref(&self) -> &Self::Target {
        &self.chat
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.chat
    }
}

fn serve(history: History, access: Access) -> TestServer<Chat> {
    let passwords: Option<Box<dyn Worker>> = Some(Box::new(Hasher::default()));
    let url = Some("https://chat.example".to_owned());
    TestServer::new(chat::chat(Setup { history, passwords, access, url, ..Setup::default() }))
}

/// Hashes passwords at once and badly, except those that say what is to happen to it.
#[derive(Debug, Default)]
struct Hasher {
    answers: Vec<String>,
    /// Lines that come when the answers have been taken.
    later: Vec<String>,
}

impl Worker for Hasher {
    fn give(&mut self, line: &str) -> io::Result<()> {
        let (number, HashWork { password, hash }) = HashWork::of_line(line).expect("work");
        if password == "the hasher dies after it" {
            self.later.push(WORKER_LOST.to_owned());
        }
        let own = format!("${password}$");
        let answer = match hash {
            _ if password == "the hasher hangs" => return Ok(()),
            _ if password == "the hasher is full" => return Err(io::ErrorKind::WouldBlock.into()),
            _ if password == "the hasher dies" => WORKER_LOST.to_owned(),
            None => HashAnswer::Hashed(own).line(number),
            Some(hash) => HashAnswer::Checked(hash == own).line(number),
        };
        self.answers.push(answer);
        Ok(())
    }

    fn take(&mut self) -> io::Result<Vec<String>> {
        let later = std::mem::take(&mut self.later);
        Ok(std::mem::replace(&mut self.answers, later))
    }
}

fn open(folder: &Path) -> History {
    History::open(&folder.join("chat.db"), false).expect("a history").timeless()
}

impl World {
    /// A chat that keeps a history.
    pub(crate) fn new() -> Self {
        Self::with(Access::Open)
    }

    /// A chat that keeps a history, and in which not everybody may come in or speak.
    pub(crate) fn with(access: Access) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { chat: serve(open(folder.path()), access), folder: Some(folder), access }
    }

    /// A chat that keeps none.
    pub(crate) fn without_history() -> Self {
        let access = Access::Open;
        Self { chat: serve(History::default(), access), folder: None, access }
    }

    /// Kills the server, and starts another with its file.
    pub(crate) fn restart(self) -> Self {
        self.restart_after(|| ())
    }

    /// Kills the server, and starts another with its file after a change to it.
    pub(crate) fn restart_after(self, done: impl FnOnce()) -> Self {
        let Self { chat, folder, access } = self;
        drop(chat);
        done();
        let folder = folder.expect("a chat with a history");
        Self { chat: serve(open(folder.path()), access), folder: Some(folder), access }
    }

    /// Ends the server, and starts another with its file, in which others may come in or speak.
    pub(crate) fn restart_with(self, access: Access) -> Self {
        Self { access, ..self }.restart()
    }

    /// Kills the server, and starts another with its file. The other end of the way to the process
    /// that erases messages is the test's.
    pub(crate) fn restart_with_eraser(self) -> (Self, UnixStream) {
        let Self { chat, folder, access } = self;
        drop(chat);
        let history = open(folder.as_ref().expect("a chat with a history").path());
        let (way, other) = UnixStream::pair().expect("a pair");
        let child = Command::new("true").spawn().expect("a process");
        let eraser = Some(Purger::new(way, child).expect("a way"));
        let chat = chat::chat(Setup { history, eraser, access, ..Setup::default() });
        (Self { chat: TestServer::new(chat), folder, access }, other)
    }

    /// The path of its history.
    pub(crate) fn file(&self) -> PathBuf {
        let folder = self.folder.as_ref().expect("a chat with a history");
        folder.path().join("chat.db")
    }

    /// A person comes in as `nick`.
    pub(crate) fn arrive(&mut self, nick: &str) -> (Client, Value) {
        self.enter(json!({"nick": nick}))
    }

    /// A person comes in.
    pub(crate) fn enter(&mut self, auth: Value) -> (Client, Value) {
        let is_ours = auth["client"].is_string();
        let client = self.connect("/chat", auth).expect("they are let in");
        let welcome = self.expect(client, "welcome").args.remove(0);
        if is_ours {
            // As the page and the terminal client do.
            self.ask(client, "rooms", json!({}));
        }
        (client, welcome)
    }

    /// The answer to a request.
    pub(crate) fn ask(&mut self, client: Client, name: &str, request: Value) -> Value {
        let answer = self.call(client, name, (request,));
        answer.expect("requests are answered").args.remove(0)
    }

    /// Makes a request whose answer comes later.
    pub(crate) fn later(&mut self, client: Client, name: &str, request: Value) -> Asked {
        self.chat.ask(client, name, (request,))
    }

    /// The answer to a request with a password, once that is hashed.
    pub(crate) fn answer_later(&mut self, client: Client, name: &str, request: Value) -> Value {
        let asked = self.chat.ask(client, name, (request,));
        self.advance(PASSWORD_LOOK_MS);
        self.answered(asked).expect("the password is hashed").args.remove(0)
    }

    /// The answer at the line door to a line with a password.
    pub(crate) fn told_later(&mut self, client: LineClient, line: &str) -> Vec<String> {
        self.lines(client);
        self.say(client, line);
        self.advance(PASSWORD_LOOK_MS);
        self.lines(client)
    }

    /// The code and the sentence of a refused request.
    pub(crate) fn refused(&mut self, client: Client, name: &str, request: Value) -> String {
        let answer = self.ask(client, name, request);
        assert_eq!(answer["ok"], false, "{name} is refused");
        let error = answer["error"].as_str().expect("a refusal has a sentence");
        format!("{}: {error}", answer["code"].as_str().expect("a refusal has a code"))
    }

    /// Posts in the lobby; returns the number.
    pub(crate) fn post(&mut self, client: Client, text: &str) -> i64 {
        let answer = self.ask(client, "post", json!({"room": "lobby", "text": text}));
        assert_eq!(answer["ok"], true, "{answer}");
        answer["id"].as_i64().expect("a message has a number")
    }

    /// The events that a client has received, each with its first argument.
    pub(crate) fn heard(&mut self, client: Client) -> Vec<(String, Value)> {
        let heard = self.events(client).into_iter();
        heard.map(|mut heard| (heard.name, heard.args.remove(0))).collect()
    }

    /// The texts of the messages that a client has received.
    pub(crate) fn texts(&mut self, client: Client) -> Vec<String> {
        let heard = self.heard(client).into_iter();
        let messages = heard.filter(|(name, _)| name == "message");
        messages.map(|(_, message)| text(&message)).collect()
    }
}

pub(crate) fn text(message: &Value) -> String {
    message["text"].as_str().expect("a message has a text").to_owned()
}

/// The texts of a list of messages.
pub(crate) fn texts(messages: &Value) -> Vec<String> {
    messages.as_array().expect("a list of messages").iter().map(text).collect()
}

/// The names in a list of members, in order.
pub(crate) fn nicks(members: &Value) -> Vec<&str> {
    let members = members.as_array().expect("a list of members").iter();
    let mut nicks: Vec<&str> = members.filter_map(|member| member["nick"].as_str()).collect();
    nicks.sort_unstable();
    nicks
}
