//! From bytes that nobody has vouched for to what a change says.
//!
//! Every length is checked before it is used and every run before it is expanded; the order of checks is the
//! order of the bytes.

use super::columns::{read_deltas, read_runs};
use super::encode::{AUTHOR_FOOTER, MAKE_MAP, SET, chunk_hash, column};
use super::leb128::Reader;
use super::{CHANGE_CHUNK, ChangeDraft, MAGIC};
use crate::ids::{ActorId, ChangeHash, OpId};
use crate::limits::{
    ACTOR_BYTES, CHANGE_BYTES_MAX, CHANGE_OPS_MAX, COUNTER_MAX, DEPENDENCIES_MAX, KEY_BYTES_MAX,
    MESSAGE_BYTES_MAX, SEQ_MAX, TEXT_BYTES_MAX, WALL_TIME_MAX,
};
use crate::location::Author;
use crate::op::{ObjectId, Op, OpAction, Scalar};
use crate::refusal::Refusal;

/// Other actors that a change may name: a pred takes at least two bytes and its actor nine.
const OTHER_ACTORS_MAX: usize = CHANGE_BYTES_MAX / (1 + ACTOR_BYTES);

/// Preds in all of a change's operations together.
const PREDS_MAX: usize = 16_384;

/// Reads a chunk; the result still has to be compared with its canonical form.
pub(super) fn decode(bytes: &[u8]) -> Result<(ChangeDraft, ChangeHash), Refusal> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(Refusal::TooLarge { bytes: bytes.len() });
    }
    let (body, hash) = open_chunk(bytes)?;
    let draft = read_body(Reader::new(body))?;
    Ok((draft, hash))
}

fn open_chunk(bytes: &[u8]) -> Result<(&[u8], ChangeHash), Refusal> {
    let mut reader = Reader::new(bytes);
    let magic = reader
        .take(4, "the chunk's header")
        .map_err(|_| Refusal::NotAChunk)?;
    if magic != MAGIC {
        return Err(Refusal::NotAChunk);
    }
    let checksum = reader.take(4, "the chunk's checksum")?;
    let behind_checksum = reader.rest();
    let chunk_type = reader.byte("the chunk's type")?;
    if chunk_type != CHANGE_CHUNK {
        return Err(Refusal::ChunkType { chunk_type });
    }
    let length = reader.length("the chunk's length")?;
    if length != reader.rest().len() {
        return Err(Refusal::Unreadable {
            what: "the chunk's length",
        });
    }
    let hash = chunk_hash(behind_checksum);
    if hash.as_bytes()[..4] != *checksum {
        return Err(Refusal::Checksum);
    }
    Ok((reader.rest(), hash))
}

fn read_body(mut reader: Reader<'_>) -> Result<ChangeDraft, Refusal> {
    let deps = read_deps(&mut reader)?;
    let actor = read_actor(&mut reader)?;
    let seq = read_counter(&mut reader, SEQ_MAX, "the sequence number")?;
    let start_op = read_counter(&mut reader, COUNTER_MAX, "the operation counter")?;
    let time = reader.signed("the time")?;
    if !(0..=WALL_TIME_MAX).contains(&time) {
        return Err(Refusal::OutOfBounds { what: "the time" });
    }
    let message = read_message(&mut reader)?;
    let actors = read_actors(&mut reader, actor)?;
    let ops = read_columns(&mut reader, &actors)?;
    if start_op > COUNTER_MAX - (ops.len() as u32 - 1) {
        return Err(Refusal::OutOfBounds {
            what: "the operation counter",
        });
    }
    let author = read_author(reader)?;
    Ok(ChangeDraft {
        actor,
        seq,
        start_op,
        deps,
        time,
        message,
        author,
        ops,
    })
}

