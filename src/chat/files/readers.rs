//! The people who may have a file: those who may read the message that tells of it. A browser shows
//! who they are by a pass, a cookie for files alone, which the server gives for a token.

use super::folder::FileFolder;
use super::{answer, missing};
use crate::chat::access::Access;
use crate::chat::archive::parties;
use crate::chat::history::{FileTold, Token};
use crate::chat::{Chat, Cx, rooms};
use crate::limits::TOKEN_MS;
use hmac::Mac;
use mio_socketio::{SocketId, WebRequest, WebResponse};
use serde_json::json;
use std::rc::Rc;

/// Digits of the code that shows that a pass is from this chat.
const CODE_DIGITS: usize = 32;
/// Digits at the end of the cookie's name, which tell chats at one host apart.
const NAME_DIGITS: usize = 8;

/// The people who may have a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Anybody.
    All,
    /// Members, and the asker is one of them.
    Some,
}

/// A person who asks for a file.
struct Reader {
    /// One of their devices, if they are here.
    here: Option<SocketId>,
    id: Rc<str>,
    /// If they are not here, the rooms that they come back to.
    rooms: Vec<Rc<str>>,
}

impl Reader {
    fn is_in(&self, cx: &Cx<'_>, room: &str) -> bool {
        match self.here {
            Some(socket) => rooms::has(cx, socket, room),
            None => self.rooms.iter().any(|own| **own == *room),
        }
    }
}

/// The people who may have the file with this id, if the asker is one of them.
pub(super) fn readers(cx: &mut Cx<'_>, id: &str, request: &WebRequest<'_>) -> Option<Readers> {
    let told = cx.state.history.file_told(id)?;
    if is_open(cx.state, &told) {
        return Some(Readers::All);
    }
    let mut tokens = shown(cx.state.files.folder.as_ref()?, request).into_iter();
    let reader = tokens.find_map(|token| reader(cx, &token))?;
    let is_banned = cx.state.ban_of(&reader.id).is_some();
    (!is_banned && may_have(cx, &reader, &told)).then_some(Readers::Some)
}

/// Whether anybody may read the message that tells of a file: it is in a room that is open to all,
/// in a chat that is.
fn is_open(chat: &Chat, told: &FileTold) -> bool {
    let FileTold::By(message, place) = told else { return false };
    parties(place).is_none()
        && chat.access != Access::Invite
        && chat.may_enter_room(place, None)
        && chat.hidden_upto(place, None) < *message
}

fn may_have(cx: &Cx<'_>, reader: &Reader, told: &FileTold) -> bool {
    let id = Some(&*reader.id);
    match told {
        FileTold::NotYet(person, ms) => cx.state.history.is_or_was(&reader.id, person, *ms),
        FileTold::By(message, place) => match parties(place) {
            Some(two) => two.contains(&&*reader.id),
            None => {
                let is_for_members = !cx.state.may_enter_room(place, None);
                (!is_for_members || reader.is_in(cx, place))
                    && cx.state.may_enter_room(place, id)
                    && cx.state.hidden_upto(place, id) < *message
            }
        },
    }
}

/// The person with a token.
fn reader(cx: &mut Cx<'_>, token: &Token) -> Option<Reader> {
    let now = cx.now();
    let Chat { people, history, .. } = cx.state;
    if let Some(socket) = people.by_token(token) {
        let person = people.get(socket)?;
        let recorded = || Some(person.record.as_ref()?.id.clone());
        let id = person.id.clone().or_else(recorded)?;
        return Some(Reader { here: Some(socket), id, rooms: Vec::new() });
    }
    let mut record = history.person(now, token)?;
    let is_good = record.used(now, token);
    is_good.then(|| {
        let here = people.with_id(&record.id);
        Reader { here, id: record.id, rooms: record.rooms }
    })
}

/// Gives a browser the pass of the person whose token is the request's body. The pass is of no use
/// for anything but files, and ends with the token.
pub(super) fn give_pass(cx: &mut Cx<'_>, request: &WebRequest<'_>) -> WebResponse {
    let Some(folder) = cx.state.files.folder.clone() else { return missing() };
    let token = str::from_utf8(request.body).map(|secret| Token::of(secret.trim()));
    let Some(token) = token.ok().filter(|token| reader(cx, token).is_some()) else {
        let error = "nobody has this token";
        return answer(403, &json!({"ok": false, "code": "bad-token", "error": error}));
    };
    // The page knows its scheme, even where a proxy has spoken TLS for this server.
    let origin = request.head.header("origin").unwrap_or_default();
    let is_secure = request.is_secure || origin.starts_with("https:");
    let cookie = format!(
        "{}={}; Max-Age={}; HttpOnly; SameSite=Strict{}",
        cookie_name(&folder),
        pass(&folder, &token),
        TOKEN_MS / 1_000,
        if is_secure { "; Secure" } else { "" }
    );
    // Without a path it is sent below that of this request alone, whatever a proxy has made of it.
    answer(200, &json!({"ok": true})).header("Set-Cookie", &cookie)
}

/// The tokens of the passes in a request.
fn shown(folder: &FileFolder, request: &WebRequest<'_>) -> Vec<Token> {
    let name = cookie_name(folder);
    let cookies = request.head.headers("cookie").flat_map(|it| it.split(';'));
    let passes = cookies.filter_map(|it| it.trim().strip_prefix(&*name)?.strip_prefix('='));
    let good = passes.filter_map(|shown| {
        let token = Token::from_hex(shown.split_once('.')?.0)?;
        (pass(folder, &token) == shown).then_some(token)
    });
    good.collect()
}

fn pass(folder: &FileFolder, token: &Token) -> String {
    let token = token.hex();
    format!("{token}.{}", code(folder, &format!("pass {token}"), CODE_DIGITS))
}

fn cookie_name(folder: &FileFolder) -> String {
    format!("files-{}", code(folder, "cookie", NAME_DIGITS))
}

/// A code that only the servers of this folder can make.
fn code(folder: &FileFolder, of: &str, digits: usize) -> String {
    let bytes = folder.hash(of).finalize().into_bytes();
    let mut code: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    code.truncate(digits);
    code
}
