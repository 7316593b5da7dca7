//! Telling a client that its request was refused.

use crate::chat::refusal::Refusal;
use crate::limits::REFUSAL_CHARS_MAX;
use mio_socketio::Refused as NotLetIn;
use serde::Serialize;
use serde_json::json;

/// The answer to a request that is refused.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    ok: bool,
    code: &'static str,
    error: String,
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Self {
        let mut error = match refusal {
            Refusal::BadRoom(_) | Refusal::LooksLike(_) => {
                format!("a room cannot have that name: {refusal}")
            }
            _ => refusal.to_string(),
        };
        // It may contain text from the client.
        if let Some((end, _)) = error.char_indices().nth(REFUSAL_CHARS_MAX) {
            error.truncate(end);
            error.push('…');
        }
        Self { ok: false, code: refusal.code(), error }
    }
}

/// A client that is not admitted gets the same.
impl From<Refusal> for NotLetIn {
    fn from(refusal: Refusal) -> Self {
        let Refused { code, error, .. } = Refused::from(&refusal);
        let data = json!({"code": code, "error": error});
        Self::new(error).with_data(&data)
    }
}
