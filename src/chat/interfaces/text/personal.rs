//! Personal things, in words.

use super::{TextDevice, hints, list};
use crate::chat::Cx;
use crate::chat::ask::ask;
use crate::chat::personal::{AlreadyPersonal, AskedPersonal, PersonalFact};
use crate::chat::questions::{Question, question};
use crate::chat::request::Request;
use crate::words::{Command, Misuse};
use std::rc::Rc;

pub(super) fn ignore(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let name = rest.trim_end();
    if name.is_empty() {
        return question(cx, at.asker(), Question::Ignored);
    }
    ask_for(cx, at, AskedPersonal::Ignore { name });
}

pub(super) fn unignore(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    ask_for(cx, at, AskedPersonal::Unignore { name: rest.trim_end() });
}

pub(super) fn quiet(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let is_on = match rest.trim_end() {
        "" => return question(cx, at.asker(), Question::Quiet),
        "on" => true,
        "off" => false,
        _ => return hints::misuse(cx, at, Misuse::Usage(Command::QUIET)),
    };
    ask_for(cx, at, AskedPersonal::Quiet { is_on });
}

fn ask_for(cx: &mut Cx<'_>, at: TextDevice, asked: AskedPersonal<'_>) {
    ask(cx, at.asker(), Request::Personal(asked));
}

/// Tells others of a fact. These are not told to anybody else.
pub(super) const fn tell(fact: &PersonalFact) {
    match fact {
        PersonalFact::Ignored { .. }
        | PersonalFact::Unignored { .. }
        | PersonalFact::Quieted { .. } => (),
    }
}

/// Tells a person that their request is done, or what they have done by another device.
pub(super) fn answer(cx: &mut Cx<'_>, at: TextDevice, fact: &PersonalFact) {
    match fact {
        PersonalFact::Ignored { ignored, .. } => {
            let nick = &ignored.nick;
            let text = "is ignored: nobody else is told; /unignore";
            at.tell(cx, format_args!("{nick} {text} {nick} ends it"));
        }
        PersonalFact::Unignored { nick, .. } => {
            at.tell(cx, format_args!("you no longer ignore {nick}"));
        }
        PersonalFact::Quieted { is_on, .. } => tell_quiet(cx, at, *is_on),
    }
}

/// Tells the asker that it was already as requested.
pub(super) fn tell_already(cx: &mut Cx<'_>, at: TextDevice, already: &AlreadyPersonal) {
    match already {
        AlreadyPersonal::Ignored(nick) => {
            at.tell(cx, format_args!("you ignore {nick} already"));
        }
        AlreadyPersonal::NotIgnored(name) => {
            at.tell(cx, format_args!("you do not ignore {name}"));
        }
        AlreadyPersonal::Quiet(is_on) => tell_quiet(cx, at, *is_on),
    }
}

/// Lists the people whom somebody ignores.
pub(super) fn list(cx: &mut Cx<'_>, at: TextDevice, nicks: &[Rc<str>]) {
    if nicks.is_empty() {
        return at.tell(cx, format_args!("you ignore nobody; /ignore NAME to ignore somebody"));
    }
    let names = list::list(nicks, nicks.len());
    at.tell(cx, format_args!("you ignore {names}; /unignore NAME ends it"));
}

/// Tells somebody whether they see notices of comings and goings.
pub(super) fn tell_quiet(cx: &mut Cx<'_>, at: TextDevice, is_on: bool) {
    match is_on {
        true => {
            at.tell(cx, format_args!("you are not told who joins and leaves; /quiet off ends it"))
        }
        false => at.tell(cx, format_args!("you are told who joins and leaves; /quiet on hides it")),
    }
}
