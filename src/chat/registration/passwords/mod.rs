//! Passwords: hashing one takes some thirty milliseconds, so a process beside the server does it.
//! The client that has sent the password waits meanwhile, and nobody else does.

mod delays;
mod guesses;
mod hashing;

pub use hashing::{HashAnswer, HashWork};

use super::{AskedRegistration, RegisterRefusal, devices};
use crate::chat::ask::ask;
use crate::chat::history::{KeptPerson, Registration};
use crate::chat::refusal::Refusal;
use crate::chat::request::{Asker, Fresh, Reply, Request, Work};
use crate::chat::worker::{self, Worker};
use crate::chat::{Cx, names, tell};
use crate::limits::{PASSWORD_LOOK_MS, PASSWORD_WAIT_MS, PASSWORDS_WAITING_MAX, POSTS_PER_LOOKUP};
use delays::Delays;
use guesses::Guesses;
use mio_socketio::{Address, SocketId};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind};
use std::rc::Rc;

/// A password as somebody has sent it. It is never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) struct Password<'a>(pub(in crate::chat) &'a str);

impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\u{2026}")
    }
}

/// Somebody who has not come in yet, and does once their password has proved right.
pub(in crate::chat) trait Arrival: fmt::Debug {
    /// Asks for them to be let in.
    fn let_in(self: Box<Self>, cx: &mut Cx<'_>, asker: Asker, checked: Checked);
}

/// A registered person whose password has proved right.
#[derive(Debug, Clone)]
pub(in crate::chat) struct Checked {
    pub(in crate::chat) known: Registration,
    /// Their record in the history.
    pub(in crate::chat) stored: Box<KeptPerson>,
    pub(in crate::chat) fresh: Fresh,
}

impl Checked {
    /// The request to be that person from now on.
    pub(in crate::chat) fn request<'a>(self) -> Request<'a> {
        Request::Registration(AskedRegistration::LoggedIn(self))
    }
}

/// The process that hashes passwords, and those for whom it does.
#[derive(Debug, Default)]
pub(in crate::chat) struct Passwords {
    worker: Option<Box<dyn Worker>>,
    /// The process has died.
    is_lost: bool,
    waiting: VecDeque<Waiting>,
    /// Passwords that are checked later, because many wrong ones have come for the same name.
    held: Delays<Held>,
    guesses: Guesses,
    /// The number of the last password.
    number: u64,
    /// A timer looks for answers.
    looks: bool,
}

/// Somebody who waits for their password to be hashed.
#[derive(Debug)]
struct Waiting {
    number: u64,
    asker: Asker,
    since_ms: u64,
    purpose: Purpose,
}

/// Somebody whose password is not checked before a time.
#[derive(Debug)]
struct Held {
    asker: Asker,
    work: HashWork,
    known: Registration,
    arrival: Option<Box<dyn Arrival>>,
}

#[derive(Debug)]
enum Purpose {
    Register,
    LogIn(Registration, Option<Box<dyn Arrival>>),
}

impl Passwords {
    pub(in crate::chat) fn new(worker: Option<Box<dyn Worker>>) -> Self {
        Self { worker, ..Self::default() }
    }

    /// Gives a password to the process. The number of the work.
    fn give(&mut self, work: &HashWork) -> Result<u64, RegisterRefusal> {
        if self.waiting.is_empty() {
            // The process may have died while it had nothing to do. Nothing new is lost by that.
            drop(self.lines());
        }
        let Some(worker) = &mut self.worker else { return Err(self.why_not()) };
        if self.waiting.len() >= PASSWORDS_WAITING_MAX {
            return Err(RegisterRefusal::PasswordsBusy);
        }
        self.number += 1;
        match worker.give(&work.line(self.number)) {
            Ok(()) => Ok(self.number),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.lose(&error);
                Err(self.why_not())
            }
            Err(error) => {
                log::warn!("a password is not hashed error=\"{error}\"");
                Err(self.why_not())
            }
        }
    }

    /// The process has gone. A guarded server cannot start another one.
    fn lose(&mut self, error: &io::Error) {
        log::error!("passwords can no longer be hashed error=\"{error}\" hint=\"restart it\"");
        self.worker = None;
        self.is_lost = true;
    }

    /// Whether passwords were hashed, and no longer can be.
    pub(in crate::chat) const fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// The reason why a password is not hashed.
    const fn why_not(&self) -> RegisterRefusal {
        match self.is_lost {
            true => RegisterRefusal::PasswordsLost,
            false => RegisterRefusal::PasswordsBusy,
        }
    }

    /// The lines of the process that have come.
    fn lines(&mut self) -> Vec<String> {
        let lines = self.worker.as_mut().map_or_else(|| Ok(Vec::new()), |worker| worker.take());
        lines.unwrap_or_else(|error| {
            self.lose(&error);
            vec![crate::limits::WORKER_LOST.to_owned()]
        })
    }

