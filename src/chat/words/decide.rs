//! Decides requests about earlier messages: to correct them, to delete them, to react to them.

use super::meant::is_party;
use super::{About, AlreadyWords, AskedChange, AskedWords, Deleted, Edited, Reacted, Which};
use super::{WordsFact, WordsRefusal};
use crate::chat::decide::{Me, Sockets, fits};
use crate::chat::fact::Fact;
use crate::chat::history::{Message, Reaction};
use crate::chat::names;
use crate::chat::order::OrderRefusal;
use crate::chat::refusal::Refusal;
use crate::chat::request::{Already, Decision};
use crate::limits::{
    EDITS_PER_MESSAGE_MAX, EMOJI_BYTES_MAX, OWN_WORDS_MS, REACTION_KINDS_MAX,
    REACTIONS_PER_MESSAGE_MAX, REACTIONS_PER_PERSON_MAX,
};
use mio_socketio::{few_marks, is_blank, visible};
use std::rc::Rc;
use unicode_segmentation::UnicodeSegmentation;

impl<S: Sockets> Me<'_, S> {
    /// Decides a change of an earlier message.
    pub(in crate::chat) fn change_words<'a>(
        &self,
        asked: AskedWords<'a>,
    ) -> Result<Decision<'a>, Refusal> {
        let AskedWords { which, change } = asked;
        match change {
            AskedChange::Edit { text } => self.edit(which, text),
            AskedChange::Delete => self.delete(which),
            AskedChange::React { emoji, is_on } => self.react(which, emoji, is_on),
        }
    }

    fn edit<'a>(&self, which: Which<'_>, text: &'a str) -> Result<Decision<'a>, Refusal> {
        self.may_speak()?;
        let message = self.meant(which)?;
        let about = self.changeable(message)?;
        self.not_muted()?;
        if !self.is_there(message) {
            return Err(Refusal::NotInRoom((&*message.place).into()));
        }
        self.speakable(&message.place)?;
        fits(text)?;
        if message.text == text {
            return Ok(Decision::IsSo(Already::Words(AlreadyWords::Worded(message.id))));
        }
        let edits = message.amended.as_ref().map_or(0, |amended| amended.edits);
        if edits >= EDITS_PER_MESSAGE_MAX {
            return Err(WordsRefusal::TooManyEdits.into());
        }
        let (by, nick) = (self.socket, self.person.nick.clone());
        Ok(happens(WordsFact::Edited(Edited { by, nick, about, text })))
    }

    fn delete<'a>(&self, which: Which<'_>) -> Result<Decision<'a>, Refusal> {
        let about = self.changeable(self.meant(which)?)?;
        let (by, nick) = (self.socket, self.person.nick.clone());
        Ok(happens(WordsFact::Deleted(Deleted { by, nick, about })))
    }

    fn react<'a>(
        &self,
        which: Which<'_>,
        emoji: &str,
        is_on: bool,
    ) -> Result<Decision<'a>, Refusal> {
        self.may_speak()?;
        let message = self.meant(which)?;
        if !self.is_there(message) {
            return Err(WordsRefusal::NoMessage.into());
        }
        self.not_muted()?;
        if !is_emoji(emoji) {
            return Err(WordsRefusal::BadEmoji.into());
        }
        let person = self.person.id.clone().ok_or(Refusal::Gone)?;
        let reactions = message.amended.as_ref().map_or(&[][..], |it| &it.reactions);
        let same = reactions.iter().find(|reaction| *reaction.emoji == *emoji);
        if same.is_some_and(|same| same.is_of(&person)) == is_on {
            return Ok(Decision::IsSo(Already::Words(AlreadyWords::Reacted(message.id))));
        }
        if is_on {
            has_place(reactions, same.is_some(), &person)?;
        }
        let (by, nick, emoji) = (self.socket, self.person.nick.clone(), emoji.into());
        let about = about(message, self.person.has_said(message));
        Ok(happens(WordsFact::Reacted(Reacted { by, person, nick, about, emoji, is_on })))
    }

    /// Refuses unless they may read what a message said before it was corrected: they are there,
    /// and keep order.
    pub(in crate::chat) fn sees_former(&self, message: &Message) -> Result<(), Refusal> {
        match self.is_there(message) {
            false => Err(WordsRefusal::NoMessage.into()),
            true if self.may_moderate(&message.place) => Ok(()),
            true => Err(OrderRefusal::NoRole.into()),
        }
    }

    /// The message that the request is about.
    fn meant(&self, which: Which<'_>) -> Result<&Message, Refusal> {
        if !self.chat.history.is_kept() {
            return Err(Refusal::NoHistory);
        }
        let meant = self.chat.words.meant.as_ref();
        meant.ok_or(WordsRefusal::not_found(which).into())
    }

    /// The message, if they may change or delete it: their own for a day, and other people's in
    /// rooms where they keep order.
    fn changeable(&self, message: &Message) -> Result<About, WordsRefusal> {
        let is_own = self.person.has_said(message);
        if self.may_moderate(&message.place) {
            return Ok(about(message, is_own));
        }
        // A message in a place that they are not in does not exist for them.
        match is_own {
            false if self.is_there(message) => return Err(WordsRefusal::NotYours),
            false => return Err(WordsRefusal::NoMessage),
            true => (),
        }
        let now_ms = self.sockets.now().unix_ms.cast_signed();
        if now_ms.saturating_sub(message.ts) > OWN_WORDS_MS {
            return Err(WordsRefusal::TooLate);
        }
        Ok(about(message, is_own))
    }

    /// Refuses unless they may still change an earlier message, now that deeds are known that were
    /// done before it.
    pub(in crate::chat) fn may_still_change(&self, words: &WordsFact<'_>) -> Result<(), Refusal> {
        let place = &words.about().place;
        let is_in_room = names::is_room_key(place);
        match words {
            WordsFact::Deleted(_) if words.about().is_own || !is_in_room => Ok(()),
            WordsFact::Deleted(_) => self.keeps_order_in(place).map(|_| ()),
            WordsFact::Edited(_) | WordsFact::Reacted(_) => {
                self.not_muted()?;
                if !is_in_room {
                    return Ok(());
                }
                self.was_in(place)?;
                self.speakable(place)
            }
        }
    }

    /// Whether they are where the message was said.
    fn is_there(&self, message: &Message) -> bool {
        let is_party = is_party(&message.place, self.person.id.as_deref());
        let hidden_upto = self.chat.hidden_upto(&message.place, self.person.id.as_deref());
        is_party || self.is_in(&message.place) && message.id > hidden_upto
    }

    /// Whether they keep order in a room. Nobody reads what two people say in private.
    fn may_moderate(&self, place: &str) -> bool {
        let is_private = self.chat.rooms.is_private(place) && !self.is_in(place);
        !is_private && names::is_room_key(place) && self.keeps_order_in(place).is_ok()
    }
}

