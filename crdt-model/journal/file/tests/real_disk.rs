//! A journal on the machine's own disk: what is there after a crash, a deletion, a replacement, an edit by hand.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use spotter_journal::{Damage, Line, Unreadable, Verdict};
use spotter_journal_file::{
    AppendError, JournalError, JournalFile, Opened, RealDisk, inspect, make_dir, move_dir,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    text: String,
}

fn note(number: usize) -> Note {
    Note {
        text: format!("note {number}"),
    }
}

fn into(notes: &mut Vec<Note>) -> impl FnMut(Line<'_>) -> Result<(), Unreadable> {
    |line| {
        notes.push(line.parse().map_err(|_| Unreadable)?);
        Ok(())
    }
}

fn open(path: &Path) -> Result<(Opened<RealDisk>, Vec<Note>), JournalError> {
    let mut notes = Vec::new();
    let opened = JournalFile::open(RealDisk, path, into(&mut notes))?;
    Ok((opened, notes))
}

/// A journal of `count` notes, one batch each, and the folder that it lies in.
fn journal(count: usize) -> (tempfile::TempDir, PathBuf, JournalFile) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.log");
    let mut journal = JournalFile::create(RealDisk, &path, &[note(0)]).unwrap();
    for number in 1..count {
        assert_eq!(journal.append(&[note(number)]).unwrap(), number as u64);
    }
    (dir, path, journal)
}

#[test]
fn what_was_appended_is_read_after_reopening() {
    let (_dir, path, journal) = journal(5);
    drop(journal);
    let (opened, notes) = open(&path).unwrap();
    assert_eq!(notes, (0..5).map(note).collect::<Vec<_>>());
    assert_eq!(opened.torn, None);
    assert_eq!(opened.journal.records(), 5);
}

#[test]
fn an_existing_file_is_never_created_over() {
    let (_dir, path, _journal) = journal(1);
    let error = JournalFile::create(RealDisk, &path, &[note(9)]).unwrap_err();
    assert!(error.already_exists(), "{error}");
}

#[test]
fn a_missing_journal_is_told_from_a_damaged_one() {
    let dir = tempfile::tempdir().unwrap();
    assert!(open(&dir.path().join("none.log")).unwrap_err().is_missing());
}

#[test]
fn a_torn_tail_is_set_aside_and_cut_off_and_the_journal_goes_on() {
    let (_dir, path, journal) = journal(3);
    drop(journal);
    let whole = fs::read(&path).unwrap();
    for attempt in 1..=2 {
        fs::write(&path, &whole[..whole.len() - 7]).unwrap();
        let (mut opened, notes) = open(&path).unwrap();
        assert_eq!(notes, [note(0), note(1)]);
        let torn = opened.torn.unwrap();
        assert_eq!(
            torn.set_aside,
            path.with_extension(format!("log.torn-{attempt}"))
        );
        let kept = fs::read(&path).unwrap().len();
        assert_eq!(
            fs::read(&torn.set_aside).unwrap(),
            whole[kept..whole.len() - 7]
        );
        assert_eq!(opened.journal.append(&[note(7)]).unwrap(), 2);
        assert_eq!(open(&path).unwrap().1, [note(0), note(1), note(7)]);
    }
}

#[test]
fn damage_below_the_watermark_is_named_and_left_alone() {
    let (_dir, path, journal) = journal(4);
    drop(journal);
    let mut bytes = fs::read(&path).unwrap();
    let second = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    bytes[second + 40] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(
        error,
        JournalError::Damaged { at, line: 2, what: Damage::Checksum, .. } if at == second as u64
    ));
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let mut seen = Vec::new();
    let inspection = inspect(&path, into(&mut seen)).unwrap();
    assert!(matches!(
        inspection.verdict,
        Verdict::Corrupt { line: 2, .. }
    ));
    assert_eq!(seen, [note(0), note(2), note(3)]);
}

#[test]
fn a_mark_protects_the_last_batch() {
    let (_dir, path, mut journal) = journal(2);
    journal.mark().unwrap();
    let bytes = journal.bytes();
    journal.mark().unwrap();
    assert_eq!(journal.bytes(), bytes, "a second mark says nothing");
    drop(journal);
    let mut content = fs::read(&path).unwrap();
    let first_end = content.iter().position(|&byte| byte == b'\n').unwrap();
    content[first_end + 40] ^= 1;
    fs::write(&path, &content).unwrap();
    assert!(matches!(
        open(&path),
        Err(JournalError::Damaged { line: 2, .. })
    ));
}

#[test]
fn appending_to_a_deleted_file_is_not_called_saved() {
    let (_dir, path, mut journal) = journal(2);
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        journal.append(&[note(2)]),
        Err(AppendError::Replaced { .. })
    ));
    assert!(matches!(
        journal.append(&[note(2)]),
        Err(AppendError::Closed { .. })
    ));
    assert!(!path.exists());
}

#[test]
fn appending_to_a_replaced_file_is_not_called_saved() {
    let (_dir, path, mut journal) = journal(2);
    let copy = path.with_extension("copy");
    fs::copy(&path, &copy).unwrap();
    fs::rename(&copy, &path).unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(
        journal.append(&[note(2)]),
        Err(AppendError::Replaced { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn appending_to_a_file_that_somebody_cut_is_not_called_saved() {
    let (_dir, path, mut journal) = journal(2);
    fs::write(&path, "").unwrap();
    assert!(matches!(
        journal.append(&[note(2)]),
        Err(AppendError::Replaced { .. })
    ));
}

#[test]
fn reading_begins_anywhere_and_goes_on_in_slices() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.log");
    let all: Vec<Note> = (0..3_000).map(note).collect();
    let mut journal = JournalFile::create(RealDisk, &path, &all[..1]).unwrap();
    for batch in all[1..].chunks(100) {
        journal.append(batch).unwrap();
    }
    let mut opened = open(&path).unwrap().0.journal;
    for journal in [&mut journal, &mut opened] {
        for from in [0, 1, 99, 100, 101, 1_234, 2_999, 3_000, 9_999] {
            let mut read = Vec::new();
            let mut next = from;
            while next < journal.records() {
                let before = next;
                next = journal.read(next, 1_000, into(&mut read)).unwrap();
                assert!(next > before);
                assert!(next - before < 50, "a slice is about as long as asked for");
            }
            assert_eq!(read, all.get(from as usize..).unwrap_or_default());
        }
    }
}

#[test]
fn bit_rot_in_a_journal_that_is_open_is_noticed_when_reading() {
    let (_dir, path, mut journal) = journal(3);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = journal.read(0, 10_000, |_| Ok(())).unwrap_err();
    assert!(
        matches!(error, JournalError::Damaged { line: 3, .. }),
        "{error}"
    );
}

#[test]
fn a_folder_moves_as_a_whole_and_never_onto_content() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("a/b"), dir.path().join("c/d"));
    make_dir(&from).unwrap();
    make_dir(to.parent().unwrap()).unwrap();
    fs::write(from.join("x"), "1").unwrap();
    move_dir(&from, &to).unwrap();
    assert_eq!(fs::read_to_string(to.join("x")).unwrap(), "1");
    make_dir(&from).unwrap();
    fs::write(from.join("x"), "2").unwrap();
    assert!(move_dir(&from, &to).unwrap_err().already_exists());
    assert_eq!(fs::read_to_string(to.join("x")).unwrap(), "1");
}
