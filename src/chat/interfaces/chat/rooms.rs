//! Requests and questions about rooms and nicks.

use crate::chat::ask::ask;
use crate::chat::questions::{Question, question};
use crate::chat::request::{Asker, Request};
use crate::chat::{Cx, intake};
use crate::limits::{MEMBERS_LISTED_MAX, POSTS_PER_LOOKUP};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct NickArgs {
    pub(super) nick: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct RoomArgs {
    room: String,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct NoArgs {}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct TopicArgs {
    room: String,
    text: String,
}

/// Takes another name.
pub(super) fn nick(cx: &mut Cx<'_>, asker: Asker, args: NickArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let name = args.nick.trim();
    ask(cx, asker, Request::Rename { name, is_numbered: false });
}

/// Goes to a room, and stays in the others.
pub(super) fn join(cx: &mut Cx<'_>, asker: Asker, args: RoomArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    ask(cx, asker, Request::Join { room: &args.room });
}

pub(super) fn leave(cx: &mut Cx<'_>, asker: Asker, args: RoomArgs) {
    ask(cx, asker, Request::Leave { room: &args.room });
}

pub(super) fn who(cx: &mut Cx<'_>, asker: Asker, args: RoomArgs) {
    let (room, named_max) = (Some(&*args.room), MEMBERS_LISTED_MAX);
    question(cx, asker, Question::Members { room, named_max });
}

pub(super) fn rooms(cx: &mut Cx<'_>, asker: Asker, _: NoArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    question(cx, asker, Question::Rooms);
}

/// Sets a room's topic; an empty text removes it.
pub(super) fn topic(cx: &mut Cx<'_>, asker: Asker, args: TopicArgs) {
    let topic = &*intake::text(args.text.trim());
    ask(cx, asker, Request::SetTopic { room: Some(&args.room), topic });
}
