//! Flat files when the world fails: crashes, bit rot, hands in the folder, disks that are full or lie.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use spotter_journal_file::{Disk, DiskFile, DiskVolume, OpenFile, RealDisk, Volume};
use spotter_model::{
    ActorId, Change, ChangeDraft, LocationName, ObjectId, Op, OpAction, Priority, Scalar,
};
use spotter_relay::LogEntry;
use spotter_relay_protocol::{ChangeBytes, LogId, MeetId, SessionId};
use spotter_relay_store::conformance::{change, head, meet, read_all, records};
use spotter_relay_store::{FlatFiles, LogHead, LogStore, StoreError};

struct Bench {
    dir: tempfile::TempDir,
    store: FlatFiles,
    meet: MeetId,
}

impl Bench {
    /// A folder with one meet of five changes, appended one by one.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (store, meet) = (FlatFiles::new(dir.path()), meet(123_456_789));
        store.create(&head(meet), &records(0)).unwrap();
        for number in 1..6 {
            store.append(meet, &[change(number)]).unwrap();
        }
        Self { dir, store, meet }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("current-meets/123456789")
    }

    fn log(&self) -> PathBuf {
        self.folder().join("updates.json.log")
    }

    /// Closes the store and opens another, as the next process does.
    fn restart(&mut self) {
        self.store = FlatFiles::new(self.dir.path());
    }

    fn flip_bit_in_line(&self, line: usize) {
        let mut bytes = fs::read(self.log()).unwrap();
        let start: usize = bytes
            .split_inclusive(|&byte| byte == b'\n')
            .take(line)
            .map(<[u8]>::len)
            .sum();
        bytes[start + 50] ^= 1;
        fs::write(self.log(), bytes).unwrap();
    }
}

