//! Changes of earlier messages, in words.

use super::{TextDevice, TextInterface};
use crate::chat::ask::ask;
use crate::chat::minute::DayTime;
use crate::chat::questions::{Question, question};
use crate::chat::request::Request;
use crate::chat::words::{
    self, About, AlreadyWords, AskedChange, AskedWords, Deleted, Edited, Reacted, Which, WordsFact,
};
use crate::chat::{Cx, archive, rules, tell};
use crate::limits::POSTS_PER_LOOKUP;
use mio_socketio::{SocketId, tight};

pub(super) fn edit(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    change(cx, at, Which::LastOwn, AskedChange::Edit { text: rest.trim_end() });
}

/// Deletes the last thing that the asker has said, or that the person of the given name has.
pub(super) fn delete(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let which = match rest.trim_end() {
        "" => Which::LastOwn,
        name => {
            cx.charge(at.socket, POSTS_PER_LOOKUP);
            Which::LastOf(name)
        }
    };
    change(cx, at, which, AskedChange::Delete);
}

/// Shows what a person's last corrected message said before.
pub(super) fn former(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    cx.charge(at.socket, POSTS_PER_LOOKUP);
    let which = Which::LastCorrectedOf(rest.trim_end());
    question(cx, at.asker(), Question::Former { which });
}

/// Shows the former texts of a message, each with the time of its correction.
pub(super) fn show_former(cx: &mut Cx<'_>, at: TextDevice, texts: &[(i64, String)]) {
    for (until, text) in texts {
        at.tell(cx, format_args!("until {}: {}", DayTime(*until), tight(text)));
    }
}

pub(super) fn react(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    cx.charge(at.socket, POSTS_PER_LOOKUP);
    let change_wanted = AskedChange::React { emoji: rest.trim_end(), is_on: true };
    change(cx, at, Which::LastOfOthers, change_wanted);
}

fn change(cx: &mut Cx<'_>, at: TextDevice, which: Which<'_>, change: AskedChange<'_>) {
    ask(cx, at.asker(), Request::Words(AskedWords { which, change }));
}

/// Tells others of a change of an earlier message. Of a reaction only its author is told.
pub(super) fn tell(
    cx: &mut Cx<'_>,
    interface: &'static dyn TextInterface,
    ignorers: &[SocketId],
    fact: &WordsFact<'_>,
) {
    match fact {
        WordsFact::Edited(Edited { by, nick, about, text }) => {
            let when = DayTime(about.ts);
            let text = said(about, text);
            let line = match (about.is_own, archive::parties(&about.place)) {
                (true, None) => format!("{nick} corrected {when}: {text}"),
                (true, Some(_)) => format!("{nick} corrected {when}, to you: {text}"),
                (false, _) => {
                    format!("{nick} corrected what {} said at {when}: {text}", about.author)
                }
            };
            tell_line(cx, interface, (*by, ignorers), about, &line);
        }
        WordsFact::Deleted(Deleted { by, nick, about }) => {
            let when = DayTime(about.ts);
            let line = match (about.is_own, archive::parties(&about.place)) {
                (true, None) => format!("{nick} took back what was said at {when}"),
                (true, Some(_)) => format!("{nick} took back what was said to you at {when}"),
                (false, _) => format!("{nick} took back what {} said at {when}", about.author),
            };
            tell_line(cx, interface, (*by, ignorers), about, &line);
        }
        WordsFact::Reacted(Reacted { by, nick, about, emoji, is_on: true, .. }) => {
            let author = words::author(cx, about);
            let is_told = |author: &SocketId| {
                !cx.state.people.is_same(*author, *by)
                    && rules::may_learn_of(cx, *author, &about.place, about.id)
            };
            let author = author.filter(is_told);
            let Some(author) = author else { return };
            let devices: Vec<SocketId> = cx.state.people.devices(author).collect();
            let is_told = |device: &SocketId| {
                !ignorers.contains(device) && tell::is_at(cx, *device, interface)
            };
            let told: Vec<SocketId> = devices.into_iter().filter(is_told).collect();
            for device in told {
                let when = DayTime(about.ts);
                let line = format_args!("{nick} reacted to what you said at {when}: {emoji}");
                interface.sentence(cx, device, line);
            }
        }
        WordsFact::Reacted(_) => (),
    }
}

fn tell_line(
    cx: &mut Cx<'_>,
    interface: &'static dyn TextInterface,
    (by, ignorers): (SocketId, &[SocketId]),
    about: &About,
    line: &str,
) {
    if archive::parties(&about.place).is_none() {
        let unaware = rules::unaware(cx, &about.place, about.id);
        let except = [&[by][..], ignorers, &unaware];
        return interface.sentence_in(cx, &about.place, &except, format_args!("{line}"));
    }
    for (socket, _) in words::told_in_private(cx, interface, (by, ignorers), about) {
        interface.sentence(cx, socket, format_args!("{line}"));
    }
}

/// A text as it is said.
fn said(about: &About, text: &str) -> String {
    let text = tight(text);
    match about.is_action {
        true => format!("*{} {text}*", about.author),
        false => text.into_owned(),
    }
}

/// Tells the asker that a change is made.
pub(super) fn answer(cx: &mut Cx<'_>, at: TextDevice, fact: &WordsFact<'_>) {
    match fact {
        WordsFact::Edited(Edited { about, .. }) => {
            at.tell(cx, format_args!("corrected: {}", DayTime(about.ts)));
        }
        WordsFact::Deleted(Deleted { about, .. }) if about.is_own => {
            at.tell(cx, format_args!("taken back: {}", DayTime(about.ts)));
        }
        WordsFact::Deleted(Deleted { about, .. }) => {
            let (author, when) = (&about.author, DayTime(about.ts));
            at.tell(cx, format_args!("taken back: what {author} said at {when}"));
        }
        WordsFact::Reacted(Reacted { about, emoji, .. }) => {
            let (author, when) = (&about.author, DayTime(about.ts));
            at.tell(cx, format_args!("{emoji} to what {author} said at {when}"));
        }
    }
}

/// Tells the asker that it was already as requested.
pub(super) fn tell_already(cx: &mut Cx<'_>, at: TextDevice, already: AlreadyWords) {
    match already {
        AlreadyWords::Worded(_) => at.tell(cx, format_args!("that is what you said")),
        AlreadyWords::Reacted(_) => at.tell(cx, format_args!("you have reacted so already")),
    }
}
