//! Everything that interfaces have in common whose clients are told sentences: the sentences for
//! facts, answers and refusals, the commands, and the way in. An interface of this kind adds how it
//! tells a sentence, and how it tells those things for which its protocol has a form of its own.

mod access;
mod answers;
mod commands;
mod hints;
pub(super) mod list;
mod order;
mod outside;
mod personal;
mod registration;
mod rules;
mod tell;
mod words;

use super::Interface;
use crate::chat::access::{Access, Pass};
use crate::chat::ask::{ask, ask_in_order};
use crate::chat::journal::HeldNewcomer;
use crate::chat::registration::passwords::{self, Checked};
use crate::chat::request::{Asker, Enter, Newcomer, Request, Say, Where};
use crate::chat::{Cx, begin, intake, journal, rooms};
pub(super) use answers::give;
pub(super) use commands::run;
pub(super) use hints::readable;
use mio_socketio::{CloseReason, SocketId};
use std::fmt;
pub(super) use tell::{reply, tell, tell_own};

/// An interface whose clients are told sentences.
pub(super) trait TextInterface: Interface {
    /// Tells one person a sentence.
    fn sentence(&self, cx: &mut Cx<'_>, socket: SocketId, text: fmt::Arguments<'_>);

    /// Tells a sentence to all its people in a room, except the devices in any of these lists.
    fn sentence_in(
        &self,
        cx: &mut Cx<'_>,
        room: &str,
        except: &[&[SocketId]],
        text: fmt::Arguments<'_>,
    );

    /// Shows one person a message of before, in the form of a line.
    fn earlier(&self, cx: &mut Cx<'_>, socket: SocketId, line: fmt::Arguments<'_>);
}

/// A device at an interface of text.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextDevice {
    pub(super) interface: &'static dyn TextInterface,
    pub(super) socket: SocketId,
}

impl TextDevice {
    /// The person who asks there, and is answered in sentences.
    fn asker(self) -> Asker {
        Asker::of(self.interface, self.socket)
    }

    /// Tells them a sentence.
    fn tell(self, cx: &mut Cx<'_>, text: fmt::Arguments<'_>) {
        self.interface.sentence(cx, self.socket, text);
    }

    /// Shows them a message of before.
    fn earlier(self, cx: &mut Cx<'_>, line: fmt::Arguments<'_>) {
        self.interface.earlier(cx, self.socket, line);
    }
}

/// A newcomer who has to wait, or whose password is checked.
#[derive(Debug)]
struct HeldText {
    interface: &'static dyn TextInterface,
    pass: Pass,
    /// They are this registered person.
    checked: Option<Checked>,
}

impl HeldNewcomer for HeldText {
    fn interface(&self) -> &'static dyn Interface {
        self.interface
    }

    fn let_in(self: Box<Self>, cx: &mut Cx<'_>, socket: SocketId) {
        let at = TextDevice { interface: self.interface, socket };
        // A reset may have been read while they waited.
        if let Some(checked) = &self.checked
            && let Err(why) = passwords::confirm(cx, &checked.known)
        {
            return tell::refused(cx, at, &why);
        }
        enter(cx, socket, *self);
    }
}

/// A client has connected, and comes in if it may.
pub(super) fn came(cx: &mut Cx<'_>, at: TextDevice) {
    begin(cx);
    match cx.state.access {
        Access::Invite => outside::wait(cx, at),
        Access::Open | Access::Registered => come_in(cx, at, Pass::Nothing, None),
    }
}

/// A client comes in, as soon as this server can judge it.
fn come_in(cx: &mut Cx<'_>, at: TextDevice, pass: Pass, checked: Option<Checked>) {
    let held = HeldText { interface: at.interface, pass, checked };
    if let Some(held) = journal::hold_newcomer(cx, at.socket, held) {
        enter(cx, at.socket, held);
    }
}

/// Lets a client in.
fn enter(cx: &mut Cx<'_>, socket: SocketId, held: HeldText) {
    let HeldText { interface, pass, checked } = held;
    let at = TextDevice { interface, socket };
    let (from, newcomer) = (cx.address(socket), Newcomer::Guest { back: None });
    let enter = Request::Enter(Enter { from, interface, newcomer, pass });
    let known = checked.map(|checked| (at.asker(), checked.request()));
    ask_in_order(cx, std::iter::once((at.asker(), enter)).chain(known));
}

/// Takes a line of a client: a command after `/`, or else something to say in its one room.
pub(super) fn line(cx: &mut Cx<'_>, at: TextDevice, text: &str) {
    let text = &*intake::text(text);
    if text.is_empty() {
        return;
    }
    if outside::is_outside(cx, at.socket) {
        return outside::line(cx, at, text);
    }
    match text.strip_prefix('/') {
        None => say(cx, at, false, text),
        Some(escaped) if escaped.starts_with('/') => say(cx, at, false, escaped),
        Some(command) if journal::holds_command(cx, at.asker(), command) => (),
        Some(command) => run(cx, at, command),
    }
}

/// Says something in the person's room.
fn say(cx: &mut Cx<'_>, at: TextDevice, is_action: bool, text: &str) {
    let say = Say { place: Where::Here, is_action, text, relay: None };
    ask(cx, at.asker(), Request::Say(say));
}

/// The connection of a client has ended.
pub(super) fn went(cx: &mut Cx<'_>, socket: SocketId, reason: CloseReason) {
    rooms::end(cx, socket);
    ask(cx, Asker::nobody(socket), Request::Depart { reason });
}
