//! The program for researchers.

fn main() {}
