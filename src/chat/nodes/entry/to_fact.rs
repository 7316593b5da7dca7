//! The fact of an entry.

use super::{WrittenAbout, WrittenAdmitted, WrittenFact, WrittenKey, WrittenParty, WrittenRelayed};
use crate::chat::fact::{
    About, Admitted, Deleted, Departed, Edited, EndedDevice, Entered, Fact, Joined, Key, LoggedIn,
    LoggedOut, Moderated, Party, Reacted, Registered, Relayed, Remembered, Removed, Renamed, Said,
    TopicSet, Whispered,
};
use crate::chat::nodes::socket_name::SocketName;
use crate::chat::refusal::Refusal;
use mio_socketio::{Args, SocketId};

impl WrittenFact<'_> {
    /// The fact, with sockets of this server; `None` if its person is not known here.
    pub(in crate::chat::nodes) fn fact<'f>(
        &'f self,
        by: SocketId,
        attachments: &'f [Vec<u8>],
        socket: impl Fn(&SocketName) -> Option<SocketId>,
    ) -> Option<Fact<'f>> {
        Some(match self {
            Self::Entered { nick, guest, rooms, way, .. } => {
                let (nick, guest, rooms) = (nick.clone(), *guest, rooms.clone());
                Fact::Entered(Entered { by, nick, guest, rooms, way: way.into() })
            }
            Self::Remembered { returns, first, .. } => {
                Fact::Remembered(Remembered { by, returns: *returns, is_first: *first })
            }
            Self::Forgotten { unknown, .. } => Fact::Forgotten { by, unknown: *unknown },
            Self::Said { sender, nick, room, action, text, key, relayed, .. } => {
                let relayed = relayed.as_ref().map(|it| it.relayed(attachments).ok_or(()));
                let relayed = relayed.transpose().ok()?;
                let (sender, nick, room) = (sender.clone(), nick.clone(), room.clone());
                let (is_action, key) = (*action, key.as_ref().map(WrittenKey::key));
                Fact::Said(Said { by, sender, nick, room, is_action, text, key, relayed })
            }
            Self::Whispered { author, to, reader, called, action, text, key, stranger, .. } => {
                Fact::Whispered(Whispered {
                    by,
                    author: author.into(),
                    to: to.as_ref().and_then(socket),
                    reader: reader.into(),
                    called: called.as_deref(),
                    is_action: *action,
                    text,
                    key: key.as_ref().map(WrittenKey::key),
                    is_stranger: *stranger,
                    from: None,
                })
            }
            Self::TopicSet { nick, room, topic, .. } => {
                let (nick, room) = (nick.clone(), room.clone());
                Fact::TopicSet(TopicSet { by, nick, room, topic: topic.as_deref() })
            }
            Self::Renamed { old, new, rooms, .. } => {
                let (old, new, rooms) = (old.clone(), new.clone(), rooms.clone());
                Fact::Renamed(Renamed { by, old, new, rooms })
            }
            Self::Joined { nick, room, from, owns, .. } => {
                let (nick, room, from, owns) = (nick.clone(), room.clone(), from.clone(), *owns);
                Fact::Joined(Joined { by, nick, room, from, owns })
            }
            Self::Left { nick, room, .. } => {
                Fact::Left { by, nick: nick.clone(), room: room.clone() }
            }
            Self::Departed { nick, rooms, returns, .. } => {
                let (nick, rooms, returns) = (nick.clone(), rooms.clone(), *returns);
                Fact::Departed(Departed { by, nick, rooms, returns })
            }
            Self::Ignored { ignored, .. } => Fact::Ignored { by, ignored: ignored.clone() },
            Self::Unignored { nick, .. } => Fact::Unignored { by, nick: nick.clone() },
            Self::Registered { .. }
            | Self::LoggedIn { .. }
            | Self::LoggedOut { .. }
            | Self::Quieted { .. }
            | Self::DeviceEnded { .. } => return self.about_registered(by, socket),
            Self::Moderated { .. } | Self::Removed { .. } => return self.about_order(by, socket),
            Self::Ordered { order, .. } => Fact::Ordered(order.order()?),
            _ => return self.about_access(by).or_else(|| self.about_message(by)),
        })
    }

    /// The fact, if it is about an earlier message.
    fn about_message(&self, by: SocketId) -> Option<Fact<'_>> {
        Some(match self {
            Self::Edited { nick, about, text, .. } => {
                Fact::Edited(Edited { by, nick: nick.clone(), about: about.into(), text })
            }
            Self::Deleted { nick, about, .. } => {
                Fact::Deleted(Deleted { by, nick: nick.clone(), about: about.into() })
            }
            Self::Reacted { person, nick, about, emoji, on, .. } => {
                let (person, nick, emoji) = (person.clone(), nick.clone(), emoji.clone());
                let (about, is_on) = (about.into(), *on);
                Fact::Reacted(Reacted { by, person, nick, about, emoji, is_on })
            }
            _ => return None,
        })
    }

    /// The fact, if it is about keeping order.
    fn about_order<'f>(
        &'f self,
        by: SocketId,
        socket: impl Fn(&SocketName) -> Option<SocketId>,
    ) -> Option<Fact<'f>> {
        Some(match self {
            Self::Moderated { nick, deed, why, .. } => {
                let (nick, deed) = (nick.clone(), deed.deed(socket)?);
                Fact::Moderated(Moderated { by, nick, deed, why })
            }
            Self::Removed { nick, room, to, must_go, moderator, why, .. } => {
                let (nick, room, to) = (nick.clone(), room.clone(), to.clone());
                let (must_go, moderator) = (*must_go, moderator.clone());
                Fact::Removed(Removed { by, nick, room, to, must_go, moderator, why })
            }
            _ => return None,
        })
    }

    /// The fact, if it is about a registered person.
    fn about_registered<'f>(
        &'f self,
        by: SocketId,
        socket: impl Fn(&SocketName) -> Option<SocketId>,
    ) -> Option<Fact<'f>> {
        Some(match self {
            Self::Registered { id, nick, hash, device, .. } => {
                let (id, nick, device) = (id.clone(), nick.clone(), device.clone());
                Fact::Registered(Registered { by, id, nick, hash, device })
            }
            Self::LoggedIn { id, old, new, rooms, record, device, .. } => {
                let (id, old, new, rooms) = (id.clone(), old.clone(), new.clone(), rooms.clone());
                let (record, device) = (record.clone(), device.clone());
                Fact::LoggedIn(LoggedIn { by, id, old, new, rooms, record, device })
            }
            Self::LoggedOut { id, old, new, guest, rooms, record, ended, .. } => {
                let (id, old, new, rooms) = (id.clone(), old.clone(), new.clone(), rooms.clone());
                let (guest, record, ended) = (*guest, record.clone(), *ended);
                Fact::LoggedOut(LoggedOut { by, id, old, new, guest, rooms, record, ended })
            }
            Self::Quieted { id, on, .. } => Fact::Quieted { by, id: id.clone(), is_on: *on },
            Self::DeviceEnded { number, token, here, .. } => {
                let here = || here.as_ref().and_then(socket).map(EndedDevice::Here);
                let ended = token.map(EndedDevice::Token).or_else(here)?;
                Fact::DeviceEnded { by, number: *number, ended }
            }
            _ => return None,
        })
    }
}

