//! Small promises about the tree, kept by reading it.
//!
//! Each test names the file and the line, so that a person who broke a promise by accident can mend it at once.

mod docs;
mod manifests;
mod requirements;
mod sources;
mod tree;
