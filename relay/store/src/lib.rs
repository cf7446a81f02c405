//! Where a relay keeps its meets: one contract, flat files and memory.
