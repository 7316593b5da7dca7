//! Coming in, coming back, and going.

use super::rooms::NoArgs;
use super::{ChatInterface, tell};
use crate::chat::access::Pass;
use crate::chat::ask::{self, ask};
use crate::chat::budgets::{self, Budget};
use crate::chat::history::{History, KeptPerson, Token};
use crate::chat::interfaces::Interface;
use crate::chat::journal::{self, HeldNewcomer};
use crate::chat::people::Client;
use crate::chat::recovery::Own;
use crate::chat::refusal::Refusal;
use crate::chat::registration::passwords::{self, Arrival, Checked, Password};
use crate::chat::request::{
    Asker, Credentials, Enter, Form, Fresh, Newcomer, Reply, Request, Visitor,
};
use crate::chat::{Chat, Cx, begin};
use mio_socketio::{CloseReason, Connect, Now, PeerAddress, Refused, SocketId};
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::rc::Rc;

/// The authentication data of a client of namespace `/chat`.
#[derive(Clone, Deserialize)]
struct Auth {
    nick: Option<String>,
    token: Option<String>,
    since: Option<Value>,
    /// The name of the history to which that number belongs.
    history: Option<String>,
    client: Option<String>,
    /// The password of the registered person called `nick`.
    password: Option<String>,
    /// The code of an invitation.
    invite: Option<String>,
}

/// A password is never shown.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("nick", &self.nick).finish_non_exhaustive()
    }
}

impl Auth {
    /// Bytes of memory that it takes, about.
    fn bytes(&self) -> usize {
        let Self { nick, token, since, history, client, password, invite } = self;
        let since = since.as_ref().and_then(Value::as_str).map_or(0, str::len);
        let texts = [nick, token, history, client, password, invite].into_iter().flatten();
        size_of::<Self>() + since + texts.map(String::len).sum::<usize>()
    }

    /// This data without its nick, which is not free or not possible.
    fn unnamed(mut self) -> Self {
        self.nick = None;
        self
    }

    /// The last message that they have seen, if the number belongs to this history.
    fn since(&self, history: &History) -> Option<i64> {
        let is_same = self.history.as_ref().is_none_or(|name| **name == **history.name());
        let since = self.since.as_ref().and_then(number);
        since.filter(|since| is_same && history.is_kept() && history.knows(*since))
    }
}

/// A client comes in: for the first time, or back with a token, or back by Socket.IO's own
/// recovery.
pub(super) fn connect(cx: &mut Cx<'_>, connect: Connect<'_>) -> Result<(), Refused> {
    begin(cx);
    let auth: Auth = connect.auth().map_err(|error| {
        let form =
            "auth is an object with nick, token, since, history, client, password and invite";
        Refusal::Form(format!("{form}: {error}"))
    })?;
    let back = connect.recovered.map(Own::read);
    let visitor = HeldVisitor { auth, back, checked: None };
    if visitor.auth.password.is_some() && visitor.back.is_none() {
        log_in(cx, connect.socket, visitor);
        return Ok(());
    }
    match journal::hold_newcomer(cx, connect.socket, visitor) {
        Some(visitor) => Ok(enter(cx, connect.socket, Some(connect.address), visitor)?),
        None => Ok(()),
    }
}

/// Has the password of a newcomer checked. The client is in the namespace meanwhile, and is
/// welcomed or leaves again.
fn log_in(cx: &mut Cx<'_>, socket: SocketId, mut visitor: HeldVisitor) {
    let password = visitor.auth.password.take().unwrap_or_default();
    let name = visitor.auth.nick.clone().unwrap_or_default();
    let asker = Asker { socket, reply: Reply::By(&ChatInterface, Form::Arrival) };
    passwords::log_in(cx, asker, (name.trim(), Password(&password)), Some(Box::new(visitor)));
}

/// A newcomer who has to wait, or whose password is checked.
#[derive(Debug)]
struct HeldVisitor {
    auth: Auth,
    back: Option<Own>,
    /// They are this registered person.
    checked: Option<Checked>,
}

impl Arrival for HeldVisitor {
    fn let_in(self: Box<Self>, cx: &mut Cx<'_>, asker: Asker, checked: Checked) {
        let visitor = Self { checked: Some(checked), ..*self };
        if let Some(visitor) = journal::hold_newcomer(cx, asker.socket, visitor) {
            HeldNewcomer::let_in(Box::new(visitor), cx, asker.socket);
        }
    }
}

