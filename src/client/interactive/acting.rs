//! The actions that keys ask for, in their order.

use super::Interactive;
use crate::client::editor::Edit;
use crate::client::keys::Action;
use crate::client::screen::View;
use crate::client::secret;
use std::io;

impl Interactive {
    /// Does the actions that keys asked for.
    pub(super) fn press(&mut self) -> io::Result<()> {
        match self.keys.read(io::stdin(), self.session.now_ms())? {
            None => self.is_over = true,
            Some(actions) => {
                if self.held.is_some() && actions.contains(&Action::Interrupt) {
                    self.held = None;
                    self.actions.clear();
                }
                self.actions.extend(actions);
                self.go_on_acting();
            }
        }
        Ok(())
    }

    /// Does the waiting actions, up to a line whose target is not known yet.
    pub(super) fn go_on_acting(&mut self) {
        if let Some(shown) = self.held.filter(|_| !self.session.model.is_switching()) {
            self.held = None;
            // If the conversation did not change, the line is for another target.
            if shown == self.shown {
                self.let_go();
            }
        }
        while let Some(action) = self.actions.front().filter(|_| self.held.is_none()) {
            // Neither a menu's keys nor a line of its own go to a conversation.
            let is_free = self.open.is_none() && self.waiting.is_none();
            let is_said = is_free && is_said(self.editor.text());
            if *action == Action::Send && is_said && self.session.model.is_switching() {
                self.held = Some(self.shown);
            } else if let Some(action) = self.actions.pop_front() {
                self.act(action);
                self.follow(true);
            }
        }
    }

    /// Keeps the line unsent, with the lines that were typed after it.
    fn let_go(&mut self) {
        while self.actions.back() == Some(&Action::Send) {
            self.actions.pop_back();
        }
        for action in self.actions.iter_mut().filter(|action| **action == Action::Send) {
            *action = Action::Edit(Edit::Insert('\n'));
        }
    }

    fn act(&mut self, action: Action) {
        if self.act_in_menu(&action) {
            return;
        }
        if self.is_deaf_to(&action) {
            return;
        }
        if action == Action::Complete {
            return self.completion.tab(&mut self.editor, &self.session.model);
        }
        if !matches!(action, Action::Focus(_)) {
            self.completion.forget();
        }
        let model = &mut self.session.model;
        match action {
            Action::Edit(edit) => {
                self.editor.edit(edit);
                if self.waiting.is_none() {
                    model.typed(self.editor.text());
                }
            }
            Action::Send => match self.waiting.as_ref().map(|waiting| waiting.purpose.clone()) {
                Some(purpose) => self.fulfil(&purpose),
                None => self.send(),
            },
            Action::Interrupt | Action::Bottom if self.waiting.is_some() => {
                self.end_purpose();
            }
            Action::Menu => self.toggle_menu(),
            Action::Interrupt if self.editor.is_empty() => self.is_over = true,
            Action::Interrupt => {
                self.editor.set(String::new());
                model.typed("");
            }
            Action::EndOfInput if self.editor.is_empty() => self.is_over = true,
            Action::EndOfInput => self.editor.edit(Edit::Delete),
            Action::Suspend => self.suspend(),
            Action::Redraw => self.drawn = None,
            Action::PageUp => self.view = self.screen().page_up(self.view),
            Action::PageDown => self.view = self.screen().page_down(self.view),
            Action::Bottom => self.view = View::Bottom,
            Action::Go(index) => model.activate(index),
            Action::Next => model.step(true),
            Action::Previous => model.step(false),
            Action::Focus(has_focus) => self.has_focus = has_focus,
            Action::Complete => (),
        }
    }

    /// Sends the line, or keeps it and says why.
    fn send(&mut self) {
        let line = self.editor.text().to_owned();
        self.view = View::Bottom;
        match self.session.model.submit(&line) {
            Ok(()) => {
                match secret::begins(&line).is_some() {
                    // Nobody who looks over a shoulder should get it by the key Up.
                    true => self.editor.set(String::new()),
                    false => drop(self.editor.take()),
                }
                // The unfinished line of this conversation is sent, whichever is shown now.
                let shown = self.shown;
                self.drafts.retain(|(other, _)| *other != shown);
                self.begin_form();
            }
            Err(why) => self.session.model.failed(why),
        }
    }
}

/// Whether a line is a message and not a command.
pub(super) fn is_said(line: &str) -> bool {
    !line.trim().is_empty() && (!line.starts_with('/') || line.starts_with("//"))
}
