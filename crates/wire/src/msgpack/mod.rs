//! MessagePack (github.com/msgpack/msgpack/blob/master/spec.md), as JavaScript's servers and
//! clients of Socket.IO write it: JSON on this side, with placeholders and attachments for bytes as
//! in [`sio`](super::sio), and MessagePack on the other.
//!
//! Values that JSON does not have are written as by JavaScript's `JSON.stringify`: a date is its
//! text in ISO 8601, and undefined, infinity and "not a number" are null.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use super::eio::Malformed;
pub use decode::decode;
pub use encode::encode;

/// The first byte of each form: of numbers, strings, bytes, lists and maps, by how long they are.
mod mark {
    pub(super) const FIX_MAP: u8 = 0x80;
    pub(super) const FIX_ARRAY: u8 = 0x90;
    pub(super) const FIX_STR: u8 = 0xa0;
    pub(super) const NIL: u8 = 0xc0;
    pub(super) const FALSE: u8 = 0xc2;
    pub(super) const TRUE: u8 = 0xc3;
    pub(super) const BIN_8: u8 = 0xc4;
    pub(super) const BIN_16: u8 = 0xc5;
    pub(super) const BIN_32: u8 = 0xc6;
    pub(super) const EXT_8: u8 = 0xc7;
    pub(super) const FLOAT_32: u8 = 0xca;
    pub(super) const FLOAT_64: u8 = 0xcb;
    pub(super) const UINT_8: u8 = 0xcc;
    pub(super) const UINT_64: u8 = 0xcf;
    pub(super) const INT_8: u8 = 0xd0;
    pub(super) const INT_64: u8 = 0xd3;
    pub(super) const FIX_EXT_1: u8 = 0xd4;
    pub(super) const FIX_EXT_8: u8 = 0xd7;
    pub(super) const STR_8: u8 = 0xd9;
    pub(super) const STR_16: u8 = 0xda;
    pub(super) const STR_32: u8 = 0xdb;
    pub(super) const ARRAY_16: u8 = 0xdc;
    pub(super) const ARRAY_32: u8 = 0xdd;
    pub(super) const MAP_16: u8 = 0xde;
    pub(super) const MAP_32: u8 = 0xdf;
    pub(super) const NEGATIVE_FIX_INT: u8 = 0xe0;
}