fn assert_damaged(result: Result<impl std::fmt::Debug, StoreError>, words: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn files_lie_where_the_seed_drew_them_and_read_as_text() {
    let bench = Bench::new();
    let log = fs::read_to_string(bench.log()).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["kind"], "meta");
    assert_eq!(lines[0]["meetId"], "123456789");
    assert_eq!(lines[5]["h"], format!("{:064x}", 5));
    for record in ["auth.json", "sessions.json"] {
        let text = fs::read_to_string(bench.folder().join(record)).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
    bench.store.finish(bench.meet).unwrap();
    assert!(!bench.folder().exists());
    assert!(
        bench
            .dir
            .path()
            .join("finished-meets/123456789/updates.json.log")
            .exists()
    );
}

#[test]
fn a_torn_tail_is_told_once_and_what_was_acknowledged_stays() {
    let mut bench = Bench::new();
    let mut bytes = fs::read(bench.log()).unwrap();
    bytes.extend_from_slice(b"{\"n\":6,\"d\":12");
    fs::write(bench.log(), bytes).unwrap();
    bench.restart();
    let opened = bench.store.open(bench.meet).unwrap();
    assert_eq!(opened.meet.end, 5);
    assert!(opened.repaired.unwrap().contains("torn-1"));
    bench.restart();
    assert_eq!(bench.store.open(bench.meet).unwrap().repaired, None);
}

#[test]
fn bit_rot_stops_that_meet_with_its_line_named_and_no_other() {
    let mut bench = Bench::new();
    let other = meet(2);
    bench.store.create(&head(other), &records(2)).unwrap();
    bench.flip_bit_in_line(3);
    bench.restart();
    for _ in 0..2 {
        assert_damaged(bench.store.open(bench.meet), "line 4, offset");
    }
    bench.store.open(other).unwrap();
    bench.store.append(other, &[change(1)]).unwrap();
}

#[test]
fn bit_rot_under_a_running_relay_is_noticed_when_the_log_is_read() {
    let bench = Bench::new();
    bench.flip_bit_in_line(2);
    assert_damaged(bench.store.read(bench.meet, 0, 100_000), "line 3");
    assert!(matches!(
        bench.store.append(bench.meet, &[change(6)]),
        Err(StoreError::NotOpen)
    ));
    assert_damaged(bench.store.open(bench.meet), "line 3");
}

#[test]
fn a_deleted_folder_is_noticed_before_anything_is_acknowledged() {
    let bench = Bench::new();
    fs::remove_dir_all(bench.dir.path().join("current-meets")).unwrap();
    assert!(matches!(
        bench.store.append(bench.meet, &[change(6)]),
        Err(StoreError::Unsure(_))
    ));
    assert!(matches!(
        bench.store.open(bench.meet),
        Err(StoreError::NoSuchMeet)
    ));
    // The meet comes back under another log id, in a folder that is made again.
    let recovered = LogHead {
        log_id: LogId::from_bytes(*b"log-0002"),
        ..head(bench.meet)
    };
    bench.store.create(&recovered, &records(1)).unwrap();
    assert_eq!(bench.store.append(bench.meet, &[change(1)]).unwrap(), 1);
}

#[test]
fn a_replaced_log_is_noticed_before_anything_is_acknowledged() {
    let bench = Bench::new();
    let backup = fs::read(bench.log()).unwrap();
    bench.store.append(bench.meet, &[change(6)]).unwrap();
    fs::remove_file(bench.log()).unwrap();
    fs::write(bench.log(), backup).unwrap();
    assert!(matches!(
        bench.store.append(bench.meet, &[change(7)]),
        Err(StoreError::Unsure(_))
    ));
    assert_eq!(
        bench.store.open(bench.meet).unwrap().meet.end,
        5,
        "the backup is what there is now"
    );
}

#[test]
fn a_missing_file_of_a_meet_is_damage_and_named() {
    for (file, words) in [
        ("updates.json.log", "missing"),
        ("auth.json", "missing"),
        ("sessions.json", "missing"),
    ] {
        let mut bench = Bench::new();
        fs::remove_file(bench.folder().join(file)).unwrap();
        bench.restart();
        let error = bench.store.open(bench.meet).unwrap_err();
        assert!(error.to_string().contains(file), "{error}");
        assert_damaged(Err::<(), _>(error), words);
    }
}

#[test]
fn a_log_in_the_wrong_folder_is_not_served() {
    let mut bench = Bench::new();
    let wrong = bench.dir.path().join("current-meets/000000007");
    fs::rename(bench.folder(), &wrong).unwrap();
    bench.restart();
    assert_damaged(bench.store.open(meet(7)), "log of meet 123-456-789");
}

#[test]
fn what_a_crash_left_of_a_meet_that_was_never_announced_is_in_nobodys_way() {
    let bench = Bench::new();
    let unborn = bench.dir.path().join("current-meets/000000009.new");
    fs::create_dir(&unborn).unwrap();
    fs::write(unborn.join("auth.json"), "{").unwrap();
    assert!(matches!(
        bench.store.open(meet(9)),
        Err(StoreError::NoSuchMeet)
    ));
    bench.store.create(&head(meet(9)), &records(0)).unwrap();
    assert_eq!(bench.store.open(meet(9)).unwrap().meet.end, 0);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_meet_in_both_folders_is_served_once_and_the_shorter_copy_kept_aside() {
    let mut bench = Bench::new();
    let finished = bench.dir.path().join("finished-meets/123456789");
    copy(&bench.folder(), &finished);
    bench.restart();
    let opened = bench.store.open(bench.meet).unwrap();
    assert!(opened.meet.finished);
    assert!(opened.repaired.unwrap().contains("aside-1"));
    assert!(!bench.folder().exists());
    assert!(
        bench
            .dir
            .path()
            .join("current-meets/123456789.aside-1/updates.json.log")
            .exists()
    );
    // The other way round: the finished copy is the older one.
    copy(&finished, &bench.folder());
    bench.restart();
    fs::rename(&finished, bench.dir.path().join("kept")).unwrap();
    bench.store.open(bench.meet).unwrap();
    bench.store.append(bench.meet, &[change(6)]).unwrap();
    bench.restart();
    fs::rename(bench.dir.path().join("kept"), &finished).unwrap();
    let opened = bench.store.open(bench.meet).unwrap();
    assert_eq!((opened.meet.finished, opened.meet.end), (false, 6));
}

#[test]
fn two_meets_under_one_id_are_not_guessed_between() {
    let mut bench = Bench::new();
    let finished = bench.dir.path().join("finished-meets/123456789");
    let elsewhere = tempfile::tempdir().unwrap();
    let other = FlatFiles::new(elsewhere.path());
    let other_head = LogHead {
        log_id: LogId::from_bytes(*b"log-0009"),
        ..head(bench.meet)
    };
    other.create(&other_head, &records(0)).unwrap();
    copy(&elsewhere.path().join("current-meets/123456789"), &finished);
    bench.restart();
    assert_damaged(bench.store.open(bench.meet), "cannot be told apart");
}

/// A chain of real changes, the first without dependencies.
fn real_changes(count: usize) -> Vec<LogEntry> {
    let actor = ActorId::new([7; 8]);
    let mut entries: Vec<LogEntry> = Vec::new();
    for number in 0..count {
        let author = (number == 0).then(|| spotter_model::Author {
            location: LocationName::parse("Desk").unwrap(),
            priority: Priority::new(1).unwrap(),
        });
        let change = Change::encode(ChangeDraft {
            actor,
            seq: number as u32 + 1,
            start_op: number as u32 + 1,
            deps: entries.last().map(|entry| entry.hash).into_iter().collect(),
            time: 0,
            message: None,
            author,
            ops: vec![Op {
                object: ObjectId::Root,
                key: format!("key {number}"),
                action: OpAction::Set(Scalar::Bool(true)),
                preds: vec![],
            }],
        })
        .unwrap();
        entries.push(LogEntry {
            received_at: 0,
            by: SessionId::from_bytes([1; 8]),
            hash: change.hash(),
            change: ChangeBytes::new(change.bytes().clone()),
        });
    }
    entries
}

#[test]
fn verify_names_every_damage_and_repair_keeps_what_still_stands() {
    let dir = tempfile::tempdir().unwrap();
    let (store, meet) = (FlatFiles::new(dir.path()), meet(5));
    let entries = real_changes(6);
    let real_head = LogHead {
        root: entries[0].hash,
        ..head(meet)
    };
    store.create(&real_head, &records(0)).unwrap();
    for entry in &entries {
        store.append(meet, std::slice::from_ref(entry)).unwrap();
    }
    store.close(meet).unwrap();
    let place = &store.meets().unwrap()[0];
    assert_eq!(store.verify(place), []);
    assert_eq!(
        store.repair(place, LogId::from_bytes([2; 8])).unwrap(),
        None
    );

    let log = place.dir.join("updates.json.log");
    let text = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(
        &log,
        text.replace(lines[4], &lines[4].replacen("\"t\":0", "\"t\":9", 1)),
    )
    .unwrap();
    let findings = store.verify(place);
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].meet, findings[0].harmless), (meet, false));
    assert!(
        findings[0].what.contains("line 5, offset"),
        "{}",
        findings[0].what
    );

    let repaired = store
        .repair(place, LogId::from_bytes([2; 8]))
        .unwrap()
        .unwrap();
    assert_eq!(
        (repaired.kept, repaired.left_out),
        (3, 2),
        "the fourth is lost, two were built on it"
    );
    assert_eq!(
        fs::read_to_string(&repaired.set_aside)
            .unwrap()
            .lines()
            .count(),
        lines.len()
    );
    assert_eq!(store.verify(place), []);
    let opened = store.open(meet).unwrap();
    assert_eq!(opened.meet.log_id, LogId::from_bytes([2; 8]));
    assert_eq!(opened.meet.root, entries[0].hash);
    let kept: Vec<_> = entries[..3]
        .iter()
        .map(|entry| entry.change.clone())
        .collect();
    assert_eq!(read_all(&store, meet, 0), kept);
}

