//! A relay's disk: one thing after the other, as they were asked for.

use spotter_model::ChangeHash;
use spotter_relay::{Action, Input, LogHead};
use spotter_relay_protocol::{LogId, MeetId, SessionId};
use spotter_sim_plan::Happened;

use super::{World, of_relay, relay_number};
use crate::chance::mix;
use crate::disk::{Copied, SimDisk};
use crate::journal::Found;
use crate::queue::Coming;
use crate::store::Store;

/// How long a relay's disk takes to sync, in milliseconds: at least, and at most how much longer.
const SYNC_MS: (u64, u64) = (2, 8);

impl World<'_> {
    /// Has the disk do something, after what it was asked for before.
    pub(super) fn store_for_relay(&mut self, number: usize, action: Action) {
        self.relays[number].jobs.push_back(action);
        self.go_on_storing(number);
    }

    /// Begins what waits, if the disk is not busy.
    fn go_on_storing(&mut self, number: usize) {
        let relay = &mut self.relays[number];
        if relay.is_busy || relay.jobs.is_empty() {
            return;
        }
        relay.is_busy = true;
        let takes = match relay.jobs.front() {
            Some(Action::Append { meet, entries, .. }) => {
                // What cannot be written is told when its turn to be synced comes.
                relay.trouble = relay.store.write(*meet, entries).err();
                SYNC_MS.0 + mix(&[self.plan.seed, 12, number as u64, self.now]) % SYNC_MS.1
            }
            Some(Action::CreateMeet { .. } | Action::FinishMeet { .. }) => 3 * SYNC_MS.0,
            Some(Action::SaveRecords { .. } | Action::SavePublication { .. }) => 2 * SYNC_MS.0,
            Some(_) | None => 0,
        };
        let coming = Coming::RelayDone(number, relay.run);
        self.queue.plan(self.now + takes, coming);
    }

    pub(super) fn relay_done(&mut self, number: usize, run: u64) {
        let relay = &mut self.relays[number];
        if relay.run != run || !relay.is_up() {
            return;
        }
        if let Some(postponed) = &mut relay.postponed {
            return postponed.push(Coming::RelayDone(number, run));
        }
        relay.is_busy = false;
        let Some(action) = relay.jobs.pop_front() else {
            return;
        };
        let input = self.store(number, action);
        if self.relays[number].disk.is_dead() {
            return self.relay_died(number);
        }
        if let Some(input) = input {
            self.step_relay(number, input);
        }
        if self.relays[number].run == run && self.relays[number].is_up() {
            self.go_on_storing(number);
        }
    }

    fn store(&mut self, number: usize, action: Action) -> Option<Input> {
        let relay = &mut self.relays[number];
        Some(match action {
            Action::CreateMeet {
                meet,
                log_id,
                root,
                records,
            } => {
                let first = records.sessions.sessions.first();
                relay.made = first.map(|session| session.session_id);
                let head = LogHead { meet, log_id, root };
                let outcome = relay.store.create(head, &records);
                Input::MeetCreated { meet, outcome }
            }
            Action::OpenMeet { meet } => return Some(self.open_meet(number, meet)),
            Action::ReadLog {
                meet,
                read,
                after,
                bytes_max,
            } => Input::LogRead {
                meet,
                read,
                outcome: relay.store.read(meet, after, bytes_max),
            },
            Action::Append {
                meet,
                batch,
                entries,
            } => {
                let written = relay.trouble.take().map_or(Ok(()), Err);
                let log = relay.store.log_id(meet);
                match written.and_then(|()| relay.store.sync(meet)) {
                    Ok(end) => {
                        let stored: Vec<_> = entries.iter().map(|one| (one.hash, one.by)).collect();
                        if let Some(log) = log {
                            let after = end - stored.len() as u64;
                            self.notice_log(number, log, after, &stored, false);
                        }
                        Input::Appended { meet, batch }
                    }
                    Err(trouble) => Input::AppendFailed {
                        meet,
                        batch,
                        trouble,
                    },
                }
            }
            Action::SaveRecords {
                meet,
                save,
                records,
            } => {
                let outcome = relay.store.save_records(meet, &records);
                if outcome.is_ok() {
                    self.notice_revoked(number, &records);
                }
                Input::RecordsSaved {
                    meet,
                    save,
                    outcome,
                }
            }
            Action::SavePublication {
                meet,
                save,
                publication,
            } => Input::PublicationSaved {
                meet,
                save,
                outcome: relay
                    .store
                    .put(meet, "published", publication.opl_csv.as_bytes()),
            },
            Action::FinishMeet { meet, save } => Input::MeetFinished {
                meet,
                save,
                outcome: relay.store.put(meet, "finished", b"{}"),
            },
            Action::CloseMeet { meet } => {
                relay.store.close(meet);
                return None;
            }
            Action::Send { .. }
            | Action::Close { .. }
            | Action::Ping { .. }
            | Action::Unpack { .. }
            | Action::HashPassword { .. }
            | Action::PackLog { .. }
            | Action::KeepPack { .. }
            | Action::Event(_)
            | Action::DisplayAdmitted { .. }
            | Action::DisplayRefused { .. }
            | Action::DisplayEnded { .. }
            | Action::FeedSlice { .. }
            | Action::FeedFinished { .. }
            | Action::FeedEnded { .. }
            | Action::Drained => return None,
        })
    }

    fn open_meet(&mut self, number: usize, meet: MeetId) -> Input {
        let relay = &mut self.relays[number];
        let (found, outcome) = relay.store.open(meet);
        if let Some(found) = found {
            let synced = relay.store.synced.get(&meet).copied().unwrap_or(0);
            let is_rotten = relay.rotten.contains(&meet);
            if found.found == Found::Damaged {
                relay.damaged.insert(meet);
            } else {
                relay.store.synced.insert(meet, found.records);
            }
            self.tell(Happened::Opened {
                whose: of_relay(number),
                found: found.found.as_str().to_owned(),
                records: found.records,
                synced,
                rotten: is_rotten,
            });
            self.notice_found(number, meet);
        }
        Input::MeetOpened { meet, outcome }
    }

    /// What was written when the process died, and got to the disk all the same, is durable from now on.
    fn notice_found(&mut self, number: usize, meet: MeetId) {
        let Some(log) = self.relays[number].store.log_id(meet) else {
            return;
        };
        let after = self.book.log_end(number, log);
        let found = self.relays[number].store.found_behind(meet, after);
        self.notice_log(number, log, after, &found, true);
        let end = self.relays[number].store.end(meet);
        self.book.found(number, log, end);
    }

    /// A copy that is put away may hold what was written when the process died and nobody has read since. It is told
    /// now, for it comes back with the copy.
    pub(super) fn notice_unread(&mut self, number: usize, copied: &Copied) {
        let store = &self.relays[number].store;
        let unread = store
            .synced
            .keys()
            .filter(|meet| store.log_id(**meet).is_none());
        for meet in unread.copied().collect::<Vec<_>>() {
            let disk = SimDisk::new(0);
            disk.restore(copied);
            let mut store = Store::new(disk);
            // What cannot be read is told when the relay reads it.
            let _ = store.open(meet);
            if let Some(log) = store.log_id(meet) {
                let after = self.book.log_end(number, log);
                let found = store.found_behind(meet, after);
                self.notice_log(number, log, after, &found, true);
            }
        }
    }

    /// Changes behind a position have become durable, or were found to be.
    fn notice_log(
        &mut self,
        number: usize,
        log: LogId,
        after: u64,
        entries: &[(ChangeHash, SessionId)],
        found: bool,
    ) {
        if entries.is_empty() {
            return;
        }
        let hashes: Vec<ChangeHash> = entries.iter().map(|(hash, _)| *hash).collect();
        self.book.log(number, log, after, &hashes);
        for ((hash, session), position) in entries.iter().zip(after + 1..) {
            self.tell(Happened::Logged {
                relay: relay_number(number),
                log: log.to_string(),
                position,
                write: hash.to_string(),
                session: session.to_string(),
                found,
            });
        }
    }

    /// Sessions that were ended are ended durably.
    fn notice_revoked(&mut self, number: usize, records: &spotter_relay::MeetRecords) {
        let revoked = records.auth.revoked.iter().map(|one| one.session_id);
        let revoked: Vec<_> = revoked.collect();
        for session in revoked {
            if self.relays[number].revoked.insert(session) {
                self.tell(Happened::SessionEnded {
                    relay: relay_number(number),
                    session: session.to_string(),
                });
            }
        }
    }
}
