//! Requests to send a file.

use super::answers::{grant, refuse};
use crate::chat::request::{Asker, Form, Reply};
use crate::chat::{Cx, files};
use crate::limits::POSTS_PER_LOOKUP;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct UploadArgs {
    name: String,
    bytes: u64,
}

/// The answer: the upload's name, and the bytes of each piece.
#[derive(Serialize)]
struct UploadBegun {
    upload: String,
    piece: usize,
}

/// Begins an upload. Its pieces come by HTTP.
pub(super) fn upload(cx: &mut Cx<'_>, asker: Asker, args: UploadArgs) {
    cx.charge(asker.socket, POSTS_PER_LOOKUP);
    let Asker { socket, reply } = asker;
    let Reply::By(_, Form::Event(ack)) = reply else { return };
    match files::begin(cx, socket, &args.name, args.bytes) {
        Ok(files::Begun { upload, piece }) => grant(cx, ack, UploadBegun { upload, piece }),
        Err(refusal) => refuse(cx, ack, &refusal),
    }
}
