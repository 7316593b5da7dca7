//! The commands about one's registered name and one's devices, and for invitations.

use super::super::Model;
use super::super::asked::Asked;
use super::Done;
use crate::words::{Command, span_ms, split_word};
use serde_json::json;

pub(super) fn register(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    model.ask("register", json!({"password": rest}), Asked::Register);
    Ok(())
}

pub(super) fn login(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let (nick, password) = split_word(rest);
    model.ask("login", json!({"nick": nick, "password": password}), Asked::Login);
    Ok(())
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
