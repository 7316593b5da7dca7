//! All limits with their reasons. Relations between them are checked at compile time.
//!
//! Units and bounds come last in a name: `_BYTES_MAX`, `_MS`, `_PER_TURN_MAX`.

// Framing at the line door.

/// Bytes of one overlong line that are discarded before its sender is closed. A pasted file may end
/// within this limit, and its sender stays; an endless stream does not.
pub const LINE_DISCARD_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one telnet subnegotiation. The longest that clients send, their environment, is
/// shorter. Without a limit, one that never ends would swallow all later text.
pub const SUBNEGOTIATION_BYTES_MAX: usize = 1024;

// HTTP.

/// Longest request head in bytes, from its first line to its blank line, including both. Browsers
/// with a jar of cookies stay below 8 KiB; Apache and nginx allow about as much.
pub const HTTP_HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields in one request. A browser's upgrade has 13, and proxies add some. Node allows
/// 2000, which few heads of the same length have; each field takes space on the stack.
pub const HTTP_HEADERS_MAX: usize = 256;
/// Longest request target in bytes. RFC 9112 §3 asks for at least 8000. Node allows as much as fits
/// into its head; this limit is nearly that.
pub const HTTP_TARGET_BYTES_MAX: usize = 15 * 1024;
/// Longest method in bytes; the longest registered one, `UPDATEREDIRECTREF`, has 17.
pub const HTTP_METHOD_BYTES_MAX: usize = 32;
/// Hexadecimal digits in the size of one chunk, enough for 64 bits.
pub const HTTP_CHUNK_SIZE_DIGITS_MAX: u8 = 16;
/// Bytes of chunk extensions in one body. They are discarded, so without a bound a client could
/// send for ever and say nothing. A signature in each of some 40 chunks fits.
pub const HTTP_CHUNK_EXTENSIONS_BYTES_MAX: u32 = 4096;
/// Bytes of trailer fields after one chunked body. They are discarded too.
pub const HTTP_TRAILERS_BYTES_MAX: u32 = 4096;

// WebSocket.

/// Payload bytes of a control frame (RFC 6455 5.5).
pub const WS_CONTROL_BYTES_MAX: usize = 125;
/// Bytes of a close frame's reason: the rest of the payload after the code.
pub const WS_CLOSE_REASON_BYTES_MAX: usize = WS_CONTROL_BYTES_MAX - 2;
/// Frames of one message. Its size does not bound them, as they may be empty. A message of 4 MiB in
/// frames of 4 KiB is still allowed.
pub const WS_FRAGMENTS_MAX: u32 = 1024;
/// Least space reserved for a payload that comes in pieces, unless its whole frame is smaller.
pub const WS_GATHER_BYTES_MIN: usize = 128;
/// Longest message in bytes that is compressed. A longer one would take the loop longer than the 10
/// ms of a turn.
pub const DEFLATE_BYTES_MAX: usize = 1024 * 1024;
/// Pieces of a message that is compressed for a small window. The compressor begins each anew,
/// which costs as much as compressing some kilobytes; longer messages are sent as they are.
pub const DEFLATE_PIECES_MAX: usize = 512;
/// Least space in bytes reserved for the compressed or decompressed form of a message.
pub const INFLATE_BYTES_MIN: usize = 256;
/// Last blocks of DEFLATE in one compressed message. After each the decompressor begins anew, which
/// costs time, and one message needs one at most.
pub const INFLATE_STREAMS_MAX: u8 = 8;
/// Bytes by which a compressed message may be longer than the longest message: a compressor that
/// cannot shorten 16 KiB adds five bytes, and one that flushes often adds some more.
pub const DEFLATE_OVERHEAD_BYTES_MAX: usize = 4096;

// Engine.IO.

/// Decimal digits of a length in an EIO 3 payload: more than the length of any body has.
pub const PAYLOAD_LENGTH_DIGITS_MAX: usize = 10;

// Socket.IO.

/// Attachments that one packet may wait for; the reference's parser has the same limit.
pub const ATTACHMENTS_MAX: usize = 10;
/// Arguments of one event or ack; one with more is not passed on. Handlers take a few, and each
/// argument costs work of its own.
pub const ARGS_MAX: usize = 64;
/// Levels of arrays and objects in one packet, counting its outermost array; a packet with more is
/// not passed on. Nothing here recurses that far, but some receivers do: Python's reader ends at
/// some 990 levels, and its client with it.
pub const JSON_DEPTH_MAX: usize = 512;

// RESP3.

