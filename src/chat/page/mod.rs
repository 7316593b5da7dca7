//! The chat page: its files, as they are sent to a browser.
//!
//! They are sent without their comments, indentation and most spaces, which only whoever reads them
//! here needs; a test holds them below 65 KB.
//!
//! All but the page itself stand in a folder that is named by what is in them: a browser may keep
//! them for ever, and a new version of one is another address. They refer to each other relatively,
//! so the page works below any path.

use flate2::Compression;
use flate2::write::GzEncoder;
use mio_socketio::{Builder, WebRequest, WebResponse};
use sha1::{Digest, Sha1};
use std::io::Write;

/// Nothing from elsewhere, nothing inline, and nobody may put the page into a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";
const HTML: &str = include_str!("index.html");
/// The folder of the other files, as the page calls it.
const FOLDER: &str = "assets/";
/// Where the page says how to come in without it.
const NETCAT: &str = "{netcat}";
/// Hexadecimal digits of a hash: the files of a few versions are not to be confused.
const HASH_DIGITS: usize = 8;

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file's name, its type and its text.
type File = (&'static str, &'static str, &'static str);

macro_rules! file {
    ($name:literal, $type:expr) => {
        ($name, $type, include_str!($name))
    };
}

const FILES: &[File] = &[
    file!("app.js", SCRIPT),
    file!("chat.js", SCRIPT),
    file!("commands.js", SCRIPT),
    file!("composer.js", SCRIPT),
    file!("conversation.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("elsewhere.js", SCRIPT),
    file!("icon.svg", "image/svg+xml"),
    file!("lists.js", SCRIPT),
    file!("model.js", SCRIPT),
    file!("panels.js", SCRIPT),
    file!("rows.js", SCRIPT),
    file!("socket.js", SCRIPT),
    file!("style.css", "text/css; charset=utf-8"),
    file!("theme.js", SCRIPT),
    file!("timeline.js", SCRIPT),
];

/// Hangs the page in at `/`. `netcat` is the command that reaches the line door, by the name that
/// the browser knows this machine by.
pub(super) fn routes<S: 'static>(
    builder: Builder<S>,
    netcat: impl Fn(&WebRequest<'_>) -> String + 'static,
) -> Builder<S> {
    let files = FILES.iter().map(|(name, kind, text)| {
        (*name, *kind, bare(text, if *kind == SCRIPT { SCRIPT_SPACES } else { STYLE_SPACES }))
    });
    let files: Vec<_> = files.collect();
    let parts = files.iter().flat_map(|(name, _, text)| [name.as_bytes(), b"\0", text.as_bytes()]);
    let folder = format!("a/{}/", hash(parts));
    let html = HTML.replace(&format!("\"{FOLDER}"), &format!("\"{folder}"));
    let builder = files.into_iter().fold(builder, |builder, (name, content_type, text)| {
        let mut asset = Asset::new(content_type, text);
        builder.route(&format!("/{folder}{name}"), move |_, request| asset.answer(request))
    });
    builder.route("/", move |_, request| page(&html, &netcat(request), request))
}

/// The page, which a browser asks for anew each time.
fn page(html: &str, netcat: &str, request: &WebRequest<'_>) -> WebResponse {
    let body = html.replace(NETCAT, &escaped(netcat));
    let tag = format!("\"{}\"", hash([body.as_bytes()]));
    let response = match is_known(request, &tag) {
        true => WebResponse::not_modified(),
        false => WebResponse::ok("text/html; charset=utf-8", body),
    };
    response
        .header("Content-Security-Policy", POLICY)
        .header("Referrer-Policy", "no-referrer")
        .header("Cache-Control", "no-cache")
        .header("ETag", &tag)
}

/// One of the other files.
struct Asset {
    content_type: &'static str,
    text: String,
    hash: String,
    /// As it is sent to those who take it compressed; made when the first one asks.
    zipped: Option<Vec<u8>>,
}

impl Asset {
    fn new(content_type: &'static str, text: String) -> Self {
        Self { content_type, hash: hash([text.as_bytes()]), text, zipped: None }
    }

    fn answer(&mut self, request: &WebRequest<'_>) -> WebResponse {
        let Self { content_type, text, hash, zipped } = self;
        let zips = takes_gzip(request);
        let tag = format!("\"{}{}\"", hash, if zips { "-gzip" } else { "" });
        let response = if is_known(request, &tag) {
            WebResponse::not_modified()
        } else if zips {
            let body = zipped.get_or_insert_with(|| gzip(text.as_bytes())).clone();
            WebResponse::ok(content_type, body).header("Content-Encoding", "gzip")
        } else {
            WebResponse::ok(content_type, text.as_str())
        };
        response
            .header("Cache-Control", "public, max-age=31536000, immutable")
            .header("ETag", &tag)
            .header("Vary", "Accept-Encoding")
    }
}

/// Whether the client has just these bytes (RFC 9110 13.1.2).
fn is_known(request: &WebRequest<'_>, tag: &str) -> bool {
    let mut tags = request.head.headers("if-none-match").flat_map(|value| value.split(','));
    tags.any(|known| {
        let known = known.trim_matches([' ', '\t']);
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

/// Whether the client takes gzip: it names it, and not with a weight of nothing (RFC 9110 12.5.3).
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

/// Spaces that mean nothing in a script, wherever they stand: no text for people has these signs.
const SCRIPT_SPACES: &[(&str, &str)] = &[
    (" => ", "=>"),
    (" = ", "="),
    (") {", "){"),
    (" === ", "==="),
    (" && ", "&&"),
    (" ?? ", "??"),
    (" || ", "||"),
];
/// Those of a style sheet and of the icon.
const STYLE_SPACES: &[(&str, &str)] =
    &[(": ", ":"), (" {", "{"), ("{ ", "{"), (" }", "}"), (";}", "}"), (", ", ",")];

/// A text without its indentation, the lines that are comments, these spaces, and line ends that
/// mean nothing: each statement of the scripts ends in one of the signs behind which they are left
/// out.
fn bare(text: &str, spaces: &[(&str, &str)]) -> String {
    let mut is_comment = false;
    let mut bare = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        is_comment |= line.starts_with("/*");
        if !is_comment && !line.starts_with("//") {
            bare.push_str(line);
            // Behind these a line may go on, unless it ends in a comment.
            if !line.ends_with(['{', '}', '(', '[', ',', ';']) || line.contains("//") {
                bare.push('\n');
            }
        }
        is_comment &= !line.ends_with("*/");
    }
    spaces.iter().fold(bare, |bare, (spaced, short)| bare.replace(spaced, short))
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
