//! The laws of a journal's scan, on journals of every shape: batches of different sizes, marks, odd text.
#![allow(clippy::unwrap_used)]

use quickcheck::{Arbitrary, Gen};
use quickcheck_macros::quickcheck;
use serde::{Deserialize, Serialize};
use spotter_journal::{
    Place, Scan, Scanner, Standing, Unreadable, Verdict, encode, encode_mark, scan,
};

/// What the disk remembers or forgets at a time.
const SECTOR: usize = 512;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

/// A journal as a well-behaved writer leaves it, with what is known about it.
#[derive(Clone, Debug)]
struct Journal {
    notes: Vec<Note>,
    bytes: Vec<u8>,
    /// Where the last batch begins, and so what its lines say is safe.
    watermark: usize,
}

impl Arbitrary for Journal {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut journal = Self {
            notes: Vec::new(),
            bytes: Vec::new(),
            watermark: 0,
        };
        let mut place = Place::START;
        for _ in 0..1 + u8::arbitrary(g) % 5 {
            let batch = if u8::arbitrary(g) % 5 == 0 {
                encode_mark(place)
            } else {
                let notes: Vec<Note> = (0..1 + u8::arbitrary(g) % 4).map(|_| note(g)).collect();
                journal.notes.extend(notes.iter().cloned());
                encode(place, &notes).unwrap()
            };
            journal.watermark = journal.bytes.len();
            journal.bytes.extend_from_slice(&batch.bytes);
            place = batch.end;
        }
        journal
    }
}

fn note(g: &mut Gen) -> Note {
    let text = String::arbitrary(g);
    // Text that looks like a line is the hardest text.
    let text = if bool::arbitrary(g) {
        text
    } else {
        "{\"n\":0,\"d\":0,\"p\":\"00000000\",\"k\":\"00000000\"}\n".to_owned() + &text
    };
    Note { text }
}

fn read(bytes: &[u8]) -> Scan<Note> {
    scan(bytes)
}

fn is_prefix(shorter: &[Note], longer: &[Note]) -> bool {
    longer.starts_with(shorter)
}

#[quickcheck]
fn what_was_written_is_read(journal: Journal) -> bool {
    let read = read(&journal.bytes);
    read.verdict == Verdict::Clean
        && read.payloads == journal.notes
        && read.end.offset == journal.bytes.len() as u64
}

/// Few journals, since each is read once for every bit or byte that it has.
fn for_few(law: fn(Journal) -> bool) {
    quickcheck::QuickCheck::new().tests(12).quickcheck(law);
}

#[test]
fn every_truncation_is_clean_or_torn_and_keeps_every_whole_line() {
    for_few(truncations_are_clean_or_torn);
}

#[test]
fn every_flipped_bit_is_noticed_and_below_the_watermark_it_is_corruption() {
    for_few(flipped_bits_are_noticed);
}

fn truncations_are_clean_or_torn(journal: Journal) -> bool {
    (0..=journal.bytes.len()).all(|len| {
        let cut = &journal.bytes[..len];
        let whole = cut.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let read = read(cut);
        let judged = match read.verdict {
            Verdict::Clean => cut.is_empty() || cut.ends_with(b"\n"),
            Verdict::Torn { at } => at == read.end.offset && !cut.ends_with(b"\n"),
            Verdict::Corrupt { .. } => false,
        };
        judged && read.end.lines == whole && is_prefix(&read.payloads, &journal.notes)
    })
}

fn flipped_bits_are_noticed(journal: Journal) -> bool {
    let mut bytes = journal.bytes.clone();
    (0..bytes.len() * 8).all(|bit| {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = read(&bytes);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let judged = match read.verdict {
            Verdict::Clean => false,
            Verdict::Torn { .. } => bit / 8 >= journal.watermark,
            Verdict::Corrupt { at, .. } => bit / 8 < journal.watermark && at <= (bit / 8) as u64,
        };
        judged && is_prefix(&read.payloads, &journal.notes)
    })
}

#[quickcheck]
fn lost_sectors_of_the_last_batch_are_never_taken_for_corruption(
    journal: Journal,
    lost: Vec<u8>,
) -> bool {
    let mut bytes = journal.bytes.clone();
    for sector in &lost {
        let start = usize::from(*sector) * SECTOR % (bytes.len() + SECTOR) / SECTOR * SECTOR;
        let forgotten = start.max(journal.watermark)..(start + SECTOR).min(bytes.len());
        if !forgotten.is_empty() {
            bytes[forgotten].fill(0);
        }
    }
    let read = read(&bytes);
    let synced = read_payloads(&journal.bytes[..journal.watermark]);
    !matches!(read.verdict, Verdict::Corrupt { .. })
        && is_prefix(&read.payloads, &journal.notes)
        && is_prefix(&synced, &read.payloads)
}

