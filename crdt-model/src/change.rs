//! A change and its bytes.
//!
//! The bytes are Automerge's own (chunk type 1, never compressed), but they are written and read here, for
//! three reasons. An edit must be exactly the operations we mean, which Automerge's `put` does not promise.
//! Nothing hostile may reach Automerge's parser, which can be made to panic or to allocate without limit. And
//! there must be one spelling only: [`Change::decode`] refuses whatever [`Change::encode`] would write
//! differently, so a change can be taken apart and put together again to the same byte.

mod columns;
mod decode;
mod encode;
mod leb128;

use std::fmt;
use std::sync::Arc;

use crate::ids::{ActorId, ChangeHash, OpId};
use crate::location::Author;
use crate::op::Op;
use crate::refusal::Refusal;

/// The first bytes of every Automerge chunk.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// The chunk type of a plain change.
const CHANGE_CHUNK: u8 = 1;

/// What a change says, before it has bytes and a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeDraft {
    /// Who writes.
    pub actor: ActorId,
    /// Which of the actor's changes this is, from 1.
    pub seq: u32,
    /// The counter of the first operation.
    pub start_op: u32,
    /// The changes it was written on, in any order.
    pub deps: Vec<ChangeHash>,
    /// The author's wall clock in seconds since 1970, for people to read. No decision uses it.
    pub time: i64,
    /// The reason the author gave.
    pub message: Option<String>,
    /// Location and priority; in an actor's first change and in no other.
    pub author: Option<Author>,
    /// What it writes, in order.
    pub ops: Vec<Op>,
}

/// A change that is well-formed: Automerge's unit of history, with its exact bytes and its hash.
///
/// Well-formed is not admitted: whether it may join a meet is decided by [`crate::Index::admit`]. Clones share everything.
#[derive(Clone)]
pub struct Change {
    draft: Arc<ChangeDraft>,
    bytes: Arc<[u8]>,
    hash: ChangeHash,
}

impl Change {
    /// Reads a change from its bytes.
    ///
    /// Total: any bytes are answered, in time and memory bounded by the limits of the format.
    ///
    /// # Errors
    /// Names what is wrong with the bytes. The verdict depends on nothing but the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let (draft, hash) = decode::decode(bytes)?;
        if encode::behind_checksum(&draft) != bytes[encode::HEADER_BYTES..] {
            return Err(Refusal::NotCanonical);
        }
        Ok(Self {
            draft: Arc::new(draft),
            bytes: bytes.into(),
            hash,
        })
    }

    /// Reads bytes again that [`Change::decode`] has taken once: there is no need to see again that they are the only
    /// spelling. Shares them.
    pub(crate) fn decode_admitted(bytes: &Arc<[u8]>) -> Result<Self, Refusal> {
        let (draft, hash) = decode::decode(bytes)?;
        Ok(Self {
            draft: Arc::new(draft),
            bytes: Arc::clone(bytes),
            hash,
        })
    }

    /// Writes a change down.
    ///
    /// # Errors
    /// When the draft is beyond the limits of the format.
    pub fn encode(draft: ChangeDraft) -> Result<Self, Refusal> {
        let bytes = encode::encode(&draft);
        let (draft, hash) = decode::decode(&bytes)?;
        debug_assert_eq!(
            encode::behind_checksum(&draft),
            bytes[encode::HEADER_BYTES..],
            "what was written here is the only spelling"
        );
        Ok(Self {
            draft: Arc::new(draft),
            bytes: bytes.into(),
            hash,
        })
    }

    /// The exact bytes, as they are sent, stored and hashed.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The name of the change.
    pub fn hash(&self) -> ChangeHash {
        self.hash
    }

    /// Who wrote it.
    pub fn actor(&self) -> ActorId {
        self.draft.actor
    }

    /// Which of the actor's changes it is, from 1.
    pub fn seq(&self) -> u32 {
        self.draft.seq
    }

    /// The counter of its first operation.
    pub fn start_op(&self) -> u32 {
        self.draft.start_op
    }

    /// The counter of its last operation.
    pub fn max_op(&self) -> u32 {
        self.op_id(self.draft.ops.len().saturating_sub(1)).counter
    }

    /// The name of the operation at `index`.
    pub fn op_id(&self, index: usize) -> OpId {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        OpId {
            counter: self.draft.start_op.saturating_add(index),
            actor: self.draft.actor,
        }
    }

    /// The changes it was written on, ascending.
    pub fn deps(&self) -> &[ChangeHash] {
        &self.draft.deps
    }

    /// The author's wall clock in seconds since 1970.
    pub fn time(&self) -> i64 {
        self.draft.time
    }

    /// The reason the author gave.
    pub fn message(&self) -> Option<&str> {
        self.draft.message.as_deref()
    }

    /// Location and priority, if this is the actor's first change.
    pub fn author(&self) -> Option<&Author> {
        self.draft.author.as_ref()
    }

    /// What it writes, in order; never empty.
    pub fn ops(&self) -> &[Op] {
        &self.draft.ops
    }

    /// What it says, without its bytes.
    pub fn draft(&self) -> &ChangeDraft {
        &self.draft
    }
}

impl PartialEq for Change {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Change {}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("hash", &self.hash)
            .field("draft", &self.draft)
            .finish_non_exhaustive()
    }
}

/// The bytes of a draft, well-formed or not.
#[cfg(test)]
pub(crate) fn encode_unchecked(draft: &ChangeDraft) -> Vec<u8> {
    encode::encode(draft)
}

#[cfg(test)]
mod tests;
