//! The states of the links to Redis, and its replies, as reports.

use super::RedisBroker;
use super::calls::CURSOR_OF_ENDS;
use super::command::Call;
use crate::chat::Cx;
use crate::chat::shared::reports::{
    Appending, Beginnings, BrokerReport, Entry, Fields, NotAppended, NotBegun, Renewal, Rows,
    Start, Swept, Unknown, report,
};
use crate::chat::shared::{EntryId, read};
use crate::limits::{ENTRIES_PER_READ_MAX, ENTRIES_PER_READ_MIN, FACT_BYTES_MAX};
use mio_socketio::redis::{CommandError, ErrorCode, Items, LinkState, Reply};
use std::rc::Rc;

/// The link for facts is up or down.
pub(super) fn commit_state(cx: &mut Cx<'_>, state: LinkState) {
    let is_up = state == LinkState::Up;
    if is_up && cx.state.journal.node().is_some() {
        RedisBroker::load(cx);
    }
    report(cx, BrokerReport::Asked(is_up));
}

/// The link for reading is up or down.
pub(super) fn read_state(cx: &mut Cx<'_>, state: LinkState) {
    let is_up = state == LinkState::Up;
    let Some(redis) = RedisBroker::of(cx) else { return };
    // A reply may have been too long.
    (redis.is_reading, redis.reads_max) = (false, ENTRIES_PER_READ_MIN);
    if is_up {
        RedisBroker::subscribe(cx);
    }
    report(cx, BrokerReport::Read(is_up));
}

/// Redis has answered on the link for facts.
pub(super) fn commit_reply(
    cx: &mut Cx<'_>,
    token: u64,
    reply: Result<Reply<'_>, CommandError<'_>>,
) {
    let told = match (Call::of(token), reply) {
        (Some(Call::Begin), Ok(reply)) => begun(&reply),
        (Some(Call::Part), Ok(reply)) => BrokerReport::Part(rows(&reply)),
        (Some(Call::Last), Ok(reply)) => {
            BrokerReport::Last(reply.as_bytes().and_then(EntryId::parse).unwrap_or_default())
        }
        (Some(Call::Topics), Ok(_)) => BrokerReport::TopicsWritten,
        (Some(Call::Renew), Ok(reply)) => BrokerReport::Renewed(match reply.as_integer() {
            Some(0) => Renewal::TakenOut,
            Some(-1) => Renewal::Doubled,
            Some(2) => Renewal::More,
            _ => Renewal::Done,
        }),
        (Some(Call::Commit), Ok(reply)) => BrokerReport::Appended(appended(&reply)),
        (Some(Call::Publish), _) => BrokerReport::Published,
        (Some(Call::Sweep), reply) => BrokerReport::Swept(reply.ok().as_ref().and_then(swept)),
        // All of it is sent again when the link is up.
        (_, Err(CommandError::Lost(_)) | Ok(_)) => return,
        (Some(Call::Commit), Err(CommandError::Failed(error)))
            if error.code() == ErrorCode::NoScript =>
        {
            RedisBroker::load(cx);
            BrokerReport::SendAgain
        }
        (_, Err(error)) => {
            log::warn!("redis refuses error=\"{error}\"");
            BrokerReport::Failed
        }
    };
    report(cx, told);
}

/// The answer to a wish to begin.
fn begun(reply: &Reply<'_>) -> BrokerReport<'static> {
    let mut items = reply.items().into_iter().flatten();
    let word = text(items.next());
    let why = match &*word {
        "begun" => return BrokerReport::Begun(beginnings(items)),
        "again" => NotBegun::Again,
        "doubled" => NotBegun::Doubled,
        "stuck" => NotBegun::Stuck(text(items.next())),
        "lacks" => NotBegun::Lacks,
        _ => NotBegun::OtherHistory(text(items.next())),
    };
    BrokerReport::NotBegun(why)
}

fn beginnings<'r>(mut items: impl Iterator<Item = Reply<'r>>) -> Beginnings {
    let start = match items.next().and_then(|item| item.as_integer()) {
        Some(1) => Start::GoesOn,
        Some(2) => Start::First,
        _ => Start::Afresh,
    };
    let history = text(items.next());
    let mut id = || items.next().and_then(|item| EntryId::parse(item.as_bytes()?));
    let (last, first) = (id().unwrap_or_default(), id());
    let mut is_so = || items.next().and_then(|item| item.as_integer()) == Some(1);
    let (has_topics, has_lost) = (is_so(), is_so());
    Beginnings { start, history, last, first, has_topics, has_lost }
}

fn text(item: Option<Reply<'_>>) -> String {
    let bytes = item.as_ref().and_then(|item| item.as_bytes()).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// A part of a hash.
fn rows(reply: &Reply<'_>) -> Rows {
    let mut items = reply.items().into_iter().flatten();
    let (at, cursor) = (text(items.next()), text(items.next()));
    Rows {
        at: EntryId::parse(at.as_bytes()).unwrap_or_default(),
        next: Some(cursor).filter(|cursor| cursor != CURSOR_OF_ENDS),
        rows: pairs(items.next().and_then(|item| item.items())),
        swept: text(items.next()),
    }
}

fn pairs(items: Option<Items<'_>>) -> Vec<(String, String)> {
    let mut items = items.into_iter().flatten();
    let mut pairs = Vec::new();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        let text =
            |item: &Reply<'_>| item.as_bytes().map(|it| String::from_utf8_lossy(it).into_owned());
        pairs.extend(text(&key).zip(text(&value)));
    }
    pairs
}

