//! The terminal client.

use super::failure::Failure;
use super::options::Client;
use mio_chat::client::{self, Options};

/// Runs the client until it is left.
pub(crate) fn run(client: &Client) -> Result<(), Failure> {
    let options = Options {
        address: client.address.clone(),
        nick: client.nick.clone(),
        login: client.login.clone(),
        invite: client.invite.clone(),
        room: client.room.clone(),
        plain: client.plain,
        json: client.json,
        authorities: client.ca.as_ref().map(|ca| ca.pem.clone()),
    };
    let ended = client::run(&options).map_err(Failure::Client)?;
    match ended.unsent {
        0 => Ok(()),
        1 => Err(Failure::Client("one message was not sent".to_owned())),
        unsent => Err(Failure::Client(format!("{unsent} messages were not sent"))),
    }
}
