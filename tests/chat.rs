//! Namespace `/chat`: every request and each of its refusals, coming back, and the other
//! interfaces.

#![allow(unreachable_pub, reason = "modules of a test")]

#[path = "chat/access.rs"]
mod access;
#[path = "chat/anew.rs"]
mod anew;
#[path = "chat/away.rs"]
mod away;
#[path = "chat/back.rs"]
mod back;
#[path = "chat/bans.rs"]
mod bans;
#[path = "chat/barred.rs"]
mod barred;
#[path = "chat/crowd.rs"]
mod crowd;
#[path = "chat/devices.rs"]
mod devices;
#[path = "chat/file.rs"]
mod file;
#[path = "chat/former.rs"]
mod former;
#[path = "chat/guesses.rs"]
mod guesses;
#[path = "chat/ignores.rs"]
mod ignores;
#[path = "chat/listed.rs"]
mod listed;
#[path = "chat/lookups.rs"]
mod lookups;
#[path = "chat/mail.rs"]
mod mail;
#[path = "chat/multitude.rs"]
mod multitude;
#[path = "chat/names.rs"]
mod names;
#[path = "chat/offsets.rs"]
mod offsets;
#[path = "chat/order.rs"]
mod order;
#[path = "chat/place.rs"]
mod place;
#[path = "chat/private.rs"]
mod private;
#[path = "chat/promised.rs"]
mod promised;
#[path = "chat/registered.rs"]
mod registered;
#[path = "chat/requests.rs"]
mod requests;
#[path = "chat/returns.rs"]
mod returns;
#[path = "chat/rules.rs"]
mod rules;
#[path = "chat/seeds.rs"]
mod seeds;
#[path = "chat/strangers.rs"]
mod strangers;
#[path = "chat/texts.rs"]
mod texts;
#[path = "chat/tokens.rs"]
mod tokens;
#[path = "chat/told.rs"]
mod told;
#[path = "chat/words.rs"]
mod words;
#[path = "chat/world.rs"]
mod world;
