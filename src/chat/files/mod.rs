//! Files that people send. They come in pieces by HTTP, each request with one, after a request of
//! namespace `/chat` has made room for them. A message tells of a file by its address, which
//! nobody can guess, and only people who may read the message get the file. Once the message is
//! gone, so is the file.

mod folder;
mod kind;
mod name;
mod origins;
mod readers;
pub(super) mod sent_file;
mod turned;
mod upload;

pub use folder::FileFolder;
pub(super) use upload::{Begun, begin};

use super::history::is_file_id;
use super::page::is_known;
use super::refusal::FileRefusal;
use super::{Chat, Cx};
use crate::limits::{FILE_CACHE_S, FILES_LOOK_MS, FILES_PER_LOOK, UPLOADS_MAX};
use folder::{FoundFile, remove};
use kind::Image;
use mio_socketio::{Address, Builder, WebRequest, WebResponse};
use origins::FileOrigins;
use readers::{Readers, give_pass, readers};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::ErrorKind;
use upload::{PieceRefusal, Progress, Upload, take_piece};

/// A file that is sent can do nothing in a browser: no script, no style, no frame of ours.
const POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox";
/// The type of a file that is only for downloading.
const BYTES: &str = "application/octet-stream";

/// The files that people send.
#[derive(Default)]
pub(super) struct Files {
    /// `None` takes no files.
    folder: Option<FileFolder>,
    /// Files on their way, by names that nobody can guess.
    uploads: HashMap<Box<str>, Upload>,
    /// Where the files have come from that are there.
    origins: FileOrigins,
    /// The file after which the next look begins.
    looked_to: i64,
}

impl Files {
    /// Files in this folder.
    pub(super) fn new(folder: Option<FileFolder>) -> Self {
        Self { folder, ..Self::default() }
    }

    /// Bytes of the largest file that is taken; `None` if none is.
    pub(super) fn bytes_max(&self) -> Option<u64> {
        self.folder.as_ref().map(|folder| folder.file_bytes_max)
    }

    /// Another file of the history has taken the place of the last one.
    pub(super) fn begin_anew(&mut self) {
        self.origins.forget_all();
    }

    /// The upload that gives up its place for another one from this address; `None` if there is a
    /// free place. It is the one that has been idle for longest, among those of an address that has
    /// the most places.
    ///
    /// # Errors
    /// [`FileRefusal::Busy`] if no address has more places than this one would.
    fn gives_up(&self, from: Option<Address>) -> Result<Option<Box<str>>, FileRefusal> {
        let coming = || self.uploads.iter().filter(|(_, it)| it.sent.is_none());
        if coming().count() < UPLOADS_MAX {
            return Ok(None);
        }
        let mut counts: HashMap<Option<Address>, usize> = HashMap::new();
        coming().for_each(|(_, it)| *counts.entry(it.from).or_default() += 1);
        let own = counts.get(&from).copied().unwrap_or_default();
        let most = counts.values().max().copied().filter(|most| own + 1 < *most);
        let theirs = coming().filter(|(_, it)| counts.get(&it.from).copied() == most);
        let idlest = theirs.min_by_key(|(upload, it)| (it.last_ms, *upload));
        idlest.map(|(upload, _)| Some(upload.clone())).ok_or(FileRefusal::Busy)
    }

    /// Ends an upload, and deletes its part unless it is whole.
    fn end(&mut self, upload: &str) {
        if let Some(ended) = self.uploads.remove(upload)
            && ended.sent.is_none()
        {
            remove(&ended.part);
        }
    }

