//! Scenarios and their expansion into plans.
