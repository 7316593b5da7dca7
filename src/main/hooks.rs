//! The commands of `admin hook`: addresses at which programs say something in a room.

use super::admin::{AdminFailure, open};
use super::failure::Failure;
use super::options::HookCommand;
use mio_chat::chat::history::ListedHook;
use mio_chat::chat::names;
use mio_socketio::{Now, visible};
use std::io::{self, Write};
use std::path::Path;

/// Runs a command of `admin hook`.
pub(super) fn run(db: &Path, command: &HookCommand) -> Result<(), Failure> {
    match command {
        HookCommand::Add { name, room, page } => add(db, name, room, page.url()),
        HookCommand::List => list(db),
        HookCommand::Remove { name } => remove(db, name),
    }
}

/// Makes a hook, and prints its address. The file has only the hash of the secret in it, so this is
/// the one time.
fn add(db: &Path, name: &str, room: &str, url: &str) -> Result<(), Failure> {
    let bad = |what: &str, name: &str, why| {
        Failure::Admin(AdminFailure::BadName(format!("{what} {}: {why}", visible(name))))
    };
    let nick = names::nick(name).map_err(|why| bad("the name", name, why))?;
    let room = names::room_key(room).map_err(|why| bad("the room", room, why))?;
    let secret = super::admin::random()?;
    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let now = Now { ms: 0, unix_ms: super::bans::now_ms().cast_unsigned() };
    let failed = |error| Failure::File(db.to_owned(), error);
    let made = open(db)?.add_hook(&nick, &room, &secret, now).map_err(failed)?;
    made.map_err(|why| Failure::Admin(AdminFailure::NoHook(nick.clone(), why)))?;
    let told = format!("{url}/hook/{secret}\n");
    io::stdout().lock().write_all(told.as_bytes()).map_err(Failure::Running)
}

/// Lists all hooks, one on each line.
fn list(db: &Path) -> Result<(), Failure> {
    let all = open(db)?.hooks().map_err(|error| Failure::File(db.to_owned(), error))?;
    let mut out = io::stdout().lock();
    for ListedHook { name, room, made_ms } in all {
        let made = super::admin::ago(made_ms);
        // The reader may have seen enough.
        if writeln!(out, "{}  #{}  made {made}", visible(&name), visible(&room)).is_err() {
            break;
        }
    }
    Ok(())
}

fn remove(db: &Path, name: &str) -> Result<(), Failure> {
    let removed = open(db)?.remove_hook(name);
    match removed.map_err(|error| Failure::File(db.to_owned(), error))? {
        true => {
            super::logging::say(&format!("the hook {} is removed\n", visible(name)));
            Ok(())
        }
        false => Err(Failure::Admin(AdminFailure::NoSuchHook(name.to_owned()))),
    }
}