    /// The people whose passwords have been hashed, or cannot be.
    fn done(&mut self, now_ms: u64) -> Vec<(Waiting, HashAnswer)> {
        let mut done = Vec::new();
        for line in self.lines() {
            if worker::is_lost(&line) {
                let lost = self.waiting.drain(..);
                done.extend(lost.map(|waiting| (waiting, HashAnswer::Failed)));
            } else if let Some((number, answer)) = HashAnswer::of_line(&line)
                // An answer that comes too late is nobody's.
                && let Some(at) = self.waiting.iter().position(|it| it.number == number)
            {
                done.extend(self.waiting.remove(at).map(|waiting| (waiting, answer)));
            }
        }
        let is_late = |it: &mut Waiting| now_ms >= it.since_ms + PASSWORD_WAIT_MS;
        while let Some(late) = self.waiting.pop_front_if(is_late) {
            log::warn!("a password has not been hashed in time");
            done.push((late, HashAnswer::Failed));
        }
        done
    }
}

/// Asks for somebody to have their nick for good.
pub(in crate::chat) fn register(cx: &mut Cx<'_>, asker: Asker, password: Password<'_>) {
    want(cx, asker, AskedRegistration::Register { password });
}

fn want(cx: &mut Cx<'_>, asker: Asker, asked: AskedRegistration<'_>) {
    ask(cx, asker, Request::Registration(asked));
}

/// Asks for somebody to be known as the registered person of this name. If they have not come in
/// yet, `arrival` lets them in.
pub(in crate::chat) fn log_in(
    cx: &mut Cx<'_>,
    asker: Asker,
    (name, password): (&str, Password<'_>),
    arrival: Option<Box<dyn Arrival>>,
) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let now = cx.now();
    let history = &mut cx.state.history;
    let claim = names::nick_keys(name).find_map(|key| history.claim(now, &key));
    let known = claim.filter(|claim| !claim.is_former);
    let known = known.and_then(|claim| history.registration(&claim.id));
    want(cx, asker, AskedRegistration::LogIn { name, password, known, arrival });
}

/// Asks for somebody to be a guest again.
pub(in crate::chat) fn log_out(cx: &mut Cx<'_>, asker: Asker) {
    let fresh = fresh(cx);
    let asker = with_token(asker, &fresh.secret);
    want(cx, asker, AskedRegistration::LogOut { fresh });
}

/// Asks for a device of somebody to end.
pub(in crate::chat) fn end_device(cx: &mut Cx<'_>, asker: Asker, number: i64) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let devices = devices(cx, asker.socket);
    want(cx, asker, AskedRegistration::EndDevice { number, devices });
}

/// Tells somebody, once, that their password could be read on its way. Clients that have not come
/// in yet are told each time.
fn warn(cx: &mut Cx<'_>, asker: &Asker) {
    let is_readable = cx.is_readable(asker.socket);
    let device = cx.state.people.device_mut(asker.socket);
    let is_new = device.is_none_or(|it| !std::mem::replace(&mut it.is_warned, is_readable));
    if is_readable
        && is_new
        && let Reply::By(interface, _) = asker.reply
    {
        interface.tell_readable(cx, asker.socket);
    }
}

/// Begins work on somebody's password. They wait until it is done.
pub(in crate::chat) fn begin(cx: &mut Cx<'_>, asker: Asker, work: Work<'_>) {
    warn(cx, &asker);
    match work {
        Work::Hash(password) => give(cx, asker, &HashWork::hash(password.0), Purpose::Register),
        Work::Check(password, known, arrival) => {
            let work = HashWork::check(password.0, &known.hash);
            match wait_ms(cx, &asker, &known) {
                0 => give(cx, asker, &work, Purpose::LogIn(known, arrival)),
                wait_ms => hold(cx, Held { asker, work, known, arrival }, wait_ms),
            }
        }
    }
}

/// Milliseconds for which somebody's password has to wait before it is checked.
fn wait_ms(cx: &mut Cx<'_>, asker: &Asker, known: &Registration) -> u64 {
    let (now_ms, from) = (cx.now().ms, address_of(cx, asker.socket));
    // Another device of theirs is at the same address.
    let own = cx.state.people.with_id(&known.id);
    if own.is_some_and(|own| from.is_some() && address_of(cx, own) == from) {
        return 0;
    }
    cx.state.passwords.guesses.wait_ms(now_ms, &known.id, from)
}

/// Has somebody's password wait before it is checked, unless too many of their address wait.
fn hold(cx: &mut Cx<'_>, held: Held, wait_ms: u64) {
    let (socket, id) = (held.asker.socket, held.known.id.clone());
    let (due_ms, from) = (cx.now().ms + wait_ms, address_of(cx, socket));
    let mut delays = std::mem::take(&mut cx.state.passwords.held);
    // A client that has gone has no place any more.
    delays.retain(|held| cx.address(held.asker.socket).is_some());
    let taken = delays.take(due_ms, (&id, from), held);
    cx.state.passwords.held = delays;
    if taken.is_ok() {
        cx.pause(socket);
        cx.after(wait_ms, let_go);
    }
    if let Err(held) | Ok(Some(held)) = taken {
        cx.resume(held.asker.socket);
        tell::refused(cx, held.asker, &RegisterRefusal::Guessed(held.known.nick).into());
    }
}

