//! Requests: for a WebSocket, or to one of the application's routes.

use super::carrier::Speaks;
use super::{At, ConnectError, HOME, TestServer};
use crate::server::WebResponse;
use mio_wire::http::Answer;
use std::net::IpAddr;

impl<S> TestServer<S> {
    /// Sends a GET request over a connection of its own, and returns the server's answer.
    ///
    /// # Panics
    /// If there is no answer at once.
    pub fn get(&mut self, target: &str) -> WebResponse {
        let at = self.open(At::Http, HOME, Speaks::Bytes(Vec::new()));
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        self.write(at, request.as_bytes());
        self.run();
        let Speaks::Bytes(bytes) = &self.links[at].speaks else { unreachable!() };
        response(bytes).unwrap_or_else(|| panic!("{target} is not answered"))
    }

    /// Connects a client and asks for a WebSocket.
    pub(super) fn ask_for_websocket(
        &mut self,
        ip: IpAddr,
        speaks: Speaks,
    ) -> Result<usize, ConnectError> {
        let at = self.open(At::Http, ip, speaks);
        self.flush(at);
        self.run();
        let granted = self.links[at].granted();
        if granted.is_err() {
            self.end(at);
            self.run();
        }
        granted.map(|()| at)
    }
}

/// Reads a complete answer; `None` if its head is incomplete.
fn response(bytes: &[u8]) -> Option<WebResponse> {
    let answer = Answer::parse(bytes).ok()??;
    let body = bytes.get(answer.head_bytes?..)?.to_vec();
    let headers = answer.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(WebResponse { status: answer.status, headers: headers.collect(), body })
}
