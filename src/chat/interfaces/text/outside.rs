//! Clients that have not come in, because only people with an account or an invitation may. They
//! hear nothing, and can only show either.

use super::{TextDevice, TextInterface, come_in, hints};
use crate::chat::Cx;
use crate::chat::access::{Access, Pass};
use crate::chat::budgets::{self, Budget};
use crate::chat::refusal::AccessRefusal;
use crate::chat::registration::passwords::{self, Arrival, Checked, Password};
use crate::chat::request::Asker;
use crate::limits::OUTSIDE_MS;
use crate::words::{Command, Commands, Misuse, split_word};
use mio_socketio::{CloseReason, SocketId};

type Run = fn(&mut Cx<'_>, TextDevice, &str);

const COMMANDS: Commands<Run> = Commands(&[
    (Command::HELP, |cx, at, _| hints::outside(cx, at)),
    (Command::LOGIN_OR_CODE, login),
    (Command::ENTER, invite),
    (Command::QUIT, |cx, at, _| {
        hints::bye(cx, at);
        cx.disconnect(at.socket, CloseReason::Quit);
    }),
]);

/// Tells a client how to come in, and ends it if it does not do so in time.
pub(super) fn wait(cx: &mut Cx<'_>, at: TextDevice) {
    hints::outside(cx, at);
    cx.after(OUTSIDE_MS, move |cx| {
        if is_outside(cx, at.socket) && cx.address(at.socket).is_some() {
            at.tell(cx, format_args!("you have not come in for too long"));
            cx.close(at.socket, CloseReason::Timeout);
        }
    });
}

/// Whether a client has not come in.
pub(super) fn is_outside(cx: &Cx<'_>, socket: SocketId) -> bool {
    cx.state.access == Access::Invite && cx.state.people.get(socket).is_none()
}

/// Takes a line of a client that has not come in.
pub(super) fn line(cx: &mut Cx<'_>, at: TextDevice, text: &str) {
    let command = text.strip_prefix('/').map(|line| COMMANDS.find(line));
    match command {
        Some(Ok((_, run, rest))) => run(cx, at, rest),
        Some(Err(misuse)) => hints::misuse(cx, at, misuse),
        None => hints::outside(cx, at),
    }
}

/// Somebody who comes in once their password has proved right.
#[derive(Debug)]
struct TextArrival(&'static dyn TextInterface);

impl Arrival for TextArrival {
    fn let_in(self: Box<Self>, cx: &mut Cx<'_>, asker: Asker, checked: Checked) {
        let at = TextDevice { interface: self.0, socket: asker.socket };
        come_in(cx, at, Pass::Password, Some(checked));
    }
}

/// With one word that looks like the code of an invitation, it is an invitation.
fn login(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    let (name, password) = split_word(rest);
    match password {
        "" if name.contains('-') => return invite(cx, at, name),
        "" => return hints::misuse(cx, at, Misuse::Usage(Command::LOGIN_OR_CODE)),
        _ => (),
    }
    let arrival = Some(Box::new(TextArrival(at.interface)) as Box<dyn Arrival>);
    passwords::log_in(cx, at.asker(), (name, Password(password)), arrival);
}

/// A wrong code counts like a wrong password.
fn invite(cx: &mut Cx<'_>, at: TextDevice, rest: &str) {
    match Pass::of(cx, Some(rest), None) {
        pass @ Pass::Invitation(_) => come_in(cx, at, pass, None),
        _ => {
            let limited = budgets::take(cx, at.socket, Budget::Passwords);
            let why = limited.err().unwrap_or_else(|| AccessRefusal::BadInvitation.into());
            super::tell::refused(cx, at, &why);
        }
    }
}
