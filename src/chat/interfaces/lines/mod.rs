//! Lines: the interface of netcat and of plain WebSockets, with commands.

pub(super) mod notices;
mod tell;

use super::text::{self, TextDevice, TextInterface};
use super::{Interface, KeptInterface};
use crate::chat::fact::{Fact, Stamp};
use crate::chat::mail::Mail;
use crate::chat::people::DeviceHere;
use crate::chat::request::Form;
use crate::chat::tell::{Change, Notice, Outcome};
use crate::chat::{Chat, Cx};
use mio_socketio::{Builder, CloseReason, SocketId};
use std::fmt;

/// The interface of lines.
#[derive(Debug)]
pub(in crate::chat) struct LineInterface;

impl Interface for LineInterface {
    fn name(&self) -> &'static str {
        "lines"
    }

    fn kept(&self) -> KeptInterface {
        KeptInterface::Lines
    }

    fn serve(&self, builder: Builder<Chat>) -> Builder<Chat> {
        builder.on_connect(connect).on_line(line).on_disconnect(disconnect).line_websocket("/ws")
    }

    fn program(&self, _: &DeviceHere) -> &'static str {
        "netcat"
    }

    fn in_words(&self, _: &DeviceHere) -> &'static str {
        "netcat"
    }

    fn has_one_room(&self) -> bool {
        true
    }

    fn needs_warnings(&self) -> bool {
        true
    }

    fn answers_posts(&self) -> bool {
        false
    }

    fn answers_unasked(&self) -> bool {
        true
    }

    fn lives_in_lobby(&self) -> bool {
        true
    }

    fn is_heard_in(&self, cx: &mut Cx<'_>, room: &str) -> bool {
        cx.to(room).has_lines()
    }

    fn tell(&self, cx: &mut Cx<'_>, _: Stamp, ignorers: &[SocketId], fact: &Fact<'_>) {
        tell::tell(cx, ignorers, fact);
    }

    fn tell_change(&self, cx: &mut Cx<'_>, room: &str, about: SocketId, change: &Change) {
        notices::announce(cx, room, about, change);
    }

    fn tell_own(&self, cx: &mut Cx<'_>, socket: SocketId, _: Stamp, fact: &Fact<'_>) {
        text::tell_own(cx, at(socket), fact);
    }

    fn reply(&self, cx: &mut Cx<'_>, socket: SocketId, form: Form, outcome: Outcome<'_>) {
        text::reply(cx, at(socket), form, outcome);
    }

    fn notice(&self, cx: &mut Cx<'_>, notice: Notice) {
        for room in cx.state.rooms.keys() {
            self.sentence_in(cx, &room, &[], format_args!("{}", notice.sentence()));
        }
    }

    fn tell_sentence(&self, cx: &mut Cx<'_>, socket: SocketId, sentence: &str) {
        self.sentence(cx, socket, format_args!("{sentence}"));
    }

    fn give(&self, cx: &mut Cx<'_>, socket: SocketId, mail: Mail) {
        text::give(cx, at(socket), &mail);
    }

    fn tell_readable(&self, cx: &mut Cx<'_>, socket: SocketId) {
        text::readable(cx, at(socket));
    }

    fn run(&self, cx: &mut Cx<'_>, socket: SocketId, command: &str) {
        text::run(cx, at(socket), command);
    }
}

impl TextInterface for LineInterface {
    fn sentence(&self, cx: &mut Cx<'_>, socket: SocketId, text: fmt::Arguments<'_>) {
        cx.send(socket, format_args!("* {text}"));
    }

    fn sentence_in(
        &self,
        cx: &mut Cx<'_>,
        room: &str,
        except: &[&[SocketId]],
        text: fmt::Arguments<'_>,
    ) {
        let to = except.iter().fold(cx.to(room), |to, some| to.except_all(some));
        to.send(format_args!("* {text}"));
    }

    fn earlier(&self, cx: &mut Cx<'_>, socket: SocketId, line: fmt::Arguments<'_>) {
        cx.send(socket, line);
    }
}

/// The device at `socket`.
fn at(socket: SocketId) -> TextDevice {
    TextDevice { interface: &LineInterface, socket }
}

fn connect(cx: &mut Cx<'_>, socket: SocketId) {
    text::came(cx, at(socket));
}

fn line(cx: &mut Cx<'_>, socket: SocketId, text: &str) {
    text::line(cx, at(socket), text);
}

fn disconnect(cx: &mut Cx<'_>, socket: SocketId, reason: CloseReason) {
    text::went(cx, socket, reason);
}
