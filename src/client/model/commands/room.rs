//! The command for the rules of a room.

use super::super::Model;
use super::super::asked::Asked;
use super::Done;
use crate::words::Command;
use serde_json::json;

pub(super) fn room(model: &mut Model, rest: &str) -> Done {
    model.need_server()?;
    let room = model.this_room()?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let body = match *words {
        ["private"] => json!({"room": room, "private": true}),
        ["public"] => json!({"room": room, "private": false}),
        ["readonly"] => json!({"room": room, "readonly": true}),
        ["writable"] => json!({"room": room, "readonly": false}),
        ["past"] => json!({"room": room, "past": true}),
        ["no", "past"] => json!({"room": room, "past": false}),
        [] => json!({"room": room}),
        ["keep", "off"] => json!({"room": room, "keep": 0}),
        ["keep", days] => {
            let days: Option<u32> = days.strip_suffix('d').and_then(|days| days.parse().ok());
            let days = days.filter(|days| *days > 0);
            let days = days.ok_or_else(|| format!("usage: {}", Command::ROOM.usage()))?;
            json!({"room": room, "keep": days})
        }
        ["invite", nick] => json!({"room": room, "invite": nick}),
        ["uninvite", nick] => json!({"room": room, "uninvite": nick}),
        ["delete"] => json!({"room": room, "delete": true}),
        _ => return Err(format!("usage: {}", Command::ROOM.usage())),
    };
    model.ask("room", body, Asked::Rules);
    Ok(())
}
