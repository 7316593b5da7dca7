//! Namespace `/chat`: every request and each of its refusals, coming back, and the other doors.

#[path = "chat/back.rs"]
mod back;
#[path = "chat/file.rs"]
mod file;
#[path = "chat/offsets.rs"]
mod offsets;
#[path = "chat/requests.rs"]
mod requests;
#[path = "chat/told.rs"]
mod told;
#[path = "chat/world.rs"]
mod world;