impl HeldNewcomer for HeldVisitor {
    fn interface(&self) -> &'static dyn Interface {
        &ChatInterface
    }

    fn bytes(&self) -> usize {
        self.auth.bytes()
    }

    /// Another node may have given them their token a moment ago.
    fn is_unknown(&self, chat: &mut Chat, now: Now) -> bool {
        let token = self.auth.token.as_deref().map(Token::of);
        token.is_some_and(|token| {
            chat.people.by_token(&token).is_none() && chat.history.person(now, &token).is_none()
        })
    }

    fn let_in(self: Box<Self>, cx: &mut Cx<'_>, socket: SocketId) {
        let from = cx.address(socket);
        // A reset may have been read while they waited.
        if let Some(checked) = &self.checked
            && let Err(why) = passwords::confirm(cx, &checked.known)
        {
            return tell::turn_away(cx, socket, &why);
        }
        let unnamed = Self { auth: self.auth.clone().unnamed(), back: None, checked: None };
        let is_checked = self.checked.is_some();
        let entered = match enter(cx, socket, from, *self) {
            // They are in the namespace already, and take another name there.
            Err(refusal) if !is_checked && !matches!(refusal, Refusal::Banned(_)) => {
                enter(cx, socket, from, unnamed)
            }
            entered => entered,
        };
        match entered {
            Err(why @ Refusal::Banned(_)) => {
                tell::tell_banned(cx, socket, &why);
                cx.close(socket, CloseReason::Banned);
            }
            Err(why) => tell::turn_away(cx, socket, &why),
            Ok(()) => (),
        }
    }
}

/// Asks for a client to be let in.
///
/// # Errors
/// The reason why it is not.
fn enter(
    cx: &mut Cx<'_>,
    socket: SocketId,
    from: Option<PeerAddress>,
    held: HeldVisitor,
) -> Result<(), Refusal> {
    let HeldVisitor { auth, back, checked } = held;
    let is_checked = checked.is_some();
    let visitor = match checked {
        Some(checked) => known_visitor(cx, &auth, checked),
        None => visitor(cx, &auth, back),
    };
    let stored = visitor.stored.as_ref().map(|record| record.id.clone());
    let pass = match is_checked {
        true => Pass::Password,
        false => Pass::of(cx, auth.invite.as_deref(), stored.as_deref()),
    };
    if pass == Pass::Bad {
        // A wrong code counts like a wrong password.
        budgets::take(cx, socket, Budget::Passwords)?;
    }
    let shown = auth.token.as_deref().filter(|_| !is_checked).map(Rc::from);
    let fresh = visitor.fresh.secret.clone();
    let form = Form::Welcome(Credentials { shown, fresh });
    let asker = Asker { socket, reply: Reply::By(&ChatInterface, form) };
    let newcomer = Newcomer::Visitor(Box::new(visitor));
    ask::enter(cx, asker, Enter { from, interface: &ChatInterface, newcomer, pass })
}

/// A client whose person is known by their password.
fn known_visitor(cx: &mut Cx<'_>, auth: &Auth, checked: Checked) -> Visitor {
    let Checked { known, stored, fresh } = checked;
    let (client, now) = (Client::called(auth.client.as_deref()), cx.now());
    // Each device has a token of its own. The one in the record may be that of another device.
    let (token, given_ms) = (Token::of(&cx.random_id()), now.unix_ms.cast_signed());
    let nick = known.nick;
    let record = KeptPerson { token, given_ms, next: None, nick, ..*stored };
    let stored = Some(KeptPerson { is_here: false, ..record.registered() });
    let since = auth.since(&cx.state.history);
    let (shown, token, back) = (None, None, None);
    Visitor { nick: None, client, shown, token, since, back, stored, fresh }
}

/// The client's authentication data, and its record in the history.
fn visitor(cx: &mut Cx<'_>, auth: &Auth, mut back: Option<Own>) -> Visitor {
    let client = Client::called(auth.client.as_deref());
    let shown = auth.token.as_deref().map(Token::of);
    let fresh = Fresh { id: cx.random_id().into(), secret: cx.random_id().into() };
    let now = cx.now();
    let Chat { people, history, .. } = cx.state;
    // A registered person's device may have been ended since.
    if let Some(own) = &mut back
        && let Some(id) = own.id.clone()
        && history.registration(&id).is_some()
    {
        let known = shown.and_then(|token| history.person(now, &token));
        own.id = known.map(|record| record.id).filter(|own| *own == id);
    }
    let id = back.as_ref().and_then(|own| own.id.as_deref());
    let stored = id.and_then(|id| history.person_by_id(id));
    let token = stored.as_ref().map(|record| record.token).or(shown);
    // People who are here have their record with them.
    let is_here = token.is_some_and(|token| people.by_token(&token).is_some());
    let stored = stored.or_else(|| history.person(now, &token.filter(|_| !is_here)?));
    // A person who only reads is never kept. After a restart their token is unknown, but they have
    // heard the lobby.
    let since = token.and_then(|_| auth.since(history));
    Visitor { nick: auth.nick.clone(), client, shown, token, since, back, stored, fresh }
}

/// A number, or a text that is one: clients of Socket.IO 2 send only texts.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A person ends their token, so that it cannot be used again, and goes.
pub(super) fn forget(cx: &mut Cx<'_>, asker: Asker, _: NoArgs) {
    let unknown = Token::of(&cx.random_id());
    ask(cx, asker, Request::Forget { unknown });
}

/// A person has gone.
pub(super) fn disconnect(cx: &mut Cx<'_>, socket: SocketId, reason: CloseReason) {
    crate::chat::rooms::end(cx, socket);
    ask(cx, Asker::nobody(socket), Request::Depart { reason });
}
