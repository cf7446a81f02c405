//! What is drawn while a world runs: a hash of what it is drawn for.

/// Mixes numbers into one that looks random (the finaliser of SplitMix64, chained).
pub(crate) fn mix(values: &[u64]) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for value in values {
        state = (state ^ value).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    state
}

/// A number from 0 to below 1.
pub(crate) fn unit(values: &[u64]) -> f64 {
    (mix(values) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether something happens that does so in this share of the cases.
pub(crate) fn happens(share: f64, values: &[u64]) -> bool {
    share > 0.0 && unit(values) < share
}

/// A seed for a machine.
pub(crate) fn seed(values: &[u64]) -> [u8; 32] {
    let mut seed = [0; 32];
    for (number, bytes) in (0_u64..).zip(seed.chunks_exact_mut(8)) {
        let mixed = mix(&[mix(values), number]);
        bytes.copy_from_slice(&mixed.to_le_bytes());
    }
    seed
}
