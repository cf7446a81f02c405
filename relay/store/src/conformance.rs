//! What every store must do, as tests that any implementation can be put through.
//!
//! [`conformance_tests!`](crate::conformance_tests) makes one test of each behaviour for
//! a given store. A store under test is a [`Folder`]: a place that outlives the store's process.

use spotter_model::ChangeHash;
use spotter_relay::{LogEntry, MeetRecords, Publication};
use spotter_relay_protocol::{ChangeBytes, LogId, MeetId, SessionId};

use crate::{LogHead, LogStore, StoreError};

/// Something that stores can be opened on, one after the other, as a folder outlives a process.
pub trait Folder {
    /// Opens a store on it.
    fn store(&self) -> Box<dyn LogStore>;
}

/// Makes a test of every behaviour. Takes an expression that makes an empty [`Folder`].
#[macro_export]
macro_rules! conformance_tests {
    ($folder:expr) => {
        $crate::conformance_tests!($folder;
            an_unknown_meet_is_told_from_every_other_trouble,
            a_new_meet_is_open_and_empty_and_found_again,
            an_id_is_given_once_whether_current_or_finished,
            changes_come_back_in_order_with_rising_positions,
            reading_goes_on_from_any_position_in_slices,
            what_was_appended_is_there_for_the_next_process,
            a_meet_that_is_not_open_takes_and_gives_nothing,
            closing_and_opening_any_number_of_times_changes_nothing,
            records_are_replaced_as_a_whole,
            a_finished_meet_is_finished_for_good_and_still_takes_late_changes,
            publications_are_counted_and_kept_apart,
            a_pack_is_kept_beside_the_log_wherever_the_meet_lies,
            meets_do_not_touch_each_other,
            many_threads_may_append_to_many_meets,
            meets_appended_to_together_keep_what_is_theirs,
            a_meet_that_is_not_open_spoils_no_other_append,
            many_threads_may_append_to_the_same_meets_together,
        );
    };
    ($folder:expr; $($behaviour:ident,)*) => {$(
        #[test]
        fn $behaviour() {
            $crate::conformance::$behaviour(&$folder);
        }
    )*};
}

/// A meet's id from its number.
pub fn meet(number: u32) -> MeetId {
    MeetId::from_number(number).expect("tests use small numbers")
}

/// A log head for a meet.
pub fn head(meet: MeetId) -> LogHead {
    LogHead {
        meet,
        log_id: LogId::from_bytes(*b"log-0001"),
        root: hash(0),
    }
}

/// Records that are recognised by a number.
pub fn records(number: u64) -> MeetRecords {
    let auth = serde_json::json!({
        "format": 1,
        "meetId": "123456789",
        "salt": "00".repeat(16),
        "scrypt": { "logN": 17, "r": 8, "p": 1 },
        "verifier": "00".repeat(32),
        "roster": [{ "locationName": "Desk", "priority": 10 }],
        "epoch": number,
        "revoked": [],
        "createdAt": 1_795_000_000,
    });
    let sessions = serde_json::json!({ "format": 1, "sessions": [] });
    MeetRecords::from_json(auth, sessions).expect("sound records")
}

/// A change that is recognised by a number; the length varies with it.
pub fn change(number: u64) -> LogEntry {
    let bytes = format!("change {number} ").repeat(1 + number as usize % 17);
    LogEntry {
        received_at: 1_795_000_000 + number as i64,
        by: SessionId::from_bytes(*b"session1"),
        hash: hash(number),
        change: ChangeBytes::new(bytes.into_bytes()),
    }
}

fn hash(number: u64) -> ChangeHash {
    let hex = format!("{number:064x}");
    hex.parse().expect("64 hex digits")
}

fn changes(range: std::ops::Range<u64>) -> Vec<LogEntry> {
    range.map(change).collect()
}

fn bytes(range: std::ops::Range<u64>) -> Vec<ChangeBytes> {
    range.map(|number| change(number).change).collect()
}

