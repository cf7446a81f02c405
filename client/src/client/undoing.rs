//! Taking back what was edited here, the last first, as long as nobody has written over it.

use spotter_model::{ChangeHash, Seen};

use crate::ask::{Problem, Reply, RequestId};
use crate::client::Client;
use crate::limits::UNDO_MAX;
use crate::replica::Held;
use crate::time::Now;

impl Client {
    /// Remembers an own edit.
    pub(super) fn may_undo(&mut self, change: ChangeHash) {
        let undoable = &mut self.replica.undoable;
        undoable.push_back(change);
        if undoable.len() > UNDO_MAX {
            undoable.pop_front();
        }
    }

    pub(super) fn undo(&mut self, now: Now, request: RequestId) {
        if let Some(problem) = self.cannot_edit() {
            self.keeper.hurry();
            return self.answer(request, Err(problem));
        }
        match self.undo_last(now) {
            Ok(reply) => self.keeper.answer_when_saved(request, Ok(reply)),
            Err(problem) => self.answer(request, Err(problem)),
        }
    }

    fn undo_last(&mut self, now: Now) -> Result<Reply, Problem> {
        let pen = self.pen().ok_or(Problem::NoAuthor)?;
        let replica = &mut self.replica;
        let (undoable, restored) = (&mut replica.undoable, &mut replica.restored);
        let meet = match &mut replica.document {
            Held::Empty => return Err(Problem::NoMeet),
            Held::Draft(meet) | Held::Shared(meet) => meet,
        };
        // A draft that went live was written anew, and a refused change was made again: those are other changes now.
        while undoable.back().is_some_and(|last| !meet.contains(last)) {
            undoable.pop_back();
        }
        let last = undoable.back().ok_or(Problem::NothingToUndo)?;
        let undo = meet.undo(last, restored).map_err(Problem::Model)?;
        let (path, wall) = (undo.path.clone(), now.wall.unix_seconds());
        let unchecked = Seen::Unchecked;
        let written = meet.edit(&pen, &undo.edit, wall, Some("undone"), unchecked);
        let change = written.map_err(Problem::Model)?;
        undoable.pop_back();
        // An edit that wrote what had been shown before has nothing to take back.
        let Some(change) = change else {
            return Err(Problem::NothingToUndo);
        };
        restored.note(&undo, &change);
        self.written_here(&change);
        let change = change.hash();
        Ok(Reply::Undone { path, change })
    }
}
