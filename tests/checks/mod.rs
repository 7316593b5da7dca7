//! Properties that hold for any input. The fuzz targets and `tests/corpus.rs` run the same checks;
//! each panics when a property does not hold.
//!
//! The input of a check of lines (`line_decoder`, `telnet_filter`, `line_session`) begins with its
//! settings:
//!
//! | bytes | meaning                                                                            |
//! |-------|------------------------------------------------------------------------------------|
//! | 1     | bits 0 to 2: longest line, of `LIMITS`; 3 and 4: pace, of `RATES`; 5: the idle     |
//! |       | flush is on; 6: a CR alone ends no line, for `line_decoder`; 7: the stream begins  |
//! |       | in a line that is endless already, or nearly                                       |
//! | 1     | number of stops, modulo 16                                                         |
//! | 2     | with bit 7 only: length of that line, little-endian, around the limit              |
//! | 2 × n | the stops, little-endian: 15 bits of position, modulo the length of the stream     |
//! |       | plus one; with the highest bit, the tail becomes a line there                      |
//! | rest  | the stream                                                                         |

mod case;
mod chat;
mod cost;
mod cuts;
mod decoder;
mod deflate;
mod eio;
mod engine;
mod http;
mod line_session;
mod msgpack;
mod proxy;
mod resp;
mod telnet;
mod tls;
mod visible;
mod ws;

#[allow(unused_imports, reason = "every target runs one of the checks")]
pub(crate) use {
    chat::chat_requests,
    decoder::line_decoder,
    deflate::ws_deflate,
    eio::{eio_payload, sio_packet},
    engine::engine_session,
    http::http_request,
    line_session::line_session,
    msgpack::msgpack,
    proxy::proxy_header,
    resp::resp_replies,
    telnet::telnet_filter,
    tls::tls_input,
    visible::visible_text,
    ws::ws_messages,
};