fn publication(text: &str) -> Publication {
    Publication {
        received_at: 1_795_000_000,
        by: SessionId::from_bytes(*b"session1"),
        server_seq_num: 3,
        heads: vec![hash(3)],
        return_email: "director@example.org".to_owned(),
        opl_csv: text.to_owned(),
    }
}

/// Reads everything after a position.
pub fn read_all(store: &dyn LogStore, meet: MeetId, mut after: u64) -> Vec<ChangeBytes> {
    let mut all = Vec::new();
    loop {
        let slice = store.read(meet, after, 4_096).expect("readable");
        if slice.changes.is_empty() {
            return all;
        }
        after += slice.changes.len() as u64;
        all.extend(slice.changes);
    }
}

fn made(folder: &impl Folder) -> (Box<dyn LogStore>, MeetId) {
    let (store, meet) = (folder.store(), meet(123_456_789));
    store.create(&head(meet), &records(0)).expect("created");
    (store, meet)
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn an_unknown_meet_is_told_from_every_other_trouble(folder: &impl Folder) {
    assert!(matches!(
        folder.store().open(meet(1)),
        Err(StoreError::NoSuchMeet)
    ));
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn a_new_meet_is_open_and_empty_and_found_again(folder: &impl Folder) {
    let (store, meet) = made(folder);
    assert_eq!(store.read(meet, 0, 1_000).expect("open").changes, []);
    drop(store);
    let opened = folder.store().open(meet).expect("found");
    assert_eq!(
        (opened.meet.log_id, opened.meet.root),
        (head(meet).log_id, head(meet).root)
    );
    assert_eq!(opened.meet.records, records(0));
    assert_eq!(
        (opened.meet.end, opened.meet.finished, opened.repaired),
        (0, false, None)
    );
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn an_id_is_given_once_whether_current_or_finished(folder: &impl Folder) {
    let (store, meet) = made(folder);
    let taken = |store: &dyn LogStore| store.create(&head(meet), &records(1));
    assert!(matches!(taken(&*store), Err(StoreError::Taken)));
    store.finish(meet).expect("finished");
    assert!(matches!(taken(&*store), Err(StoreError::Taken)));
    drop(store);
    assert!(matches!(taken(&*folder.store()), Err(StoreError::Taken)));
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn changes_come_back_in_order_with_rising_positions(folder: &impl Folder) {
    let (store, meet) = made(folder);
    assert_eq!(store.append(meet, &changes(1..4)).expect("appended"), 3);
    assert_eq!(store.append(meet, &changes(4..5)).expect("appended"), 4);
    assert_eq!(read_all(&*store, meet, 0), bytes(1..5));
    assert_eq!(store.read(meet, 0, 1).expect("read").end, 4);
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn reading_goes_on_from_any_position_in_slices(folder: &impl Folder) {
    let (store, meet) = made(folder);
    for start in (1..1_001).step_by(50) {
        store
            .append(meet, &changes(start..start + 50))
            .expect("appended");
    }
    for after in [0, 1, 49, 50, 51, 998, 999, 1_000, 5_000] {
        let expected: Vec<_> = bytes(1..1_001).into_iter().skip(after as usize).collect();
        assert_eq!(read_all(&*store, meet, after), expected);
    }
    let one = store.read(meet, 10, 0).expect("read");
    assert!(
        !one.changes.is_empty(),
        "a slice makes progress however small"
    );
    let slice = store.read(meet, 10, 4_096).expect("read");
    assert!(
        slice.changes.len() < 60,
        "a slice is about as long as asked for"
    );
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn what_was_appended_is_there_for_the_next_process(folder: &impl Folder) {
    let (store, meet) = made(folder);
    store.append(meet, &changes(1..30)).expect("appended");
    drop(store);
    let store = folder.store();
    assert_eq!(store.open(meet).expect("open").meet.end, 29);
    assert_eq!(store.append(meet, &changes(30..31)).expect("appended"), 30);
    assert_eq!(read_all(&*store, meet, 0), bytes(1..31));
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn a_meet_that_is_not_open_takes_and_gives_nothing(folder: &impl Folder) {
    let (store, meet) = made(folder);
    store.close(meet).expect("closed");
    let not_open = |result: Result<u64, StoreError>| matches!(result, Err(StoreError::NotOpen));
    assert!(not_open(store.append(meet, &changes(1..2))));
    assert!(not_open(store.read(meet, 0, 100).map(|slice| slice.end)));
    assert!(not_open(store.finish(meet).map(|()| 0)));
    assert_eq!(store.open(meet).expect("open").meet.end, 0);
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn closing_and_opening_any_number_of_times_changes_nothing(folder: &impl Folder) {
    let (store, meet) = made(folder);
    store.append(meet, &changes(1..4)).expect("appended");
    for _ in 0..3 {
        store.close(meet).expect("closed");
        store.close(meet).expect("closed");
        let first = store.open(meet).expect("open");
        assert_eq!(store.open(meet).expect("open"), first);
        assert_eq!((first.meet.end, first.repaired), (3, None));
    }
    assert_eq!(store.append(meet, &changes(4..5)).expect("appended"), 4);
    assert_eq!(read_all(&*store, meet, 0), bytes(1..5));
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn records_are_replaced_as_a_whole(folder: &impl Folder) {
    let (store, meet) = made(folder);
    store.save_records(meet, &records(7)).expect("saved");
    assert_eq!(store.open(meet).expect("open").meet.records, records(7));
    drop(store);
    assert_eq!(
        folder.store().open(meet).expect("open").meet.records,
        records(7)
    );
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn a_finished_meet_is_finished_for_good_and_still_takes_late_changes(folder: &impl Folder) {
    let (store, meet) = made(folder);
    store.append(meet, &changes(1..4)).expect("appended");
    store.finish(meet).expect("finished");
    store.finish(meet).expect("finished twice");
    assert_eq!(store.append(meet, &changes(4..5)).expect("appended"), 4);
    store.save_records(meet, &records(2)).expect("saved");
    drop(store);
    let store = folder.store();
    let opened = store.open(meet).expect("open");
    assert_eq!(
        (opened.meet.finished, opened.meet.end, opened.meet.records),
        (true, 4, records(2))
    );
    assert_eq!(read_all(&*store, meet, 0), bytes(1..5));
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn publications_are_counted_and_kept_apart(folder: &impl Folder) {
    let (store, meet) = made(folder);
    assert_eq!(
        store
            .publish(meet, &publication("Place,Name"))
            .expect("kept"),
        1
    );
    drop(store);
    let store = folder.store();
    store.open(meet).expect("open");
    assert_eq!(
        store
            .publish(meet, &publication("Place,Name,Sex"))
            .expect("kept"),
        2
    );
}

/// What is kept beside the log is given back, replaced, and neither part of the log nor in its way.
pub fn a_pack_is_kept_beside_the_log_wherever_the_meet_lies(folder: &impl Folder) {
    let (store, meet) = made(folder);
    assert!(matches!(store.kept_pack(meet), Ok(None)));
    assert_eq!(store.log_id(meet).ok(), Some(head(meet).log_id));
    for file in [&b"first"[..], b"", b"the second is longer"] {
        store.keep_pack(meet, file).expect("kept");
        assert_eq!(store.kept_pack(meet).expect("given").as_deref(), Some(file));
    }
    store.append(meet, &changes(1..4)).expect("appended");
    store.finish(meet).expect("finished");
    store.close(meet).expect("closed");
    assert!(matches!(store.kept_pack(meet), Err(StoreError::NotOpen)));
    assert!(matches!(
        store.keep_pack(meet, b"x"),
        Err(StoreError::NotOpen)
    ));
    let next = folder.store();
    next.open(meet).expect("opened");
    let kept = next.kept_pack(meet).expect("given");
    assert_eq!(kept.as_deref(), Some(&b"the second is longer"[..]));
    assert_eq!(read_all(&*next, meet, 0), bytes(1..4));
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn meets_do_not_touch_each_other(folder: &impl Folder) {
    let (store, first) = made(folder);
    let second = meet(987_654_321);
    store.create(&head(second), &records(9)).expect("created");
    store.append(first, &changes(1..4)).expect("appended");
    store.append(second, &changes(100..102)).expect("appended");
    store.finish(first).expect("finished");
    store.close(first).expect("closed");
    assert_eq!(read_all(&*store, second, 0), bytes(100..102));
    assert_eq!(store.open(second).expect("open").meet.records, records(9));
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn many_threads_may_append_to_many_meets(folder: &impl Folder) {
    let store = folder.store();
    let meets = [meet(1), meet(2), meet(3)];
    for meet in meets {
        store.create(&head(meet), &records(0)).expect("created");
    }
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let (store, meet) = (&store, meets[thread % 3]);
            scope.spawn(move || {
                for number in 0..10 {
                    store.append(meet, &[change(number)]).expect("appended");
                }
            });
        }
    });
    for meet in meets {
        let mut kept: Vec<_> = read_all(&*store, meet, 0)
            .iter()
            .map(|bytes| bytes.as_ref().to_vec())
            .collect();
        kept.sort();
        let mut twice: Vec<_> = bytes(0..10)
            .iter()
            .map(|bytes| bytes.as_ref().to_vec())
            .flat_map(|bytes| [bytes.clone(), bytes])
            .collect();
        twice.sort();
        assert_eq!(kept, twice);
    }
}

fn made_many(folder: &impl Folder, count: u32) -> (Box<dyn LogStore>, Vec<MeetId>) {
    let store = folder.store();
    let meets: Vec<MeetId> = (1..=count).map(meet).collect();
    for &meet in &meets {
        store.create(&head(meet), &records(0)).expect("created");
    }
    (store, meets)
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn meets_appended_to_together_keep_what_is_theirs(folder: &impl Folder) {
    let (store, meets) = made_many(folder, 40);
    for round in 0..3_u64 {
        let lists: Vec<Vec<LogEntry>> = (0..40)
            .map(|n| changes(n + 2 * round..n + 2 * round + 2))
            .collect();
        // In another order than that of their ids.
        let appends = (meets.iter().copied().zip(&lists)).rev();
        let appends: Vec<_> = appends.map(|(meet, list)| (meet, &list[..])).collect();
        for outcome in store.append_many(&appends) {
            assert_eq!(outcome.expect("appended"), 2 * round + 2);
        }
    }
    drop(store);
    let store = folder.store();
    for (n, &meet) in (0..).zip(&meets) {
        assert_eq!(store.open(meet).expect("open").meet.end, 6);
        assert_eq!(read_all(&*store, meet, 0), bytes(n..n + 6));
    }
    assert!(store.append_many(&[]).is_empty());
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn a_meet_that_is_not_open_spoils_no_other_append(folder: &impl Folder) {
    let (store, meets) = made_many(folder, 3);
    store.close(meets[1]).expect("closed");
    let one = changes(1..2);
    let appends: Vec<_> = [meets[0], meets[1], meet(99), meets[2]]
        .map(|meet| (meet, &one[..]))
        .to_vec();
    let outcomes = store.append_many(&appends);
    assert!(matches!(
        &outcomes[..],
        [
            Ok(1),
            Err(StoreError::NotOpen),
            Err(StoreError::NotOpen),
            Ok(1)
        ]
    ));
    assert_eq!(store.open(meets[1]).expect("open").meet.end, 0);
    assert_eq!(read_all(&*store, meets[2], 0), bytes(1..2));
}

#[allow(missing_docs, reason = "each name is the fact it states")]
pub fn many_threads_may_append_to_the_same_meets_together(folder: &impl Folder) {
    let (store, mut meets) = made_many(folder, 5);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            // Each thread names the meets in another order.
            meets.rotate_left(1);
            let (store, meets) = (&store, meets.clone());
            scope.spawn(move || {
                for number in 0..10 {
                    let one = [change(number)];
                    let appends: Vec<_> = meets.iter().map(|&meet| (meet, &one[..])).collect();
                    for outcome in store.append_many(&appends) {
                        outcome.expect("appended");
                    }
                }
            });
        }
    });
    for meet in meets {
        assert_eq!(read_all(&*store, meet, 0).len(), 40);
    }
}