#[test]
fn a_log_that_lost_its_first_line_is_repaired_from_the_first_change() {
    let dir = tempfile::tempdir().unwrap();
    let (store, meet) = (FlatFiles::new(dir.path()), meet(5));
    let entries = real_changes(3);
    let real_head = LogHead {
        root: entries[0].hash,
        ..head(meet)
    };
    store.create(&real_head, &records(0)).unwrap();
    store.append(meet, &entries).unwrap();
    store.close(meet).unwrap();
    let place = &store.meets().unwrap()[0];
    let log = place.dir.join("updates.json.log");
    let mut bytes = fs::read(&log).unwrap();
    bytes[60] ^= 4;
    fs::write(&log, bytes).unwrap();
    assert_eq!(
        store
            .repair(place, LogId::from_bytes([2; 8]))
            .unwrap()
            .unwrap()
            .kept,
        3
    );
    assert_eq!(store.open(meet).unwrap().meet.root, entries[0].hash);
}

#[test]
fn a_change_that_is_not_the_one_it_is_called_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (store, meet) = (FlatFiles::new(dir.path()), meet(5));
    let mut entries = real_changes(2);
    entries[1].hash = entries[0].hash;
    store.create(&head(meet), &records(0)).unwrap();
    store.append(meet, &entries).unwrap();
    let findings = store.verify(&store.meets().unwrap()[0]);
    assert!(findings[0].what.contains("line 3"), "{findings:?}");
}

