//! Lines: the interface of netcat and of plain WebSockets, with commands.

mod access;
mod answers;
mod commands;
mod hints;
mod list;
pub(super) mod notices;
mod order;
mod outside;
mod personal;
mod registration;
mod rules;
mod tell;
mod words;

use super::{Interface, KeptInterface};
use crate::chat::access::{Access, Pass};
use crate::chat::ask::{ask, ask_in_order};
use crate::chat::fact::{Fact, Stamp};
use crate::chat::journal::HeldNewcomer;
use crate::chat::mail::Mail;
use crate::chat::people::DeviceHere;
use crate::chat::registration::passwords::{self, Checked};
use crate::chat::request::{Asker, Enter, Form, Newcomer, Request, Say, Where};
use crate::chat::tell::{Change, Notice, Outcome};
use crate::chat::{Chat, Cx, begin, intake, journal};
use mio_socketio::{Builder, CloseReason, SocketId};

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
        tell::tell_own(cx, socket, fact);
    }

    fn reply(&self, cx: &mut Cx<'_>, socket: SocketId, form: Form, outcome: Outcome<'_>) {
        match (form, outcome) {
            (Form::Secret(code), Outcome::Done(_, Fact::InvitationMade(fact))) => {
                access::invited(cx, socket, &code, fact);
            }
            (_, outcome) => tell::reply(cx, socket, outcome),
        }
    }

    fn notice(&self, cx: &mut Cx<'_>, notice: Notice) {
        tell::notice(cx, notice);
    }

    fn tell_sentence(&self, cx: &mut Cx<'_>, socket: SocketId, sentence: &str) {
        cx.send(socket, format_args!("* {sentence}"));
    }

    fn give(&self, cx: &mut Cx<'_>, socket: SocketId, mail: Mail) {
        answers::give(cx, socket, &mail);
    }

    fn tell_readable(&self, cx: &mut Cx<'_>, socket: SocketId) {
        hints::readable(cx, socket);
    }

    fn run(&self, cx: &mut Cx<'_>, socket: SocketId, command: &str) {
        commands::run(cx, socket, command);
    }
}

/// A newcomer who has to wait, or whose password is checked.
#[derive(Debug)]
struct HeldLines {
    pass: Pass,
    /// They are this registered person.
    checked: Option<Checked>,
}

impl HeldNewcomer for HeldLines {
    fn interface(&self) -> &'static dyn Interface {
        &LineInterface
    }

    fn let_in(self: Box<Self>, cx: &mut Cx<'_>, socket: SocketId) {
        // A reset may have been read while they waited.
        if let Some(checked) = &self.checked
            && let Err(why) = passwords::confirm(cx, &checked.known)
        {
            return tell::refused(cx, socket, &why);
        }
        enter(cx, socket, *self);
    }
}

/// A person who asks, and is answered in words.
fn asker(socket: SocketId) -> Asker {
    Asker::of(&LineInterface, socket)
}

fn connect(cx: &mut Cx<'_>, socket: SocketId) {
    begin(cx);
    match cx.state.access {
        Access::Invite => outside::wait(cx, socket),
        Access::Open | Access::Registered => come_in(cx, socket, Pass::Nothing, None),
    }
}

/// A client comes in, as soon as this server can judge it.
fn come_in(cx: &mut Cx<'_>, socket: SocketId, pass: Pass, checked: Option<Checked>) {
    if let Some(held) = journal::hold_newcomer(cx, socket, HeldLines { pass, checked }) {
        enter(cx, socket, held);
    }
}

/// Lets a client in.
fn enter(cx: &mut Cx<'_>, socket: SocketId, HeldLines { pass, checked }: HeldLines) {
    let (from, newcomer) = (cx.address(socket), Newcomer::Guest { back: None });
    let enter = Request::Enter(Enter { from, interface: &LineInterface, newcomer, pass });
    let known = checked.map(|checked| (asker(socket), checked.request()));
    ask_in_order(cx, std::iter::once((asker(socket), enter)).chain(known));
}

fn line(cx: &mut Cx<'_>, socket: SocketId, text: &str) {
    let text = &*intake::text(text);
    if text.is_empty() {
        return;
    }
    if outside::is_outside(cx, socket) {
        return outside::line(cx, socket, text);
    }
    match text.strip_prefix('/') {
        None => say(cx, socket, false, text),
        Some(escaped) if escaped.starts_with('/') => say(cx, socket, false, escaped),
        Some(command) if journal::holds_command(cx, asker(socket), command) => (),
        Some(command) => commands::run(cx, socket, command),
    }
}

/// Says something in the person's room.
fn say(cx: &mut Cx<'_>, socket: SocketId, is_action: bool, text: &str) {
    let say = Say { place: Where::Here, is_action, text, relay: None };
    ask(cx, asker(socket), Request::Say(say));
}

fn disconnect(cx: &mut Cx<'_>, socket: SocketId, reason: CloseReason) {
    crate::chat::rooms::end(cx, socket);
    ask(cx, Asker::nobody(socket), Request::Depart { reason });
}
