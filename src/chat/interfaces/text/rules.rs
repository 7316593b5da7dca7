//! The rules of rooms, in words.

use super::{TextDevice, TextInterface, hints};
use crate::chat::ask::ask;
use crate::chat::order::AskedDeed;
use crate::chat::questions::{Question, RuledRoom, question};
use crate::chat::request::Request;
use crate::chat::rules::{AskedRule, LetIn, Rule, RuleMade, RulesFact};
use crate::chat::{Cx, tell};
use crate::limits::ROOM_KEEP_DAYS_MAX;
use crate::words::{Command, Misuse};
use mio_socketio::SocketId;
use std::borrow::Cow;

/// Makes a rule, invites somebody, deletes the room, or asks for its rules.
pub(super) fn room(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let let_in = |name, is_on| Request::Rule(AskedRule::LetIn { room: None, name, is_on });
    let words: Vec<&str> = rest.split_whitespace().collect();
    let request = match (&*words, rule(&words.join(" "))) {
        (_, Some(rule)) => Request::Rule(AskedRule::Make { room: None, rule }),
        ([], None) => return question(cx, at.asker(), Question::Rules { room: None }),
        (["invite", name], None) => let_in(name, true),
        (["uninvite", name], None) => let_in(name, false),
        (["delete"], None) => Request::Moderate(AskedDeed::DeleteRoom { room: None }),
        _ => return hints::misuse(cx, at, Misuse::Usage(Command::ROOM)),
    };
    ask(cx, at.asker(), request);
}

/// The rule that a word of `/room` stands for.
fn rule(words: &str) -> Option<Rule> {
    Some(match words {
        "private" => Rule::Private(true),
        "public" => Rule::Private(false),
        "readonly" => Rule::Readonly(true),
        "writable" => Rule::Readonly(false),
        "past" => Rule::Past(true),
        "no past" => Rule::Past(false),
        "keep off" => Rule::Keep(None),
        _ => {
            let days = words.strip_prefix("keep ")?.strip_suffix('d')?.parse().ok()?;
            Rule::Keep(Some((1..=ROOM_KEEP_DAYS_MAX).contains(&days).then_some(days)?))
        }
    })
}

/// Tells others of a rule, or an invited person of the invitation.
pub(super) fn tell(
    cx: &mut Cx<'_>,
    interface: &'static dyn TextInterface,
    ignorers: &[SocketId],
    fact: &RulesFact,
) {
    match fact {
        RulesFact::RuleMade(RuleMade { by, nick, room, rule, .. }) => {
            let what = words(*rule);
            let told = format_args!("{nick} has changed #{room}: {what}");
            interface.sentence_in(cx, room, &[&[*by]], told);
        }
        RulesFact::LetIn(LetIn { nick, room, id, is_on: true, .. }) => {
            for device in tell::devices_at(cx, interface, id, ignorers) {
                interface.sentence(cx, device, format_args!("{nick} invites you: /join #{room}"));
            }
        }
        RulesFact::LetIn(_) => (),
    }
}

/// Tells the asker that it is done.
pub(super) fn answer(cx: &mut Cx<'_>, at: TextDevice, fact: &RulesFact) {
    match fact {
        RulesFact::RuleMade(RuleMade { room, rule, .. }) => {
            let what = words(*rule);
            at.tell(cx, format_args!("#{room}: {what}"));
        }
        RulesFact::LetIn(LetIn { room, guest, is_on, .. }) => {
            let is = if *is_on { "is" } else { "is no longer" };
            at.tell(cx, format_args!("{guest} {is} invited to #{room}"));
        }
    }
}

/// Tells the rules of a room to somebody who has asked for them.
pub(super) fn show(cx: &mut Cx<'_>, at: TextDevice, ruled: &RuledRoom) {
    let RuledRoom { room, rules, may_rule } = ruled;
    let who = match (rules.is_private, rules.invited()) {
        (false, _) => "public".to_owned(),
        (true, 1) => "private, 1 person is invited".to_owned(),
        (true, count) => format!("private, {count} people are invited"),
    };
    let past =
        if rules.is_private && rules.shows_past { " and see what was said before" } else { "" };
    let speaks = if rules.is_readonly { "its owners" } else { "everybody in it" };
    let kept = rules.keep_days.map_or_else(String::new, kept);
    at.tell(cx, format_args!("#{room}: {who}{past}; {speaks} can say something{kept}"));
    match may_rule {
        true => at.tell(cx, format_args!("you can change that: {}", Command::ROOM.usage())),
        false => at.tell(cx, format_args!("its owners can change that")),
    }
}

fn kept(days: u32) -> String {
    let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    format!("; erased after {days}")
}

fn words(rule: Rule) -> Cow<'static, str> {
    Cow::Borrowed(match rule {
        Rule::Keep(Some(days)) => {
            return Cow::Owned(format!("messages are{}", kept(days).trim_start_matches(';')));
        }
        Rule::Keep(None) => "messages stay",
        Rule::Private(true) => {
            "private now, only its owners and invited people come in (/room invite NAME)"
        }
        Rule::Private(false) => "public now, everybody can come in and read what was said",
        Rule::Readonly(true) => "read-only now, only its owners say something",
        Rule::Readonly(false) => "everybody in it can say something again",
        Rule::Past(true) => "invited people see what was said before they were invited",
        Rule::Past(false) => "invited people see what is said after their invitation",
    })
}
