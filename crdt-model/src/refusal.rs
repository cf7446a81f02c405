//! Why a change is refused, each reason by a name of its own.

use crate::ids::{ActorId, ChangeHash, OpId};

/// Why a change can never be part of this meet.
///
/// Every replica that knows the change's ancestry refuses it too, for the verdict depends on nothing else.
/// The one exception is [`Refusal::Twin`], where the relay's acknowledgement decides which twin stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// More bytes than a change may have.
    #[error("the change has {bytes} bytes, more than 65536")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// The bytes do not begin as an Automerge chunk does.
    #[error("the bytes are no Automerge chunk")]
    NotAChunk,
    /// A chunk of another type: a document, a compressed change, a bundle.
    #[error("chunk type {chunk_type} is not a plain change")]
    ChunkType {
        /// Automerge's number for the type.
        chunk_type: u8,
    },
    /// The checksum does not fit the content.
    #[error("the checksum does not fit the content")]
    Checksum,
    /// A length, number or text cannot be read.
    #[error("the change cannot be read: {what}")]
    Unreadable {
        /// The part that cannot be read.
        what: &'static str,
    },
    /// The same change can be written in fewer or other bytes.
    #[error("the bytes are not the canonical form of the change")]
    NotCanonical,
    /// A number, text or list is beyond the bounds of the format.
    #[error("{what} is out of bounds")]
    OutOfBounds {
        /// What is too large, too long or too many.
        what: &'static str,
    },
    /// An operation other than writing a scalar or making a map under a key.
    #[error("operation {index} {what}")]
    ForbiddenOp {
        /// Its place in the change, from 0.
        index: usize,
        /// What it tries.
        what: &'static str,
    },
    /// The bytes behind the operations are no author.
    #[error("the change carries bytes that are no author")]
    BadAuthor,
    /// An actor's first change does not say who writes.
    #[error("the first change of actor {actor} does not name its author")]
    AuthorMissing {
        /// The actor.
        actor: ActorId,
    },
    /// A later change names an author again.
    #[error("change {seq} of actor {actor} names an author, which only the first may")]
    AuthorRepeated {
        /// The actor.
        actor: ActorId,
        /// Which of its changes.
        seq: u32,
    },
    /// A change without dependencies that is not the meet's genesis.
    #[error("a change without dependencies must be the meet's genesis")]
    ForeignRoot,
    /// A dependency is named twice.
    #[error("dependency {hash} is named twice")]
    DependencyRepeated {
        /// The dependency.
        hash: ChangeHash,
    },
    /// The sequence number does not follow the actor's changes in the ancestry.
    #[error("actor {actor} writes change {seq}, but its last one in the ancestry is {last}")]
    Sequence {
        /// The actor.
        actor: ActorId,
        /// The number given.
        seq: u32,
        /// The number before, 0 if there is none.
        last: u32,
    },
    /// The operation counter does not follow the ancestry.
    #[error("operations start at {start_op}, but must start at {expected}")]
    StartOp {
        /// Where they start.
        start_op: u32,
        /// One more than the largest counter in the ancestry.
        expected: u32,
    },
    /// An operation writes in something that is no map of the ancestry.
    #[error("operation {index} writes in {object}, which is no map its author could know")]
    UnknownObject {
        /// Its place in the change, from 0.
        index: usize,
        /// The object named.
        object: OpId,
    },
    /// Maps nested too deep.
    #[error("operation {index} nests maps deeper than 8")]
    TooDeep {
        /// Its place in the change, from 0.
        index: usize,
    },
    /// A map under a key that does not carry its maker, or a scalar under one that does.
    #[error("operation {index} uses key {key:?}, whose form does not fit what it does")]
    KeyForm {
        /// Its place in the change, from 0.
        index: usize,
        /// The key.
        key: String,
    },
    /// A register written twice in one change.
    #[error("operation {index} writes {key:?} a second time")]
    WrittenTwice {
        /// Its place in the change, from 0.
        index: usize,
        /// The key.
        key: String,
    },
    /// A write over a map.
    #[error("operation {index} writes over the map at {key:?}")]
    OverMap {
        /// Its place in the change, from 0.
        index: usize,
        /// The key.
        key: String,
    },
    /// The preds are not the unoverwritten writes of the register in the ancestry.
    #[error(
        "operation {index} does not replace exactly the writes of {key:?} that its author knew"
    )]
    Preds {
        /// Its place in the change, from 0.
        index: usize,
        /// The key.
        key: String,
    },
    /// Another change of the same actor and sequence number stands.
    #[error("actor {actor} has written two changes {seq}; {stands} stands")]
    Twin {
        /// The actor.
        actor: ActorId,
        /// The sequence number they share.
        seq: u32,
        /// The one that stands.
        stands: ChangeHash,
    },
}

impl Refusal {
    /// A name that never changes, for messages, logs and statistics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too-large",
            Self::NotAChunk => "not-a-chunk",
            Self::ChunkType { .. } => "chunk-type",
            Self::Checksum => "checksum",
            Self::Unreadable { .. } => "unreadable",
            Self::NotCanonical => "not-canonical",
            Self::OutOfBounds { .. } => "out-of-bounds",
            Self::ForbiddenOp { .. } => "forbidden-op",
            Self::BadAuthor => "bad-author",
            Self::AuthorMissing { .. } => "author-missing",
            Self::AuthorRepeated { .. } => "author-repeated",
            Self::ForeignRoot => "foreign-root",
            Self::DependencyRepeated { .. } => "dependency-repeated",
            Self::Sequence { .. } => "sequence",
            Self::StartOp { .. } => "start-op",
            Self::UnknownObject { .. } => "unknown-object",
            Self::TooDeep { .. } => "too-deep",
            Self::KeyForm { .. } => "key-form",
            Self::WrittenTwice { .. } => "written-twice",
            Self::OverMap { .. } => "over-map",
            Self::Preds { .. } => "preds",
            Self::Twin { .. } => "twin",
        }
    }

    /// Every code, for tables and tests.
    pub const CODES: [&'static str; 22] = [
        "too-large",
        "not-a-chunk",
        "chunk-type",
        "checksum",
        "unreadable",
        "not-canonical",
        "out-of-bounds",
        "forbidden-op",
        "bad-author",
        "author-missing",
        "author-repeated",
        "foreign-root",
        "dependency-repeated",
        "sequence",
        "start-op",
        "unknown-object",
        "too-deep",
        "key-form",
        "written-twice",
        "over-map",
        "preds",
        "twin",
    ];
}
