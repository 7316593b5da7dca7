//! Fuzzes `checks::msgpack`.
#![no_main]

#[allow(dead_code, reason = "every target runs one of the checks")]
#[path = "../../tests/checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::msgpack(data));
