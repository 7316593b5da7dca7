//! SIGHUP: the settings are read again, and those that can change do.

use super::options::{Again, Changing, Options, Serve, Setting};
use super::{doors, serve};
use mio_chat::chat::{Reread, Settings};
use mio_socketio::AddressLimits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;

/// The result of reading: the command line of an equivalent server, or the reason why there is
/// none.
#[derive(Debug, Serialize, Deserialize)]
enum Read {
    Flags(Vec<String>),
    Wrong(String),
}

/// How the server that was started with `options`, and with these limits of each address, reads its
/// settings again. In a replay the record says what was read, and the log keeps its level.
pub(crate) fn reread(options: &Serve, addresses: AddressLimits, is_replay: bool) -> Reread {
    let line: Vec<OsString> = std::env::args_os().collect();
    let read = move || written(Options::again(&line));
    let mut now = by_name(&options.settings);
    let (named, mut level) = (doors::names(options), options.changing.log);
    let understand = move |text: &str| {
        let Again { changing, settings } = understood(text)?;
        let next = by_name(&settings);
        let (changed, fixed) = differences(&now, &next);
        report(&changed, &fixed);
        for name in &changed {
            match next.get(name) {
                Some(flags) => now.insert(name.clone(), flags.clone()),
                None => now.remove(name),
            };
        }
        if !is_replay && changing.log != level {
            level = changing.log;
            log::set_max_level(level);
        }
        Some(settings_of(&changing, &named, addresses.clone()))
    };
    Reread { read: Box::new(read), understand: Box::new(understand) }
}

fn settings_of(changing: &Changing, named: &[String], addresses: AddressLimits) -> Settings {
    Settings {
        origins: serve::origins(changing),
        hosts: serve::hosts(changing, named),
        proxies: serve::proxies(changing),
        rate_per_s: changing.rate,
        addresses: serve::address_rates(addresses, changing),
    }
}

/// The result of reading, for the record.
fn written(again: Result<Again, String>) -> String {
    let read = match again {
        Ok(again) => Read::Flags(again.settings.iter().map(Setting::flag).collect()),
        Err(why) => Read::Wrong(why),
    };
    serde_json::to_string(&read).unwrap_or_default()
}

/// The settings in what was read; `None` if something is wrong, which the log tells.
fn understood(text: &str) -> Option<Again> {
    let why = match serde_json::from_str(text) {
        Ok(Read::Flags(flags)) => match Options::again_of_record(&flags) {
            Ok(again) => return Some(again),
            Err(why) => why,
        },
        Ok(Read::Wrong(why)) => why,
        // A record cuts off what is longer than it takes.
        Err(_) => "the settings are too long to be read while the server runs".to_owned(),
    };
    log::error!("nothing changed signal=SIGHUP why=\"{why}\"");
    None
}

/// The values of the flags.
fn by_name(settings: &[Setting]) -> BTreeMap<String, Vec<String>> {
    let mut flags = BTreeMap::<_, Vec<_>>::new();
    for setting in settings {
        flags.entry(setting.name.clone()).or_default().push(setting.flag());
    }
    flags
}

/// The names of the flags that differ: those that can change, and the others.
fn differences(
    now: &BTreeMap<String, Vec<String>>,
    next: &BTreeMap<String, Vec<String>>,
) -> (Vec<String>, Vec<String>) {
    let gone = now.keys().filter(|name| !next.contains_key(*name));
    let names = next.keys().chain(gone).filter(|name| now.get(*name) != next.get(*name));
    names.cloned().partition(|name| Changing::has(name))
}

fn report(changed: &[String], fixed: &[String]) {
    let flags = |names: &[String]| {
        let flags: Vec<String> = names.iter().map(|name| format!("--{name}")).collect();
        flags.join(" ")
    };
    log::info!("reread signal=SIGHUP changed=\"{}\"", flags(changed));
    if !fixed.is_empty() {
        let flags = flags(fixed);
        log::warn!(
            "not changed flags=\"{flags}\" hint=\"they change when the server starts again\""
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(flags: &[&str]) -> Again {
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Options::again_of_record(&flags).expect("good flags")
    }

    #[test]
    fn what_differs_is_what_can_change_and_the_rest() {
        let now = by_name(&again(&["--rate=3", "--max-line=100", "--host=a.example"]).settings);
        let next = by_name(&again(&["--max-line=200", "--host=a.example", "--plain"]).settings);
        let (changed, fixed) = differences(&now, &next);
        assert_eq!(
            (changed, fixed),
            (vec!["rate".into()], vec!["max-line".into(), "plain".into()])
        );
        let next = by_name(&again(&["--rate=3", "--max-line=100"]).settings);
        assert_eq!(differences(&now, &next), (vec!["host".to_owned()], Vec::new()));
    }

    #[test]
    fn what_was_read_is_understood_from_a_record() {
        // A name is not looked up while the server runs.
        let flags = ["--rate=3", "--bind=nowhere.invalid:5555", "--origin=https://a.example"];
        let text = written(Ok(again(&flags)));
        let understood = understood(&text).expect("it was good");
        assert_eq!(understood.changing.rate, 3);
        assert_eq!(understood.changing.origin, ["https://a.example"]);
        assert!(super::understood(&written(Err("x".to_owned()))).is_none());
        assert!(super::understood(&text[..text.len() - 5]).is_none());
        assert!(super::understood(r#"{"Flags":["--rate=-1"]}"#).is_none());
    }
}
