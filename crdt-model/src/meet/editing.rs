//! Writing an edit: is it still what the person saw, what does it come to, and what did it change?

use std::collections::BTreeSet;

use crate::change::Change;
use crate::document::Pen;
use crate::edit::Edit;
use crate::ids::OpId;

use super::Meet;
use super::error::ModelError;
use super::events::{Before, News};

/// What a person saw when they decided to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nobody looked, or nobody cares: a script, an import.
    Unchecked,
    /// An empty field.
    Nothing,
    /// The value that this write gave the register.
    Write(OpId),
}

impl Meet {
    /// Writes an edit as one change. Nothing is written if it says nothing new.
    ///
    /// # Errors
    /// The edit makes no sense here, or what the person saw is no longer shown: nothing is written then.
    pub fn edit(
        &mut self,
        pen: &Pen,
        edit: &Edit,
        now: i64,
        reason: Option<&str>,
        seen: Seen,
    ) -> Result<Option<Change>, ModelError> {
        self.look_up();
        self.check_seen(edit, seen)?;
        let ops = self.plan(pen, edit)?;
        if ops.is_empty() {
            return Ok(None);
        }
        let written = ops.registers().map(|register| {
            let value = self.read(&register);
            (register, value)
        });
        let before: Before = written.collect();
        let (change, received) = self.document.write(pen, &ops, now, reason)?;
        let own = std::slice::from_ref(&change);
        let added = self.learn(own);
        self.follow(&received.touched);
        let news = News {
            changes: &BTreeSet::from([change.hash()]),
            added: &added,
            before,
        };
        self.tell(&news, &received.touched);
        Ok(Some(change))
    }

    fn check_seen(&mut self, edit: &Edit, seen: Seen) -> Result<(), ModelError> {
        let (Some(path), false) = (edit.first_path(), seen == Seen::Unchecked) else {
            return Ok(());
        };
        let register = self.locate(&path)?;
        let stands = self.document.shown_write(&register);
        let expected = match seen {
            Seen::Unchecked | Seen::Nothing => None,
            Seen::Write(write) => Some(write),
        };
        if stands == expected {
            return Ok(());
        }
        let stands = self.show(&register, &path).map(Box::new);
        Err(ModelError::Moved { path, stands })
    }
}
