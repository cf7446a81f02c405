//! The records of a meet in memory, and their way to the disk: one save at a time, everything that came meanwhile
//! in the next. Who may join changes only once the disk has it; who has joined is listed at once, since a token
//! proves itself.

use std::collections::{BTreeSet, VecDeque};

use spotter_model::planted::{self, Bug};
use spotter_model::{ChangeHash, LocationName, Priority};
use spotter_relay_protocol::{
    AdminCode, DISPLAY_KEYS_MAX, DisplayKey, DisplayKeyId, InvalidRoster, MeetId, REVOKED_MAX,
    SessionId, Ticket,
};

use crate::action::{Action, SaveId};
use crate::hex::Hex;
use crate::house::House;
use crate::input::LinkId;
use crate::key::RelayKey;
use crate::records::{
    AuthRecord, DisplayKeyRecord, MeetRecords, Revoked, ScryptParams, SessionRecord, SessionsRecord,
};
use crate::ticket::{self, Claim};

/// The records of one meet.
#[derive(Debug)]
pub(crate) struct Keeping {
    root: ChangeHash,
    /// Who may join, as the disk has it.
    auth: AuthRecord,
    /// Who has joined, newer than on the disk if `dirty`.
    sessions: SessionsRecord,
    dirty: bool,
    edits: VecDeque<Edit>,
    saving: Option<Saving>,
}

/// A change to who may join, and whom to tell.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) what: AuthEdit,
    /// Who asked, and by which word; nobody where a ticket did.
    pub(crate) asker: Option<(LinkId, SessionId, &'static str)>,
}

/// What is to change.
#[derive(Debug)]
pub(crate) enum AuthEdit {
    SetLocation {
        name: LocationName,
        priority: Priority,
        new_name: Option<LocationName>,
    },
    Password {
        salt: Hex<16>,
        scrypt: ScryptParams,
        verifier: Hex<32>,
    },
    /// The same password, hashed harder; unless it has been replaced meanwhile.
    Rehash {
        from: Hex<32>,
        salt: Hex<16>,
        scrypt: ScryptParams,
        verifier: Hex<32>,
    },
    Revoke(SessionId),
    AddDisplayKey {
        record: DisplayKeyRecord,
        /// What its maker is told, once.
        key: DisplayKey,
    },
    RevokeDisplayKey {
        key_id: DisplayKeyId,
        /// The location that may end only its own keys; `None` for the initiator, who may end any.
        only_of: Option<LocationName>,
    },
    Unite(Box<Claim>),
}

#[derive(Debug)]
struct Saving {
    save: SaveId,
    auth: AuthRecord,
    edits: Vec<Edit>,
}

/// What a finished save means.
#[derive(Debug)]
pub(crate) struct Saved {
    /// The edits it held.
    pub(crate) edits: Vec<Edit>,
    /// Whether they are durable; if not, nothing has changed.
    pub(crate) durable: bool,
    /// Whether who may join has changed.
    pub(crate) auth_changed: bool,
}

impl Keeping {
    pub(crate) fn new(root: ChangeHash, records: MeetRecords) -> Self {
        let MeetRecords { auth, sessions } = records;
        Self {
            root,
            auth,
            sessions,
            dirty: false,
            edits: VecDeque::new(),
            saving: None,
        }
    }

    pub(crate) fn auth(&self) -> &AuthRecord {
        &self.auth
    }

    /// The ticket of the present epoch that a session keeps. Only the initiator's brings the initiator's right back with
    /// the password. It is made when it is asked for: a relay holds many meets, and a ticket is as long as their records.
    pub(crate) fn ticket(&self, initiator: bool, key: &RelayKey) -> Ticket {
        ticket::issue(self.root, &self.auth, initiator, key)
    }

    pub(crate) fn sessions(&self) -> &[SessionRecord] {
        &self.sessions.sessions
    }

    pub(crate) fn is_saving(&self) -> bool {
        self.saving.is_some()
    }

    pub(crate) fn is_revoked(&self, device: SessionId) -> bool {
        // Correct: what the initiator has ended stays ended.
        if planted::is(Bug::RevokedStillAccepted) {
            return false;
        }
        self.auth
            .revoked
            .iter()
            .any(|revoked| revoked.session_id == device)
    }

