//! What is seen from outside after a device took a step: which writes it holds now, what it says of its link, what it shows.

use std::collections::{BTreeMap, BTreeSet};

use spotter_client::{Action, Client, LinkState, News};
use spotter_model::{Change, ChangeHash, Meet};
use spotter_sim_plan::{Happened, Watch, Write};

use super::{World, device_number};
use crate::book::{Known, entry_of};
use crate::device::Said;

impl World<'_> {
    /// Compares what a device holds with what it held before this step.
    pub(super) fn notice(&mut self, number: usize, actions: &[Action]) {
        let device = &mut self.devices[number];
        let Some(meet) = device.client.as_ref().and_then(Client::held) else {
            return;
        };
        let (len, known) = (meet.len(), device.holds.len());
        let is_longer = len >= known
            && known
                .checked_sub(1)
                .is_none_or(|last| meet.index().hash_at(last) == device.holds.last().copied());
        let mut forgotten = Vec::new();
        if is_longer && len == known {
            return;
        }
        let new: Vec<ChangeHash> = if is_longer {
            hashes(meet, known)
        } else {
            let now = hashes(meet, 0);
            let held: BTreeSet<ChangeHash> = device.holds.iter().copied().collect();
            let holds: BTreeSet<ChangeHash> = now.iter().copied().collect();
            forgotten = device.holds.clone();
            forgotten.retain(|hash| !holds.contains(hash));
            device.holds.clear();
            device
                .holds
                .extend(now.iter().filter(|hash| held.contains(hash)));
            now.into_iter()
                .filter(|hash| !held.contains(hash))
                .collect()
        };
        // The order of the document, whatever of it is new.
        device.holds = if is_longer {
            let mut holds = std::mem::take(&mut device.holds);
            holds.extend(&new);
            holds
        } else {
            hashes(meet, 0)
        };
        let refused = actions.iter().any(|action| {
            matches!(
                action,
                Action::Tell(News::Refused { .. } | News::NotAccepted { .. })
            )
        });
        let why = if refused { "refused" } else { "lost" };
        self.tell_forgotten(number, &forgotten, why);
        self.tell_new(number, &new, &forgotten);
    }

    /// After a start: what was held before and is not on the disk.
    pub(super) fn forget_the_lost(&mut self, number: usize) {
        let device = &mut self.devices[number];
        let Some(client) = device.client.as_ref() else {
            return;
        };
        if client.held().is_none() && !device.holds.is_empty() {
            let lost = std::mem::take(&mut device.holds);
            let why = device.stopped;
            self.tell_forgotten(number, &lost, why);
        }
    }

    fn tell_forgotten(&mut self, number: usize, forgotten: &[ChangeHash], why: &str) {
        let writes = self.names(forgotten);
        if writes.is_empty() {
            return;
        }
        // What a process did not find on its disk was lost when the one before it stopped.
        let why = if why == "refused" {
            why
        } else if self.devices[number].is_rotten {
            "lost"
        } else {
            self.devices[number].stopped
        };
        let why = why.to_owned();
        self.tell(Happened::Forgot {
            device: device_number(number),
            writes,
            why,
        });
    }

    fn names(&self, hashes: &[ChangeHash]) -> Vec<String> {
        let written = hashes.iter().filter(|hash| self.book.write(hash).is_some());
        written.map(ChangeHash::to_string).collect()
    }

    /// Tells of what is new. An edit that is made again, because its write had to leave, is written on what its author had
    /// seen then, and therefore told before what was learnt in the same step.
    fn tell_new(&mut self, number: usize, new: &[ChangeHash], forgotten: &[ChangeHash]) {
        let (learnt, written): (Vec<ChangeHash>, Vec<ChangeHash>) =
            new.iter().partition(|hash| self.book.knows(hash));
        if forgotten.is_empty() {
            self.tell_learnt(number, &learnt);
            self.tell_written(number, &written, forgotten, &[]);
        } else {
            let holds = self.devices[number].holds.iter();
            let held: Vec<ChangeHash> = holds.filter(|hash| !new.contains(hash)).copied().collect();
            self.tell_written(number, &written, forgotten, &held);
            self.tell_learnt(number, &learnt);
        }
        if self.plan.watch == Watch::Screens {
            self.notice_screen(number, new, !forgotten.is_empty());
        }
    }

    fn tell_learnt(&mut self, number: usize, learnt: &[ChangeHash]) {
        let writes = self.names(learnt);
        if !writes.is_empty() {
            self.tell(Happened::Learnt {
                device: device_number(number),
                writes,
            });
        }
    }

    /// Tells what a device wrote itself. What it has not forgotten may be unseen by what it wrote, if it has forgotten anything:
    /// that was `held` before.
    fn tell_written(
        &mut self,
        number: usize,
        written: &[ChangeHash],
        forgotten: &[ChangeHash],
        held: &[ChangeHash],
    ) {
        if written.is_empty() {
            return;
        }
        let mut puts = if forgotten.is_empty() {
            self.registers_written(number, written)
        } else {
            self.registers_written_again(number, written)
        };
        let mut again: Vec<Known> = forgotten
            .iter()
            .filter_map(|hash| self.book.write(hash).cloned())
            .filter(|known| known.device == number && known.edit.is_some())
            .collect();
        for hash in written {
            let Some(mut write) = puts.remove(hash).or_else(|| self.bare(number, hash)) else {
                continue;
            };
            let registers: Vec<String> = write.puts.keys().cloned().collect();
            write.edit = self.devices[number].editing.or_else(|| {
                let same = |known: &Known| known.registers == registers;
                let similar =
                    |known: &Known| known.registers.iter().any(|it| registers.contains(it));
                let place = again.iter().position(same);
                let place = place.or_else(|| again.iter().position(similar))?;
                again.remove(place).edit
            });
            write.unseen = self.unseen(number, hash, held);
            let known = Known {
                device: number,
                edit: write.edit,
                registers,
            };
            self.book.note(*hash, known);
            self.tell(Happened::Wrote {
                device: device_number(number),
                write,
            });
        }
    }

    /// Which of some writes a change had not seen: those that none of its dependencies leads to.
    fn unseen(&self, number: usize, of: &ChangeHash, held: &[ChangeHash]) -> Vec<String> {
        let Some(meet) = self.devices[number].client.as_ref().and_then(Client::held) else {
            return Vec::new();
        };
        if held.is_empty() {
            return Vec::new();
        }
        let seen = ancestry(meet, of);
        let unseen: Vec<ChangeHash> = held
            .iter()
            .filter(|hash| !seen.contains(hash))
            .copied()
            .collect();
        self.names(&unseen)
    }

    /// Which registers of the plan these changes gave which values.
    fn registers_written(
        &mut self,
        number: usize,
        written: &[ChangeHash],
    ) -> BTreeMap<ChangeHash, Write> {
        let edit = self.devices[number].editing;
        let candidates = self.candidates(edit, written.len());
        let Some(meet) = self.devices[number].client.as_mut().and_then(Client::meet) else {
            return BTreeMap::new();
        };
        self.book.written(meet, &candidates, written)
    }

    /// The same of edits that are made again. What they say may be beaten by what is held by now, and is read as their author
    /// sees it: where nothing else has been seen but what they had seen.
    fn registers_written_again(
        &self,
        number: usize,
        written: &[ChangeHash],
    ) -> BTreeMap<ChangeHash, Write> {
        let Some(meet) = self.devices[number].client.as_ref().and_then(Client::held) else {
            return BTreeMap::new();
        };
        let candidates = self.candidates(None, written.len());
        let mut writes = BTreeMap::new();
        for hash in written {
            let seen = ancestry(meet, hash);
            let changes: Vec<Change> = meet
                .changes()
                .filter(|change| seen.contains(&change.hash()))
                .collect();
            let mut past = Meet::open(meet.root());
            past.receive(&changes);
            writes.append(&mut self.book.written(&mut past, &candidates, &[*hash]));
        }
        writes
    }

    /// The registers that a write may concern: those of the edit, with all of the entries it may have added.
    fn candidates(
        &self,
        edit: Option<spotter_sim_plan::EditNumber>,
        changes: usize,
    ) -> Vec<String> {
        let puts = edit.and_then(|edit| self.edits.get(&edit));
        let Some(puts) = puts.filter(|_| changes < 8) else {
            return self
                .book
                .registers()
                .map(|(name, _)| name.clone())
                .collect();
        };
        let mut candidates: BTreeSet<String> = BTreeSet::new();
        for register in puts.keys() {
            candidates.insert(register.clone());
            if let Some(id) = self.book.path(register).and_then(entry_of) {
                candidates.extend(self.book.of_entry(id).iter().cloned());
            }
        }
        candidates.into_iter().collect()
    }

    /// A write of nothing that the plan names, such as the beginning of the meet.
    fn bare(&self, number: usize, hash: &ChangeHash) -> Option<Write> {
        let meet = self.devices[number].client.as_ref()?.held()?;
        let change = meet.change(hash)?;
        let author = meet.index().author(&change.actor())?;
        Some(Write {
            name: hash.to_string(),
            edit: None,
            location: author.location.as_str().to_owned(),
            priority: author.priority.get(),
            counter: u64::from(change.start_op()),
            counters: BTreeMap::new(),
            actor: change.actor().to_string(),
            puts: BTreeMap::new(),
            unseen: Vec::new(),
        })
    }

    /// Tells what a device shows differently.
    fn notice_screen(&mut self, number: usize, new: &[ChangeHash], everything: bool) {
        let touched: BTreeSet<String> = if everything {
            self.book
                .registers()
                .map(|(name, _)| name.clone())
                .collect()
        } else {
            let known = new.iter().filter_map(|hash| self.book.write(hash));
            known.flat_map(|known| known.registers.clone()).collect()
        };
        let edit = self.devices[number].editing;
        let mut shows = Vec::new();
        let device = &mut self.devices[number];
        let Some(meet) = device.client.as_mut().and_then(Client::meet) else {
            return;
        };
        for register in touched {
            let Some(path) = self.book.path(&register) else {
                continue;
            };
            let Ok(shown) = meet.get(path) else { continue };
            let value = shown.held.value.unwrap_or(serde_json::Value::Null);
            let write = self.book.write(&shown.held.change);
            let is_beginning = write.is_none_or(|known| known.edit.is_none());
            let before = device.screen.get(&register);
            if before == Some(&value) || (before.is_none() && is_beginning) {
                device.screen.insert(register, value);
                continue;
            }
            device.screen.insert(register.clone(), value.clone());
            shows.push(Happened::Shows {
                device: device_number(number),
                register,
                value,
                write: (!is_beginning).then(|| shown.held.change.to_string()),
                own: edit.is_some() && write.is_some_and(|known| known.edit == edit),
            });
        }
        for show in shows {
            self.tell(show);
        }
    }

    /// Tells what a device says of its link, if it says something else than before.
    pub(super) fn notice_status(&mut self, number: usize) {
        let moment = self.time_of(number).moment;
        let device = &mut self.devices[number];
        let Some(client) = &device.client else { return };
        let status = client.status(moment);
        let said = Said {
            link: match status.link {
                LinkState::Offline { .. } => "offline",
                LinkState::Joining => "joining",
                LinkState::CatchingUp => "catching-up",
                LinkState::Live => "live",
            },
            in_sync: status.in_sync,
            need_resync: status.need_resync,
            not_sent: status.edits_not_sent as u64,
        };
        if device.status.as_ref() == Some(&said) {
            return;
        }
        device.status = Some(said.clone());
        self.tell(Happened::Status {
            device: device_number(number),
            link: said.link.to_owned(),
            in_sync: said.in_sync,
            need_resync: said.need_resync,
            not_sent: said.not_sent,
        });
        if self.is_calm && said.link == "offline" {
            self.urge_soon(number);
        }
    }
}

/// A change and all that its dependencies lead to.
fn ancestry(meet: &Meet, of: &ChangeHash) -> BTreeSet<ChangeHash> {
    let mut seen = BTreeSet::from([*of]);
    let mut next = vec![*of];
    while let Some(change) = next.pop().and_then(|hash| meet.change(&hash)) {
        next.extend(change.deps().iter().filter(|dep| seen.insert(**dep)));
    }
    seen
}

/// The hashes of a meet's changes from a place on, in the order of admission.
fn hashes(meet: &Meet, from: usize) -> Vec<ChangeHash> {
    (from..meet.len())
        .filter_map(|number| meet.index().hash_at(number))
        .collect()
}