fn read_deps(reader: &mut Reader<'_>) -> Result<Vec<ChangeHash>, Refusal> {
    const WHAT: &str = "the number of dependencies";
    let count = reader.length(WHAT)?;
    if count > DEPENDENCIES_MAX {
        return Err(Refusal::OutOfBounds { what: WHAT });
    }
    let mut deps: Vec<ChangeHash> = Vec::with_capacity(count);
    for _ in 0..count {
        let mut hash = [0; 32];
        hash.copy_from_slice(reader.take(32, "a dependency")?);
        let hash = ChangeHash::new(hash);
        if deps.contains(&hash) {
            return Err(Refusal::DependencyRepeated { hash });
        }
        deps.push(hash);
    }
    Ok(deps)
}

fn read_actor(reader: &mut Reader<'_>) -> Result<ActorId, Refusal> {
    let bytes = reader.prefixed("an actor id")?;
    let bytes = bytes.try_into().map_err(|_| Refusal::OutOfBounds {
        what: "the length of an actor id",
    })?;
    Ok(ActorId::new(bytes))
}

fn read_counter(reader: &mut Reader<'_>, max: u32, what: &'static str) -> Result<u32, Refusal> {
    match u32::try_from(reader.unsigned(what)?) {
        Ok(number) if (1..=max).contains(&number) => Ok(number),
        Ok(_) | Err(_) => Err(Refusal::OutOfBounds { what }),
    }
}

fn read_message(reader: &mut Reader<'_>) -> Result<Option<String>, Refusal> {
    let bytes = reader.prefixed("the message")?;
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(Refusal::OutOfBounds {
            what: "the length of the message",
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::Unreadable {
        what: "the message",
    })?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn read_actors(reader: &mut Reader<'_>, writer: ActorId) -> Result<Vec<ActorId>, Refusal> {
    const WHAT: &str = "the number of actors";
    let count = reader.length(WHAT)?;
    if count > OTHER_ACTORS_MAX {
        return Err(Refusal::OutOfBounds { what: WHAT });
    }
    let mut actors = vec![writer];
    for _ in 0..count {
        actors.push(read_actor(reader)?);
    }
    Ok(actors)
}

fn read_author(reader: Reader<'_>) -> Result<Option<Author>, Refusal> {
    let mut reader = reader;
    if reader.is_empty() {
        return Ok(None);
    }
    let mut read = || -> Result<Option<Author>, Refusal> {
        let footer = reader.byte("the author")?;
        let bytes = reader.prefixed("the author")?;
        let whole = footer == AUTHOR_FOOTER && reader.is_empty();
        Ok(Author::from_bytes(bytes).filter(|_| whole))
    };
    match read() {
        Ok(Some(author)) => Ok(Some(author)),
        Ok(None) | Err(_) => Err(Refusal::BadAuthor),
    }
}

/// The bytes of each column; one that is not written is empty.
#[derive(Default)]
struct Columns<'a> {
    object_actor: &'a [u8],
    object_counter: &'a [u8],
    key: &'a [u8],
    insert: &'a [u8],
    action: &'a [u8],
    value_meta: &'a [u8],
    value: &'a [u8],
    pred_count: &'a [u8],
    pred_actor: &'a [u8],
    pred_counter: &'a [u8],
}

impl<'a> Columns<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Refusal> {
        const WHAT: &str = "the list of columns";
        let mut columns = Self::default();
        let count = reader.length(WHAT)?;
        let mut listed = Vec::with_capacity(count.min(column::ALL));
        for _ in 0..count {
            let number = reader.unsigned(WHAT)?;
            let length = reader.length(WHAT)?;
            if column::OF_LISTS_AND_MARKS.contains(&number) {
                return Err(Refusal::ForbiddenOp {
                    index: 0,
                    what: "writes in a list or marks a text",
                });
            }
            if columns.place(number).is_none() || listed.iter().any(|(listed, _)| *listed >= number)
            {
                return Err(Refusal::Unreadable { what: WHAT });
            }
            listed.push((number, length));
        }
        for (number, length) in listed {
            let data = reader.take(length, "a column")?;
            if let Some(place) = columns.place(number) {
                *place = data;
            }
        }
        Ok(columns)
    }

    fn place(&mut self, number: u64) -> Option<&mut &'a [u8]> {
        Some(match number {
            column::OBJECT_ACTOR => &mut self.object_actor,
            column::OBJECT_COUNTER => &mut self.object_counter,
            column::KEY => &mut self.key,
            column::INSERT => &mut self.insert,
            column::ACTION => &mut self.action,
            column::VALUE_META => &mut self.value_meta,
            column::VALUE => &mut self.value,
            column::PRED_COUNT => &mut self.pred_count,
            column::PRED_ACTOR => &mut self.pred_actor,
            column::PRED_COUNTER => &mut self.pred_counter,
            _ => return None,
        })
    }
}

