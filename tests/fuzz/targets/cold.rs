//! Packs that are kept beside logs, for the fuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spotter_fuzz::cold::check(data));
