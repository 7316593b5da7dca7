//! The menu on messages and people: its keys, and the deeds that were chosen in it.

use super::Interactive;
use super::acting::is_said;
use crate::client::editor::Edit;
use crate::client::keys::Action;
use crate::client::menu::{Choice, Key, Menu, Outcome, Purpose, Waiting, quote};
use crate::client::model::{Id, IncomingMessage, Target};
use crate::client::screen::View;
use crate::client::secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that a room has as they are in a link.
const AS_IS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An open menu, and what is kept beside it.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) menu: Menu,
    /// The view before it was opened.
    view: View,
    /// The person about whom the server was asked last; `None` while nothing was asked on this
    /// connection.
    asked: Option<Option<String>>,
}

/// The menu's key of an action, if it takes it.
fn key(action: &Action) -> Option<Key> {
    Some(match action {
        Action::Edit(Edit::Older) => Key::Up,
        Action::Edit(Edit::Newer) => Key::Down,
        Action::Edit(Edit::Home) => Key::First,
        Action::Edit(Edit::End) => Key::Last,
        Action::Edit(Edit::Insert(char)) => Key::Char(*char),
        Action::PageUp => Key::PageUp,
        Action::PageDown => Key::PageDown,
        Action::Send => Key::Enter,
        Action::Bottom | Action::Edit(Edit::Left | Edit::Backspace) => Key::Back,
        Action::Edit(Edit::Right) => Key::Enter,
        Action::Complete => Key::People,
        _ => return None,
    })
}

impl Interactive {
    pub(super) const fn menu(&self) -> Option<&Menu> {
        match &self.open {
            Some(open) => Some(&open.menu),
            None => None,
        }
    }

    /// Opens the menu, or closes it.
    pub(super) fn toggle_menu(&mut self) {
        if self.open.is_some() {
            return self.close_menu();
        }
        match Menu::open(&self.session.model) {
            Ok(menu) => self.open = Some(Open { menu, view: self.view, asked: None }),
            Err(why) => self.session.model.notice(why),
        }
    }

    /// Closes the menu and shows what was shown before.
    fn close_menu(&mut self) {
        if let Some(open) = self.open.take() {
            self.view = open.view;
        }
    }

    /// Closes the menu after something was done. A message that it was done to stays in view.
    fn leave_menu(&mut self) {
        let before = self.open.as_ref().map_or(self.view, |open| open.view);
        if self.screen().shows_choice(before) {
            self.view = before;
        }
        self.open = None;
    }

    /// Brings the menu in line with the model, and asks the server which deeds are allowed.
    pub(super) fn settle_menu(&mut self) {
        let Some(open) = &mut self.open else { return };
        let model = &mut self.session.model;
        if !open.menu.settle(model) {
            // The view is that of another conversation, or of one without messages.
            self.open = None;
            return;
        }
        let about = open.menu.about(model);
        match (model.is_online(), &open.asked) {
            (false, _) => open.asked = None,
            (true, None) => {
                model.learn_powers(None);
                if let Some(nick) = &about {
                    model.learn_powers(Some(nick));
                }
                open.asked = Some(about);
            }
            (true, Some(asked)) => {
                if let Some(nick) = about.as_ref().filter(|_| about != *asked) {
                    model.learn_powers(Some(nick));
                }
                open.asked = Some(about);
            }
        }
        self.view = self.screen().with_choice(self.view);
    }

    /// Gives an action to the open menu. False if it is none of the menu's.
    pub(super) fn act_in_menu(&mut self, action: &Action) -> bool {
        let Some(open) = &mut self.open else { return false };
        let outcome = match (key(action), action) {
            (Some(key), _) => open.menu.key(key, &self.session.model),
            // No part of it may come into the line unseen.
            (None, Action::Edit(_) | Action::EndOfInput) => Outcome::Stays,
            (None, Action::Menu | Action::Interrupt) => Outcome::Closes,
            (None, _) => return false,
        };
        match outcome {
            Outcome::Stays => (),
            Outcome::Closes => self.close_menu(),
            Outcome::Chosen(choice) => self.carry_out(choice),
        }
        true
    }

    /// Does what was chosen and closes the menu; or says why that cannot be.
    fn carry_out(&mut self, choice: Choice) {
        let message = self.menu().and_then(|menu| menu.message(&self.session.model)).cloned();
        match (self.upon_a_person(&choice), message) {
            (Some(Ok(())), _) => self.close_menu(),
            (Some(Err(why)), _) => self.note(why),
            (None, Some(message)) => match self.upon_a_message(&choice, &message) {
                Ok(()) => self.leave_menu(),
                Err(why) => self.note(why),
            },
            (None, None) => self.note("that message is gone".to_owned()),
        }
    }

    fn note(&mut self, why: String) {
        if let Some(open) = &mut self.open {
            open.menu.note = Some(why);
        }
    }

    /// Does something upon a person; `None` if the choice is none of these.
    fn upon_a_person(&mut self, choice: &Choice) -> Option<Result<(), String>> {
        let model = &mut self.session.model;
        Some(match choice {
            Choice::Write(nick) => model.write_in_private(nick),
            Choice::Address(nick) => {
                let before = format!("{nick}: ");
                self.put_before(&before)
            }
            Choice::WhoIs(nick) => model.ask_who_is(nick),
            Choice::Ignore(nick, is_on) => model.ignore(nick, *is_on),
            Choice::InviteTo(nick, room) => model.invite_to(room, nick),
            Choice::Do(deed, nick, seconds) => model.do_deed(deed, nick, *seconds),
            Choice::WithReason(deed, nick) => {
                let question = deed.question.as_ref();
                let command = question.map_or_else(String::new, |it| it.command(nick));
                self.begin(Purpose::Command, command);
                Ok(())
            }
            _ => return None,
        })
    }