fn read_payloads(bytes: &[u8]) -> Vec<Note> {
    read(bytes).payloads
}

#[quickcheck]
fn what_remains_after_cutting_is_clean_and_goes_on(
    journal: Journal,
    len: usize,
    next: String,
) -> bool {
    let len = len % (journal.bytes.len() + 1);
    let torn = read(&journal.bytes[..len]);
    let mut bytes = journal.bytes[..torn.end.offset as usize].to_vec();
    let cut = read(&bytes);
    bytes.extend(
        encode(cut.end, &[Note { text: next.clone() }])
            .unwrap()
            .bytes,
    );
    let gone_on = read(&bytes);
    cut.verdict == Verdict::Clean
        && cut.payloads == torn.payloads
        && cut.end == torn.end
        && gone_on.verdict == Verdict::Clean
        && gone_on.payloads.last() == Some(&Note { text: next })
}

#[quickcheck]
fn a_scan_in_pieces_is_a_scan_in_one(
    journal: Journal,
    cuts: Vec<usize>,
    flip: Option<usize>,
) -> bool {
    let mut bytes = journal.bytes;
    if let Some(bit) = flip.map(|bit| bit % (bytes.len() * 8)) {
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    let mut scanner = Scanner::new();
    let (mut in_order, mut adrift) = (Vec::new(), Vec::new());
    let mut cuts: Vec<usize> = cuts
        .into_iter()
        .map(|cut| cut % (bytes.len() + 1))
        .collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    for pair in cuts.windows(2) {
        scanner.feed(&bytes[pair[0]..pair[1]], |line| {
            let note = line.parse::<Note>().map_err(|_| Unreadable)?;
            match line.standing {
                Standing::InOrder => in_order.push(note),
                Standing::Adrift => adrift.push(note),
            }
            Ok(())
        });
    }
    let whole = read(&bytes);
    in_order == whole.payloads
        && adrift == whole.adrift
        && scanner.place() == whole.end
        && scanner.finish() == whole.verdict
}

#[quickcheck]
fn any_bytes_at_all_are_judged(bytes: Vec<u8>) -> bool {
    let read = read(&bytes);
    read.end.offset <= bytes.len() as u64 && (bytes.is_empty() || read.verdict != Verdict::Clean)
}

#[quickcheck]
fn a_line_lost_doubled_or_exchanged_below_the_watermark_is_corruption(
    journal: Journal,
    pick: usize,
) -> bool {
    let synced: Vec<&[u8]> = journal.bytes[..journal.watermark]
        .split_inclusive(|&b| b == b'\n')
        .collect();
    let last = &journal.bytes[journal.watermark..];
    if synced.is_empty() {
        return true;
    }
    let at = pick % synced.len();
    let mut lost = synced.clone();
    lost.remove(at);
    // The copy of the last synced line would lie at the watermark, where a write that tore is as likely.
    let mut doubled = synced.clone();
    if at + 1 < synced.len() {
        doubled.insert(at, synced[at]);
    }
    let mut exchanged = synced.clone();
    exchanged.rotate_left(1);
    [lost, doubled, exchanged].into_iter().all(|lines| {
        let bytes = [lines.concat(), last.to_vec()].concat();
        bytes == journal.bytes || matches!(read(&bytes).verdict, Verdict::Corrupt { .. })
    })
}

#[test]
fn records_after_damage_are_handed_to_a_repair() {
    let notes: Vec<Note> = ["a", "b", "c"]
        .map(|text| Note {
            text: text.to_owned(),
        })
        .into();
    let first = encode(Place::START, &notes[..1]).unwrap();
    let rest = encode(first.end, &notes[1..]).unwrap();
    let mut bytes = [first.bytes, rest.bytes].concat();
    bytes[3] ^= 1;
    let read = read(&bytes);
    assert!(matches!(
        read.verdict,
        Verdict::Corrupt { at: 0, line: 1, .. }
    ));
    assert_eq!(read.payloads, []);
    assert_eq!(read.adrift, notes[1..]);
}

#[test]
fn a_sound_line_with_foreign_fields_is_corruption_even_at_the_end() {
    #[derive(Serialize)]
    struct Other {
        other: u8,
    }
    let batch = encode(Place::START, &[Other { other: 1 }]).unwrap();
    let read = read(&batch.bytes);
    assert!(matches!(
        read.verdict,
        Verdict::Corrupt { at: 0, line: 1, .. }
    ));
    assert_eq!(read.end, Place::START);
}

#[test]
fn an_endless_line_is_judged_without_holding_it() {
    let mut scanner = Scanner::new();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..6 {
        scanner.feed(&piece, |_| Ok(()));
    }
    assert!(scanner.is_damaged());
    assert_eq!(scanner.finish(), Verdict::Torn { at: 0 });
}
