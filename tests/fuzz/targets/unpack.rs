//! Packs, with an allocator that counts.

#![no_main]

use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;
use spotter_pack::unpack_counted;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

fuzz_target!(|data: &[u8]| {
    spotter_fuzz::unpack::check(data, |packed, bounds| {
        let before = ALLOCATED.current_usage();
        ALLOCATED.reset_peak_usage();
        let unpacked = unpack_counted(packed, bounds);
        let allocated = ALLOCATED.peak_usage().saturating_sub(before);
        let allowed =
            200_000 + 8 * packed.len() + 150 * bounds.bytes_max + 1_000 * bounds.changes_max;
        assert!(allocated <= allowed, "{allocated} bytes of {allowed}");
        unpacked
    });
});