    /// Lists a session, dropping those that are over, and the oldest that is not connected if there are too many, of the
    /// device or of the meet.
    pub(crate) fn add_session(
        &mut self,
        house: &mut House,
        meet: MeetId,
        session: SessionRecord,
        connected: &BTreeSet<SessionId>,
    ) {
        if self.sessions().contains(&session) {
            return;
        }
        let now = house.now.as_seconds();
        let sessions = &mut self.sessions.sessions;
        sessions.retain(|other| other.expires_at > now && other.session_id != session.session_id);
        let device = session.device();
        let same = |other: &&SessionRecord| other.device() == device;
        let many_here =
            sessions.iter().filter(same).count() >= house.limits.sessions_per_device_max;
        if many_here || sessions.len() >= house.limits.sessions_per_meet_max {
            let idle = sessions.iter().position(|other| {
                !connected.contains(&other.session_id) && (!many_here || same(&other))
            });
            if let Some(idle) = idle {
                sessions.remove(idle);
            }
        }
        sessions.push(session);
        self.dirty = true;
        self.save(house, meet);
    }

    /// Lets a change to who may join follow the others.
    pub(crate) fn edit(&mut self, house: &mut House, meet: MeetId, edit: Edit) {
        self.edits.push_back(edit);
        self.save(house, meet);
    }

    /// Hands the store what has changed, if it is not busy with what had changed before.
    fn save(&mut self, house: &mut House, meet: MeetId) {
        let nothing_to_save = !self.dirty && self.edits.is_empty();
        if self.saving.is_some() || nothing_to_save {
            return;
        }
        let now = house.now.as_seconds();
        let mut auth = self.auth.clone();
        let mut edits = Vec::new();
        for edit in std::mem::take(&mut self.edits) {
            match edit.what.apply(&mut auth, self.sessions(), now) {
                Ok(()) => edits.push(edit),
                Err((code, reason)) => {
                    if let Some((link, _, request)) = edit.asker {
                        house.refuse(link, request, code, reason);
                    }
                }
            }
        }
        if edits.is_empty() && !self.dirty {
            return;
        }
        let mut sessions = self.sessions.clone();
        sessions.sessions.retain(|session| {
            !auth
                .revoked
                .iter()
                .any(|gone| gone.session_id == session.device())
        });
        self.dirty = false;
        let save = SaveId(house.number());
        let records = MeetRecords {
            auth: auth.clone(),
            sessions,
        };
        self.saving = Some(Saving { save, auth, edits });
        house.links.out.push(Action::SaveRecords {
            meet,
            save,
            records: records.into(),
        });
    }

    /// The store has answered a save; `None` if it was not the one under way.
    pub(crate) fn saved(
        &mut self,
        house: &mut House,
        meet: MeetId,
        save: SaveId,
        durable: bool,
    ) -> Option<Saved> {
        let Saving { auth, edits, .. } = self.saving.take_if(|saving| saving.save == save)?;
        let auth_changed = durable && auth != self.auth;
        if durable {
            self.auth = auth;
            let revoked = &self.auth.revoked;
            let is_revoked = |session: &SessionRecord| {
                revoked
                    .iter()
                    .any(|gone| gone.session_id == session.device())
            };
            self.sessions
                .sessions
                .retain(|session| !is_revoked(session));
            self.save(house, meet);
        } else {
            // The list of sessions is tried again with the next thing that changes.
            self.dirty = true;
            if !self.edits.is_empty() {
                self.save(house, meet);
            }
        }
        Some(Saved {
            edits,
            durable,
            auth_changed,
        })
    }
}