/// Redis has taken facts, except those that it names.
fn appended(reply: &Reply<'_>) -> Appending {
    let mut refused = Vec::new();
    for item in reply.items().into_iter().flatten() {
        match item.as_bytes() {
            Some(b"fenced") => return Appending::TakenOut,
            Some(b"doubled") => return Appending::Doubled,
            Some(b"stale") => return Appending::Stale,
            _ => refused.push(not_appended(&item)),
        }
    }
    Appending::Done(refused)
}

/// The sequence number of a fact that was refused, and the reason.
fn not_appended(item: &Reply<'_>) -> (Option<u64>, NotAppended) {
    let mut parts = item.items().into_iter().flatten();
    let sequence = parts.next().and_then(|part| part.as_integer());
    let sequence = sequence.and_then(|number| u64::try_from(number).ok());
    let bearer = parts.next().and_then(|part| part.as_bytes()).unwrap_or_default();
    let why = String::from_utf8_lossy(bearer);
    let mut more = || parts.next().and_then(|id| std::str::from_utf8(id.as_bytes()?).ok());
    let (more, which) = (more().unwrap_or_default(), more().unwrap_or_default());
    let why = match &*why {
        "stuck" => NotAppended::Stuck(more.to_owned()),
        "had" => NotAppended::Had(EntryId::parse(more.as_bytes())),
        "said" => NotAppended::Said(more.parse().unwrap_or_default()),
        "gone" => NotAppended::Gone,
        "spent" => NotAppended::Spent,
        "behind" => {
            let upto = EntryId::parse(more.as_bytes()).unwrap_or_default();
            let is_named = |kind| which.split(' ').any(|word| word == kind);
            let (nick, device) = (is_named("same"), is_named("devices"));
            let unknown = Unknown { nick, device, deed: is_named("known") };
            NotAppended::Behind(upto, unknown)
        }
        bearer => {
            let nick: Rc<str> = bearer.rsplit('|').next().unwrap_or_default().into();
            NotAppended::Borne { nick, is_held: bearer.split('|').nth(2) != Some("0") }
        }
    };
    (sequence, why)
}

/// Redis has swept a part of the stream.
fn swept(reply: &Reply<'_>) -> Option<Swept> {
    let mut items = reply.items()?;
    let last = EntryId::parse(items.next()?.as_bytes()?);
    let count = items.next().and_then(|count| count.as_integer()).unwrap_or_default();
    Some(Swept { last, count })
}

/// Redis has answered on the link for reading.
pub(super) fn read_reply(cx: &mut Cx<'_>, token: u64, reply: Result<Reply<'_>, CommandError<'_>>) {
    if Call::of(token) == Some(Call::Subscribe) {
        return;
    }
    if let Some(redis) = RedisBroker::of(cx) {
        redis.is_reading = false;
    }
    match reply {
        Ok(reply) => {
            let mut streams = reply.items().into_iter().flatten();
            // The name of the stream comes first.
            let entries = streams.nth(1).and_then(|entries| entries.items());
            let entries = entries.into_iter().flatten().map(|item| entry(&item));
            if let Some((count, bytes)) = read::entries(cx, entries) {
                read_more(cx, count, bytes);
                read::read(cx);
            }
        }
        Err(CommandError::Lost(_)) => (),
        Err(error) => {
            log::warn!("the stream cannot be read error=\"{error}\"");
            report(cx, BrokerReport::Failed);
        }
    }
}

/// Adapts the number of entries that are requested at once: more while they are short, few after
/// long ones, because they must fit into one reply.
fn read_more(cx: &mut Cx<'_>, count: usize, bytes: usize) {
    let Some(redis) = RedisBroker::of(cx) else { return };
    if bytes >= FACT_BYTES_MAX {
        redis.reads_max = ENTRIES_PER_READ_MIN;
    } else if count >= redis.reads_max {
        redis.reads_max = (2 * redis.reads_max).min(ENTRIES_PER_READ_MAX);
    }
}

/// An entry; `None` if it has no id.
fn entry<'a>(item: &Reply<'a>) -> Option<Entry<'a>> {
    let mut parts = item.items()?;
    let place = EntryId::parse(parts.next()?.as_bytes()?)?;
    Some(Entry { place, fields: parts.next().and_then(|item| fields(&item)) })
}

fn fields<'a>(item: &Reply<'a>) -> Option<Fields<'a>> {
    let mut fields = Fields::default();
    let mut words = item.items()?;
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        let value = value.as_bytes()?;
        match name.as_bytes()? {
            b"n" => fields.node = value,
            b"e" => fields.epoch = value,
            b"s" => fields.sequence = std::str::from_utf8(value).ok()?.parse().ok()?,
            b"f" => fields.text = value,
            b"h" => fields.signature = value,
            b"a" => fields.attachments.push(value.to_vec()),
            b"o" => fields.is_out = true,
            b"l" => fields.is_leaving = true,
            _ => (),
        }
    }
    Some(fields)
}

/// Redis has sent something that is not a reply.
pub(super) fn pushed(cx: &mut Cx<'_>, mut items: Items<'_>) {
    let is_message = items.next().is_some_and(|word| word.as_bytes() == Some(b"message"));
    if is_message && let Some(text) = items.nth(1).and_then(|text| text.as_bytes()) {
        report(cx, BrokerReport::Heard(text));
    }
}
