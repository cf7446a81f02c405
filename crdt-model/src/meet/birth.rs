//! How a meet begins: the genesis, what does not fit into it, and one change per entry.
//!
//! Everything is written by one actor, so a meet that has just been born has one head.

use crate::document::{Document, NewOps, Pen, Target};
use crate::json::json_text;
use crate::op::{ObjectId, Scalar};
use crate::openlifter::{Content, Frame, ORDER, Registers, json_value};
use crate::refusal::Refusal;

use super::folding::fold;
use super::layout::{Containers, FORMAT};
use super::writes::{Batch, Page, cut};

/// The register in `carried` that holds the frame of the saved file.
const FRAME: &str = "frame";

/// The register in `carried` that holds the largest id at import, where the file's next id was not beyond it.
const LARGEST_ID: &str = "largestId";

/// Writes a document that holds this content.
///
/// # Errors
/// The content is beyond the limits of the format.
pub(super) fn give_birth(
    content: Content,
    pen: &Pen,
    nonce: [u8; 16],
    now: i64,
) -> Result<Document, Refusal> {
    let mut parts = Registers::new();
    let mut meet = folded(content.meet, &mut parts);
    let mut lifting = folded(content.lifting, &mut parts);
    let mut carried = folded(carried(&content.frame), &mut parts);
    carried.append(&mut parts);

    let mut page = Page::default();
    let made = Containers::make(&mut page.ops);
    let root = Target::Object(ObjectId::Root);
    page.set(root, "format", &Scalar::Number(FORMAT));
    page.set(root, "nonce", &Scalar::Text(hex(nonce)));
    page.fill(made.carried, &mut carried);
    page.fill(made.meet, &mut meet);
    page.fill(made.lifting, &mut lifting);
    let (mut document, genesis) = Document::begin(pen, &page.ops, now)?;

    let containers = Containers::of(&genesis).expect("the genesis above makes every container");
    let rest = cut(vec![
        Batch {
            object: containers.carried,
            registers: carried,
        },
        Batch {
            object: containers.meet,
            registers: meet,
        },
        Batch {
            object: containers.lifting,
            registers: lifting,
        },
    ]);
    for ops in rest {
        document.write(pen, &ops, now, None)?;
    }
    let mut order = 0.0;
    for mut entry in content.entries {
        order += 1.0;
        entry.insert(ORDER.to_owned(), Scalar::Number(order));
        write_entry(&mut document, &containers, pen, entry, now)?;
    }
    Ok(document)
}

/// One change makes the entry and writes its registers; parts of long texts that leave no room go before it, and
/// more registers than one change holds come after it.
fn write_entry(
    document: &mut Document,
    containers: &Containers,
    pen: &Pen,
    entry: Registers,
    now: i64,
) -> Result<(), Refusal> {
    let mut parts = Registers::new();
    let mut entry = folded(entry, &mut parts);
    for ops in cut(vec![Batch {
        object: containers.carried,
        registers: parts,
    }]) {
        document.write(pen, &ops, now, None)?;
    }
    let mut page = Page::default();
    let made = page.ops.make(Target::Object(containers.entries));
    page.fill(made, &mut entry);
    let (change, _) = document.write(pen, &page.ops, now, None)?;
    let object = ObjectId::Made(crate::ids::OpId {
        counter: change.start_op(),
        actor: pen.actor,
    });
    let rest: Vec<NewOps> = cut(vec![Batch {
        object,
        registers: entry,
    }]);
    for ops in rest {
        document.write(pen, &ops, now, None)?;
    }
    Ok(())
}

fn folded(registers: Registers, parts: &mut Registers) -> Registers {
    let folded = registers
        .into_iter()
        .map(|(key, scalar)| (key, fold(scalar, parts)));
    folded.collect()
}

fn carried(frame: &Frame) -> Registers {
    let mut registers = Registers::new();
    registers.insert(FRAME.to_owned(), Scalar::Text(json_text(&frame.file)));
    if let Some(id) = frame.largest_id {
        registers.insert(LARGEST_ID.to_owned(), Scalar::Number(id));
    }
    registers
}

/// The frame among the registers of `carried`.
pub(super) fn read_frame(carried: &Registers) -> Frame {
    let file = match carried.get(FRAME) {
        Some(Scalar::Text(text)) => json_value(text),
        Some(Scalar::Null | Scalar::Bool(_) | Scalar::Number(_)) | None => Frame::default().file,
    };
    Frame {
        file,
        largest_id: crate::openlifter::number_in(carried, LARGEST_ID),
    }
}

fn hex(nonce: [u8; 16]) -> String {
    nonce.iter().map(|byte| format!("{byte:02x}")).collect()
}
