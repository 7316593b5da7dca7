//! The commands of people who keep order, and of those who want quiet.

use super::super::Model;
use super::super::asked::Asked;
use super::Done;
use crate::words::{BAD_SPAN, Command, split_span, split_word};
use serde_json::json;

pub(super) fn quiet(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let body = match rest {
        "" => json!({}),
        "on" => json!({"on": true}),
        "off" => json!({"on": false}),
        _ => return Err(format!("usage: {}", Command::QUIET.usage())),
    };
    model.ask("quiet", body, Asked::Quiet);
    Ok(())
}

pub(super) fn kick(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let (room, (nick, reason)) = (model.this_room()?, split_word(rest));
    model.ask("kick", json!({"room": room, "nick": nick, "reason": reason}), Asked::Order);
    Ok(())
}

pub(super) fn op(model: &mut Model, rest: &str) -> Done {
    set_owner(model, rest, true)
}

pub(super) fn deop(model: &mut Model, rest: &str) -> Done {
    set_owner(model, rest, false)
}

fn set_owner(model: &mut Model, nick: &str, is_on: bool) -> Done {
    model.need_server()?;
    let room = model.this_room()?;
    model.ask("op", json!({"room": room, "nick": nick, "on": is_on}), Asked::Order);
    Ok(())
}

pub(super) fn mute(model: &mut Model, rest: &str) -> Done {
    bar(model, "mute", rest)
}

pub(super) fn ban(model: &mut Model, rest: &str) -> Done {
    bar(model, "ban", rest)
}

/// Bans or mutes somebody; without a name it lists who is.
fn bar(model: &mut Model, request: &'static str, rest: &str) -> Done {
    model.need_server()?;
    let (nick, rest) = split_word(rest);
    if nick.is_empty() {
        model.ask(request, json!({}), Asked::Bans);
        return Ok(());
    }
    let (ms, reason) = split_span(rest).map_err(|_| BAD_SPAN.to_owned())?;
    let body = json!({"nick": nick, "for": ms.map(|ms| ms / 1000), "reason": reason});
    // The server tells the person's own devices too.
    model.ask(request, body, Asked::Order);
    Ok(())
}

pub(super) fn unmute(model: &mut Model, rest: &str) -> Done {
    unbar(model, "unmute", rest, "no longer muted")
}

pub(super) fn unban(model: &mut Model, rest: &str) -> Done {
    unbar(model, "unban", rest, "no longer banned")
}

fn unbar(model: &mut Model, request: &'static str, rest: &str, verb: &'static str) -> Done {
    model.need_server()?;
    model.ask(request, json!({"nick": rest}), Asked::Barred { nick: rest.to_owned(), verb });
    Ok(())
}
