//! Judging what clients offer: admitted changes get the next positions and wait for the disk; everything else is
//! answered at once, unless the answer rests on a change the disk does not have yet.

use std::collections::VecDeque;

use spotter_model::planted::{self, Bug};
use spotter_model::{Admission, Change, ChangeHash, Refusal};
use spotter_relay_protocol::{OfferedUpdate, UpdateCode};

use crate::answers::{Answers, Deferred, Verdict};
use crate::event::Event;
use crate::house::House;
use crate::input::LinkId;
use crate::meet::Meet;
use crate::waiting::Held;

/// How soon to come back when the reason to wait is gone within a sync or two.
const SOON_MS: u64 = 250;

/// How soon to come back when somebody else has to act first.
const MUCH_LATER_MS: u64 = 30_000;

/// What is answered to all changes of a message that may be offered again.
#[derive(Clone, Debug)]
pub(crate) struct Later {
    code: UpdateCode,
    reason: &'static str,
    retry_after_ms: u64,
}

impl Later {
    /// Too much is under way, and the reason is gone within a sync or two.
    pub(crate) const fn soon(reason: &'static str) -> Self {
        Self {
            code: UpdateCode::Busy,
            reason,
            retry_after_ms: SOON_MS,
        }
    }

    /// Answers so of all these.
    pub(crate) fn answer(
        &self,
        link: LinkId,
        local_seq_nums: impl Iterator<Item = u64>,
        answers: &mut Answers,
    ) {
        let (reason, wait) = (self.reason, self.retry_after_ms);
        for number in local_seq_nums {
            answers.later(link, number, self.code.clone(), reason, wait);
        }
    }
}

/// Charges a link for so many bytes, if it may send as many just now.
pub(crate) fn charge_bytes(house: &mut House, link: LinkId, bytes: usize) -> Result<(), Later> {
    let (rate, now) = (house.limits.bytes_rate(), house.now);
    let taken = house
        .links
        .get_mut(link)
        .map_or(Ok(()), |link| link.bytes.take(bytes as u64, rate, now));
    taken.map_err(|retry_after_ms| Later {
        code: UpdateCode::TooFast,
        reason: "more bytes than a session may send just now",
        retry_after_ms,
    })
}

impl Meet {
    /// Takes in what a member offers in one message of so many bytes.
    pub(crate) fn offer(
        &mut self,
        house: &mut House,
        link: LinkId,
        updates: Vec<OfferedUpdate>,
        message_bytes: usize,
    ) {
        let allowed = self
            .may_offer(house)
            .and_then(|()| charge_bytes(house, link, message_bytes));
        self.take_in(house, link, updates, allowed);
    }

    /// Takes in what a member has offered in a pack, which was charged for before it was unpacked.
    pub(crate) fn offer_unpacked(
        &mut self,
        house: &mut House,
        link: LinkId,
        updates: Vec<OfferedUpdate>,
    ) {
        let allowed = self.may_offer(house);
        self.take_in(house, link, updates, allowed);
    }

    /// Judges what is offered, or answers all of it alike.
    fn take_in(
        &mut self,
        house: &mut House,
        link: LinkId,
        updates: Vec<OfferedUpdate>,
        allowed: Result<(), Later>,
    ) {
        let Some(by) = self.session_of(link) else {
            return;
        };
        let mut answers = Answers::default();
        match allowed {
            Err(later) => {
                let numbers = updates.iter().map(|update| update.local_seq_num);
                later.answer(link, numbers, &mut answers);
            }
            Ok(()) => {
                let mut settled = VecDeque::new();
                for update in updates {
                    match update.change.into_change() {
                        Ok(change) => {
                            let held = Held {
                                link,
                                by,
                                local_seq_num: update.local_seq_num,
                                change,
                            };
                            self.charge_and_judge(house, held, &mut answers, &mut settled);
                        }
                        Err(refusal) => {
                            self.note_refusal(house, link, &refusal);
                            answers.refused(link, update.local_seq_num, &refusal);
                        }
                    }
                }
                self.release_waiting(house, settled, &mut answers);
            }
        }
        answers.send(&mut house.links);
        self.begin_append(house);
    }

    /// Whether anybody may offer anything just now; if not, the answer to all of it.
    pub(crate) fn may_offer(&self, house: &House) -> Result<(), Later> {
        if let Some(retry_after_ms) = house.leaving {
            return Err(Later {
                code: UpdateCode::Busy,
                reason: "the relay is about to stop",
                retry_after_ms,
            });
        }
        if !self.log.is_awake() {
            return Err(Later {
                code: UpdateCode::StorageTrouble,
                reason: "the relay is reading the meet again",
                retry_after_ms: house.limits.storage_retry_ms,
            });
        }
        if self.pending_bytes > house.limits.pending_bytes_max {
            return Err(Later::soon(
                "more changes are waiting for the disk than fit",
            ));
        }
        Ok(())
    }

