//! The laws of the SQL text layer, for any text.

#![no_main]

#[path = "../../crates/whimbrel-core/tests/support/sql_laws.rs"]
mod sql_laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sql_laws::check(&String::from_utf8_lossy(bytes)));
