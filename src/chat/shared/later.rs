//! Requests that wait for earlier facts of the same person, which are still on their way.

use super::ThisNode;
use crate::chat::registration::AskedRegistration;
use crate::chat::registration::passwords::{self, Checked};
use crate::chat::request::{Asker, Relay, Reply, Request, Say, Where};
use crate::chat::{Cx, ask, tell};
use mio_socketio::SocketId;
use std::rc::Rc;

/// A request that owns its parts. Only requests that are made in order are kept.
#[derive(Debug)]
enum Kept {
    Say {
        room: Rc<str>,
        text: String,
        whole: String,
        is_for_all: bool,
    },
    Join(String),
    Leave(String),
    LoggedIn(Checked),
    /// A command that the asker's interface runs.
    Command(String),
}

/// A request that waits, with its asker.
#[derive(Debug)]
pub(super) struct Later {
    asker: Asker,
    request: Kept,
}

impl Kept {
    fn of(request: &Request<'_>) -> Option<Self> {
        Some(match request {
            Request::Say(Say { place: Where::Any(room), text, relay, .. }) => {
                let Some(Relay::Named { text: whole, is_for_all }) = relay else { return None };
                let (text, whole) = ((*text).to_owned(), (*whole).to_owned());
                Self::Say { room: room.clone(), text, whole, is_for_all: *is_for_all }
            }
            Request::Join { room } => Self::Join((*room).to_owned()),
            Request::Leave { room } => Self::Leave((*room).to_owned()),
            Request::Registration(AskedRegistration::LoggedIn(checked)) => {
                Self::LoggedIn(checked.clone())
            }
            _ => return None,
        })
    }

    /// The request; `None` for a command, which may be several.
    fn request(&self) -> Option<Request<'_>> {
        Some(match self {
            Self::Say { room, text, whole, is_for_all } => {
                let relay = Some(Relay::Named { text: whole, is_for_all: *is_for_all });
                Request::Say(Say { place: Where::Any(room.clone()), is_action: false, text, relay })
            }
            Self::Join(room) => Request::Join { room },
            Self::Leave(room) => Request::Leave { room },
            Self::LoggedIn(checked) => checked.clone().request(),
            Self::Command(_) => return None,
        })
    }
}

impl ThisNode {
    /// Whether a fact of this socket is on its way.
    pub(in crate::chat) fn awaits(&self, by: SocketId) -> bool {
        self.waiting.iter().any(|waiting| waiting.by == by)
    }
}

/// Holds a request back until the asker's pending facts have been applied. Returns it if none is
/// pending.
pub(in crate::chat) fn keep<'a>(
    cx: &mut Cx<'_>,
    asker: Asker,
    request: Request<'a>,
) -> Option<(Asker, Request<'a>)> {
    let node = cx.state.journal.node_mut().filter(|node| node.awaits(asker.socket));
    let Some(node) = node else { return Some((asker, request)) };
    let Some(kept) = Kept::of(&request) else { return Some((asker, request)) };
    node.later.push(Later { asker, request: kept });
    None
}

/// Keeps a command until earlier facts have happened, which `/history` shows. False if none is on
/// its way.
pub(in crate::chat) fn keep_command(cx: &mut Cx<'_>, asker: Asker, command: &str) -> bool {
    let by = asker.socket;
    let Some(node) = cx.state.journal.node_mut().filter(|node| node.awaits(by)) else {
        return false;
    };
    node.later.push(Later { asker, request: Kept::Command(command.to_owned()) });
    cx.pause(by);
    true
}

/// Lets a person go on with the next request, after a fact of theirs has happened or was refused.
pub(super) fn go_on(cx: &mut Cx<'_>, by: SocketId) {
    while let Some(node) = cx.state.journal.node_mut() {
        if node.awaits(by) {
            return;
        }
        let Some(at) = node.later.iter().position(|later| later.asker.socket == by) else { break };
        let Later { asker, request } = node.later.remove(at);
        // A reset may have been read meanwhile.
        if let Kept::LoggedIn(checked) = &request
            && let Err(refusal) = passwords::confirm(cx, &checked.known)
        {
            tell::refused(cx, asker, &refusal);
            continue;
        }
        match (&request, request.request()) {
            (Kept::Command(command), _) => {
                if let Reply::By(interface, _) = asker.reply {
                    interface.run(cx, by, command);
                }
            }
            (_, Some(request)) => ask::ask(cx, asker, request),
            (_, None) => (),
        }
    }
    cx.resume(by);
}