/// The machine's own disk, until it is told to fail.
#[derive(Clone, Debug, Default)]
struct LyingDisk {
    sync_fails: Arc<AtomicBool>,
    shared_syncs: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct LyingFile(DiskFile, Arc<AtomicBool>);

impl Disk for LyingDisk {
    type File = LyingFile;
    type Volume = LyingVolume;

    fn create_new(&self, path: &Path) -> io::Result<LyingFile> {
        Ok(LyingFile(
            RealDisk.create_new(path)?,
            Arc::clone(&self.sync_fails),
        ))
    }

    fn open(&self, path: &Path) -> io::Result<LyingFile> {
        Ok(LyingFile(
            RealDisk.open(path)?,
            Arc::clone(&self.sync_fails),
        ))
    }

    fn sync_entry(&self, path: &Path) -> io::Result<()> {
        RealDisk.sync_entry(path)
    }

    fn volume(&self, path: &Path) -> Option<LyingVolume> {
        let volume = RealDisk.volume(path)?;
        Some(LyingVolume(volume, self.clone()))
    }
}

#[derive(Debug)]
struct LyingVolume(DiskVolume, LyingDisk);

impl Volume for LyingVolume {
    fn id(&self) -> u64 {
        self.0.id()
    }

    fn sync(&self) -> io::Result<()> {
        self.1.shared_syncs.fetch_add(1, Ordering::Relaxed);
        if self.1.sync_fails.swap(false, Ordering::Relaxed) {
            return Err(io::Error::other("input/output error"));
        }
        self.0.sync()
    }
}

impl OpenFile for LyingFile {
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        // It fails once; another try would succeed, having forgotten what it was about.
        if self.1.swap(false, Ordering::Relaxed) {
            return Err(io::Error::other("input/output error"));
        }
        self.0.sync()
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.0.cut(len)
    }

    fn is_still(&self, path: &Path, len: u64) -> bool {
        self.0.is_still(path, len)
    }
}

#[test]
fn a_failed_sync_closes_the_meet_and_opening_finds_out_what_was_kept() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), LyingDisk::default());
    let (store, meet) = (FlatFiles::on(disk.clone(), dir.path()), meet(1));
    store.create(&head(meet), &records(0)).unwrap();
    store.append(meet, &[change(1)]).unwrap();
    disk.sync_fails.store(true, Ordering::Relaxed);
    assert!(matches!(
        store.append(meet, &[change(2)]),
        Err(StoreError::Unsure(_))
    ));
    assert!(matches!(
        store.append(meet, &[change(2)]),
        Err(StoreError::NotOpen)
    ));
    assert_eq!(store.open(meet).unwrap().meet.end, 1);
    assert_eq!(store.append(meet, &[change(3)]).unwrap(), 2);
}

