//! The whole system in one thread, from a seed.