    /// Ends the uploads that have not gone on for long.
    fn end_old(&mut self, now_ms: u64) {
        let old = self.uploads.iter().filter(|(_, it)| it.until_ms <= now_ms);
        let old: Vec<Box<str>> = old.map(|(upload, _)| upload.clone()).collect();
        for upload in old {
            self.end(&upload);
        }
    }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Looks now and then for files whose messages are gone, and for uploads that have not gone on.
pub(super) fn watch(cx: &mut Cx<'_>) {
    let now = cx.now();
    let Chat { files, history, .. } = cx.state;
    let Files { folder: Some(folder), looked_to, origins, .. } = files else { return };
    let sure_ms = history.erases_ms(now);
    let (gone, next) = history.forget_files(*looked_to, FILES_PER_LOOK, sure_ms);
    *looked_to = next;
    for id in gone {
        folder.remove(&id);
        origins.forget(&id);
    }
    files.end_old(now.ms);
    cx.after(FILES_LOOK_MS, watch);
}

/// Adds the routes of files, below the chat's page at `at`.
pub(super) fn routes(builder: Builder<Chat>, at: &str) -> Builder<Chat> {
    let (below, uploads) = (format!("{at}files/"), format!("{at}uploads/"));
    let (all, all_uploads) = (format!("{below}*"), format!("{uploads}*"));
    builder
        .post_route(&format!("{below}pass"), give_pass)
        .route(&all, move |cx, request| {
            let path = request.head.path.strip_prefix(&*below);
            path.map_or_else(WebResponse::not_found, |path| file(cx, path, request))
        })
        .bulk_route(&all_uploads, move |cx, request| {
            let upload = request.head.path.strip_prefix(&*uploads).unwrap_or_default();
            receive(cx, upload, request)
        })
}

/// Answers with a file. Its address is an id, the size of an image, and a name. A person who may
/// not have it gets the answer of a file that is not there.
fn file(cx: &mut Cx<'_>, path: &str, request: &WebRequest<'_>) -> WebResponse {
    let mut parts = path.split('/');
    let id = parts.next().filter(|id| is_file_id(id));
    let (Some(id), Some(name)) = (id, parts.next_back()) else { return WebResponse::not_found() };
    let Some(readers) = readers(cx, id, request) else { return missing() };
    let Some(folder) = &cx.state.files.folder else { return missing() };
    match folder.find(id) {
        Ok(found) => harmless(send(found, name, request), readers),
        Err(error) if error.kind() == ErrorKind::NotFound => missing(),
        Err(error) => {
            log::warn!("a file that was sent cannot be read error=\"{error}\"");
            WebResponse::text(503, "this file cannot be read now\n")
        }
    }
}

/// The answer to those for whom there is no such file, for whatever reason.
fn missing() -> WebResponse {
    let text = "There is no such file here, or it is not for you. A file of a private room opens \
        in a browser in which one of its members is in the chat.\n";
    WebResponse::text(404, text).header("Cache-Control", "no-store")
}

fn send(found: FoundFile, name: &str, request: &WebRequest<'_>) -> WebResponse {
    let FoundFile { path, version, image } = found;
    let tag = version.tag();
    if is_known(request, &tag) {
        return WebResponse::not_modified().header("ETag", &tag);
    }
    let name = name::decoded(name);
    let (content_type, how, extensions) = match image {
        Some(Image { content_type, extensions, .. }) => (content_type, "inline", extensions),
        None => (BYTES, "attachment", &[][..]),
    };
    let name = name::encoded(&name::with_extension(&name, extensions));
    sent_file::send(request, content_type, path, version)
        .header("Content-Disposition", &format!("{how}; filename*=UTF-8''{name}"))
        .header("ETag", &tag)
}

/// Adds the headers that keep a stranger's file from doing harm, and from being kept for others.
fn harmless(response: WebResponse, readers: Readers) -> WebResponse {
    let cached = match readers {
        Readers::All => format!("private, max-age={FILE_CACHE_S}"),
        Readers::Some => "private, no-store".to_owned(),
    };
    response
        .header("Content-Security-Policy", POLICY)
        .header("Cross-Origin-Resource-Policy", "same-origin")
        .header("Referrer-Policy", "no-referrer")
        .header("X-Robots-Tag", "noindex")
        .header("Cache-Control", &cached)
}

/// Takes a piece of a file, or ends an upload: `uploads/NAME?at=BYTE`, `uploads/NAME?cancel`.
fn receive(cx: &mut Cx<'_>, upload: &str, request: &WebRequest<'_>) -> WebResponse {
    if request.head.query == "cancel" {
        cx.state.files.end(upload);
        return answer(200, &json!({"ok": true}));
    }
    let at = request.head.query.strip_prefix("at=").and_then(|at| at.parse().ok());
    let Some(at) = at else {
        let error = "the address of a piece ends with ?at= and the number of its first byte";
        return answer(400, &json!({"ok": false, "code": "bad-request", "error": error}));
    };
    let now = cx.now();
    match take_piece(cx.state, now, upload, at, request.body) {
        Ok(Progress::At(at)) => answer(200, &json!({"ok": true, "at": at})),
        Ok(Progress::Whole(at, path)) => answer(200, &json!({"ok": true, "at": at, "path": path})),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &PieceRefusal) -> WebResponse {
    let (status, code, error) = match refusal {
        PieceRefusal::Unknown => (404, "no-upload", "this upload has ended; begin another one"),
        PieceRefusal::OutOfStep(at) => {
            let error = "another piece comes first";
            let answer_with = json!({"ok": false, "code": "out-of-step", "error": error, "at": at});
            return answer(409, &answer_with);
        }
        PieceRefusal::TooLong => (413, "too-long", "the file has more bytes than was announced"),
        PieceRefusal::DiskFull => (507, "files-full", "the server's disk is full"),
        PieceRefusal::Unwritten => (503, "not-kept", "the file cannot be written now"),
    };
    answer(status, &json!({"ok": false, "code": code, "error": error}))
}

fn answer(status: u16, body: &Value) -> WebResponse {
    let response = WebResponse::new(status, "application/json", format!("{body}\n"));
    response.header("Cache-Control", "no-store")
}
