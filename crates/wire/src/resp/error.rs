//! Bytes that are no reply.

/// Why input is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// They do not begin like one: the other side speaks another protocol.
    NotResp,
    /// They begin like one, and continue wrongly.
    Malformed,
    /// It is longer than [`RESP_REPLY_BYTES_MAX`](crate::limits::RESP_REPLY_BYTES_MAX), or is
    /// announced so.
    TooLong,
    /// It has replies within replies, deeper than
    /// [`RESP_DEPTH_MAX`](crate::limits::RESP_DEPTH_MAX).
    TooDeep,
}
