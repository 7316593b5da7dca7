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
        self.request("GET", target, b"")
    }

    /// Sends a POST request with this body in the same way.
    ///
    /// # Panics
    /// If there is no answer at once.
    pub fn post(&mut self, target: &str, body: &[u8]) -> WebResponse {
        self.request("POST", target, body)
    }

    fn request(&mut self, method: &str, target: &str, body: &[u8]) -> WebResponse {
        let at = self.open(At::Http, HOME, Speaks::Bytes(Vec::new()));
        let length = match method {
            "POST" => format!("Content-Length: {}\r\n", body.len()),
            _ => String::new(),
        };
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{length}\r\n"
        );
        self.write(at, &[head.as_bytes(), body].concat());
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
    let (status, headers) = (answer.status, headers.collect());
    Some(WebResponse { status, headers, body, ..WebResponse::default() })
}
