//! Facts about registered people, for tests of their entries.

use super::{DeviceEnded, EndedDevice, RegistrationFact};
use crate::chat::fact::Fact;
use crate::chat::history::Token;
use mio_socketio::SocketId;

/// The facts of the person at `by`: a device with a token has ended, and one without.
pub(in crate::chat) fn samples(by: SocketId, other: SocketId) -> Vec<Fact<'static>> {
    let (with, without) = (EndedDevice::Token(Token::of("secret")), EndedDevice::Here(other));
    let all = [(2, with), (3, without)].map(|(number, ended)| DeviceEnded { by, number, ended });
    all.map(|ended| Fact::Registration(RegistrationFact::DeviceEnded(ended))).into()
}
