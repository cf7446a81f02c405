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

impl Meet {
    /// Takes in what a member offers in one message of so many bytes. What came packed costs what it unpacks to.
    pub(crate) fn offer(
        &mut self,
        house: &mut House,
        link: LinkId,
        updates: Vec<OfferedUpdate>,
        message_bytes: usize,
    ) {
        let Some(by) = self.session_of(link) else {
            return;
        };
        let mut answers = Answers::default();
        let unpacked: usize = updates
            .iter()
            .map(|update| update.change.as_ref().len())
            .sum();
        match self.may_offer(house, link, message_bytes.max(unpacked)) {
            Err((code, reason, wait)) => {
                for update in &updates {
                    answers.later(link, update.local_seq_num, code.clone(), reason, wait);
                }
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

    /// Whether this link may offer anything just now; if not, the answer to all of it.
    fn may_offer(
        &self,
        house: &mut House,
        link: LinkId,
        bytes: usize,
    ) -> Result<(), (UpdateCode, &'static str, u64)> {
        if let Some(retry_after_ms) = house.leaving {
            return Err((
                UpdateCode::Busy,
                "the relay is about to stop",
                retry_after_ms,
            ));
        }
        if !self.log.is_awake() {
            let wait = house.limits.storage_retry_ms;
            return Err((
                UpdateCode::StorageTrouble,
                "the relay is reading the meet again",
                wait,
            ));
        }
        if self.pending_bytes > house.limits.pending_bytes_max {
            return Err((
                UpdateCode::Busy,
                "more changes are waiting for the disk than fit",
                SOON_MS,
            ));
        }
        let (rate, now) = (house.limits.bytes_rate(), house.now);
        let taken = house
            .links
            .get_mut(link)
            .map(|link| link.bytes.take(bytes as u64, rate, now));
        match taken {
            Some(Err(wait)) => Err((
                UpdateCode::TooFast,
                "more bytes than a session may send just now",
                wait,
            )),
            Some(Ok(())) | None => Ok(()),
        }
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
