//! One fact of each kind about access, for tests of their entries.

use super::{AccessFact, InvitationMade};
use crate::chat::fact::Fact;
use crate::chat::history::{Invitation, Token};
use mio_socketio::SocketId;

/// The facts, of the person at `by`.
pub(in crate::chat) fn samples(by: SocketId) -> Vec<Fact<'static>> {
    let made = Invitation { code: Token::of("code"), uses: 3, until_ms: 9, author: "al".into() };
    [AccessFact::InvitationMade(InvitationMade { by, made })].map(Fact::Access).into()
}