impl From<&WrittenAdmitted> for Admitted {
    fn from(entry: &WrittenAdmitted) -> Self {
        Self {
            record: entry.record.clone(),
            client: entry.client,
            is_back: entry.back,
            has_new_token: entry.new_token,
            is_first: entry.first,
            passing: entry.passing.clone().map(Refusal::TooMany),
            is_renamed: entry.renamed,
            ended: entry.ended.clone(),
            left: entry.left.clone(),
            known: entry.known.clone(),
            since: entry.since,
            recovered: entry.recovered,
        }
    }
}

impl From<&WrittenAbout> for About {
    fn from(written: &WrittenAbout) -> Self {
        let WrittenAbout { id, ts, place, author, sender, action, own } = written;
        let (id, ts, is_action, is_own) = (*id, *ts, *action, *own);
        let (place, author, sender) = (place.clone(), author.clone(), sender.clone());
        Self { id, ts, place, author, sender, is_action, is_own }
    }
}

impl From<&WrittenParty> for Party {
    fn from(party: &WrittenParty) -> Self {
        Self { id: party.id.clone(), nick: party.nick.clone(), returns: party.returns }
    }
}

impl WrittenKey<'_> {
    fn key(&self) -> Key<'_> {
        Key { key: &self.key, what: self.what }
    }
}

impl WrittenRelayed<'_> {
    fn relayed<'f>(&'f self, attachments: &'f [Vec<u8>]) -> Option<Relayed<'f>> {
        match self {
            Self::Args(json) => Args::new(json, attachments).ok().map(Relayed::Args),
            Self::Words { words, long, all } => {
                let words = words.to_string();
                Some(Relayed::Words { words, is_long: *long, is_for_all: *all })
            }
        }
    }
}
