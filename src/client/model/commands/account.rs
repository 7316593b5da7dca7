//! The commands about one's registered name and one's devices, and for invitations.

use super::super::Model;
use super::super::asked::Asked;
use super::Done;
use crate::client::model::Mode;
use crate::client::model::login::Form;
use crate::words::{Command, span_ms, split_word};
use serde_json::json;

/// On a screen, the line asks for a password that is not in the command, and does not show it.
pub(super) const REGISTER: Command = Command { arguments: "[PASSWORD]", ..Command::REGISTER };
pub(super) const LOGIN: Command = Command { arguments: "[NAME [PASSWORD]]", ..Command::LOGIN };

impl Model {
    /// Makes the person's name theirs for good.
    ///
    /// # Errors
    /// There is no connection.
    pub(in crate::client) fn register(&mut self, password: &str) -> Done {
        self.need_server()?;
        self.ask("register", json!({"password": password}), Asked::Register);
        Ok(())
    }

    /// Takes the name of a registered person.
    ///
    /// # Errors
    /// There is no connection.
    pub(in crate::client) fn log_in_as(&mut self, nick: &str, password: &str) -> Done {
        self.need_server()?;
        self.ask("login", json!({"nick": nick, "password": password}), Asked::Login);
        Ok(())
    }

    /// Asks for the words that a command lacks, where somebody can be asked.
    fn ask_by(&mut self, form: Form, command: Command) -> Done {
        self.need_server()?;
        match self.mode {
            Mode::Lines => Err(format!("usage: {}", command.usage())),
            Mode::Screen => {
                self.form = Some(form);
                Ok(())
            }
        }
    }
}

pub(super) fn register(model: &mut Model, rest: &str) -> Done {
    match rest {
        "" => model.ask_by(Form::Register, Command::REGISTER),
        password => model.register(password),
    }
}

pub(super) fn login(model: &mut Model, rest: &str) -> Done {
    match split_word(rest) {
        ("", _) => model.ask_by(Form::Login(None), Command::LOGIN),
        (nick, "") => model.ask_by(Form::Login(Some(nick.to_owned())), Command::LOGIN),
        (nick, password) => model.log_in_as(nick, password),
    }
}

pub(super) fn logout(model: &mut Model, _: &str) -> Done {
    model.need_server()?;
    model.ask("logout", json!({}), Asked::Logout);
    Ok(())
}

pub(super) fn devices(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let number = match split_word(rest) {
        ("", _) => {
            model.ask("devices", json!({}), Asked::Devices);
            return Ok(());
        }
        ("end" | "revoke", number) | (number, _) => number,
    };
    let usage = |_| format!("usage: {}", Command::DEVICES.usage());
    let end: u32 = number.parse().map_err(usage)?;
    model.ask("devices", json!({"end": end}), Asked::DeviceEnd(end));
    Ok(())
}

pub(super) fn invite(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let usage = || format!("usage: {}", Command::INVITE.usage());
    let (uses, time) = split_word(rest);
    let mut body = serde_json::Map::new();
    if !uses.is_empty() {
        let uses: u32 = uses.parse().map_err(|_| usage())?;
        body.insert("uses".to_owned(), uses.into());
    }
    if !time.is_empty() {
        let span = span_ms(time.trim_end()).ok_or_else(usage)?;
        body.insert("for".to_owned(), span.into());
    }
    model.ask("invite", body.into(), Asked::Invite);
    Ok(())
}
