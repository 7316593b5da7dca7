//! Requests to change earlier messages, and what clients are told of such changes.

use super::answers;
use super::marks::ShownMarks;
use super::{CHAT, ChatInterface, request};
use crate::chat::ask::ask;
use crate::chat::fact::Stamp;
use crate::chat::people::pseudonym;
use crate::chat::questions::{Question, question};
use crate::chat::request::{Asker, Request};
use crate::chat::words::{
    self, About, AlreadyWords, AskedChange, AskedWords, Deleted, Edited, Reacted, Which, WordsFact,
};
use crate::chat::{Chat, Cx, archive, intake, rules};
use crate::limits::POSTS_PER_LOOKUP;
use mio_socketio::{Ack, Events, SocketId};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Adds the handlers of requests.
pub(super) fn events(events: Events<Chat>) -> Events<Chat> {
    events
        .on("edit", request(edit))
        .on("delete", request(delete))
        .on("react", request(react))
        .on("former", request(former))
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct EditArgs {
    id: i64,
    text: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct DeleteArgs {
    id: i64,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct ReactArgs {
    id: i64,
    emoji: String,
    on: Option<bool>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct FormerArgs {
    id: i64,
}

/// Gives a message another text.
fn edit(cx: &mut Cx<'_>, asker: Asker, args: EditArgs) {
    let EditArgs { id, text } = args;
    let text = &*intake::text(text.trim_end());
    ask_for(cx, asker, id, AskedChange::Edit { text });
}

/// Deletes a message.
fn delete(cx: &mut Cx<'_>, asker: Asker, args: DeleteArgs) {
    ask_for(cx, asker, args.id, AskedChange::Delete);
}

/// Reacts to a message, or no longer.
fn react(cx: &mut Cx<'_>, asker: Asker, args: ReactArgs) {
    let ReactArgs { id, emoji, on } = args;
    ask_for(cx, asker, id, AskedChange::React { emoji: &emoji, is_on: on.unwrap_or(true) });
}

fn ask_for(cx: &mut Cx<'_>, asker: Asker, id: i64, change: AskedChange<'_>) {
    ask(cx, asker, Request::Words(AskedWords { which: Which::Number(id), change }));
}

/// Tells people who keep order what a message said before it was corrected.
fn former(cx: &mut Cx<'_>, asker: Asker, args: FormerArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    question(cx, asker, Question::Former { which: Which::Number(args.id) });
}

/// A text, and the time of the correction that has taken it away.
#[derive(Serialize)]
struct FormerText {
    text: String,
    until: i64,
}

/// Answers with the former texts of a message.
pub(super) fn grant_former(cx: &mut Cx<'_>, ack: Option<Ack>, texts: Vec<(i64, String)>) {
    let former = texts.into_iter().map(|(until, text)| FormerText { text, until });
    answers::grant(cx, ack, Formerly { former: former.collect() });
}

#[derive(Serialize)]
struct Formerly {
    former: Vec<FormerText>,
}

/// A message that has changed, and its place.
#[derive(Debug, Serialize)]
struct Changed<A> {
    id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<Rc<str>>,
    /// In private, the other party: see [`pseudonym`].
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Box<str>>,
    #[serde(flatten)]
    change: A,
}

/// A correction.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Correction {
    text: String,
    /// Its time, in Unix milliseconds.
    edited: i64,
    nick: Rc<str>,
}

/// A deletion.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Deletion {
    nick: Rc<str>,
}

/// A reaction, or its end.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ReactionChange {
    emoji: Rc<str>,
    on: bool,
    nick: Rc<str>,
    /// The number of people who react with it now.
    count: usize,
}

/// A message that was changed while somebody was away, as it is now.
#[derive(Debug, Serialize)]
struct Present {
    text: String,
    #[serde(flatten)]
    marks: ShownMarks,
}

/// No more than the number and the place.
#[derive(Debug, Serialize)]
struct Nothing {}

impl Correction {
    pub(super) fn of(stamp: Stamp, edited: &Edited<'_>) -> Self {
        let Edited { nick, text, .. } = edited;
        Self { text: (*text).to_owned(), edited: stamp.ts, nick: nick.clone() }
    }
}

impl ReactionChange {
    pub(super) fn of(cx: &mut Cx<'_>, reacted: &Reacted) -> Self {
        let Reacted { nick, about, emoji, is_on, .. } = reacted;
        let amended = cx.state.history.message(about.id).and_then(|message| message.amended);
        let reactions = amended.map(|amended| amended.reactions).unwrap_or_default();
        let count = reactions.iter().find(|reaction| reaction.emoji == *emoji);
        let count = count.map_or(0, |reaction| reaction.by.len());
        Self { emoji: emoji.clone(), on: *is_on, nick: nick.clone(), count }
    }
}

/// Tells others that a message has changed.
pub(super) fn tell(cx: &mut Cx<'_>, stamp: Stamp, ignorers: &[SocketId], fact: &WordsFact<'_>) {
    let whom = (fact.by(), ignorers);
    match fact {
        WordsFact::Edited(edited) => {
            emit(cx, "edited", whom, &edited.about, &Correction::of(stamp, edited));
        }
        WordsFact::Deleted(Deleted { nick, about, .. }) => {
            emit(cx, "deleted", whom, about, &Deletion { nick: nick.clone() });
        }
        WordsFact::Reacted(reacted) => {
            let change = ReactionChange::of(cx, reacted);
            emit(cx, "reacted", whom, &reacted.about, &change);
        }
    }
}

fn emit(
    cx: &mut Cx<'_>,
    event: &str,
    (by, ignorers): (SocketId, &[SocketId]),
    about: &About,
    change: &(impl Clone + Serialize),
) {
    let id = about.id;
    if archive::parties(&about.place).is_none() {
        let unaware = rules::unaware(cx, &about.place, id);
        let audience = cx.of(CHAT).to(&about.place).except(by).except_all(ignorers);
        let audience = audience.except_all(&unaware);
        let (room, person, change) = (Some(about.place.clone()), None, change.clone());
        return audience.emit(event, (Changed { id, room, person, change },));
    }
    for (socket, other) in words::told_in_private(cx, &ChatInterface, (by, ignorers), about) {
        let (room, person, change) = (None, Some(pseudonym(&other)), change.clone());
        cx.emit(socket, event, (Changed { id, room, person, change },));
    }
}

/// The number of a message that is as it was wanted.
#[derive(Serialize)]
struct Unchanged {
    id: i64,
}

/// A change without the place of the message.
#[derive(Serialize)]
struct Done<A> {
    id: i64,
    #[serde(flatten)]
    change: A,
}

/// Tells the asker that a change is made.
pub(super) fn grant(cx: &mut Cx<'_>, ack: Option<Ack>, stamp: Stamp, fact: &WordsFact<'_>) {
    match fact {
        WordsFact::Edited(edited) => {
            let (id, change) = (edited.about.id, Correction::of(stamp, edited));
            answers::grant(cx, ack, Done { id, change });
        }
        WordsFact::Deleted(Deleted { about, .. }) => {
            answers::grant(cx, ack, Unchanged { id: about.id });
        }
        WordsFact::Reacted(reacted) => {
            let (id, change) = (reacted.about.id, ReactionChange::of(cx, reacted));
            answers::grant(cx, ack, Done { id, change });
        }
    }
}

/// Tells the asker that it was already as requested.
pub(super) fn grant_already(cx: &mut Cx<'_>, ack: Option<Ack>, already: AlreadyWords) {
    let (AlreadyWords::Worded(id) | AlreadyWords::Reacted(id)) = already;
    answers::grant(cx, ack, Unchanged { id });
}

/// Tells somebody of a change of theirs that was made without an answer.
pub(super) fn tell_late(cx: &mut Cx<'_>, socket: SocketId, stamp: Stamp, fact: &WordsFact<'_>) {
    match fact {
        WordsFact::Edited(edited) => {
            let (id, change) = (edited.about.id, Correction::of(stamp, edited));
            answers::tell_late(cx, socket, "edit", Done { id, change });
        }
        WordsFact::Deleted(Deleted { about, .. }) => {
            answers::tell_late(cx, socket, "delete", Unchanged { id: about.id });
        }
        WordsFact::Reacted(reacted) => {
            let (id, change) = (reacted.about.id, ReactionChange::of(cx, reacted));
            answers::tell_late(cx, socket, "react", Done { id, change });
        }
    }
}

/// An event for a person who comes back: its name, and its argument as JSON.
#[derive(Debug)]
pub(super) struct ChangeEvent {
    pub(super) name: &'static str,
    pub(super) json: Box<serde_json::value::RawValue>,
}

/// The event for a person with the id `me` about an earlier message of `place` that was changed
/// while they were away; `message` is `None` if it is gone.
pub(super) fn while_away(
    id: i64,
    place: &Rc<str>,
    me: &str,
    message: Option<crate::chat::history::Message>,
) -> Option<ChangeEvent> {
    let person = archive::other_of(place, me).map(pseudonym);
    let room = person.is_none().then(|| place.clone());
    let (name, json) = match message {
        None => {
            let change = Nothing {};
            ("deleted", serde_json::value::to_raw_value(&Changed { id, room, person, change }))
        }
        Some(message) => {
            let marks = ShownMarks::of(message.amended.as_deref(), me).all();
            let change = Present { text: message.text, marks };
            ("edited", serde_json::value::to_raw_value(&Changed { id, room, person, change }))
        }
    };
    Some(ChangeEvent { name, json: json.ok()? })
}
