//! The compression of WebSocket messages (RFC 7692), with one compressor for all clients.

use super::core::Core;
use super::courier::Courier;
use crate::base::{Outboxes, setters};
use crate::hub::Hub;
use crate::limits::{DEFLATE_LEVEL, DEFLATED_BYTES_MIN};
use mio_wire::ws::{DeflateOffer, Deflater, Inflater, Window};

/// How messages on WebSockets are compressed (permessage-deflate, RFC 7692), for
/// [`Builder::deflate`](super::Builder::deflate).
///
/// Each message is compressed by itself, in both directions, so that the server keeps nothing for a
/// client, and an event is compressed once for all its receivers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeflateSettings {
    /// Length in bytes from which a message is compressed; 1,024 by default, as at the reference
    /// server. Short messages hardly become shorter.
    pub bytes_min: usize,
    /// The effort, from 1, the fastest, to 9.
    pub level: u8,
}

setters!(DeflateSettings { bytes_min: usize, level: u8 });

impl Default for DeflateSettings {
    fn default() -> Self {
        Self { bytes_min: DEFLATED_BYTES_MIN, level: DEFLATE_LEVEL }
    }
}

/// The compressor and the decompressor that all clients share.
#[derive(Debug, Default)]
pub(super) struct Deflating {
    is_on: bool,
    pub(super) deflater: Deflater,
    pub(super) inflater: Inflater,
}

impl Deflating {
    pub(super) fn new(settings: &DeflateSettings) -> Self {
        let deflater = Deflater::new(settings.bytes_min, settings.level);
        Self { is_on: true, deflater, inflater: Inflater::default() }
    }

    /// The offer of a client, if it is accepted.
    pub(super) fn agreed(&self, offer: Option<DeflateOffer>) -> Option<DeflateOffer> {
        offer.filter(|_| self.is_on)
    }

    /// The window of a client with such an offer, if messages to it may be compressed.
    pub(super) fn window(&self, offer: Option<DeflateOffer>) -> Option<Window> {
        self.agreed(offer).map(|offer| offer.window)
    }
}

impl<S> Core<S> {
    /// The hub, the courier for its output, and the compressor.
    pub(super) fn split_with_deflater<'a>(
        &'a mut self,
        out: &'a mut Outboxes,
    ) -> (&'a mut Hub, Courier<'a>, &'a mut Deflater) {
        let Self { hub, sessions, held, stats, deflating, .. } = self;
        (hub, Courier::new(out, sessions, held, stats), &mut deflating.deflater)
    }
}
