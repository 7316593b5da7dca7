//! Facts in the form of the stream. `docs/cluster.md` has the form for people.
//!
//! A new kind of fact, or a new field that may be absent, is no new [`FORM`]: an older node passes
//! over an entry of a kind that it does not know, counts it, and reads the others. A change that
//! older nodes would misunderstand is a new form: they then pass over every entry of newer nodes.
//! A node never reads again what it has passed over, even after an update.
//!
//! An entry is input like a client's: it is checked when it is read, and passed over and counted if
//! it is not understood.

mod facts;
mod form;
mod keyed;
mod order;
mod parts;
#[cfg(test)]
mod tests;
mod way;

use super::socket_name::SocketName;
use crate::chat::fact::{Fact, NOBODY, Relayed, Said};
use crate::chat::history::{KeptPerson, Token, What};
use crate::chat::people::Client;
use crate::chat::rooms::LOBBY;
use crate::limits::FACT_BYTES_MAX;
pub(super) use facts::WrittenFact;
use mio_socketio::SocketId;
pub(super) use order::WrittenOrder;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::rc::Rc;
pub(super) use way::WrittenWay;

/// The form of new entries. A node also reads older forms.
const FORM: u32 = 2;

/// An entry's text.
#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    form: u32,
    /// The time of the fact, in Unix milliseconds, by the clock of its node.
    ts: i64,
    #[serde(borrow)]
    fact: WrittenFact<'a>,
}

/// A person who has come in and may be remembered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WrittenAdmitted {
    pub(super) record: KeptPerson,
    client: Client,
    back: bool,
    new_token: bool,
    first: bool,
    passing: Option<String>,
    renamed: bool,
    ended: Vec<Token>,
    left: Vec<Rc<str>>,
    known: Vec<Rc<str>>,
    since: Option<i64>,
    recovered: Option<bool>,
}

/// A device that ends.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WrittenEnded {
    token: Option<Token>,
    /// The device, if it has no token of its own.
    #[serde(default)]
    here: Option<SocketName>,
}

/// The key by which a repeated post is recognised.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WrittenKey<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    what: What,
}

/// The form for clients of namespace `/`. Attachments are in the entry's other fields.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WrittenRelayed<'a> {
    Args(#[serde(borrow)] Cow<'a, str>),
    Words {
        #[serde(borrow)]
        words: Cow<'a, str>,
        long: bool,
        all: bool,
    },
}

/// The reason why an entry is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is not signed with the secret that all nodes share, or was appended before. Told once.
    Unsigned,
    /// It is longer than any fact.
    TooLong,
    /// It is not JSON of this form.
    Malformed,
    /// Its form is newer than this program.
    Newer,
    /// It has a name or a text that nobody could have given.
    Impossible,
}

/// The text of an entry for a fact, and its attachments; `None` if other nodes need not know it.
pub(super) fn write<'a>(
    fact: &'a Fact<'_>,
    ts: i64,
    name: impl Fn(SocketId) -> SocketName,
) -> Option<(String, &'a [Vec<u8>])> {
    let attachments = match fact {
        Fact::Said(Said { relayed: Some(Relayed::Args(args)), .. }) => args.attachments(),
        _ => &[],
    };
    let written = Envelope { form: FORM, ts, fact: WrittenFact::of(fact, &name)? };
    // Nothing in it can fail to be written.
    serde_json::to_string(&written).ok().map(|text| (text, attachments))
}

/// The text of a fact outside the stream, in which nobody is named by a socket.
pub(in crate::chat) fn text_of(fact: &Fact<'_>, ts: i64) -> Option<String> {
    write(fact, ts, |_| SocketName::nobody()).map(|(text, _)| text)
}

/// Gives the time and the fact of such a text to `then`. False if it is none.
pub(in crate::chat) fn read_text(text: &str, then: impl FnOnce(i64, &Fact<'_>)) -> bool {
    let read = read(text.as_bytes()).ok();
    let fact = read.as_ref().and_then(|(ts, it)| Some((*ts, it.fact(NOBODY, &[], |_| None)?)));
    fact.is_some_and(|(ts, fact)| {
        then(ts, &fact);
        true
    })
}

/// The text of an entry of a departure, under another nick; `None` if it is no such entry.
pub(super) fn departed_as(text: &str, new: &Rc<str>) -> Option<String> {
    let mut written: Envelope<'_> = serde_json::from_str(text).ok()?;
    let WrittenFact::Departed { nick, .. } = &mut written.fact else { return None };
    nick.clone_from(new);
    serde_json::to_string(&written).ok()
}

/// Reads an entry's text. Returns its time and its fact.
///
/// # Errors
/// The reason why it is passed over.
pub(super) fn read(text: &[u8]) -> Result<(i64, WrittenFact<'_>), Unread> {
    if text.len() > FACT_BYTES_MAX {
        return Err(Unread::TooLong);
    }
    // It is JSON, and the letters of all its strings are looked at here once.
    let text = std::str::from_utf8(text).map_err(|_| Unread::Malformed)?;
    let written: Envelope<'_> = serde_json::from_str(text).map_err(|_| why_unread(text))?;
    if written.form > FORM {
        return Err(Unread::Newer);
    }
    match written.fact.is_possible() && has_its_room(&written.fact) {
        true => Ok((written.ts, written.fact)),
        false => Err(Unread::Impossible),
    }
}

/// Whether an entry is about a room in which it can be so. Nobody closes the lobby.
fn has_its_room(fact: &WrittenFact<'_>) -> bool {
    match fact {
        WrittenFact::RuleMade { room, rule, .. } => rule.is_for(room),
        WrittenFact::LetIn { room, .. } => **room != *LOBBY,
        _ => true,
    }
}

/// Why a text that is not of this form is passed over.
fn why_unread(text: &str) -> Unread {
    match serde_json::from_str(text) {
        Ok(Form { form }) if form > FORM => Unread::Newer,
        _ => Unread::Malformed,
    }
}

#[derive(Deserialize)]
struct Form {
    form: u32,
}
