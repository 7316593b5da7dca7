//! The lists of a menu: each offers only the deeds that are allowed.

use super::{Kind, MenuItem};
use crate::client::complete::people;
use crate::client::model::{DEEDS, IncomingMessage, MenuDeed, Model, Target, same};
use crate::limits::OWN_WORDS_MS;

/// A deed that a menu offers, or the way to another list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) enum Choice {
    Quote,
    /// To the list of signs.
    React,
    Emoji(&'static str),
    OtherEmoji,
    Edit,
    CopyLink,
    Former,
    /// To the question whether it is meant.
    Delete,
    DeleteNow,
    /// To the list about a person.
    More(String),
    Write(String),
    Address(String),
    WhoIs(String),
    Ignore(String, bool),
    /// To the list of rooms.
    Invite(String),
    InviteTo(String, String),
    /// To the question whether it is meant.
    Ask(&'static MenuDeed, String),
    /// Now, for some seconds or for good.
    Do(&'static MenuDeed, String, Option<u64>),
    /// With a reason, which is written in the line.
    WithReason(&'static MenuDeed, String),
    No,
}

/// The signs of the list; every other one can be typed.
const EMOJI: [&str; 8] = ["👍", "👎", "😂", "🎉", "🙏", "👀", "✅", "😮"];

/// Spans for which somebody is muted or banned, in seconds.
const SPANS: [(Option<u64>, &str); 5] = [
    (Some(600), "for 10 minutes"),
    (Some(3_600), "for an hour"),
    (Some(86_400), "for a day"),
    (Some(604_800), "for a week"),
    (None, "for good"),
];

fn item(letter: char, text: impl Into<String>, choice: Choice) -> MenuItem {
    MenuItem { letter: Some(letter), text: text.into(), choice }
}

/// The digit of an item, from 1 on.
fn digit(at: usize) -> char {
    u32::try_from(at + 1).ok().and_then(|at| char::from_digit(at, 10)).unwrap_or(' ')
}

/// The items of a list.
pub(super) fn of(kind: &Kind, message: Option<&IncomingMessage>, model: &Model) -> Vec<MenuItem> {
    match (kind, message) {
        (Kind::People, _) => names(people(model).into_iter().map(|nick| {
            let text = nick.clone();
            (text, Choice::More(nick))
        })),
        (Kind::Message, Some(message)) => of_message(message, model),
        (Kind::Emoji, Some(message)) => of_emoji(message, model),
        (Kind::Deletion, _) => vec![
            item('n', "No, keep it", Choice::No),
            item('y', "Yes, delete it for everybody", Choice::DeleteNow),
        ],
        (Kind::Person(nick), _) => of_person(nick, model),
        (Kind::Rooms(nick), _) => names(
            model
                .invites_to(nick)
                .into_iter()
                .map(|room| (format!("#{room}"), Choice::InviteTo(nick.clone(), room))),
        ),
        (Kind::Order(deed, nick), _) => of_order(deed, nick),
        (Kind::Message | Kind::Emoji, None) => Vec::new(),
    }
}

fn names(names: impl Iterator<Item = (String, Choice)>) -> Vec<MenuItem> {
    names.map(|(text, choice)| MenuItem { letter: None, text, choice }).collect()
}

fn of_message(message: &IncomingMessage, model: &Model) -> Vec<MenuItem> {
    let is_own = same(&message.from, &model.nick);
    let in_room = matches!(message.to, Target::Room(_));
    let age_ms = i64::try_from(model.now().unix_ms.saturating_sub(message.ts)).unwrap_or(i64::MAX);
    let is_new = is_own && age_ms < OWN_WORDS_MS;
    // A search finds messages of other rooms too, where the person may keep no order.
    let is_here = in_room && message.to.is(&model.active().target);
    let keeps_order = is_here && model.may("delete");
    let from = &message.from;
    let mut items = vec![
        item('q', "Quote it in an answer", Choice::Quote),
        item('r', "React to it…", Choice::React),
    ];
    if is_new && !message.action {
        items.push(item('e', "Edit it in your line", Choice::Edit));
    }
    if in_room {
        items.push(item('c', "Copy a link to it", Choice::CopyLink));
    }
    if keeps_order && message.later.is_edited {
        items.push(item('f', "Former texts", Choice::Former));
    }
    if is_new || keeps_order {
        items.push(item('d', "Delete it…", Choice::Delete));
    }
    if !is_own && in_room {
        items.push(item('w', format!("Write to {from} in private"), Choice::Write(from.clone())));
    }
    if !is_own {
        items.push(item('m', format!("More about {from}…"), Choice::More(from.clone())));
    }
    items
}

fn of_emoji(message: &IncomingMessage, model: &Model) -> Vec<MenuItem> {
    let sign = |(at, emoji): (usize, &'static str)| {
        let back = if model.has_reacted(message.id, emoji) { "  take it back" } else { "" };
        item(digit(at), format!("{emoji}{back}"), Choice::Emoji(emoji))
    };
    let mut items: Vec<MenuItem> = EMOJI.into_iter().enumerate().map(sign).collect();
    items.push(item('t', "Type another one", Choice::OtherEmoji));
    items
}

fn of_person(nick: &str, model: &Model) -> Vec<MenuItem> {
    let name = || nick.to_owned();
    let mut items = Vec::new();
    if model.room_here().is_some() {
        items.push(item('w', "Write in private", Choice::Write(name())));
        items.push(item('a', "Address them in your line", Choice::Address(name())));
        items.push(item('s', "See who this is", Choice::WhoIs(name())));
    }
    match model.is_ignored(nick) {
        true => items.push(item('i', "Ignore them no longer", Choice::Ignore(name(), false))),
        false => items.push(item('i', "Ignore them", Choice::Ignore(name(), true))),
    }
    if !model.invites_to(nick).is_empty() {
        items.push(item('v', "Invite them to a private room…", Choice::Invite(name())));
    }
    let offered = |deed: &'static MenuDeed| {
        let choice = match deed.question {
            Some(_) => Choice::Ask(deed, name()),
            None => Choice::Do(deed, name(), None),
        };
        Some(item(deed.letter, deed.line(nick, model)?, choice))
    };
    items.extend(DEEDS.iter().filter_map(offered));
    items
}

fn of_order(deed: &'static MenuDeed, nick: &str) -> Vec<MenuItem> {
    let does = |seconds| Choice::Do(deed, nick.to_owned(), seconds);
    let mut items = vec![item('n', "No, go back", Choice::No)];
    if let Some(yes) = deed.question.as_ref().and_then(|question| question.yes) {
        items.push(item('y', yes, does(None)));
    } else {
        let span = |(at, (seconds, text)): (usize, (Option<u64>, &str))| {
            item(digit(at), format!("Yes, {text}"), does(seconds))
        };
        items.extend(SPANS.into_iter().enumerate().map(span));
    }
    let text = "Reason: write one in your line";
    items.push(item('r', text, Choice::WithReason(deed, nick.to_owned())));
    items
}