const fn happens(fact: WordsFact<'_>) -> Decision<'_> {
    Decision::Happens(Fact::Words(fact))
}

fn about(message: &Message, is_own: bool) -> About {
    let Message { id, ts, place, author, is_action, sender, .. } = message;
    let (id, ts, is_action) = (*id, *ts, *is_action);
    let (place, author, sender) = (place.clone(), author.clone(), sender.clone());
    About { id, ts, place, author, sender, is_action, is_own }
}

/// Refuses one more reaction if there are too many.
fn has_place(reactions: &[Reaction], is_known: bool, person: &Rc<str>) -> Result<(), Refusal> {
    let own = reactions.iter().filter(|reaction| reaction.is_of(person)).count();
    if own >= REACTIONS_PER_PERSON_MAX {
        return Err(WordsRefusal::TooManyReactions.into());
    }
    let all: usize = reactions.iter().map(|reaction| reaction.by.len()).sum();
    let is_full = all >= REACTIONS_PER_MESSAGE_MAX;
    if is_full || !is_known && reactions.len() >= REACTION_KINDS_MAX {
        return Err(WordsRefusal::ReactionsFull.into());
    }
    Ok(())
}

/// Whether a text is one sign that is no letter, and that is shown as it is. A digit counts if it
/// is drawn in a box.
pub(in crate::chat) fn is_emoji(text: &str) -> bool {
    const BOX: char = '\u{20e3}';
    text.len() <= EMOJI_BYTES_MAX
        && text.graphemes(true).count() == 1
        && (text.ends_with(BOX) || !text.is_ascii())
        && !text.chars().any(|char| char.is_alphabetic() && !is_regional(char))
        && !is_blank(text)
        && *few_marks(text) == *text
        && *visible(text) == *text
}

/// Whether it is one of the letters of which flags are made.
fn is_regional(char: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sign_is_an_emoji_and_words_are_none() {
        let signs = [
            "\u{1f44d}",
            "\u{2764}\u{fe0f}",
            "\u{1f44d}\u{1f3fd}",
            "1\u{fe0f}\u{20e3}",
            "\u{1f1e9}\u{1f1ea}",
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}",
        ];
        for sign in signs {
            assert!(is_emoji(sign), "{sign:?}");
        }
        let long = "\u{1f44d}".to_owned() + &"\u{1f3fd}".repeat(20);
        for text in
            ["", " ", "a", "ok", "1", ":)", "\u{e4}", "\u{202e}", "\u{200b}", "\u{7}", "\n", &long]
        {
            assert!(!is_emoji(text), "{text:?}");
        }
        assert!(!is_emoji("\u{1f44d}\u{1f44d}"));
    }
}
