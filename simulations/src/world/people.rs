//! What the people at the devices do: go live, join, edit, and try again.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use spotter_client::{
    Answer, Ask, EditAsk, GoLive, Input, Join, LinkState, OfflineReason, Problem, Reply, RequestId,
};
use spotter_model::{Author, Edit, LocationName, Path, Priority, Seen};
use spotter_relay_protocol::Password;
use spotter_sim_plan::{EditNumber, Happened};

use super::{World, device_number, of_device};
use crate::book::entry_of;
use crate::device::{Asked, Wants};
use crate::queue::Coming;

/// How long people wait before they try again what did not work, in milliseconds.
const AGAIN_MS: u64 = 2_000;

/// The password of every meet.
const PASSWORD: &str = "correct horse battery";

impl World<'_> {
    pub(super) fn ask(&mut self, number: usize, asked: Asked, ask: Ask) {
        let device = &mut self.devices[number];
        device.requests += 1;
        let request = device.requests;
        device.asked.insert(request, asked);
        let request = RequestId(request);
        self.step_device(number, Input::Asked { request, ask });
    }

    /// The person will see after a while whether there is something to do about what they want.
    pub(super) fn urge(&mut self, number: usize, after_ms: u64) {
        let device = &mut self.devices[number];
        let at = self.now + after_ms;
        if device.urged_at.is_some_and(|urged| urged <= at) {
            return;
        }
        device.urged_at = Some(at);
        let run = device.run;
        self.queue.plan(at, Coming::Urges(number, run));
    }

    /// The person will look before long.
    pub(super) fn urge_soon(&mut self, number: usize) {
        self.urge(number, AGAIN_MS);
    }

    pub(super) fn urges(&mut self, number: usize, run: u64) {
        let device = &mut self.devices[number];
        // A later time means that this was planned for before; an earlier one, that the device stood still meanwhile.
        if device.run != run || device.urged_at.is_none_or(|at| at > self.now) {
            return;
        }
        if let Some(postponed) = &mut device.postponed {
            return postponed.push(Coming::Urges(number, run));
        }
        device.urged_at = None;
        let moment = self.time_of(number).moment;
        let device = &self.devices[number];
        let Some(client) = &device.client else { return };
        if device.asked.values().any(|asked| *asked == Asked::Entering) {
            // What the answer will be, and whether it still holds then, is seen later.
            return self.urge_soon(number);
        }
        let status = client.status(moment);
        let is_stuck = matches!(
            &status.link,
            LinkState::Offline {
                why: OfflineReason::PasswordWanted { .. } | OfflineReason::Refused { .. },
                retry_in_ms: None,
            }
        );
        if let Some(membership) = client.membership() {
            if membership.relay != address(device.relay) {
                self.join(number);
            } else if is_stuck && let Some(password) = password() {
                self.ask(number, Asked::Entering, Ask::Password(password));
            } else if matches!(status.link, LinkState::Offline { .. }) {
                // It is tried again by itself; if that is in vain, the person will see.
                if self.is_calm {
                    self.hurry(number);
                }
                self.urge_soon(number);
            }
            return;
        }
        match device.wants {
            Wants::Nothing => {}
            Wants::Live if self.meet.is_some() => self.join(number),
            Wants::Live => self.go_live(number, status.root.is_none()),
            Wants::Member => self.join(number),
        }
    }

    fn go_live(&mut self, number: usize, is_empty: bool) {
        if is_empty && let Some(saved_json) = self.saved_file.clone() {
            self.ask(number, Asked::Other, Ask::Import { saved_json });
        }
        let roster = self.plan.roster.iter().filter_map(|seat| {
            let name = LocationName::parse(&seat.location).ok()?;
            Some((name, Priority::new(seat.priority).ok()?))
        });
        let device = &self.devices[number];
        let (Ok(location), Some(password)) = (LocationName::parse(&device.location), password())
        else {
            return;
        };
        let go_live = GoLive {
            relay: address(device.relay),
            location,
            roster: roster.collect(),
            password,
            again: false,
        };
        self.ask(number, Asked::Entering, Ask::GoLive(go_live));
    }

    pub(super) fn join(&mut self, number: usize) {
        let device = &self.devices[number];
        let Some(meet_id) = self.meet else { return };
        let (Ok(location), Some(password)) = (LocationName::parse(&device.location), password())
        else {
            return;
        };
        let join = Join {
            relay: address(device.relay),
            meet_id,
            location,
            password,
        };
        self.ask(number, Asked::Entering, Ask::Join(join));
    }

    /// A person reads the meet's ID from the screen as soon as it is there, saved or not, and tells the others.
    pub(super) fn reads_meet_id(&mut self, number: usize) {
        let client = self.devices[number].client.as_ref();
        if let Some(membership) = client.and_then(spotter_client::Client::membership)
            && self.meet.is_none()
        {
            self.meet = Some(membership.meet_id);
            for waiting in 0..self.devices.len() {
                self.urge(waiting, 0);
            }
        }
    }

    /// A device's machine answers.
    pub(super) fn answered(&mut self, number: usize, request: RequestId, answer: Answer) {
        let Some(asked) = self.devices[number].asked.remove(&request.0) else {
            return;
        };
        match (asked, answer) {
            (Asked::Entering, Err(Problem::HoldsMeet | Problem::OtherMeet { .. })) => {
                // What is here is no copy of the meet that everybody else is in.
                self.stop_device(number, "lost");
                self.begin_anew(number);
            }
            (Asked::Entering, Err(_)) => self.urge(number, AGAIN_MS),
            (Asked::Edit(_), Ok(Reply::Edited { change: Some(hash) })) => {
                self.tell(Happened::Saved {
                    device: device_number(number),
                    write: hash.to_string(),
                });
            }
            (Asked::Edit(edit), Err(problem)) => self.edit_failed(number, edit, &problem),
            (Asked::Carry(to), Ok(Reply::Bundle(text))) => self.unpack(to, text),
            (Asked::Edit(_) | Asked::Entering | Asked::Carry(_) | Asked::Other, _) => {}
        }
    }

    /// An edit that was written and could not be saved is not told: it is kept in memory and saved later.
    fn edit_failed(&mut self, number: usize, edit: EditNumber, problem: &spotter_client::Problem) {
        if self.devices[number].editing == Some(edit) {
            self.refused_with = Some(problem.to_string());
        }
    }

    /// Takes in a bundle that was carried here.
    fn unpack(&mut self, number: usize, text: String) {
        if !self.devices[number].has_begun {
            self.start_device(number);
        }
        if !self.devices[number].answers() {
            return;
        }
        self.trouble(of_device(number), "carry");
        let location = LocationName::parse(&self.devices[number].location).ok();
        let priority = self.plan.priority_of(&self.devices[number].location);
        let author = location.zip(priority.and_then(|priority| Priority::new(priority).ok()));
        let author = author.map(|(location, priority)| Author { location, priority });
        self.ask(number, Asked::Other, Ask::UnpackBundle { text, author });
    }

    /// A person gives registers values.
    pub(super) fn edit(&mut self, number: usize, edit: EditNumber, puts: &BTreeMap<String, Value>) {
        if !self.devices[number].answers() || self.is_calm {
            return;
        }
        if !self.devices[number].has_begun {
            return;
        }
        let before = self.devices[number].holds.len();
        self.devices[number].editing = Some(edit);
        self.refused_with = None;
        match self.acts(number, puts) {
            Err(why) => self.refused_with = Some(why),
            Ok(acts) => {
                for act in acts {
                    let ask = EditAsk {
                        edit: act,
                        reason: None,
                        seen: Seen::Unchecked,
                    };
                    self.ask(number, Asked::Edit(edit), Ask::Edit(ask));
                }
            }
        }
        let wrote = self.devices[number].holds.len() > before;
        self.devices[number].editing = None;
        let refused = self.refused_with.take();
        if !wrote && self.devices[number].is_up() {
            self.tell(Happened::NotWritten {
                device: device_number(number),
                edit,
                nothing_new: refused.is_none(),
                why: refused.unwrap_or_else(|| "it says nothing new".to_owned()),
            });
        }
    }

    /// The edits that an act comes to: entries that are not there yet, then everything else at once.
    fn acts(&mut self, number: usize, puts: &BTreeMap<String, Value>) -> Result<Vec<Edit>, String> {
        let mut there: Vec<(Path, &Value)> = Vec::new();
        let mut added: BTreeMap<i64, Vec<(Path, &Value)>> = BTreeMap::new();
        let client = self.devices[number].client.as_mut();
        let Some(meet) = client.and_then(spotter_client::Client::meet) else {
            return Err("there is no meet here yet".to_owned());
        };
        for (register, value) in puts {
            let Some(path) = self.book.path(register) else {
                return Err(format!("{register} names no register"));
            };
            match entry_of(path).filter(|id| !meet.has_entry(*id)) {
                Some(id) => added.entry(id).or_default().push((path.clone(), value)),
                None => there.push((path.clone(), value)),
            }
        }
        let mut acts = Vec::new();
        for (id, puts) in added {
            let mut fields = Map::from_iter([("id".to_owned(), Value::from(id))]);
            for (path, value) in puts {
                let mut with = fields.clone();
                with.insert(path.field().to_owned(), value.clone());
                // What is no plain field of an entry is written once the entry is there.
                if path.field().contains('.') || Edit::add_entry(with.clone()).is_err() {
                    there.push((path, value));
                } else {
                    fields = with;
                }
            }
            acts.push(Edit::add_entry(fields).map_err(|error| error.to_string())?);
        }
        if !there.is_empty() {
            acts.push(Edit::set_all(there).map_err(|error| error.to_string())?);
        }
        Ok(acts)
    }
}

pub(super) fn address(relay: usize) -> String {
    format!("ws://relay-{relay}")
}

pub(super) fn password() -> Option<Password> {
    Password::parse(PASSWORD).ok()
}
