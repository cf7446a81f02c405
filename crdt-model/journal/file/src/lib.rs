//! A journal on disk: appended, synced, and repaired after a crash.
