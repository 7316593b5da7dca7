//! Messages, put together from frames (RFC 6455 5.4), and control frames (RFC 6455 5.5).

use super::deflate::Inflater;
use super::event::{cut_character, event};
use super::frame::{HEADER_BYTES_MAX, Header, Opcode, Role, apply_mask};
use super::{Ahead, Error, Event};
use crate::limits::{DEFLATE_OVERHEAD_BYTES_MAX, WS_FRAGMENTS_MAX, WS_GATHER_BYTES_MIN};

/// Turns the bytes of one peer into events. It owns heap only while it holds a part of a payload.
#[derive(Debug)]
pub struct Decoder {
    /// The unmasked bytes of the message so far, and after them those of a control frame.
    gathered: Vec<u8>,
    state: State,
    /// Frames of the message so far; `message` is its opcode.
    fragments: u32,
    fragments_max: u32,
    message: Option<Opcode>,
    /// Number of gathered bytes that belong to a control frame; at most 125.
    control: u8,
    /// Number of the message's last bytes that begin a character; at most 3.
    unchecked: u8,
    /// The gathered control frame, or otherwise the message, has been handed out.
    is_spent: bool,
    /// The message is compressed.
    is_deflated: bool,
    /// Messages may be compressed.
    deflates: bool,
    role: Role,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// The first bytes of a header.
    Header {
        bytes: [u8; HEADER_BYTES_MAX],
        length: u8,
    },
    Payload(Frame),
    /// All further bytes are ignored.
    Ended,
}

/// A frame whose header has been taken.
#[derive(Debug, Clone, Copy)]
struct Frame {
    opcode: Opcode,
    is_final: bool,
    /// Rotated so that it begins with the mask of the next byte.
    mask: [u8; 4],
    /// Payload bytes still to come.
    left: usize,
}

/// A complete control frame or message: its range in the input, or `None` if it was gathered.
struct Whole<'i> {
    opcode: Opcode,
    bytes: Option<&'i mut [u8]>,
}

const NEW_HEADER: State = State::Header { bytes: [0; HEADER_BYTES_MAX], length: 0 };

impl Default for Decoder {
    /// A server's decoder.
    fn default() -> Self {
        Self::new(Role::Server)
    }
}

impl Decoder {
    /// A decoder for the peer of a `role`. It accepts [`WS_FRAGMENTS_MAX`] fragments in a message.
    pub const fn new(role: Role) -> Self {
        Self {
            gathered: Vec::new(),
            state: NEW_HEADER,
            fragments: 0,
            fragments_max: WS_FRAGMENTS_MAX,
            message: None,
            control: 0,
            unchecked: 0,
            is_spent: false,
            is_deflated: false,
            deflates: false,
            role,
        }
    }

    /// Limits a message to `fragments_max` frames, empty ones included.
    #[must_use]
    pub const fn with_fragments_max(mut self, fragments_max: u32) -> Self {
        self.fragments_max = fragments_max;
        self
    }

    /// Lets messages be compressed (RFC 7692), each by itself.
    #[must_use]
    pub const fn with_deflate(mut self) -> Self {
        self.deflates = true;
        self
    }

    /// Bytes of an incomplete frame or message that it holds; `None` between messages.
    pub fn partial_bytes(&self) -> Option<usize> {
        let is_partial = match self.state {
            State::Header { length, .. } => length > 0 || self.message.is_some(),
            State::Payload(_) => true,
            State::Ended => false,
        };
        is_partial.then_some(self.gathered.len())
    }

    /// Bytes of memory that it holds.
    pub const fn held_bytes(&self) -> usize {
        self.gathered.capacity()
    }

