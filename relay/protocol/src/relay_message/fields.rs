//! Answers about many changes as they travel: one item for each, or runs of those that are alike.

use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use spotter_model::ChangeHash;

use super::{RejectedUpdate, UpdateAck, UpdateAcked, UpdateRejected};
use crate::codes::UpdateCode;
use crate::limits::PACKED_CHANGES_MAX;
use crate::position::Chain;
use crate::runs::check_run;

/// `UPDATE_ACK` as it travels.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateAckFields {
    #[serde(default)]
    update_acks: Option<Vec<UpdateAcked>>,
    #[serde(default)]
    ack_runs: Option<Vec<AckRun>>,
    #[serde(default)]
    chain: Option<Chain>,
}

/// Changes whose numbers rise by one on both sides. `[localSeqNum, serverSeqNum, count]` of the first if the relay had
/// them already; with a fourth number, the position before the first, if they are new: each follows the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AckRun {
    local: u64,
    server: u64,
    count: u64,
    after: Option<u64>,
}

impl AckRun {
    /// The runs of these acknowledgements, in their order.
    pub(super) fn of(acks: &[UpdateAcked]) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for ack in acks {
            match runs.last_mut() {
                Some(run) if run.goes_on_with(ack) => run.count += 1,
                Some(_) | None => runs.push(Self {
                    local: ack.local_seq_num,
                    server: ack.server_seq_num,
                    count: 1,
                    after: ack.after_server_seq_num,
                }),
            }
        }
        runs
    }

    fn goes_on_with(&self, ack: &UpdateAcked) -> bool {
        let after = self.after.map(|_| self.server + self.count - 1);
        ack.local_seq_num == self.local + self.count
            && ack.server_seq_num == self.server + self.count
            && ack.after_server_seq_num == after
    }

    fn acks(self) -> impl Iterator<Item = UpdateAcked> {
        (0..self.count).map(move |number| UpdateAcked {
            local_seq_num: self.local + number,
            server_seq_num: self.server + number,
            after_server_seq_num: self.after.map(|after| match number {
                0 => after,
                number => self.server + number - 1,
            }),
        })
    }
}

impl Serialize for AckRun {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let numbers = [
            Some(self.local),
            Some(self.server),
            Some(self.count),
            self.after,
        ];
        let mut list = serializer.serialize_seq(Some(numbers.iter().flatten().count()))?;
        for number in numbers.into_iter().flatten() {
            list.serialize_element(&number)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for AckRun {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers = Vec::<u64>::deserialize(deserializer)?;
        let (local, server, count, after) = match numbers[..] {
            [local, server, count] => (local, server, count, None),
            [local, server, count, after] => (local, server, count, Some(after)),
            _ => return Err(de::Error::custom("a run has three or four numbers")),
        };
        Ok(Self {
            local,
            server,
            count,
            after,
        })
    }
}

impl TryFrom<UpdateAckFields> for UpdateAck {
    type Error = &'static str;

    fn try_from(fields: UpdateAckFields) -> Result<Self, &'static str> {
        let update_acks = match (fields.update_acks, fields.ack_runs) {
            (Some(acks), None) => acks,
            (None, Some(runs)) => {
                let mut left = PACKED_CHANGES_MAX as u64;
                for run in &runs {
                    check_run(run.local, run.count, left)?;
                    left = check_run(run.server, run.count, left)?;
                }
                runs.into_iter().flat_map(AckRun::acks).collect()
            }
            (Some(_), Some(_)) => return Err("give either `updateAcks` or `ackRuns`"),
            (None, None) => return Err("missing field `updateAcks`"),
        };
        Ok(Self {
            update_acks,
            chain: fields.chain,
        })
    }
}

/// `UPDATE_REJECTED` as it travels.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateRejectedFields {
    #[serde(default)]
    updates_rejected: Option<Vec<RejectedUpdate>>,
    #[serde(default)]
    rejected_runs: Option<Vec<RejectedRunFields>>,
}

/// Changes that were not taken for one and the same reason.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RejectedRun<'a> {
    /// The first number, and how many rise from it.
    local_seq_nums: (u64, u64),
    code: &'a UpdateCode,
    reason: &'a str,
    conflict: bool,
    for_good: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stands: Option<ChangeHash>,
}

/// The same as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RejectedRunFields {
    local_seq_nums: (u64, u64),
    code: UpdateCode,
    reason: String,
    conflict: bool,
    for_good: bool,
    #[serde(default)]
    retry_after_ms: Option<u64>,
    #[serde(default)]
    stands: Option<ChangeHash>,
}

impl<'a> RejectedRun<'a> {
    /// The runs of these rejections, in their order.
    pub(super) fn of(rejected: &'a [RejectedUpdate]) -> Vec<Self> {
        let mut runs: Vec<Self> = Vec::new();
        for update in rejected {
            match runs.last_mut() {
                Some(run) if run.goes_on_with(update) => run.local_seq_nums.1 += 1,
                Some(_) | None => runs.push(Self {
                    local_seq_nums: (update.local_seq_num, 1),
                    code: &update.code,
                    reason: &update.reason,
                    conflict: update.conflict,
                    for_good: update.for_good,
                    retry_after_ms: update.retry_after_ms,
                    stands: update.stands,
                }),
            }
        }
        runs
    }

    fn goes_on_with(&self, update: &RejectedUpdate) -> bool {
        let (first, count) = self.local_seq_nums;
        update.local_seq_num == first + count
            && (&update.code, update.reason.as_str()) == (self.code, self.reason)
            && (update.conflict, update.for_good) == (self.conflict, self.for_good)
            && (update.retry_after_ms, update.stands) == (self.retry_after_ms, self.stands)
    }
}

impl RejectedRunFields {
    fn updates(self) -> impl Iterator<Item = RejectedUpdate> {
        let (first, count) = self.local_seq_nums;
        (first..first + count).map(move |local_seq_num| RejectedUpdate {
            local_seq_num,
            code: self.code.clone(),
            reason: self.reason.clone(),
            conflict: self.conflict,
            for_good: self.for_good,
            retry_after_ms: self.retry_after_ms,
            stands: self.stands,
        })
    }
}

impl TryFrom<UpdateRejectedFields> for UpdateRejected {
    type Error = &'static str;

    fn try_from(fields: UpdateRejectedFields) -> Result<Self, &'static str> {
        let updates_rejected = match (fields.updates_rejected, fields.rejected_runs) {
            (Some(updates), None) => updates,
            (None, Some(runs)) => {
                let mut left = PACKED_CHANGES_MAX as u64;
                for run in &runs {
                    left = check_run(run.local_seq_nums.0, run.local_seq_nums.1, left)?;
                }
                runs.into_iter()
                    .flat_map(RejectedRunFields::updates)
                    .collect()
            }
            (Some(_), Some(_)) => return Err("give either `updatesRejected` or `rejectedRuns`"),
            (None, None) => return Err("missing field `updatesRejected`"),
        };
        Ok(Self { updates_rejected })
    }
}