/// Longest reply in bytes. A stream is read some hundred entries at a time, and each is far
/// shorter. A server that sends without end must not fill its client's memory.
pub const RESP_REPLY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest status, error and big number in bytes, as Redis itself bounds a line.
pub const RESP_LINE_BYTES_MAX: usize = 64 * 1024;
/// Longest line in bytes that tells a number or a length: a double has up to 24.
pub const RESP_NUMBER_BYTES_MAX: usize = 32;
/// Fewest bytes of an item: `_` and the end of its line. A reply that announces more items than fit
/// is refused at once.
pub const RESP_ITEM_BYTES_MIN: usize = 3;
/// Levels of a reply. Redis has seven in the answers to its own commands, and scripts have few.
pub const RESP_DEPTH_MAX: usize = 32;
/// Bytes of memory that are kept for the next reply which comes in pieces.
pub const RESP_KEPT_BYTES_MAX: usize = 256 * 1024;

// TLS.

/// Longest text of one record in bytes (RFC 8446, 5.1).
pub const TLS_RECORD_BYTES_MAX: usize = 16 * 1024;
/// Bytes that a record adds to its text at most, of the ciphers that are spoken: its header, its
/// nonce, its type and its tag (RFC 8446, 5.2; RFC 5288, 3).
pub const TLS_RECORD_OVERHEAD_BYTES: usize = 32;
/// Bytes that a server keeps of records that it cannot use yet: one record, and the most that a
/// cipher may add to it (RFC 5246, 6.2.3). A hello with keys for quantum computers has 2 KB.
pub const TLS_KEPT_BYTES_MAX: usize = TLS_RECORD_BYTES_MAX + 2048 + 5;
/// Records without text, such as new keys or empty ones, that a client may send one after the other
/// once its handshake is done: as many as OpenSSL takes. Clients that are well send none.
pub const TLS_BARE_RECORDS_MAX: usize = 32;
/// Bytes of records that a client reads at once: one record, mostly.
pub const TLS_READ_BYTES: usize = 16 * 1024;
/// Bytes of an encrypted alert: two, and those of its record.
pub const TLS_ALERT_BYTES: usize = 2 + TLS_RECORD_OVERHEAD_BYTES;
/// Bytes of the length of an item in a certificate: no certificate has 4 GiB.
pub const DER_LENGTH_BYTES_MAX: usize = 4;

// Clients.

/// Bytes that wait to be sent by a client, beyond which it no longer answers a server's pings. A
/// server that asks without end and does not read must not fill the client's memory. The waiting
/// messages of a person's client take less.
pub const CLIENT_OUT_BYTES_MAX: usize = 2 * 1024 * 1024;

// The header of a proxy, and the log.

/// Bytes of a PROXY header of version 1, its CR LF included (proxy-protocol.txt, 2.1).
pub const PROXY_V1_BYTES_MAX: usize = 107;
/// Bytes of addresses and TLVs in a PROXY header of version 2. All registered TLVs at their longest
/// take some 1300; the specification wants a header to fit in 536.
pub const PROXY_V2_BYTES_MAX: usize = 2048;
/// Characters of a client's text in one line of the log.
pub const LOG_CHARS_MAX: usize = 100;

// Text.

/// Combining marks in a row that are shown; more would be drawn over the lines above and below.
pub const COMBINING_MARKS_MAX: usize = 8;
/// Columns of blanks in a row that a line shows. Words and tables stay apart, and no row of a
/// terminal can be filled with blanks alone.
pub const BLANK_COLUMNS_MAX: usize = 8;
/// Columns of blanks at the beginning of a message: enough for code six levels deep. After a time
/// and the longest name, the blanks still end in the first of two rows of 80 columns.
pub const INDENT_COLUMNS_MAX: usize = 24;
/// Spaces that stand for a tab.
pub const TAB_SPACES: usize = 4;

const _: () = {
    // A method, a target, two spaces, a version, two line ends.
    assert!(HTTP_METHOD_BYTES_MAX + HTTP_TARGET_BYTES_MAX + 2 + 8 + 4 < HTTP_HEAD_BYTES_MAX);
    assert!(HTTP_CHUNK_SIZE_DIGITS_MAX as u32 * 4 <= u64::BITS);
    assert!(SUBNEGOTIATION_BYTES_MAX < u16::MAX as usize);
    assert!(PROXY_V2_BYTES_MAX < u16::MAX as usize);
    // A control frame is gathered in one allocation.
    assert!(WS_CONTROL_BYTES_MAX <= WS_GATHER_BYTES_MIN && WS_CONTROL_BYTES_MAX < u8::MAX as usize);
};
