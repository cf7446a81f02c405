//! The whole system from outside, over real sockets and files.
