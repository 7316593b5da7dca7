//! The answer to WebSocket's handshake.

use crate::limits::CLIENT_HEADERS_MAX;
use mio_wire::limits::HTTP_HEAD_BYTES_MAX;
use mio_wire::ws;

/// How long the answer to the handshake is, or `None` while it is not whole.
pub(super) fn switched(head: &[u8], key: &str) -> Result<Option<usize>, String> {
    let mut headers = [httparse::EMPTY_HEADER; CLIENT_HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(head) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if head.len() <= HTTP_HEAD_BYTES_MAX => return Ok(None),
        _ => return Err("what answers there is no web server".to_owned()),
    };
    let accept = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("sec-websocket-accept"));
    let accept = accept.and_then(|header| std::str::from_utf8(header.value).ok());
    match response.code {
        Some(101) if accept.map(str::trim) == ws::accept(key).as_deref() => Ok(Some(length)),
        Some(101) => Err("what answers there does not speak WebSocket".to_owned()),
        code => {
            let reason = response.reason.unwrap_or_default();
            Err(format!("the server answers {} {reason}", code.unwrap_or_default()))
        }
    }
}
