//! Servers that the tested server connects to: a test plays them.

use super::TestServer;
use super::carrier::{Carrier, Speaks};
use super::found::Found;
use super::pipe::{Pipe, Stream};
use std::io::ErrorKind;
use std::rc::Rc;

/// The other end of a connection that the server has made, such as that of a link to Redis. The
/// test sends what a Redis would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RemoteEnd(usize);

impl Found for RemoteEnd {
    fn link(&self) -> usize {
        self.0
    }
}

/// Whether there is a server to connect to, and the connections that the test has not taken yet.
#[derive(Default)]
pub(super) struct Remotes {
    are_there: bool,
    new: Vec<RemoteEnd>,
}

impl<S> TestServer<S> {
    /// Sets whether connections of the server's links are accepted. At first they are not.
    pub fn answer_links(&mut self, are_there: bool) {
        self.remotes.are_there = are_there;
    }

    /// Takes the connections that the server has made since the last call.
    pub fn remote_ends(&mut self) -> Vec<RemoteEnd> {
        self.run();
        std::mem::take(&mut self.remotes.new)
    }

    /// Sends bytes to the server.
    pub fn send_from(&mut self, remote: RemoteEnd, bytes: &[u8]) {
        self.write(remote.0, bytes);
        self.run();
    }

    /// Takes all bytes that the server has sent to a remote end.
    pub fn sent_to(&mut self, remote: RemoteEnd) -> Vec<u8> {
        match &mut self.links[remote.0].speaks {
            Speaks::Bytes(bytes) => std::mem::take(bytes),
            _ => Vec::new(),
        }
    }

    /// Makes the connections that the server has asked for.
    pub(super) fn connect_remotes(&mut self) {
        for (number, _) in self.connections.take_remotes() {
            let pipe = Rc::new(Pipe::default());
            let stream = match self.remotes.are_there {
                true => Ok(Stream(Rc::clone(&pipe))),
                false => Err(ErrorKind::ConnectionRefused.into()),
            };
            if let Some(id) = self.connections.begin(&mut self.served, self.now, number, stream) {
                self.remotes.new.push(RemoteEnd(self.links.len()));
                self.links.push(Carrier::new(id, pipe, Speaks::Bytes(Vec::new())));
            }
        }
    }
}
