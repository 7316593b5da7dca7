//! Requests: for a WebSocket, or to one of the application's routes.

use super::link::Speaks;
use super::{At, ConnectError, HOME, TestServer};
use crate::server::WebResponse;

impl<S> TestServer<S> {
    /// Sends a GET request by a connection of its own: what the server answers.
    ///
    /// # Panics
    /// If there is no answer at once.
    pub fn get(&mut self, target: &str) -> WebResponse {
        let at = self.open(At::Http, HOME);
        self.write(at, &request(target, "Connection: close\r\n"));
        self.run();
        let Speaks::Bytes(bytes) = &mut self.links[at].speaks else { unreachable!() };
        let answer = response(std::mem::take(bytes));
        let (response, body) = answer.unwrap_or_else(|| panic!("{target} is not answered"));
        WebResponse { body, ..response }
    }

    /// Asks for a WebSocket; what came behind the answer.
    pub(super) fn upgrade(
        &mut self,
        at: usize,
        target: &str,
        headers: &str,
    ) -> Result<Vec<u8>, ConnectError> {
        let request = request(target, &[UPGRADE, headers].concat());
        self.write(at, &request);
        self.run();
        let Speaks::Bytes(bytes) = &mut self.links[at].speaks else { return Ok(Vec::new()) };
        let refused = match response(std::mem::take(bytes)) {
            Some((response, rest)) if response.status == 101 => return Ok(rest),
            Some((response, _)) => ConnectError::Status(response.status),
            None => ConnectError::Unanswered,
        };
        self.end(at);
        self.run();
        Err(refused)
    }
}

/// What asks for a WebSocket. (The key is the one in RFC 6455: nobody is to be told apart by it.)
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A request for `target`.
fn request(target: &str, headers: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}

/// The head of an answer, and what stands behind it; `None` if it is not whole.
fn response(mut bytes: Vec<u8>) -> Option<(WebResponse, Vec<u8>)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let rest = bytes.split_off(end);
    let head = String::from_utf8(bytes).ok()?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some((WebResponse { status, headers, body: Vec::new() }, rest))
}
