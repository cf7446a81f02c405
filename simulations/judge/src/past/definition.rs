//! The replay order by its definition, as `docs/resolution.md` says it: the oracle of the oracle.
//!
//! Slow, and short enough to be compared with the page at a glance.

use super::history::{History, PutId};

/// Writes of one register in the order of the replay: while some are left, take those whose every seen write among them has
/// been taken already, and of these the one with the lowest rank.
pub(crate) fn replay(history: &History<'_>, writes: &[PutId]) -> Vec<PutId> {
    let mut left = writes.to_vec();
    let mut order = Vec::new();
    while !left.is_empty() {
        let could_come_next =
            |put: &&PutId| !left.iter().any(|other| history.had_seen(**put, *other));
        let next = left.iter().filter(could_come_next);
        let Some(next) = next.min_by_key(|put| rank(history, **put)).copied() else {
            break;
        };
        left.retain(|put| *put != next);
        order.push(next);
    }
    order
}

fn rank<'h>(history: &'h History<'_>, put: PutId) -> (u32, u64, &'h str) {
    let write = history.write_of(put).write;
    let register = history.name(history.put(put).register);
    let counter = write.counters.get(register).unwrap_or(&write.counter);
    (write.priority, *counter, &write.actor)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use quickcheck::{Arbitrary, Gen, QuickCheck};
    use serde_json::json;
    use spotter_sim_plan::{DeviceNumber, Write};

    use super::replay;
    use crate::past::{History, Holding, Meant, PutId, WriteId};

    /// A history of one register on a few devices: who writes with which priority, and who takes over all of whom.
    #[derive(Clone, Debug)]
    enum Act {
        Write { by: usize, priority: u32 },
        Take { to: usize, from: usize },
    }

    impl Arbitrary for Act {
        fn arbitrary(g: &mut Gen) -> Self {
            let device = |g: &mut Gen| usize::arbitrary(g) % 4;
            if bool::arbitrary(g) {
                Self::Write {
                    by: device(g),
                    priority: u32::arbitrary(g) % 3,
                }
            } else {
                Self::Take {
                    to: device(g),
                    from: device(g),
                }
            }
        }
    }

    fn written(acts: &[Act]) -> Vec<(usize, Write)> {
        let mut clocks = [0_u64; 4];
        let mut writes = Vec::new();
        for act in acts {
            match act {
                Act::Write { by, priority } => {
                    clocks[*by] += 1;
                    let write = Write {
                        name: format!("w{}", writes.len()),
                        edit: None,
                        location: String::new(),
                        priority: *priority,
                        counter: clocks[*by],
                        counters: BTreeMap::new(),
                        unseen: Vec::new(),
                        actor: format!("a{by}"),
                        puts: BTreeMap::from([("r".to_owned(), json!(writes.len()))]),
                    };
                    writes.push((*by, write));
                }
                Act::Take { to, from } => clocks[*to] = clocks[*to].max(clocks[*from]),
            }
        }
        writes
    }

    fn as_defined(acts: Vec<Act>) -> bool {
        let writes = written(&acts);
        let mut history = History::default();
        let mut devices = vec![Holding::default(); 4];
        let mut next = writes.iter();
        for act in &acts {
            match act {
                Act::Write { .. } => {
                    let (by, write) = next.next().unwrap();
                    let device = DeviceNumber(u16::try_from(*by).unwrap());
                    let id = history.add(device, 0, 0, write, &devices[*by]).unwrap();
                    devices[*by].add(&history, id);
                }
                Act::Take { to, from } => {
                    let theirs: Vec<WriteId> = devices[*from].writes().iter().collect();
                    // Backwards, so that nothing depends on the order of arrival.
                    for write in theirs.into_iter().rev() {
                        devices[*to].add(&history, write);
                    }
                }
            }
            if !devices
                .iter()
                .all(|device| shows_as_defined(&history, device))
            {
                return false;
            }
        }
        // Forgetting is undone by learning again.
        for device in &mut devices {
            let all: Vec<WriteId> = device.writes().iter().collect();
            let (some, _) = all.split_at(all.len() / 2);
            device.remove(&history, &all[some.len()..]);
            if !shows_as_defined(&history, device) {
                return false;
            }
        }
        true
    }

    fn shows_as_defined(history: &History<'_>, device: &Holding) -> bool {
        let Meant::Register(register) = history.meant("r", device) else {
            return true;
        };
        let held = |put: &PutId| device.has(history.put(*put).write);
        let mut writes: Vec<PutId> = history
            .order(register)
            .iter()
            .copied()
            .filter(held)
            .collect();
        writes.sort_unstable();
        let order = replay(history, &writes);
        let replaced = |put: &PutId| writes.iter().any(|other| history.had_seen(*other, *put));
        let mut unreplaced: Vec<PutId> = writes
            .iter()
            .copied()
            .filter(|put| !replaced(put))
            .collect();
        let mut kept = device.unreplaced(register).to_vec();
        unreplaced.sort_unstable();
        kept.sort_unstable();
        device.stands(register) == order.last().copied()
            && kept == unreplaced
            && order.is_sorted_by(|one, other| history.is_behind(*other, *one))
    }

    #[test]
    fn what_is_kept_in_place_is_what_the_definition_says() {
        QuickCheck::new()
            .tests(500)
            .rng(Gen::new(40))
            .quickcheck(as_defined as fn(Vec<Act>) -> bool);
    }
}
