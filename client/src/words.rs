//! What the relay was asked to do and has not answered yet.

use std::collections::VecDeque;

use crate::ask::RequestId;

/// Requests by the word they were made with; the relay answers the same word in the order of asking.
#[derive(Debug, Default)]
pub(crate) struct Words {
    waiting: VecDeque<(&'static str, RequestId)>,
}

impl Words {
    /// Notes a request.
    pub(crate) fn push(&mut self, word: &'static str, request: RequestId) {
        self.waiting.push_back((word, request));
    }

    /// The oldest request made with a word.
    pub(crate) fn take(&mut self, word: &str) -> Option<RequestId> {
        let place = self
            .waiting
            .iter()
            .position(|(waiting, _)| *waiting == word)?;
        self.waiting.remove(place).map(|(_, request)| request)
    }

    /// Everything that waits; nothing does afterwards.
    pub(crate) fn take_all(&mut self) -> Vec<RequestId> {
        self.waiting.drain(..).map(|(_, request)| request).collect()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}
