//! What is no reply.

/// Why input is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// It does not begin like one: whoever sent it speaks another protocol.
    NotResp,
    /// It begins like one, and goes on otherwise.
    Malformed,
    /// It is longer than [`RESP_REPLY_BYTES_MAX`](crate::limits::RESP_REPLY_BYTES_MAX), or is
    /// announced so.
    TooLong,
    /// It has replies within replies, deeper than
    /// [`RESP_DEPTH_MAX`](crate::limits::RESP_DEPTH_MAX).
    TooDeep,
}
