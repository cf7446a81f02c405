//! One reader's connection: what it is sent, by the rule it goes by.

use std::sync::Arc;

use crate::feed::{Feed, NoCheck, Written};

/// How a reader knows that it holds the present view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// It is sent the last few updates when it connects, and starts over at a gap. Nothing it says is heard.
    Overlap,
    /// It asks whether its version is the present one, and is sent everything if not.
    VersionCheck,
}

/// One reader's connection to a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    rule: Rule,
    /// Whether the reader of a version check has been answered once. Before that it is sent no update: applied to a view
    /// of an unknown version, an update would make a mixture, and a check sent after it would call that the present one.
    is_answered: bool,
}

impl Link {
    /// A connection that was just opened.
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            is_answered: false,
        }
    }

    /// What the reader is sent at once, one message each.
    pub fn opening(&self, feed: &Feed) -> Vec<Arc<str>> {
        match self.rule {
            Rule::Overlap => feed
                .overlap()
                .map(|update| Arc::clone(&update.frame))
                .collect(),
            Rule::VersionCheck => Vec::new(),
        }
    }

    /// The reader has said something. Returns the answer, if there is one.
    ///
    /// # Errors
    /// It makes no sense; the connection should be closed.
    pub fn heard(&mut self, feed: &Feed, text: &str) -> Result<Option<Arc<str>>, NoCheck> {
        match self.rule {
            Rule::Overlap => Ok(None),
            Rule::VersionCheck => {
                let answer = feed.check(text)?;
                self.is_answered = true;
                Ok(answer.map(Arc::from))
            }
        }
    }

    /// What the reader is sent of an update.
    pub fn update(&self, update: &Written) -> Option<Arc<str>> {
        match self.rule {
            Rule::Overlap => Some(Arc::clone(&update.frame)),
            Rule::VersionCheck => self.is_answered.then(|| Arc::clone(&update.update)),
        }
    }

    /// What the reader is sent now and then, so that it can tell silence from a dead connection.
    pub fn sign_of_life(&self, feed: &Feed) -> Option<Arc<str>> {
        match self.rule {
            Rule::Overlap => Some(feed.frame_of_life().into()),
            Rule::VersionCheck => self.is_answered.then(|| feed.update_of_life().into()),
        }
    }
}
