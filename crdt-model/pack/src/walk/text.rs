//! Texts, and what of a change is told in them.

use spotter_model::limits::{AUTHOR_BYTES_MAX, MESSAGE_BYTES_MAX};
use spotter_model::{Author, Change, LocationName, Priority};

use super::{Walk, unreadable};
use crate::error::PackError;
use crate::model::join_one;
use crate::symbol::Symbol;

/// What texts are of, for their contexts; values come behind, by key.
pub(super) mod topic {
    pub(in super::super) const LOCATION: u64 = 0;
    pub(in super::super) const MESSAGE: u64 = 1;
    pub(in super::super) const KEY: u64 = 2;
    pub(in super::super) const VALUES: u64 = 3;
}

/// How many bytes into a text the place still matters.
const PLACES: usize = 40;

impl Walk<'_> {
    /// Codes a text of at most `max` bytes that may resemble another.
    pub(super) fn text(
        &mut self,
        topic: u64,
        near: &[u8],
        max: usize,
        given: Option<&str>,
    ) -> Result<String, PackError> {
        let given = given.map(str::as_bytes);
        let mut bytes = Vec::new();
        let (mut prefix, mut last) = (topic, 0_u64);
        loop {
            let at = bytes.len();
            let place = at.min(PLACES) as u64;
            let next = near.get(at).map_or(256, |byte| u64::from(*byte));
            let [one, two, three, four] = [8, 16, 24, 32].map(|bits| last & ((1 << bits) - 1));
            let contexts: [&[u64]; 4] = [&[prefix], &[two], &[topic, place], &[topic, next, one]];
            let ends = given.is_some_and(|given| given.len() == at);
            if self.model.flag(Symbol::TextEnd, &contexts, ends) {
                break;
            }
            if at == max {
                return Err(unreadable("a text"));
            }
            self.budget.take_bytes(1)?;
            let contexts: [&[u64]; 7] = [
                &[prefix],
                &[two],
                &[three],
                &[four],
                &[topic, one],
                &[topic, place],
                &[next, one],
            ];
            let byte = given.map_or(0, |given| given[at]);
            let byte = self.model.byte(Symbol::TextByte, &contexts, byte);
            bytes.push(byte);
            prefix = join_one(prefix, u64::from(byte));
            last = last << 8 | u64::from(byte);
        }
        let text = String::from_utf8(bytes).map_err(|_| unreadable("a text"))?;
        #[cfg(test)]
        self.model.trace.push(format!("text {text:?}"));
        Ok(text)
    }

    pub(super) fn author(
        &mut self,
        seq: u32,
        given: Option<&Change>,
    ) -> Result<Option<Author>, PackError> {
        let given = given.and_then(Change::author);
        let contexts: [&[u64]; 1] = [&[u64::from(seq == 1)]];
        if !self
            .model
            .flag(Symbol::HasAuthor, &contexts, given.is_some())
        {
            return Ok(None);
        }
        let name = given.map(|author| author.location.as_str());
        let name = self.text(topic::LOCATION, &[], AUTHOR_BYTES_MAX, name)?;
        let priority = given.map_or(0, |author| u64::from(author.priority.get()));
        let priority = self.model.number(Symbol::Priority, &[&[]], priority);
        let author = || {
            Some(Author {
                location: LocationName::as_written(&name).ok()?,
                priority: Priority::new(u32::try_from(priority).ok()?).ok()?,
            })
        };
        author().map(Some).ok_or(unreadable("an author"))
    }

    pub(super) fn message(&mut self, given: Option<&Change>) -> Result<Option<String>, PackError> {
        let given = given.and_then(Change::message);
        if !self.model.flag(Symbol::HasMessage, &[&[]], given.is_some()) {
            return Ok(None);
        }
        self.text(topic::MESSAGE, &[], MESSAGE_BYTES_MAX, given)
            .map(Some)
    }
}