fn read_columns(reader: &mut Reader<'_>, actors: &[ActorId]) -> Result<Vec<Op>, Refusal> {
    let columns = Columns::read(reader)?;
    let actions = read_runs::<u64>(
        columns.action,
        0,
        CHANGE_OPS_MAX,
        "the number of operations",
    )?;
    let count = actions.len();
    if count == 0 {
        return Err(Refusal::OutOfBounds {
            what: "the number of operations",
        });
    }
    let per_op = |bytes, what| read_runs::<u64>(bytes, count, count, what);
    let objects = read_objects(
        &per_op(columns.object_actor, "the objects")?,
        &per_op(columns.object_counter, "the objects")?,
        actors,
    )?;
    let keys = read_runs::<String>(columns.key, count, count, "the keys")?;
    check_no_insert(columns.insert)?;
    let metas = per_op(columns.value_meta, "the values")?;
    let pred_counts = per_op(columns.pred_count, "the preds")?;
    let mut preds = read_preds(&columns, actors)?.into_iter();
    let mut values = Reader::new(columns.value);
    let mut ops = Vec::with_capacity(count);
    for (index, (key, object)) in keys.into_iter().zip(objects).enumerate() {
        let key = check_key(index, key)?;
        let value = read_value(index, &mut values, metas[index].unwrap_or(0))?;
        let action = read_action(index, actions[index], value)?;
        let wanted = usize::try_from(pred_counts[index].unwrap_or(0)).unwrap_or(usize::MAX);
        let preds = take_preds(&mut preds, wanted)?;
        ops.push(Op {
            object,
            key,
            action,
            preds,
        });
    }
    if !values.is_empty() || preds.len() > 0 {
        return Err(Refusal::NotCanonical);
    }
    Ok(ops)
}

/// A boolean column alternates counts of falses and trues; ours has falses only.
fn check_no_insert(bytes: &[u8]) -> Result<(), Refusal> {
    let mut reader = Reader::new(bytes);
    reader.unsigned("the insert flags")?;
    if reader.is_empty() {
        return Ok(());
    }
    Err(Refusal::ForbiddenOp {
        index: 0,
        what: "inserts in a list",
    })
}

fn read_objects(
    actor_numbers: &[Option<u64>],
    counters: &[Option<u64>],
    actors: &[ActorId],
) -> Result<Vec<ObjectId>, Refusal> {
    actor_numbers
        .iter()
        .zip(counters)
        .map(|pair| match pair {
            (None, None) => Ok(ObjectId::Root),
            (Some(actor), Some(counter)) => {
                read_op_id(*actor, *counter, actors).map(ObjectId::Made)
            }
            (Some(_), None) | (None, Some(_)) => Err(Refusal::Unreadable {
                what: "the objects",
            }),
        })
        .collect()
}

fn read_op_id(actor: u64, counter: u64, actors: &[ActorId]) -> Result<OpId, Refusal> {
    const WHAT: &str = "an operation's name";
    let actor = usize::try_from(actor)
        .ok()
        .and_then(|actor| actors.get(actor));
    let counter = u32::try_from(counter)
        .ok()
        .filter(|counter| (1..=COUNTER_MAX).contains(counter));
    let (Some(&actor), Some(counter)) = (actor, counter) else {
        return Err(Refusal::Unreadable { what: WHAT });
    };
    Ok(OpId { counter, actor })
}

