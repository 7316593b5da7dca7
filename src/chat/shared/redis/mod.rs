//! Redis: the names of its keys, and the calls of scripts in it.

pub(super) mod calls;
pub(super) mod keys;
