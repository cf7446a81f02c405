//! A relay's records of a meet, for the fuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| spotter_fuzz::records::check(data));
