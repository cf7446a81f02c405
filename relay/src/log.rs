//! What the relay keeps in memory of an awake meet's log: the index that admission needs, a checksum for every
//! position, and how much of it is known to be durable. No change's body.

use spotter_model::{Admission, Change, ChangeHash, Index};
use spotter_relay_protocol::{Chain, ChangeBytes};

use crate::action::ReadId;

/// The log of one meet, as far as it has been read.
pub(crate) struct MeetLog {
    pub(crate) stage: Stage,
    pub(crate) index: Index,
    /// The chain at each position from 1.
    chains: Vec<Chain>,
    /// Bytes of all changes.
    bytes: u64,
    /// How many changes are known to be on disk. What the index holds beyond them has been answered to nobody.
    durable: u64,
    /// What every log read from disk must begin with, since it was acknowledged or relayed.
    promised: (u64, Chain),
}

/// How far the log is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// An append failed; the store is finding out what it kept.
    Reopening,
    /// The log is being read from its beginning, slice by slice.
    Waking(ReadId),
    /// All of it is known.
    Awake,
}

impl MeetLog {
    /// The log of a new meet, which has nothing to read.
    pub(crate) fn empty(root: ChangeHash) -> Self {
        Self {
            stage: Stage::Awake,
            index: Index::new(root),
            chains: Vec::new(),
            bytes: 0,
            durable: 0,
            promised: (0, Chain::START),
        }
    }

    /// Forgets everything but what has been promised; the log must be read again.
    pub(crate) fn forget(&mut self) {
        let promised = (self.durable, self.chain());
        *self = Self {
            stage: Stage::Reopening,
            promised,
            ..Self::empty(self.index.root())
        };
    }

    pub(crate) fn is_awake(&self) -> bool {
        self.stage == Stage::Awake
    }

    /// The last durable position.
    pub(crate) fn durable(&self) -> u64 {
        self.durable
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The last position given to a change, durable or not.
    pub(crate) fn end(&self) -> u64 {
        self.chains.len() as u64
    }

    /// The chain at the last durable position.
    pub(crate) fn chain(&self) -> Chain {
        self.chain_at(self.durable).unwrap_or(Chain::START)
    }

    /// The chain at a position, if there is such a position.
    pub(crate) fn chain_at(&self, position: u64) -> Option<Chain> {
        match usize::try_from(position).ok()?.checked_sub(1) {
            None => Some(Chain::START),
            Some(number) => self.chains.get(number).copied(),
        }
    }

    /// The position of a change that the index knows.
    pub(crate) fn position_of(&self, hash: &ChangeHash) -> Option<u64> {
        self.index.number_of(hash).map(|number| number as u64 + 1)
    }

    /// The heads of what is durable, sorted.
    pub(crate) fn durable_heads(&self) -> Vec<ChangeHash> {
        if self.durable == self.end() {
            return self.index.heads();
        }
        self.index.heads_of(|number| (number as u64) < self.durable)
    }

    /// Gives the change that was just admitted the next position.
    pub(crate) fn number(&mut self, change: &Change) -> u64 {
        let before = self.chains.last().copied().unwrap_or(Chain::START);
        self.chains.push(before.then(&change.hash()));
        self.bytes += change.bytes().len() as u64;
        self.end()
    }

    /// These many further changes are on disk.
    pub(crate) fn now_durable(&mut self, count: u64) {
        self.durable += count;
        self.promised = (self.durable, self.chain());
    }

    /// Takes in a slice of the log while waking.
    ///
    /// # Errors
    /// In words for the operator, when the log holds what no relay would have admitted, or lacks what was promised.
    pub(crate) fn take_in(&mut self, changes: &[ChangeBytes]) -> Result<(), String> {
        for bytes in changes {
            let position = self.end() + 1;
            let change = Change::decode(bytes.as_ref())
                .map_err(|refusal| format!("position {position}: {refusal}"))?;
            match self.index.admit(&change) {
                Ok(Admission::Admitted) => self.number(&change),
                Ok(Admission::Known) => {
                    return Err(format!("position {position} repeats an earlier change"));
                }
                Ok(Admission::Waiting { .. }) => {
                    return Err(format!(
                        "position {position} comes before what it builds on"
                    ));
                }
                Err(refusal) => return Err(format!("position {position}: {refusal}")),
            };
        }
        Ok(())
    }

    /// The log has been read to its end.
    ///
    /// # Errors
    /// In words for the operator, when it does not begin with what was promised before.
    pub(crate) fn woken(&mut self) -> Result<(), String> {
        let (position, chain) = self.promised;
        if self.chain_at(position) != Some(chain) {
            return Err(format!(
                "the log no longer begins with the {position} changes that were acknowledged"
            ));
        }
        self.durable = self.end();
        self.promised = (self.durable, self.chain());
        self.stage = Stage::Awake;
        Ok(())
    }
}
