//! What a trace must satisfy and what is measured of it.
