//! Hooks: addresses at which programs say something in a room, by a POST. The secret in the address
//! says which hook it is.

mod shapes;

use super::fact::{Fact, NOBODY, Renamed, Said};
use super::history::{Hook, Token};
use super::request::Asker;
use super::{Chat, Cx, begin, intake, journal, rooms};
use crate::limits::{HOOK_BODY_BYTES_MAX, HOOK_POSTS_BURST, HOOK_POSTS_PER_S, TEXT_BYTES_MAX};
use mio_socketio::{Bucket, Builder, Rate, WebRequest, WebResponse};
use std::collections::HashMap;
use std::rc::Rc;

/// The path of all hooks.
const PATH: &str = "/hook/";
/// The pace of each hook.
const PACE: Rate = Rate::per_second(HOOK_POSTS_PER_S, HOOK_POSTS_BURST);

/// The posts of late, by the names of hooks.
pub(super) type Paces = HashMap<Rc<str>, Bucket>;

/// Adds the route of hooks.
pub(super) fn routes(builder: Builder<Chat>) -> Builder<Chat> {
    builder.post_route(&format!("{PATH}*"), |cx, request| {
        answer(cx, request).header("Cache-Control", "no-store")
    })
}

/// Says what was posted, and answers in a sentence for the program's author.
fn answer(cx: &mut Cx<'_>, request: &WebRequest<'_>) -> WebResponse {
    begin(cx);
    let no = |status, why: &str| WebResponse::text(status, &format!("{why}\n"));
    let secret = request.head.path.strip_prefix(PATH).unwrap_or_default();
    let Some(hook) = cx.state.history.hook(&Token::of(secret)) else {
        return no(404, "there is no such hook; mio-chat admin hook list lists them");
    };
    if request.body.len() > HOOK_BODY_BYTES_MAX {
        return no(413, &format!("a hook takes at most {HOOK_BODY_BYTES_MAX} bytes"));
    }
    let text = match shapes::text_of(request.body, request.head.header("x-github-event")) {
        Ok(text) => text,
        Err(why) => return no(400, &why),
    };
    let text = &*intake::text(&text);
    if text.is_empty() {
        return no(400, "there is nothing to say; post a text, or JSON with text");
    }
    if !journal::is_whole(cx.state) {
        let why = "this server is cut off from the chat's other servers; try again in a while";
        return no(503, why).header("Retry-After", "10");
    }
    let now_ms = cx.now().ms;
    let pace = cx.state.paces.entry(hook.name.clone()).or_default();
    if let Err(free_ms) = pace.take(&PACE, now_ms, 1) {
        let wait_s = free_ms.saturating_sub(now_ms).div_ceil(1_000).max(1);
        let why = format!("this hook has said too much of late; try again in {wait_s} s");
        return no(429, &why).header("Retry-After", &wait_s.to_string());
    }
    say(cx, &hook, shortened(text));
    WebResponse::text(200, &format!("said in #{}\n", hook.room))
}

/// The part of a text that one message has.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

/// Says something under a hook's name. Nobody is there who says it.
fn say(cx: &mut Cx<'_>, hook: &Hook, text: &str) {
    let (sender, nick, room) = (Some(hook.id()), hook.name.clone(), hook.room.clone());
    let said =
        Said { by: NOBODY, sender, nick, room, is_action: false, text, key: None, relayed: None };
    journal::enter(cx, Asker::nobody(NOBODY), &Fact::Said(said));
}

/// An operator may have made or removed hooks at the file: all nodes are told of that. True if
/// there may be more.
pub(super) fn look(cx: &mut Cx<'_>) -> bool {
    let untold = cx.state.history.untold_hooks();
    let has_more = !untold.is_empty();
    for (hook, is_removed) in untold {
        let by = NOBODY;
        let fact = match is_removed {
            true => Fact::HookRemoved { by, hook },
            false => Fact::HookMade { by, hook },
        };
        journal::enter(cx, Asker::nobody(NOBODY), &fact);
    }
    has_more
}

/// A name is a hook's from now on: a person here who has it gets another one, in a moment.
pub(super) fn displace(cx: &mut Cx<'_>, name: &Rc<str>) {
    let name = name.clone();
    cx.after(0, move |cx| {
        let Some(by) = cx.state.people.find(&name).filter(|by| !cx.is_stand_in(*by)) else {
            return;
        };
        let people = &cx.state.people;
        let Some((person, device)) = people.get(by).zip(people.device(by)) else { return };
        let (old, asker) = (person.nick.clone(), device.unasked(by));
        let (_, new) = people.next_guest(cx.now().ms);
        let rooms = rooms::of(cx, by);
        journal::enter(cx, asker, &Fact::Renamed(Renamed { by, old, new, rooms }));
    });
}
