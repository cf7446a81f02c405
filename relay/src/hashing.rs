//! The single queue of password checks. scrypt costs a second and 128 MiB by design, so one runs at a time, a few
//! may wait, and everyone else is told to come back.

use std::collections::VecDeque;

use spotter_model::{ChangeHash, LocationName};
use spotter_relay_protocol::{MeetId, Password, Roster};

use crate::action::JobId;
use crate::hex::Hex;
use crate::input::LinkId;
use crate::meet::Known;
use crate::records::ScryptParams;
use crate::ticket::Claim;

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Hashing {
    running: Option<Running>,
    queue: VecDeque<Job>,
    /// Meets that were looked up for a job that is over; nobody may need them any more.
    finished: Vec<MeetId>,
}

/// Why a password is hashed.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) link: LinkId,
    pub(crate) password: Password,
    pub(crate) purpose: HashFor,
}

/// What the hash will be used for.
#[derive(Debug)]
pub(crate) enum HashFor {
    /// Taking a meet live.
    Create {
        location: LocationName,
        roster: Roster,
        root: ChangeHash,
    },
    /// Joining.
    Join(Box<PasswordJoin>),
    /// Reading as a display.
    Display { meet: MeetId },
    /// Checking the old password before it is replaced by the new.
    OldPassword { meet: MeetId, new: Password },
    /// Hashing a password that was right harder than its record has it.
    Rehash {
        meet: MeetId,
        /// The verifier it replaces.
        from: Hex<32>,
    },
    /// Replacing the password.
    NewPassword { meet: MeetId },
}

/// Somebody who offers a password.
#[derive(Debug)]
pub(crate) struct PasswordJoin {
    pub(crate) meet: MeetId,
    pub(crate) location: LocationName,
    pub(crate) claim: Option<Box<Claim>>,
    pub(crate) known: Known,
}

/// The job at the head of the queue.
#[derive(Debug)]
pub(crate) enum Running {
    /// Its salt is being looked up.
    Finding(Job),
    /// scrypt is at it.
    Hashing {
        id: JobId,
        job: Job,
        salt: Hex<16>,
        scrypt: ScryptParams,
        /// What the hash must verify against; `None` where nothing would do.
        verifier: Option<Hex<32>>,
    },
}

impl Hashing {
    /// Whether another job may wait.
    pub(crate) fn has_room(&self, most: usize) -> bool {
        self.queue.len() < most
    }

    /// How many jobs are not done.
    pub(crate) fn len(&self) -> usize {
        self.queue.len() + usize::from(self.running.is_some())
    }

    pub(crate) fn push(&mut self, job: Job) {
        self.queue.push_back(job);
    }

    /// Takes the next job, if none is running.
    pub(crate) fn next(&mut self) -> Option<Job> {
        if self.running.is_some() {
            None
        } else {
            self.queue.pop_front()
        }
    }

    pub(crate) fn run(&mut self, running: Running) {
        self.running = Some(running);
    }

    /// The job whose salt was being looked up.
    pub(crate) fn take_finding(&mut self) -> Option<Job> {
        match self.running.take() {
            Some(Running::Finding(job)) => Some(job),
            other => {
                self.running = other;
                None
            }
        }
    }

    /// The job that scrypt has answered.
    pub(crate) fn take_hashed(&mut self, answered: JobId) -> Option<Running> {
        let hashed = self.running.take_if(|running| match running {
            Running::Finding(_) => false,
            Running::Hashing { id, .. } => *id == answered,
        });
        if let Some(Running::Hashing { job, .. }) = &hashed {
            self.finished.extend(job.purpose.meet());
        }
        hashed
    }

    /// The meets of jobs that are over.
    pub(crate) fn take_finished(&mut self) -> Vec<MeetId> {
        std::mem::take(&mut self.finished)
    }

    /// A link is gone; what waited for it need not be hashed.
    pub(crate) fn forget(&mut self, link: LinkId) {
        self.queue.retain(|job| job.link != link);
    }

    /// Whether the running job is about this meet, which must then be kept in memory.
    pub(crate) fn concerns(&self, meet: MeetId) -> bool {
        match &self.running {
            Some(Running::Finding(job) | Running::Hashing { job, .. }) => {
                job.purpose.meet() == Some(meet)
            }
            None => false,
        }
    }
}

impl HashFor {
    /// The meet it is about, if that exists already.
    pub(crate) fn meet(&self) -> Option<MeetId> {
        match self {
            Self::Create { .. } => None,
            Self::Join(join) => Some(join.meet),
            Self::OldPassword { meet, .. }
            | Self::NewPassword { meet }
            | Self::Display { meet }
            | Self::Rehash { meet, .. } => Some(*meet),
        }
    }
}