/// A store on a disk that lies, with this many open meets of one change each.
fn lied_to(meets: u32) -> (tempfile::TempDir, LyingDisk, FlatFiles<LyingDisk>) {
    let (dir, disk) = (tempfile::tempdir().unwrap(), LyingDisk::default());
    let store = FlatFiles::on(disk.clone(), dir.path());
    for number in 1..=meets {
        store.create(&head(meet(number)), &records(0)).unwrap();
        store.append(meet(number), &[change(1)]).unwrap();
    }
    (dir, disk, store)
}

#[cfg(target_os = "linux")]
#[test]
fn many_meets_share_one_sync_and_one_alone_syncs_its_own_log() {
    let (_dir, disk, store) = lied_to(20);
    assert_eq!(disk.shared_syncs.load(Ordering::Relaxed), 0);
    let entries = [change(2)];
    let appends: Vec<_> = (1..=20).rev().map(|n| (meet(n), &entries[..])).collect();
    for outcome in store.append_many(&appends) {
        assert_eq!(outcome.unwrap(), 2);
    }
    assert_eq!(disk.shared_syncs.load(Ordering::Relaxed), 1);
}

#[test]
fn a_failed_shared_sync_closes_those_who_relied_on_it_and_nobody_else() {
    let (dir, disk, store) = lied_to(4);
    let (entries, nothing) = ([change(2)], meet(99));
    // The third was replaced and the fourth takes no part: neither relies on the sync.
    let log = dir.path().join("current-meets/000000003/updates.json.log");
    let bytes = fs::read(&log).unwrap();
    fs::remove_file(&log).unwrap();
    fs::write(&log, bytes).unwrap();
    disk.sync_fails.store(true, Ordering::Relaxed);
    let appends = [meet(1), meet(2), meet(3), nothing].map(|meet| (meet, &entries[..]));
    let outcomes = store.append_many(&appends);
    for outcome in &outcomes[..3] {
        assert!(matches!(outcome, Err(StoreError::Unsure(_))), "{outcome:?}");
    }
    assert!(matches!(outcomes[3], Err(StoreError::NotOpen)));
    assert_eq!(store.append(meet(4), &entries).unwrap(), 2);
    for number in 1..=3 {
        let closed = store.append(meet(number), &entries);
        assert!(matches!(closed, Err(StoreError::NotOpen)), "{closed:?}");
        assert_eq!(store.open(meet(number)).unwrap().meet.end, 1);
        assert_eq!(store.append(meet(number), &entries).unwrap(), 2);
    }
}

/// Set for the process that [`a_full_disk_refuses_and_recovers`] starts: the folder to fill.
const FILL: &str = "SPOTTER_TEST_FILL";

/// The process with a limit on the size of its files. Writes beyond it are cut short by the kernel, as on a full disk.
#[test]
fn fill_the_folder_if_asked_to() {
    let Ok(dir) = std::env::var(FILL) else { return };
    let (store, meet) = (FlatFiles::new(Path::new(&dir)), meet(1));
    store.create(&head(meet), &records(0)).unwrap();
    store.append(meet, &[change(1)]).unwrap();
    let many: Vec<LogEntry> = (2..2_000).map(change).collect();
    for _ in 0..3 {
        assert!(matches!(
            store.append(meet, &many),
            Err(StoreError::Full(_))
        ));
    }
    assert_eq!(
        store.append(meet, &[change(2)]).unwrap(),
        2,
        "what fits is taken again"
    );
}

#[cfg(unix)]
#[test]
fn a_full_disk_refuses_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let limited = "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact fill_the_folder_if_asked_to";
    // Its words go into a pipe: a log file of this run may be longer than the child may write.
    let child = Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .env(FILL, dir.path())
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    let store = FlatFiles::new(dir.path());
    let opened = store.open(meet(1)).unwrap();
    assert_eq!((opened.meet.end, opened.repaired), (2, None));
    assert_eq!(
        read_all(&store, meet(1), 0),
        [change(1).change, change(2).change]
    );
}