fn read_preds(columns: &Columns<'_>, actors: &[ActorId]) -> Result<Vec<OpId>, Refusal> {
    const WHAT: &str = "the preds";
    let numbers = read_runs::<u64>(columns.pred_actor, 0, PREDS_MAX, WHAT)?;
    let counters = read_deltas(columns.pred_counter, PREDS_MAX, WHAT)?;
    if numbers.len() != counters.len() {
        return Err(Refusal::Unreadable { what: WHAT });
    }
    numbers
        .into_iter()
        .zip(counters)
        .map(|(actor, counter)| {
            let (Some(actor), Ok(counter)) = (actor, u64::try_from(counter)) else {
                return Err(Refusal::Unreadable { what: WHAT });
            };
            read_op_id(actor, counter, actors)
        })
        .collect()
}

fn take_preds(preds: &mut std::vec::IntoIter<OpId>, wanted: usize) -> Result<Vec<OpId>, Refusal> {
    const WHAT: &str = "the preds";
    if wanted > preds.len() {
        return Err(Refusal::Unreadable { what: WHAT });
    }
    let taken: Vec<OpId> = preds.take(wanted).collect();
    if !taken.is_sorted_by(|a, b| a < b) {
        return Err(Refusal::NotCanonical);
    }
    Ok(taken)
}

fn check_key(index: usize, key: Option<String>) -> Result<String, Refusal> {
    let Some(key) = key else {
        return Err(Refusal::ForbiddenOp {
            index,
            what: "writes to a list element",
        });
    };
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        return Err(Refusal::OutOfBounds {
            what: "the length of a key",
        });
    }
    Ok(key)
}

fn read_action(index: usize, action: Option<u64>, value: Scalar) -> Result<OpAction, Refusal> {
    match action {
        Some(SET) => Ok(OpAction::Set(value)),
        Some(MAKE_MAP) if value == Scalar::Null => Ok(OpAction::MakeMap),
        Some(_) | None => Err(Refusal::ForbiddenOp {
            index,
            what: "neither writes a scalar nor makes a map",
        }),
    }
}

fn read_value(index: usize, values: &mut Reader<'_>, meta: u64) -> Result<Scalar, Refusal> {
    const WHAT: &str = "a value";
    let length = usize::try_from(meta >> 4).map_err(|_| Refusal::Unreadable { what: WHAT })?;
    let bytes = values.take(length, WHAT)?;
    match (meta & 0x0f, length) {
        (0, 0) => Ok(Scalar::Null),
        (1, 0) => Ok(Scalar::Bool(false)),
        (2, 0) => Ok(Scalar::Bool(true)),
        (5, 8) => {
            let mut number = [0; 8];
            number.copy_from_slice(bytes);
            read_number(f64::from_le_bytes(number))
        }
        (6, _) => read_text(bytes),
        (0 | 1 | 2 | 5, _) => Err(Refusal::Unreadable { what: WHAT }),
        _ => Err(Refusal::ForbiddenOp {
            index,
            what: "writes a value other than null, a truth value, a double or text",
        }),
    }
}

/// JSON has no words for infinities and not-a-number, so a meet has none either.
fn read_number(number: f64) -> Result<Scalar, Refusal> {
    if !number.is_finite() {
        return Err(Refusal::OutOfBounds { what: "a number" });
    }
    Ok(Scalar::Number(number))
}

fn read_text(bytes: &[u8]) -> Result<Scalar, Refusal> {
    if bytes.len() > TEXT_BYTES_MAX {
        return Err(Refusal::OutOfBounds {
            what: "the length of a text",
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::Unreadable { what: "a text" })?;
    Ok(Scalar::Text(text.to_owned()))
}
