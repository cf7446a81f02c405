//! What JavaScript waits for: each of its calls, and the requests of the machine that it takes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spotter_client::{Answer, Reply, RequestId};

use crate::trouble::Trouble;
use crate::words;

/// Calls that are not answered yet.
#[derive(Default)]
pub(crate) struct Calls {
    requests: u64,
    calls: BTreeMap<u64, Call>,
    /// Which call a request is part of.
    of: BTreeMap<RequestId, u64>,
}

/// One call.
struct Call {
    /// How many of its requests are unanswered.
    waiting: usize,
    /// What it is answered with, as far as that is known.
    wants: Wants,
    trouble: Option<Trouble>,
}

/// What a call is answered with when everything has gone well.
pub(crate) enum Wants {
    /// The reply of its one request.
    Reply,
    /// The id of the entry that was added.
    Entry(Option<i64>),
    /// How many changes its edits became, and the ids of entries that were added.
    Changes {
        /// So far.
        changes: usize,
        /// In display order.
        ids: Vec<i64>,
    },
    /// This, known already.
    Known(Value),
}

impl Calls {
    /// Notes a call; it is answered once all requests made for it are.
    pub(crate) fn begin(&mut self, call: u64, wants: Wants) {
        let waiting = 0;
        let trouble = None;
        self.calls.insert(
            call,
            Call {
                waiting,
                wants,
                trouble,
            },
        );
    }

    /// Numbers a request that is made for a call.
    pub(crate) fn request(&mut self, call: u64) -> RequestId {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.of.insert(request, call);
        if let Some(call) = self.calls.get_mut(&call) {
            call.waiting += 1;
        }
        request
    }

    /// Notes entries that a call has added.
    pub(crate) fn added(&mut self, call: u64, new: &[i64]) {
        match self.calls.get_mut(&call).map(|call| &mut call.wants) {
            Some(Wants::Entry(id)) => *id = new.first().copied(),
            Some(Wants::Changes { ids, .. }) => ids.extend(new),
            Some(Wants::Reply | Wants::Known(_)) | None => {}
        }
    }

    /// Takes note of the machine's answer; the reply is for the caller if the call is through with it and did not fail.
    pub(crate) fn answered(&mut self, request: RequestId, answer: Answer) -> Option<Value> {
        let id = self.of.remove(&request)?;
        let call = self.calls.get_mut(&id)?;
        call.waiting -= 1;
        match answer {
            Err(problem) => {
                call.trouble.get_or_insert_with(|| problem.into());
            }
            Ok(reply) => match &mut call.wants {
                Wants::Reply => call.wants = Wants::Known(words::reply(&reply)),
                Wants::Changes { changes, .. } => {
                    *changes += usize::from(matches!(reply, Reply::Edited { change: Some(_) }));
                }
                Wants::Entry(_) | Wants::Known(_) => {}
            },
        }
        self.finish(id)
    }

    /// Answers a call if nothing is left to wait for.
    pub(crate) fn finish(&mut self, id: u64) -> Option<Value> {
        if self.calls.get(&id)?.waiting > 0 {
            return None;
        }
        let call = self.calls.remove(&id)?;
        if let Some(trouble) = call.trouble {
            return Some(json!({"answer": id, "error": trouble.json()}));
        }
        let value = match call.wants {
            Wants::Reply => Value::Null,
            Wants::Entry(entry) => json!({"id": entry}),
            Wants::Changes { changes, ids } => json!({"changes": changes, "ids": ids}),
            Wants::Known(value) => value,
        };
        Some(json!({"answer": id, "value": value}))
    }

    /// Ends a call before anything was asked for it.
    pub(crate) fn forget(&mut self, call: u64) {
        self.calls.remove(&call);
        self.of.retain(|_, of| *of != call);
    }
}
