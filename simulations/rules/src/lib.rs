//! Other ways to decide conflicts.
