//! Messages and topics, in the form of lines. Everything else is told in sentences.

use super::LineInterface;
use crate::chat::Cx;
use crate::chat::fact::{Fact, Said, TopicSet, Whispered};
use crate::chat::interfaces::text;
use crate::chat::tell;
use mio_socketio::{SocketId, tight};

/// Tells others of a fact.
pub(super) fn tell(cx: &mut Cx<'_>, ignorers: &[SocketId], fact: &Fact<'_>) {
    match fact {
        Fact::Said(said) => tell_said(cx, ignorers, said),
        Fact::Whispered(whispered) => tell_whispered(cx, ignorers, whispered),
        Fact::TopicSet(set) => tell_topic(cx, ignorers, set),
        _ => text::tell(cx, &LineInterface, ignorers, fact),
    }
}

fn tell_said(cx: &mut Cx<'_>, ignorers: &[SocketId], said: &Said<'_>) {
    let Said { by, nick, room, is_action, text, .. } = said;
    let (to, line) = (cx.to(room).except(*by).except_all(ignorers), tight(text));
    match is_action {
        true => to.send(format_args!("*{nick} {line}*")),
        false => to.send(format_args!("<{nick}> {line}")),
    }
}

fn tell_whispered(cx: &mut Cx<'_>, ignorers: &[SocketId], whispered: &Whispered<'_>) {
    let Whispered { author, is_action, text, is_stranger, .. } = whispered;
    let (nick, star) = (&author.nick, if *is_action { "*" } else { "" });
    for to in tell::readers(cx, &LineInterface, ignorers, whispered) {
        if *is_stranger {
            let another = "is another person, not the one you talked with";
            cx.send(to, format_args!("* this {nick} {another}"));
        }
        cx.send(to, format_args!("<{nick} -> you> {star}{}{star}", tight(text)));
    }
}

fn tell_topic(cx: &mut Cx<'_>, ignorers: &[SocketId], set: &TopicSet<'_>) {
    let TopicSet { by, nick, room, topic } = set;
    let to = cx.to(room).except(*by).except_all(ignorers);
    match topic {
        Some(topic) => to.send(format_args!("* {nick} set the topic: {}", tight(topic))),
        None => to.send(format_args!("* {nick} took the topic away")),
    }
}
