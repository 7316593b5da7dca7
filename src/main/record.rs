//! Records of a run: beginning one, and replaying it.

use super::addresses::Bind;
use super::doors::DOORS;
use super::failure::Failure;
use super::logging::LogFormat;
use super::options::{Options, Replay, Serve, Setting};
use super::{logging, reread, serve};
use mio_chat::chat;
use mio_chat::chat::history::History;
use mio_socketio::{self as server, Listen, Record};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Nobody else may read a record.
const OWNER_ONLY: u32 = 0o600;
/// The program's name in a record, which a replay compares.
const PROGRAM: &str = concat!("mio-chat ", env!("CARGO_PKG_VERSION"));
/// Flags that differ in a replay, or are not the server's, beside those of the doors.
const NOT_OF_THE_RUN: [&str; 7] =
    ["max-clients", "record", "log", "log-format", "config", "user", "no-sandbox"];

/// The description of a run in its record.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    program: String,
    /// The command line of an equivalent server.
    flags: Vec<String>,
}

/// Begins a record of the server with these flags, which listens where `listen` says.
pub(crate) fn begin(path: &Path, options: &Serve, listen: &Listen) -> Result<Record, Failure> {
    if serve::keeps_history(options) {
        return Err(Failure::RecordedHistory);
    }
    let about = About { program: PROGRAM.to_owned(), flags: flags(options, listen) };
    let failed = |error| Failure::Record(path.to_owned(), error);
    let about = serde_json::to_string(&about).map_err(|error| failed(error.into()))?;
    let file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path);
    let record = file.and_then(|file| Record::begin(file, &about)).map_err(failed)?;
    log::warn!(
        "recording file={} hint=\"it holds everything that people say, in private too\"",
        path.display()
    );
    Ok(record)
}

/// The flags of an equivalent server: its doors have the addresses that the system gave, instead of
/// names.
fn flags(options: &Serve, listen: &Listen) -> Vec<String> {
    // A second listener for the same door would shift the numbers of all later ones in a replay.
    let is_door = |name: &str| DOORS.iter().any(|door| door.flag == name);
    let is_of_the_run = |it: &&Setting| !is_door(&it.name) && !NOT_OF_THE_RUN.contains(&&*it.name);
    let own = options.settings.iter().filter(is_of_the_run).map(Setting::flag);
    let mut flags: Vec<String> = own.collect();
    flags.push(format!("--max-clients={}", listen.clients_max));
    for door in DOORS {
        let (name, binds, addresses) = (door.flag, (door.binds)(options), (door.addresses)(listen));
        flags.extend(addresses.iter().map(|address| format!("--{name}={address}")));
        if addresses.is_empty() && !binds.is_empty() {
            flags.push(format!("--{name}=none"));
        }
        flags.extend(binds.iter().filter_map(|bind| match bind {
            Bind::Named(host, _) => Some(format!("--host={host}")),
            Bind::None | Bind::Addresses(_) | Bind::Unix(_) => None,
        }));
    }
    flags
}

/// Runs a recorded server again, without any door, and tells whether its output is the same.
pub(crate) fn replay(options: &Replay) -> Result<(), Failure> {
    logging::start(options.log, LogFormat::Text);
    let failed = |error| Failure::Replay(options.file.clone(), error);
    let unread = |error: io::Error| failed(server::ReplayError::Unread(error));
    let file = File::open(&options.file).map_err(unread)?;
    let replay = server::Replay::open(BufReader::new(file)).map_err(failed)?;
    let not_ours = |_| failed(server::ReplayError::NotARecord);
    let About { program, flags } = serde_json::from_str(replay.about()).map_err(not_ours)?;
    if program != PROGRAM {
        logging::say(&format!("recorded with {program}, replayed with {PROGRAM}\n"));
    }
    let serve = Options::of_record(&flags)
        .map_err(|error| Failure::RecordedFlags(options.file.clone(), error.to_string()))?;
    let clients_max = serve.max_clients.map_or(usize::MAX, |max| max as usize);
    let listen = serve::listen(&serve, clients_max);
    let mut setup = serve::setup(&serve, &listen, History::default());
    setup.reread = Some(reread::reread(&serve, setup.addresses.clone(), true));
    let replayed = match serve.plain {
        true => replay.serve(&listen, chat::plain(setup)),
        false => replay.serve(&listen, chat::chat(setup)),
    };
    let server::Replayed { turns, connections, bytes, is_cut, .. } = replayed.map_err(failed)?;
    let end = if is_cut { ", up to where the record was cut off" } else { "" };
    logging::say(&format!(
        "the same: {turns} turns, {connections} connections, {bytes} bytes sent{end}\n"
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::options::Source;
    use super::*;
    use mio_socketio::ListenAddress;

    #[test]
    fn a_record_has_each_door_once_by_its_real_address() {
        let mut options = Options::of_record(&["--rate=7".to_owned()]).expect("good flags");
        options.settings.extend(DOORS.iter().map(|door| Setting {
            name: door.flag.to_owned(),
            value: Some("127.0.0.1:0".to_owned()),
            source: Source::Flag,
        }));
        let path = |door: &str| format!("/{door}");
        let listen = DOORS.iter().fold(Listen::default(), |listen, door| {
            (door.at)(listen, vec![ListenAddress::Unix(path(door.flag).into())])
        });
        let flags = flags(&options, &listen);
        assert!(flags.contains(&"--rate=7".to_owned()), "{flags:?}");
        for door in DOORS {
            let name = format!("--{}=", door.flag);
            let own: Vec<&String> = flags.iter().filter(|flag| flag.starts_with(&name)).collect();
            let real = ListenAddress::Unix(path(door.flag).into());
            assert_eq!(own, [&format!("{name}{real}")]);
        }
    }
}
