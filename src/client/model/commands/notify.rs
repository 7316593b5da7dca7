//! The command that chooses of which messages the reader is told.

use super::Done;
use crate::client::alerts::AlertLevel;
use crate::client::model::{Effect, Mode, Model};
use crate::words::Command;

pub(super) const NOTIFY: Command = Command::new(
    "notify",
    &[],
    "[all|mentions|nothing | bell on | bell off]",
    "choose of which messages here you are told, and whether the bell rings",
);

/// Chooses the messages of this conversation of which the reader is told, or tells the choice.
pub(super) fn notify(model: &mut Model, rest: &str) -> Done {
    if model.mode == Mode::Lines {
        return Err("only the client on a screen rings and tells".to_owned());
    }
    let target = model.active().target.clone();
    let words: Vec<&str> = rest.split_whitespace().collect();
    let level = |word: &str| AlertLevel::called(&word.to_lowercase());
    match (&*words, words.first().and_then(|word| level(word))) {
        ([], _) => (),
        ([_], Some(level)) => model.alerts.choose(&target, level),
        (["bell", "on"], _) => model.alerts.ring(true),
        (["bell", "off"], _) => model.alerts.ring(false),
        _ => return Err(format!("usage: {}", NOTIFY.usage())),
    }
    if !words.is_empty() {
        model.effects.push(Effect::KeepAlerts);
    }
    let rings = if model.alerts.has_bell() { "rings" } else { "is off" };
    let level = model.alerts.level(&target);
    model.notice(format!("you are told of {level} in {target}; the bell {rings}"));
    Ok(())
}
