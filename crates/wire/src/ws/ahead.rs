//! A look at the next frame, for callers that may not take a message yet.

use super::deflate::Inflater;
use super::frame::{Header, Opcode, Role, apply_mask};
use crate::limits::WS_CONTROL_BYTES_MAX;

/// The message or frame that begins with the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// Too few bytes to tell, or an incomplete frame that is not a message.
    Partial,
    /// A complete control frame, or an error.
    Control,
    /// A complete text message in one frame, no longer than a control frame, with its first byte.
    Short(u8),
    /// A message, or the rest of a frame.
    Message,
}

impl Ahead {
    /// Looks at `input`, which a peer of `role` has sent after a complete frame; `is_inside` if
    /// that frame was not the last one of its message. If `deflates`, messages may be
    /// compressed.
    pub(super) fn of(
        input: &[u8],
        role: Role,
        is_inside: bool,
        deflates: bool,
        inflater: &mut Inflater,
    ) -> Self {
        let (header, length) = match Header::parse(input, role, deflates) {
            Ok(Some(header)) => header,
            Ok(None) => return Self::Partial,
            Err(_) => return Self::Control,
        };
        let rest = input.get(length..).unwrap_or_default();
        let is_short = header.length <= WS_CONTROL_BYTES_MAX as u64;
        let is_whole = is_short && header.length <= rest.len() as u64;
        let is_control = header.opcode.is_control();
        let is_text = header.opcode == Opcode::Text && header.is_final && !is_inside;
        if !is_control && (!is_short || !is_text || header.length == 0) {
            return Self::Message;
        }
        if !is_whole {
            return Self::Partial;
        }
        if is_control {
            return Self::Control;
        }
        let payload = rest.get(..header.length as usize).unwrap_or_default();
        let first = if header.is_deflated {
            let mut payload = payload.to_vec();
            apply_mask(&mut payload, header.mask);
            // One that becomes longer is not short, and a wrong one is not for here.
            let whole = inflater.inflate(&payload, WS_CONTROL_BYTES_MAX).unwrap_or_default();
            whole.first().copied()
        } else {
            payload.first().map(|first| first ^ header.mask[0])
        };
        first.map_or(Self::Message, Self::Short)
    }
}
