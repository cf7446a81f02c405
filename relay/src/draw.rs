//! The relay's only randomness: one generator, seeded by the shell.

use std::fmt;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use spotter_relay_protocol::{LogId, MeetId, SessionId};

/// Draws ids, salts and tokens.
pub(crate) struct Draw(ChaCha20Rng);

impl Draw {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A meet id without a leading zero, every one as likely as the next.
    pub(crate) fn meet_id(&mut self) -> MeetId {
        let choices = MeetId::END - MeetId::FIRST_DRAWN;
        loop {
            // 30 bits hold the choices; what lies beyond them is drawn again.
            let drawn = self.0.next_u32() >> 2;
            if drawn < choices
                && let Some(meet) = MeetId::from_number(MeetId::FIRST_DRAWN + drawn)
            {
                return meet;
            }
        }
    }

    pub(crate) fn log_id(&mut self) -> LogId {
        LogId::from_bytes(self.bytes())
    }

    pub(crate) fn session_id(&mut self) -> SessionId {
        SessionId::from_bytes(self.bytes())
    }
}

impl fmt::Debug for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹generator›")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_ids_have_nine_digits_without_a_leading_zero() {
        let mut draw = Draw::new([9; 32]);
        for _ in 0..10_000 {
            assert!(!draw.meet_id().digits().starts_with('0'));
        }
    }
}
