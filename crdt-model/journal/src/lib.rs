//! Lines that survive a torn write: the framing of every log Spotter keeps.