    /// Judges one change that was just offered, if its link may have so many operations looked at.
    fn charge_and_judge(
        &mut self,
        house: &mut House,
        held: Held,
        answers: &mut Answers,
        settled: &mut VecDeque<(ChangeHash, bool)>,
    ) {
        let (rate, now) = (house.limits.ops_rate(), house.now);
        let ops = held.change.ops().len() as u64;
        let taken = house
            .links
            .get_mut(held.link)
            .map(|link| link.ops.take(ops, rate, now));
        if let Some(Err(wait)) = taken {
            let reason = "more operations than a session may send just now";
            answers.later(
                held.link,
                held.local_seq_num,
                UpdateCode::TooFast,
                reason,
                wait,
            );
        } else if let Some(reason) = self.is_full_for(house, &held.change) {
            answers.later(
                held.link,
                held.local_seq_num,
                UpdateCode::MeetFull,
                reason,
                MUCH_LATER_MS,
            );
        } else {
            self.judge(house, held, answers, settled);
        }
    }

    /// Why the meet cannot take a change that it does not have yet, if so, and what helps.
    fn is_full_for(&self, house: &House, change: &Change) -> Option<&'static str> {
        let index = &self.log.index;
        if index.contains(&change.hash()) {
            return None;
        }
        if self.log.bytes() + change.bytes().len() as u64 > house.limits.meet_bytes_max {
            return Some(
                "the meet has reached the size that its relay allows; whoever runs the relay can raise meet-bytes-max",
            );
        }
        // What builds on a head leaves no more of them than there were.
        let too_wide = index.head_count() >= house.limits.heads_max && {
            let heads = index.heads();
            !change
                .deps()
                .iter()
                .any(|dep| heads.binary_search(dep).is_ok())
        };
        too_wide.then_some(
            "more edits stand side by side than the relay allows; one that is made where all of them are known makes room",
        )
    }

    /// Judges one change and notes in `settled` whether its hash now stands (or never will).
    fn judge(
        &mut self,
        house: &mut House,
        held: Held,
        answers: &mut Answers,
        settled: &mut VecDeque<(ChangeHash, bool)>,
    ) {
        let (link, local_seq_num, hash) = (held.link, held.local_seq_num, held.change.hash());
        match self.log.index.admit(&held.change) {
            Ok(Admission::Admitted) => {
                self.log.number(&held.change);
                self.queue(house, held);
                settled.push_back((hash, true));
            }
            // Correct: what is known keeps its position.
            Ok(Admission::Known) if planted::is(Bug::LoggedTwice) => {
                self.log.number(&held.change);
                self.queue(house, held);
            }
            Ok(Admission::Known) => match self.log.position_of(&hash) {
                Some(position) if position <= self.log.durable() => {
                    answers.known(link, local_seq_num, position)
                }
                Some(position) => {
                    let verdict = Verdict::Known(position);
                    self.deferred.entry(position).or_default().push(Deferred {
                        link,
                        local_seq_num,
                        verdict,
                    });
                }
                None => {}
            },
            Ok(Admission::Waiting { missing }) => {
                if self.waiting.was_refused(link, &missing) {
                    answers.depends_on_refused(link, local_seq_num);
                    self.waiting.note_refused(link, hash, &house.limits);
                    settled.push_back((hash, false));
                } else if let Some(first) = missing.first()
                    && !self.waiting.hold(*first, held, &house.limits)
                {
                    let reason = "too many changes wait for others that never came";
                    answers.later(
                        link,
                        local_seq_num,
                        UpdateCode::WaitingFull,
                        reason,
                        MUCH_LATER_MS,
                    );
                }
            }
            Err(refusal) => {
                self.note_refusal(house, link, &refusal);
                self.waiting.note_refused(link, hash, &house.limits);
                settled.push_back((hash, false));
                self.refuse_when_certain(link, local_seq_num, refusal, answers);
            }
        }
    }

    /// A twin is refused because of another change. Invariant: that other change must be durable before anybody
    /// gives up theirs for it.
    fn refuse_when_certain(
        &mut self,
        link: LinkId,
        local_seq_num: u64,
        refusal: Refusal,
        answers: &mut Answers,
    ) {
        let mut rests_on = 0;
        if let Refusal::Twin { stands, .. } = &refusal {
            rests_on = self.log.position_of(stands).unwrap_or(0);
        }
        if rests_on > self.log.durable() {
            let verdict = Verdict::Refused(refusal);
            self.deferred.entry(rests_on).or_default().push(Deferred {
                link,
                local_seq_num,
                verdict,
            });
        } else {
            answers.refused(link, local_seq_num, &refusal);
        }
    }

    /// Judges what waited for changes that now stand, and refuses what waited for those that never will.
    fn release_waiting(
        &mut self,
        house: &mut House,
        mut settled: VecDeque<(ChangeHash, bool)>,
        answers: &mut Answers,
    ) {
        while let Some((hash, stands)) = settled.pop_front() {
            for held in self.waiting.release(&hash) {
                if stands {
                    self.judge(house, held, answers, &mut settled);
                } else {
                    answers.depends_on_refused(held.link, held.local_seq_num);
                    self.waiting
                        .note_refused(held.link, held.change.hash(), &house.limits);
                    settled.push_back((held.change.hash(), false));
                }
            }
        }
    }

    fn note_refusal(&self, house: &mut House, link: LinkId, refusal: &Refusal) {
        if let Some(session) = self.session_of(link) {
            let code = refusal.code().to_owned();
            house.links.event(Event::ChangeRefused {
                meet: self.id,
                session,
                code,
            });
        }
    }
}