    /// Takes bytes off the front of `input`, which is unmasked in place, until one event is
    /// complete: a message of at most `bytes_max` bytes in all its fragments, or a control frame.
    /// `Ok(None)`: all of `input` is taken, and more is needed.
    ///
    /// A message that lies in `input` as one complete frame is borrowed from there. Anything else
    /// is borrowed from the decoder, which frees it on the next call.
    ///
    /// # Errors
    /// The first thing that the peer may not send (RFC 6455 5 to 8), as soon as it is certain: for
    /// a message that is too large, after its header; for text that cannot become UTF-8, at its
    /// first wrong byte. After an error or [`Event::Close`] all input is taken and ignored.
    pub fn next<'b, 'i: 'b>(
        &'b mut self,
        input: &mut &'i mut [u8],
        bytes_max: usize,
    ) -> Result<Option<Event<'b>>, Error> {
        self.next_with(input, bytes_max, &mut Inflater::default())
    }

    /// Like [`Self::next`], with an `inflater` that many decoders may share. `bytes_max` bounds a
    /// compressed message before its compression too.
    ///
    /// # Errors
    /// As [`Self::next`]; for compressed text, when it is complete.
    pub fn next_with<'b, 'i: 'b>(
        &'b mut self,
        input: &mut &'i mut [u8],
        bytes_max: usize,
        inflater: &mut Inflater,
    ) -> Result<Option<Event<'b>>, Error> {
        if self.is_spent {
            self.release();
        }
        let whole = match self.whole(input, bytes_max) {
            Ok(Some(whole)) => self.inflated(whole, bytes_max, inflater),
            Ok(None) => return Ok(None),
            Err(error) => Err(error),
        };
        let whole = match whole {
            Ok(whole) => whole,
            Err(error) => {
                *input = &mut [];
                self.message = None;
                self.state = State::Ended;
                self.release();
                return Err(error);
            }
        };
        self.is_spent = whole.bytes.is_none();
        let begin = if whole.opcode.is_control() {
            self.gathered.len() - usize::from(self.control)
        } else {
            0
        };
        let event = event(whole.opcode, whole.bytes.map_or(&self.gathered[begin..], |bytes| bytes));
        if matches!(event, Err(_) | Ok(Event::Close { .. })) {
            self.message = None;
            self.state = State::Ended;
            self.is_spent = true;
        }
        event.map(Some)
    }

    /// True if the next byte begins a message or a control frame, so that the decoder holds no part
    /// of one; also after the end.
    pub const fn is_between_messages(&self) -> bool {
        self.is_between_frames() && self.message.is_none()
    }

    /// True if the next byte begins a frame, and after the end.
    const fn is_between_frames(&self) -> bool {
        match self.state {
            State::Header { length, .. } => length == 0,
            State::Payload(_) => false,
            State::Ended => true,
        }
    }

    /// A look at the front of `input`, which takes nothing. The `inflater` may be shared.
    pub fn ahead(&self, input: &[u8], inflater: &mut Inflater) -> Ahead {
        if self.is_between_frames() {
            Ahead::of(input, self.role, self.message.is_some(), self.deflates, inflater)
        } else {
            Ahead::Message
        }
    }

    /// Bytes of heap that it owns.
    #[cfg(test)]
    pub(super) const fn heap_bytes(&self) -> usize {
        self.gathered.capacity()
    }

    /// Frees the event that was handed out; an incomplete message stays.
    fn release(&mut self) {
        self.is_spent = false;
        if self.message.is_none() {
            self.gathered = Vec::new();
        } else {
            self.gathered.truncate(self.gathered.len() - usize::from(self.control));
        }
        self.control = 0;
    }

    /// Decompresses a message that is compressed.
    fn inflated<'i>(
        &mut self,
        whole: Whole<'i>,
        bytes_max: usize,
        inflater: &mut Inflater,
    ) -> Result<Whole<'i>, Error> {
        if whole.opcode.is_control() || !std::mem::take(&mut self.is_deflated) {
            return Ok(whole);
        }
        let packed = whole.bytes.map_or(&self.gathered[..], |bytes| bytes);
        self.gathered = inflater.inflate(packed, bytes_max)?;
        Ok(Whole { opcode: whole.opcode, bytes: None })
    }

    fn whole<'i>(
        &mut self,
        input: &mut &'i mut [u8],
        bytes_max: usize,
    ) -> Result<Option<Whole<'i>>, Error> {
        loop {
            match self.state {
                State::Header { bytes, length } => {
                    let header = self.header(bytes, length, input)?;
                    let Some(header) = header else { return Ok(None) };
                    self.begin(header, bytes_max)?;
                }
                State::Payload(frame) => {
                    if input.is_empty() && frame.left > 0 {
                        return Ok(None);
                    }
                    if let Some(whole) = self.payload(frame, input)? {
                        return Ok(Some(whole));
                    }
                }
                State::Ended => {
                    *input = &mut [];
                    return Ok(None);
                }
            }
        }
    }

    /// Takes a header off `input`, whose first `length` bytes came earlier.
    fn header(
        &mut self,
        mut bytes: [u8; HEADER_BYTES_MAX],
        mut length: u8,
        input: &mut &mut [u8],
    ) -> Result<Option<Header>, Error> {
        if length == 0
            && let Some((header, taken)) = Header::parse(input, self.role, self.deflates)?
        {
            *input = &mut std::mem::take(input)[taken..];
            return Ok(Some(header));
        }
        // At most the bytes of one header, one by one.
        while let Some(next) = input.split_off_first_mut() {
            bytes[usize::from(length)] = *next;
            length += 1;
            let so_far = &bytes[..usize::from(length)];
            if let Some((header, _)) = Header::parse(so_far, self.role, self.deflates)? {
                return Ok(Some(header));
            }
        }
        self.state = State::Header { bytes, length };
        Ok(None)
    }

    /// Goes on to the payload that a header announces, if it is allowed here.
    fn begin(&mut self, header: Header, bytes_max: usize) -> Result<(), Error> {
        let Header { opcode, is_final, is_deflated, mask, length } = header;
        let mut room = usize::MAX;
        if !opcode.is_control() {
            match (opcode, self.message) {
                (Opcode::Continuation, None) => return Err(Error::LoneContinuation),
                (Opcode::Continuation, Some(_)) => (),
                (_, Some(_)) => return Err(Error::Interleaved),
                (_, None) => {
                    self.message = Some(opcode);
                    self.is_deflated = is_deflated;
                    self.fragments = 0;
                }
            }
            self.fragments = self.fragments.saturating_add(1);
            if self.fragments > self.fragments_max {
                return Err(Error::TooManyFragments);
            }
            let more = if self.is_deflated { DEFLATE_OVERHEAD_BYTES_MAX } else { 0 };
            room = bytes_max.saturating_add(more).saturating_sub(self.gathered.len());
        }
        match usize::try_from(length) {
            Ok(left) if left <= room => {
                self.state = State::Payload(Frame { opcode, is_final, mask, left });
                Ok(())
            }
            _ => Err(Error::TooLarge),
        }
    }

    /// Takes the bytes of a payload that have come; `None` if they complete nothing.
    fn payload<'i>(
        &mut self,
        frame: Frame,
        input: &mut &'i mut [u8],
    ) -> Result<Option<Whole<'i>>, Error> {
        let taken = frame.left.min(input.len());
        let (piece, rest) = std::mem::take(input).split_at_mut(taken);
        *input = rest;
        if frame.mask != [0; 4] {
            apply_mask(piece, frame.mask);
        }
        let Frame { opcode, is_final, mut mask, left } = frame;
        let is_whole = taken == left;
        let is_control = opcode.is_control();
        let is_first = if is_control {
            self.control == 0
        } else {
            opcode != Opcode::Continuation && is_final && self.gathered.is_empty()
        };
        if is_first && is_whole {
            self.state = NEW_HEADER;
            if !is_control {
                self.message = None;
            }
            return Ok(Some(Whole { opcode, bytes: Some(piece) }));
        }
        self.gather(frame, piece)?;
        if !is_whole {
            mask.rotate_left(taken % 4);
            self.state = State::Payload(Frame { mask, left: left - taken, ..frame });
            return Ok(None);
        }
        self.state = NEW_HEADER;
        if is_control {
            return Ok(Some(Whole { opcode, bytes: None }));
        }
        Ok(self.message.take_if(|_| is_final).map(|opcode| Whole { opcode, bytes: None }))
    }

    /// Keeps a `piece` of a frame's payload. It reserves space for the bytes that have come and at
    /// most as many again, whatever length a header announces.
    fn gather(&mut self, frame: Frame, piece: &[u8]) -> Result<(), Error> {
        if piece.len() > self.gathered.capacity() - self.gathered.len() {
            let expected = if frame.is_final { frame.left } else { usize::MAX };
            let ahead = self.gathered.len().max(WS_GATHER_BYTES_MIN).min(expected);
            self.gathered.reserve_exact(piece.len().max(ahead));
        }
        self.gathered.extend_from_slice(piece);
        if frame.opcode.is_control() {
            self.control += piece.len() as u8;
            return Ok(());
        }
        if self.message == Some(Opcode::Text) && !self.is_deflated {
            let begin = self.gathered.len() - piece.len() - usize::from(self.unchecked);
            self.unchecked = cut_character(&self.gathered[begin..])?;
        }
        Ok(())
    }
}
