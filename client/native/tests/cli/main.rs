//! The program `spotter` as a person or a script uses it where no relay is needed: real processes in a temporary folder.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod arguments;
mod bench;
mod documents;
mod edits;
mod files;
mod folder;
mod serve;
