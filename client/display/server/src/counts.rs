//! What is counted, for a program that has somebody to tell it to.

/// Counts what displays do.
pub trait Counts: Send + Sync + 'static {
    /// A snapshot was asked for, and this was the status of the answer.
    fn answered(&self, status: u16);
    /// A reader has opened a feed.
    fn opened(&self);
    /// A reader's connection is gone, and why.
    fn closed(&self, why: &'static str);
    /// A message has been sent to a reader.
    fn sent(&self, bytes: usize);
}

/// Nobody counts.
impl Counts for () {
    fn answered(&self, _status: u16) {}
    fn opened(&self) {}
    fn closed(&self, _why: &'static str) {}
    fn sent(&self, _bytes: usize) {}
}
