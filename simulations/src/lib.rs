//! The whole system in one thread, from a seed.

pub use spotter_model::planted;
