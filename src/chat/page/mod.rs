//! The chat page: its files, sent as they are, or with gzip to a browser that takes it.
//!
//! The scripts and the styles that are needed at once are one file each; they are put together when
//! the server starts, as they are written.
//!
//! All files except the page itself are in a folder named after their content: a browser may keep
//! them for ever, because a new version has another address. They refer to each other relatively,
//! so the page works below any path.

mod bundle;

use crate::limits::HSTS_S;
use bundle::Bundle;
use flate2::Compression;
use flate2::write::GzEncoder;
use mio_socketio::{Builder, Hosts, WebRequest, WebResponse};
use sha1::{Digest, Sha1};
use std::borrow::Cow;
use std::io::Write;

/// Nothing from elsewhere, nothing inline, and nobody may put the page into a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";
/// The worker that keeps the page in the browser may only ask this server.
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'";
const WORKER: &str = include_str!("sw.js");
const HTML: &str = include_str!("index.html");
/// The folder of the other files, as the page names it.
const FOLDER: &str = "assets/";
/// The place in the page for the way to the server's root.
const ROOT: &str = "data-root=\"\"";
/// The place in the page for the netcat command.
const NETCAT: &str = "{netcat}";
/// The place in the page for its own address.
const WEB: &str = "{web}";
/// Its address in its own text, if a proxy has passed on the request: only the proxy knows it.
const UNKNOWN: &str = "ADDRESS";
/// Hexadecimal digits of a hash, enough to tell the files of a few versions apart.
const HASH_DIGITS: usize = 8;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PAGE: &str = "text/html; charset=utf-8";