impl AuthEdit {
    /// Makes the change, and raises the epoch if it made any.
    fn apply(
        &self,
        auth: &mut AuthRecord,
        sessions: &[SessionRecord],
        now: i64,
    ) -> Result<(), (AdminCode, String)> {
        let before = auth.clone();
        match self {
            Self::SetLocation {
                name,
                priority,
                new_name,
            } => {
                let mut roster = auth.roster.clone();
                let made = match new_name {
                    // A location that is renamed must be there; one that is not may be new.
                    Some(new_name) => roster
                        .rename(name, new_name.clone())
                        .and_then(|()| roster.set(new_name.clone(), *priority)),
                    None => roster.set(name.clone(), *priority),
                };
                made.map_err(|invalid| (code_of(&invalid), invalid.to_string()))?;
                auth.roster = roster;
            }
            Self::Password {
                salt,
                scrypt,
                verifier,
            } => {
                (auth.salt, auth.scrypt, auth.verifier) = (*salt, *scrypt, *verifier);
            }
            Self::Rehash {
                from,
                salt,
                scrypt,
                verifier,
            } => {
                if auth.verifier == *from {
                    (auth.salt, auth.scrypt, auth.verifier) = (*salt, *scrypt, *verifier);
                }
            }
            Self::Revoke(session) => {
                let named = |listed: &&SessionRecord| {
                    listed.session_id == *session || listed.device() == *session
                };
                let Some(session) = sessions.iter().find(named) else {
                    return Err((
                        AdminCode::UnknownSession,
                        format!("there is no session {session}"),
                    ));
                };
                make_room(&mut auth.revoked, now);
                if auth.revoked.len() >= REVOKED_MAX {
                    let reason =
                        format!("at most {REVOKED_MAX} sessions can be revoked before they expire");
                    return Err((AdminCode::TooMany, reason));
                }
                auth.revoked.push(Revoked {
                    session_id: session.device(),
                    expires_at: session.expires_at,
                });
            }
            Self::AddDisplayKey { record, .. } => {
                if auth.display_keys.len() >= DISPLAY_KEYS_MAX {
                    let reason = format!("a meet has at most {DISPLAY_KEYS_MAX} display keys");
                    return Err((AdminCode::TooMany, reason));
                }
                auth.display_keys.push(record.clone());
            }
            Self::RevokeDisplayKey { key_id, only_of } => {
                let Some(key) = auth.display_keys.iter().find(|key| key.key_id == *key_id) else {
                    let reason = format!("there is no display key {key_id}");
                    return Err((AdminCode::UnknownDisplayKey, reason));
                };
                if let Some(location) = only_of
                    && !is_same_location(auth, location, &key.location_name)
                {
                    let reason = "only the initiator, or the location that made a display key, may revoke it";
                    return Err((AdminCode::NotMaker, reason.into()));
                }
                auth.display_keys.retain(|key| key.key_id != *key_id);
            }
            Self::Unite(claim) => {
                unite(auth, &claim.auth, now);
                return Ok(());
            }
        }
        if *auth != before {
            auth.epoch = before.epoch.saturating_add(1);
        }
        Ok(())
    }
}

/// Whether two names, each of its day, are of one location.
fn is_same_location(auth: &AuthRecord, one: &LocationName, other: &LocationName) -> bool {
    let [one_entry, other_entry] = [one, other].map(|name| auth.roster.find(name));
    match (one_entry, other_entry) {
        (Some(one), Some(other)) => one.location_name == other.location_name,
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => one == other,
    }
}

/// Adds to `auth` what a ticket knows: of two, the higher epoch decides, locations are united, revocations kept.
/// Display keys are those of the higher epoch, and never united, or a revoked one might come back.
/// A ticket that knows less adds something only to a meet that came back from a ticket itself.
pub(crate) fn unite(auth: &mut AuthRecord, offered: &AuthRecord, now: i64) {
    let before = auth.clone();
    if offered.epoch > auth.epoch {
        *auth = AuthRecord {
            recovered: auth.recovered,
            created_at: auth.created_at,
            ..offered.clone()
        };
        auth.roster.unite(&before.roster);
        keep_revocations(&mut auth.revoked, &before.revoked, now);
        if (&auth.roster, &auth.revoked) != (&offered.roster, &offered.revoked) {
            auth.epoch = auth.epoch.saturating_add(1);
        }
    } else if auth.recovered {
        auth.roster.unite(&offered.roster);
        keep_revocations(&mut auth.revoked, &offered.revoked, now);
        if *auth != before {
            auth.epoch = auth.epoch.saturating_add(1);
        }
    }
}

fn keep_revocations(revoked: &mut Vec<Revoked>, others: &[Revoked], now: i64) {
    for other in others {
        let known = revoked
            .iter()
            .any(|known| known.session_id == other.session_id);
        make_room(revoked, now);
        if !known && revoked.len() < REVOKED_MAX {
            revoked.push(other.clone());
        }
    }
}

/// Drops what expired, if there is no room. As long as there is, it stays: a clock that is set back makes a session good
/// again that had expired, and it must not come back if it had been ended before that.
fn make_room(revoked: &mut Vec<Revoked>, now: i64) {
    if revoked.len() >= REVOKED_MAX {
        revoked.retain(|revoked| revoked.expires_at > now);
    }
}

fn code_of(invalid: &InvalidRoster) -> AdminCode {
    match invalid {
        InvalidRoster::Empty => AdminCode::BadValue,
        InvalidRoster::TooMany(_) => AdminCode::TooMany,
        InvalidRoster::Twice(_) => AdminCode::NameTaken,
        InvalidRoster::Unknown(_) => AdminCode::UnknownLocation,
    }
}
