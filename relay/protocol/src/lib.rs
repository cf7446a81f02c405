//! The words a client and a relay exchange.
