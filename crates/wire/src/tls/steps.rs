//! The steps of a connection's state machine, and the records that they use.

use super::TlsError;
use crate::limits::TLS_RECORD_BYTES_MAX;
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
};

/// Bytes of a record before its content (RFC 8446, 5.1).
pub(super) const HEADER_BYTES: usize = 5;

/// The outcome of one step of a connection.
pub(super) enum Step {
    /// Something was done, and there may be more to do.
    Again,
    /// More input is needed.
    Blocked,
    /// The peer has said that nothing more comes.
    Ended,
}

/// Encrypts something into a buffer, and returns the number of bytes.
pub(super) type Encrypt<'a> =
    dyn FnMut(Traffic<'_, '_>, &mut [u8]) -> Result<usize, EncryptError> + 'a;

/// The state in which a side may send.
pub(super) enum Traffic<'a, 'c> {
    Server(&'a mut WriteTraffic<'c, rustls::server::ServerConnectionData>),
    Client(&'a mut WriteTraffic<'c, rustls::client::ClientConnectionData>),
}

/// Bytes of the content of the record at the front of `input`, if its header is there.
pub(super) fn content_bytes(input: &[u8]) -> Option<usize> {
    let length = input.get(3..HEADER_BYTES)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    Some(length.min(TLS_RECORD_BYTES_MAX))
}

/// The number of records in `taken`.
pub(super) fn records(mut taken: &[u8]) -> usize {
    let mut count = 0;
    while !taken.is_empty() {
        count += 1;
        let length = taken.get(3..HEADER_BYTES).unwrap_or(&[0, 0]);
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        taken = taken.get(HEADER_BYTES + length..).unwrap_or_default();
    }
    count
}

/// Does the work of a state. Returns the number of input bytes used, and the next thing to do.
pub(super) fn step<D>(
    status: UnbufferedStatus<'_, '_, D>,
    take: &mut dyn FnMut(&[u8]),
    out: &mut Vec<u8>,
) -> (usize, Result<Step, TlsError>) {
    let UnbufferedStatus { mut discard, state } = status;
    let step = match state {
        Err(error) => Err(error.into()),
        Ok(ConnectionState::ReadTraffic(mut traffic)) => {
            let mut taken = Ok(Step::Again);
            while let Some(record) = traffic.next_record() {
                match record {
                    Ok(record) => {
                        discard += record.discard;
                        take(record.payload);
                    }
                    Err(error) => taken = Err(error.into()),
                }
            }
            taken
        }
        Ok(ConnectionState::EncodeTlsData(encode)) => {
            append_handshake(encode, out);
            Ok(Step::Again)
        }
        Ok(ConnectionState::TransmitTlsData(sent)) => {
            sent.done();
            Ok(Step::Again)
        }
        Ok(ConnectionState::PeerClosed) => Ok(Step::Ended),
        // Text before the end of a handshake is never asked for.
        Ok(ConnectionState::ReadEarlyData(_)) => Err(TlsError::Malformed),
        Ok(_) => Ok(Step::Blocked),
    };
    (discard, step)
}

/// Appends a part of a handshake.
fn append_handshake<D>(mut encode: EncodeTlsData<'_, D>, out: &mut Vec<u8>) {
    let start = out.len();
    while let Err(EncodeError::InsufficientSize(needed)) = encode.encode(&mut out[start..]) {
        out.resize(start + needed.required_size, 0);
    }
}

/// Appends the output of `write`, which takes about `room` bytes and returns their number.
pub(super) fn append(
    out: &mut Vec<u8>,
    room: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> Result<(), TlsError> {
    let start = out.len();
    out.resize(start + room, 0);
    loop {
        match write(&mut out[start..]) {
            Ok(count) => {
                out.truncate(start + count);
                return Ok(());
            }
            Err(EncryptError::InsufficientSize(needed)) => {
                out.resize(start + needed.required_size, 0);
            }
            Err(EncryptError::EncryptExhausted) => {
                out.truncate(start);
                return Err(TlsError::Exhausted);
            }
        }
    }
}
