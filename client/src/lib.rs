//! The replica's machine: it edits, keeps, sends and catches up, and does no I/O.
