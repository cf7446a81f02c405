//! What has to be saved, what is being saved, and who is told when it is.
//!
//! One batch is with the shell at a time; whatever comes up meanwhile is the next batch, in the order in which
//! it came up. A batch that could not be saved goes to the front again: nothing that was said to be saved later
//! can overtake it.

use spotter_model::planted::{self, Bug};

use crate::action::Action;
use crate::ask::{Answer, Problem, RequestId};
use crate::input::BatchId;
use crate::limits::{SAVE_AGAIN_FIRST_MS, SAVE_AGAIN_LONGEST_MS};
use crate::record::Record;
use crate::time::Moment;

/// The queue in front of the local store.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    next: Batch,
    /// With the shell, unanswered.
    saving: Option<(BatchId, Batch)>,
    trouble: Option<Trouble>,
    batches: u64,
}

/// Records, and the answers that wait for them.
#[derive(Debug, Default)]
struct Batch {
    records: Vec<Record>,
    answers: Vec<(RequestId, Answer)>,
}

/// The local store cannot take anything at present.
#[derive(Debug)]
struct Trouble {
    why: String,
    again_at: Moment,
    pause_ms: u64,
}

impl Keeper {
    /// Queues a record.
    pub(crate) fn keep(&mut self, record: Record) {
        self.next.records.push(record);
    }

    /// Gives an answer as soon as everything queued so far is saved.
    pub(crate) fn answer_when_saved(&mut self, request: RequestId, answer: Answer) {
        self.next.answers.push((request, answer));
    }

    /// Why nothing can be saved at present, if that is so.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_ref().map(|trouble| trouble.why.as_str())
    }

    /// Whether everything is on disk.
    pub(crate) fn is_idle(&self) -> bool {
        self.saving.is_none() && self.next.records.is_empty()
    }

    /// When to try again after a failure.
    pub(crate) fn next_wakeup(&self) -> Option<Moment> {
        let trouble = self.trouble.as_ref()?;
        self.saving.is_none().then_some(trouble.again_at)
    }

    /// Somebody wants to write and is turned away: the next attempt does not wait longer than the first did.
    pub(crate) fn hurry(&mut self) {
        if let Some(trouble) = &mut self.trouble {
            let earlier = trouble.pause_ms.saturating_sub(SAVE_AGAIN_FIRST_MS);
            trouble.again_at = Moment::from_ms(trouble.again_at.as_ms().saturating_sub(earlier));
            trouble.pause_ms -= earlier;
        }
    }

    /// Hands the next batch to the shell, if there is one and it is its turn, and gives the answers that wait
    /// for nothing.
    pub(crate) fn pump(&mut self, now: Moment, actions: &mut Vec<Action>) {
        if self.saving.is_some() || self.trouble.as_ref().is_some_and(|t| now < t.again_at) {
            return;
        }
        if self.next.records.is_empty() {
            actions.extend(self.next.answers.drain(..).map(answering));
            return;
        }
        self.batches += 1;
        let batch = BatchId(self.batches);
        let mut next = std::mem::take(&mut self.next);
        // Correct: what belongs together is saved together.
        if planted::is(Bug::PositionAhead) && next.records.len() > 1 {
            self.next.records = next.records.split_off(1);
            self.next.answers = std::mem::take(&mut next.answers);
        }
        actions.push(Action::Save {
            batch,
            records: next.records.clone(),
        });
        self.saving = Some((batch, next));
    }

    /// Takes note of a saved batch; returns whether this ended a time of trouble.
    pub(crate) fn saved(&mut self, batch: BatchId, actions: &mut Vec<Action>) -> bool {
        let Some((_, saved)) = self.saving.take_if(|(saving, _)| *saving == batch) else {
            return false;
        };
        actions.extend(saved.answers.into_iter().map(answering));
        self.trouble.take().is_some()
    }

    /// Takes note of a failure. Everyone who waits is told now that nothing is saved; the records stay, in
    /// front of all others, and are tried again. Returns whether this is the beginning of the trouble.
    pub(crate) fn failed(
        &mut self,
        now: Moment,
        batch: BatchId,
        why: String,
        actions: &mut Vec<Action>,
    ) -> bool {
        let Some((_, mut failed)) = self.saving.take_if(|(saving, _)| *saving == batch) else {
            return false;
        };
        failed.records.append(&mut self.next.records);
        failed.answers.append(&mut self.next.answers);
        self.next.records = failed.records;
        actions.extend(failed.answers.into_iter().map(|(request, _)| {
            let answer = Err(Problem::NotSaved { why: why.clone() });
            Action::Answer { request, answer }
        }));
        let pause_ms = match &self.trouble {
            None => SAVE_AGAIN_FIRST_MS,
            Some(trouble) => (2 * trouble.pause_ms).min(SAVE_AGAIN_LONGEST_MS),
        };
        let again_at = now.after_ms(pause_ms);
        let before = self.trouble.replace(Trouble {
            why,
            again_at,
            pause_ms,
        });
        before.is_none()
    }
}

fn answering((request, answer): (RequestId, Answer)) -> Action {
    Action::Answer { request, answer }
}
