//! The relay's machine: it authenticates, admits, numbers and forwards, and does no I/O.