fn address_of(cx: &Cx<'_>, socket: SocketId) -> Option<Address> {
    cx.address(socket).map(Address::of)
}

/// Passwords have waited for long enough, and are checked. Those of clients who have gone are not.
fn let_go(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    for Held { asker, work, known, arrival } in cx.state.passwords.held.due(now_ms) {
        if cx.address(asker.socket).is_some() {
            cx.resume(asker.socket);
            give(cx, asker, &work, Purpose::LogIn(known, arrival));
        }
    }
}

/// Gives a password to the process.
fn give(cx: &mut Cx<'_>, asker: Asker, work: &HashWork, purpose: Purpose) {
    match cx.state.passwords.give(work) {
        Err(refusal) => tell::refused(cx, asker, &refusal.into()),
        Ok(number) => {
            cx.pause(asker.socket);
            let waiting = Waiting { number, asker, since_ms: cx.now().ms, purpose };
            cx.state.passwords.waiting.push_back(waiting);
            look_soon(cx);
        }
    }
}

/// Looks for answers in a moment, as long as there is somebody who waits.
fn look_soon(cx: &mut Cx<'_>) {
    let passwords = &mut cx.state.passwords;
    if !passwords.waiting.is_empty() && !std::mem::replace(&mut passwords.looks, true) {
        cx.after(PASSWORD_LOOK_MS, look);
    }
}

fn look(cx: &mut Cx<'_>) {
    let now_ms = cx.now().ms;
    cx.state.passwords.looks = false;
    for (waiting, answer) in cx.state.passwords.done(now_ms) {
        finish(cx, waiting, &answer);
    }
    look_soon(cx);
}

/// Goes on with the request for which a password was hashed.
fn finish(cx: &mut Cx<'_>, waiting: Waiting, answer: &HashAnswer) {
    let Waiting { asker, purpose, .. } = waiting;
    cx.resume(asker.socket);
    match (purpose, answer) {
        (Purpose::Register, HashAnswer::Hashed(hash)) => {
            let fresh = fresh(cx);
            want(cx, asker, AskedRegistration::Registered { hash, fresh });
        }
        (Purpose::LogIn(known, arrival), HashAnswer::Checked(true)) => {
            let (now_ms, from) = (cx.now().ms, address_of(cx, asker.socket));
            cx.state.passwords.guesses.right(now_ms, &known.id, from);
            let_in(cx, asker, &known, arrival);
        }
        (Purpose::LogIn(known, _), HashAnswer::Checked(false)) => {
            let now_ms = cx.now().ms;
            cx.state.passwords.guesses.wrong(now_ms, &known.id);
            tell::refused(cx, asker, &RegisterRefusal::WrongPassword(known.nick).into());
        }
        (_, HashAnswer::Failed | HashAnswer::Hashed(_) | HashAnswer::Checked(_)) => {
            let why = cx.state.passwords.why_not();
            tell::refused(cx, asker, &why.into());
        }
    }
}

/// Somebody has sent the right password.
fn let_in(cx: &mut Cx<'_>, asker: Asker, known: &Registration, arrival: Option<Box<dyn Arrival>>) {
    let known = match confirm(cx, known) {
        Ok(known) => known,
        Err(refusal) => return tell::refused(cx, asker, &refusal),
    };
    let time = cx.now();
    let stored = cx.state.history.person_by_id(&known.id);
    let stored: KeptPerson = stored.unwrap_or_else(|| known.record(time));
    let fresh = fresh(cx);
    let asker = with_token(asker, &fresh.secret);
    let checked = Checked { known, stored: Box::new(stored), fresh };
    match arrival {
        None => ask(cx, asker, checked.request()),
        Some(arrival) => arrival.let_in(cx, asker, checked),
    }
}

/// The registered person whose password has proved right a while ago.
///
/// # Errors
/// The refusal, if the password has been changed or they have been forgotten in the meantime.
pub(in crate::chat) fn confirm(
    cx: &mut Cx<'_>,
    known: &Registration,
) -> Result<Registration, Refusal> {
    let now = cx.state.history.registration(&known.id);
    let now = now.filter(|now| now.hash == known.hash);
    now.ok_or_else(|| RegisterRefusal::WrongPassword(known.nick.clone()).into())
}

/// Random values for a person who registers, comes or goes.
pub(in crate::chat) fn fresh(cx: &mut Cx<'_>) -> Fresh {
    Fresh { id: cx.random_id().into(), secret: cx.random_id().into() }
}

/// The asker, who also gets a new token if their client has one.
pub(in crate::chat) fn with_token(asker: Asker, token: &Rc<str>) -> Asker {
    let reply = match asker.reply {
        Reply::By(interface, form) => Reply::By(interface, form.with_token(token.clone())),
        Reply::Nothing => Reply::Nothing,
    };
    Asker { reply, ..asker }
}
