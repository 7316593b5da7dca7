//! The answer to a post.

use serde::Serialize;
use std::rc::Rc;

/// The answer to a post: the message has this number, whether it was said now or before.
#[derive(Serialize)]
pub(super) struct Sent {
    id: i64,
    ts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<Rc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Rc<str>>,
    /// The person who has got it.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Box<str>>,
    /// They get it when they come back.
    #[serde(rename = "away", skip_serializing_if = "std::ops::Not::not")]
    is_away: bool,
    /// The reader is away and has no account.
    #[serde(rename = "guest", skip_serializing_if = "std::ops::Not::not")]
    is_guest: bool,
}

impl Sent {
    pub(super) const fn in_room(id: i64, ts: i64, room: Rc<str>) -> Self {
        let room = Some(room);
        Self { id, ts, room, to: None, person: None, is_away: false, is_guest: false }
    }

    /// To one person; if they are away, `away` says whether they are registered.
    pub(super) fn to_person(
        id: i64,
        ts: i64,
        to: Rc<str>,
        person: Option<Box<str>>,
        away: Option<bool>,
    ) -> Self {
        let (is_away, is_guest) = (away.is_some(), away == Some(false));
        Self { id, ts, room: None, to: Some(to), person, is_away, is_guest }
    }
}
