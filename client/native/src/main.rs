//! A replica on the command line.

fn main() {}