    /// Does something with a message.
    fn upon_a_message(&mut self, choice: &Choice, message: &IncomingMessage) -> Result<(), String> {
        let model = &mut self.session.model;
        match choice {
            Choice::Emoji(emoji) => model.react_to(message.id, emoji)?,
            Choice::DeleteNow => model.delete_message(message.id)?,
            Choice::Former => model.ask_former(message.id, &message.from)?,
            Choice::Quote => self.put_before(&quote(message))?,
            Choice::Edit => self.begin(Purpose::Edit(message.id), message.text.clone()),
            Choice::OtherEmoji => self.begin(Purpose::React(message.id), String::new()),
            Choice::CopyLink => self.copy_link(message),
            _ => (),
        }
        Ok(())
    }

    /// Puts a text before the line, for the person to go on with; not before a command with a
    /// password, which would be seen and be said in a message.
    fn put_before(&mut self, text: &str) -> Result<(), String> {
        let line = self.editor.text();
        if secret::begins(line).is_some() {
            return Err("your line has a password; send it or clear it first".to_owned());
        }
        self.editor.set(format!("{text}{line}"));
        if self.waiting.is_none() {
            self.session.model.typed(self.editor.text());
        }
        Ok(())
    }

    /// Puts a line with a purpose of its own into the input. The line that was there comes back
    /// after it.
    fn begin(&mut self, purpose: Purpose, line: String) {
        let draft = match &mut self.waiting {
            Some(waiting) => std::mem::take(&mut waiting.draft),
            None => self.editor.text().to_owned(),
        };
        self.forget_secrets();
        self.waiting = Some(Waiting { purpose, draft });
        self.editor.set(line);
    }

    /// Brings the line back that was there before. False if there is none.
    pub(super) fn end_purpose(&mut self) -> bool {
        self.forget_secrets();
        let Some(Waiting { draft, .. }) = self.waiting.take() else { return false };
        self.editor.set(draft);
        true
    }

    /// A password that was cut out of the line does not come back in another one.
    fn forget_secrets(&mut self) {
        if self.waiting.as_ref().is_some_and(|waiting| waiting.purpose.is_secret()) {
            self.editor.forget_cut();
        }
    }

    /// Asks for the words that a command lacks.
    pub(super) fn begin_form(&mut self) {
        if let Some(form) = self.session.model.take_form() {
            self.begin(Purpose::of(form), String::new());
        }
    }

    /// Whether an action has no place in a line for a password: neither earlier lines nor names
    /// belong there, and no menu takes its text into a message.
    pub(super) fn is_deaf_to(&self, action: &Action) -> bool {
        let is_secret = self.waiting.as_ref().is_some_and(|waiting| waiting.purpose.is_secret());
        let is_other = matches!(
            action,
            Action::Complete | Action::Menu | Action::Edit(Edit::Older | Edit::Newer)
        );
        is_secret && is_other
    }

    /// Does what a line with a purpose of its own is for.
    pub(super) fn fulfil(&mut self, purpose: &Purpose) {
        let line = purpose.words(self.editor.text()).to_owned();
        let model = &mut self.session.model;
        let done = match purpose {
            Purpose::Edit(id) => {
                let text = self.editor.text().trim_end();
                edited(text).and_then(|text| model.edit_message(*id, text))
            }
            Purpose::React(id) => model.react_to(*id, &line),
            // An answer may be about to show another conversation, for which a message would be.
            Purpose::Command if is_said(&line) => {
                Err("this line is for a command; Esc leaves it".to_owned())
            }
            Purpose::Command => model.submit(&line),
            _ if line.is_empty() => Err("nothing was typed; Esc leaves it".to_owned()),
            Purpose::Name => {
                return self.begin(Purpose::Password(line), String::new());
            }
            Purpose::NewPassword(None) => {
                return self.begin(Purpose::NewPassword(Some(line)), String::new());
            }
            Purpose::Password(nick) => model.log_in_as(nick, &line),
            Purpose::NewPassword(Some(first)) if *first == line => model.register(&line),
            Purpose::NewPassword(Some(_)) => {
                model.failed("these are two different passwords");
                return self.begin(Purpose::NewPassword(None), String::new());
            }
        };
        match done {
            Ok(()) => {
                self.view = View::Bottom;
                self.end_purpose();
                self.begin_form();
            }
            Err(why) => model.failed(why),
        }
    }

    /// Shows the address of a message, and puts it into the clipboard if the terminal can.
    fn copy_link(&mut self, message: &IncomingMessage) {
        let Target::Room(room) = &message.to else { return };
        let Id { number, .. } = message.id;
        let room = utf8_percent_encode(room, AS_IS);
        let link = format!("{}#{room}/{number}", self.session.link.address());
        self.clipboard = Some(link.clone());
        self.session.model.notice(format!("link: {link} (copied, if the terminal can)"));
    }
}

/// The new text of a message.
fn edited(text: &str) -> Result<&str, String> {
    if text.is_empty() {
        return Err("a message has a text; the menu can delete it".to_owned());
    }
    Ok(text)
}
