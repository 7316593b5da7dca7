//! The interfaces of the chat: the faces that it has for different kinds of clients. Each has a
//! folder with everything that belongs to it alone: the requests that it takes in, the form in
//! which facts, answers and refusals are told, and its texts. None knows the others.

pub(super) mod chat;
pub(super) mod lines;
pub(super) mod root;
