//! The compression of messages.

use super::cost::bounded;
use mio_wire::ws::{Deflater, Error, Inflater, Opcode, Window, frame, split_frame};

const MESSAGES_BYTES_MAX: [usize; 4] = [0, 100, 65_536, 1_000_000];
/// Bits of the smallest window, and the number of windows.
const WINDOW_BITS: (u8, u8) = (8, 8);
/// The bit that marks a compressed message.
const COMPRESSED: u8 = 0x40;

/// A message comes back from its compressed form, with every effort and window. Any bytes can be
/// decompressed or are refused, in bounded time and memory, and always in the same way: nothing is
/// left of the message before.
pub(crate) fn ws_deflate(data: &[u8]) {
    let [options, content @ ..] = data else { return };
    let bytes_max = MESSAGES_BYTES_MAX[usize::from(options & 3)];
    let (bits, windows) = WINDOW_BITS;
    let window = Window::from_bits(bits + (options >> 2) % windows).expect("it is a window");
    let mut inflater = Inflater::default();
    let first = bounded(|| inflater.inflate(content, bytes_max));
    match &first {
        Ok(plain) => assert!(plain.len() <= bytes_max && plain.capacity() <= bytes_max + 1),
        Err(error) => assert!(matches!(error, Error::TooLarge | Error::Deflated)),
    }

    let mut deflater = Deflater::new(0, 1 + options % 9);
    let mut frames = Vec::new();
    frame(&mut frames, Opcode::Binary, content);
    let plain_length = frames.len();
    bounded(|| {
        let mut frames = frames.clone();
        deflater.deflate(&mut frames, 0, window);
    });
    deflater.deflate(&mut frames, 0, window);
    assert!(frames.len() <= plain_length);
    let is_compressed = frames[0] & COMPRESSED != 0;
    frames[0] &= !COMPRESSED;
    let mut rest = &frames[..];
    let (_, sent) = split_frame(&mut rest).expect("one frame");
    assert!(rest.is_empty());
    if is_compressed {
        assert_eq!(inflater.inflate(sent, content.len()).as_deref(), Ok(content));
        if let Some(less) = content.len().checked_sub(1) {
            assert_eq!(inflater.inflate(sent, less), Err(Error::TooLarge));
        }
    } else {
        assert_eq!(sent, content);
    }
    assert_eq!(inflater.inflate(content, bytes_max), first);
}