/// A file's name, its type and its text.
type File = (&'static str, &'static str, &'static str);
/// A file as it is sent.
type SentFile = (&'static str, &'static str, Cow<'static, str>);

macro_rules! file {
    ($name:literal, $type:expr) => {
        ($name, $type, include_str!($name))
    };
}

const FILES: &[File] = &[
    file!("about.js", SCRIPT),
    file!("account.js", SCRIPT),
    file!("app.js", SCRIPT),
    file!("app.webmanifest", "application/manifest+json"),
    file!("arrival.js", SCRIPT),
    file!("changes.js", SCRIPT),
    file!("chat.js", SCRIPT),
    file!("colours.js", SCRIPT),
    file!("commands.js", SCRIPT),
    file!("complete.js", SCRIPT),
    file!("composer.js", SCRIPT),
    file!("conversation.js", SCRIPT),
    file!("deeds.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("elsewhere.js", SCRIPT),
    file!("emoji.js", SCRIPT),
    file!("files.js", SCRIPT),
    file!("former.js", SCRIPT),
    file!("goto.js", SCRIPT),
    file!("icon.svg", "image/svg+xml"),
    file!("kept.js", SCRIPT),
    file!("lists.js", SCRIPT),
    file!("markup.js", SCRIPT),
    file!("metadata.js", SCRIPT),
    file!("model.js", SCRIPT),
    file!("notify.js", SCRIPT),
    file!("order.js", SCRIPT),
    file!("outbox.js", SCRIPT),
    file!("panels.js", SCRIPT),
    ("page.css", STYLE, concat!(include_str!("parts.css"), include_str!("style.css"))),
    file!("person.js", SCRIPT),
    file!("picker.js", SCRIPT),
    file!("rows.js", SCRIPT),
    file!("rules.js", SCRIPT),
    file!("search.js", SCRIPT),
    file!("socket.js", SCRIPT),
    file!("storage.js", SCRIPT),
    file!("text.js", SCRIPT),
    file!("theme.js", SCRIPT),
    file!("timeline.js", SCRIPT),
    file!("tools.js", SCRIPT),
    file!("unread.svg", "image/svg+xml"),
];

/// Adds the page at `at`, which ends in a slash. `netcat` makes the command that reaches the line
/// door, with the name by which the browser called this machine; or it tells the address at which
/// the page is instead.
pub(super) fn routes<S: 'static>(
    builder: Builder<S>,
    at: &str,
    netcat: impl Fn(&WebRequest<'_>) -> Result<String, String> + 'static,
) -> Builder<S> {
    let files = sent();
    let parts = files.iter().flat_map(|(name, _, text)| [name.as_bytes(), b"\0", text.as_bytes()]);
    let folder = format!("a/{}/", hash(parts));
    let html = HTML.replace(&format!("\"{FOLDER}"), &format!("\"{folder}"));
    // Socket.IO is at the server's root.
    let root = "../".repeat(at.matches('/').count() - 1);
    let html = html.replace(ROOT, &format!("data-root=\"{root}\""));
    let builder = files.into_iter().fold(builder, |builder, (name, content_type, text)| {
        let mut asset = Asset::new(content_type, text);
        builder.route(&format!("{at}{folder}{name}"), move |_, request| asset.answer(request))
    });
    // The browser takes a worker's folder for what it may look after, so that is the page's own.
    let mut worker = Asset::new(SCRIPT, WORKER.into());
    let builder = builder.route(&format!("{at}sw.js"), move |_, request| {
        let response = worker.checked(request).header("Cache-Control", "no-cache");
        response.header("Content-Security-Policy", WORKER_POLICY)
    });
    let mut page = Page { html, last: None };
    builder.route(at, move |_, request| match netcat(request) {
        Ok(netcat) => page.answer(&netcat, request),
        Err(address) => elsewhere(&address),
    })
}

/// All files as they are sent: the modules that are needed at once are one.
fn sent() -> Vec<SentFile> {
    let text_of =
        |file: &str| FILES.iter().find(|(name, ..)| *name == file).map(|(_, _, text)| *text);
    let bundle = Bundle::new(text_of);
    let alone = FILES.iter().filter(|(name, ..)| !bundle.has(name));
    let alone = alone.map(|(name, content_type, text)| (*name, *content_type, bundle.later(text)));
    let mut files: Vec<SentFile> = alone.collect();
    files.push((bundle::FILE, SCRIPT, bundle.text.into()));
    files
}

/// The page is at another address, for now: nobody's browser should remember it.
pub(super) fn elsewhere(address: &str) -> WebResponse {
    let text = format!("The chat is at {address}\n");
    let response = WebResponse::new(307, "text/plain; charset=utf-8", text);
    response.header("Location", address).header("Cache-Control", "no-store")
}

/// The page, which a browser asks for each time.
struct Page {
    html: String,
    /// Its last compressed form, with its hash: most clients call this machine by one name.
    last: Option<(String, Vec<u8>)>,
}

impl Page {
    fn answer(&mut self, netcat: &str, request: &WebRequest<'_>) -> WebResponse {
        let body = self.html.replace(NETCAT, &escaped(netcat));
        let body = body.replace(WEB, &escaped(&address(request)));
        let zips = takes_gzip(request);
        let hash = hash([body.as_bytes()]);
        let tag = tag(&hash, zips);
        let response = if is_known(request, &tag) {
            WebResponse::not_modified()
        } else if zips {
            let zipped = self.zipped(hash, &body);
            WebResponse::ok(PAGE, zipped).header("Content-Encoding", "gzip")
        } else {
            WebResponse::ok(PAGE, body)
        };
        let response = response
            .header("Content-Security-Policy", POLICY)
            .header("Referrer-Policy", "no-referrer")
            .header("Cache-Control", "no-cache")
            .header("ETag", &tag)
            .header("Vary", "Accept-Encoding");
        // All doors of a name are meant, so the name of this machine, which others use too, is not.
        let host = request.head.header("host").unwrap_or_default();
        match request.is_secure && !Hosts::is_this_machine(host) {
            true => response.header("Strict-Transport-Security", &format!("max-age={HSTS_S}")),
            false => response,
        }
    }

    fn zipped(&mut self, hash: String, body: &str) -> Vec<u8> {
        match &self.last {
            Some((last, zipped)) if *last == hash => zipped.clone(),
            _ => {
                let zipped = gzip(body.as_bytes());
                self.last = Some((hash, zipped.clone()));
                zipped
            }
        }
    }
}

/// The address of this server as the browser knows it.
fn address(request: &WebRequest<'_>) -> String {
    let scheme = if request.is_secure { "https" } else { "http" };
    match request.head.header("host") {
        Some(host) if !request.by_proxy => format!("{scheme}://{host}/"),
        _ => UNKNOWN.to_owned(),
    }
}

/// The tag of a file with this hash, compressed or not.
fn tag(hash: &str, zips: bool) -> String {
    format!("\"{}{}\"", hash, if zips { "-gzip" } else { "" })
}

/// One of the other files.
struct Asset {
    content_type: &'static str,
    text: Cow<'static, str>,
    hash: String,
    /// Its compressed form; made for the first client that takes it.
    zipped: Option<Vec<u8>>,
}

impl Asset {
    fn new(content_type: &'static str, text: Cow<'static, str>) -> Self {
        Self { content_type, hash: hash([text.as_bytes()]), text, zipped: None }
    }

    fn answer(&mut self, request: &WebRequest<'_>) -> WebResponse {
        let kept = "public, max-age=31536000, immutable";
        self.checked(request).header("Cache-Control", kept)
    }

    /// The file, without a time for which it may be kept.
    fn checked(&mut self, request: &WebRequest<'_>) -> WebResponse {
        let Self { content_type, text, hash, zipped } = self;
        let zips = takes_gzip(request);
        let tag = tag(hash, zips);
        let response = if is_known(request, &tag) {
            WebResponse::not_modified()
        } else if zips {
            let body = zipped.get_or_insert_with(|| gzip(text.as_bytes())).clone();
            WebResponse::ok(content_type, body).header("Content-Encoding", "gzip")
        } else {
            WebResponse::ok(content_type, text.as_ref())
        };
        response.header("ETag", &tag).header("Vary", "Accept-Encoding")
    }
}

/// Whether the client already has these bytes (RFC 9110 13.1.2).
pub(super) fn is_known(request: &WebRequest<'_>, tag: &str) -> bool {
    let mut tags = request.head.headers("if-none-match").flat_map(|value| value.split(','));
    tags.any(|known| {
        let known = known.trim_matches([' ', '\t']);
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

/// Whether the client takes gzip: it names it, with a weight other than zero (RFC 9110 12.5.3).
fn takes_gzip(request: &WebRequest<'_>) -> bool {
    let mut codings = request.head.headers("accept-encoding").flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight: String = weight.split_whitespace().collect();
        let is_none = weight
            .strip_prefix("q=0")
            .is_some_and(|rest| rest.chars().all(|char| char == '.' || char == '0'));
        name.trim_matches([' ', '\t']).eq_ignore_ascii_case("gzip") && !is_none
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to a vector does not fail")
}

fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut sha = Sha1::new();
    for part in parts {
        sha.update(part);
    }
    let digits: String = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    digits.chars().take(HASH_DIGITS).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
