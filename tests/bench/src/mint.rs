//! Meets for a relay to find on its disk, and sessions to return with, made without a socket or a password check.
//!
//! The relay's own machine makes them, in this process: a meet is created, filled and joined with the messages of the
//! protocol, and what the machine wants on disk is put there by the relay's own store. Only the answer of scrypt is
//! made up, so that a thousand meets take seconds instead of an hour. A relay that is then started on the folder, with
//! the same key, knows the meets and honours the sessions.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use spotter_model::Change;
use spotter_relay::{
    Action, Config, Heard, Input, Limits, LinkId, Relay, RelayKey, ScryptParams, Timestamp,
};
use spotter_relay_store::{FlatFiles, LogHead, LogStore};
use tempfile::TempDir;

use crate::clock::unix_ms;
use crate::history::ok;
use crate::host::{disk_folder, memory_folder};
use crate::servers::key_file;

/// The password of every meet.
pub(crate) const PASSWORD: &str = "a bench needs none";
const KEY: [u8; 32] = [7; 32];
/// Below what a message before joining or one with several changes may have.
const MESSAGE_BYTES: usize = 100_000;

/// A meet on a relay's disk.
#[derive(Clone)]
pub(crate) struct Minted {
    /// Nine digits.
    pub(crate) meet_id: String,
    /// Of the sessions that may return, the first the initiator's.
    pub(crate) tokens: Vec<String>,
}

/// A folder with the data and the key of a relay that is not running.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) meets: Vec<Minted>,
}

impl Place {
    /// Makes so many meets with the same changes, each with so many sessions.
    pub(crate) fn with_meets(count: usize, sessions: usize, changes: &[Change]) -> Self {
        Self::minted(count, sessions, changes, false)
    }

    /// Makes one meet that can be joined with the password, which takes half a second.
    pub(crate) fn with_password(changes: &[Change]) -> Self {
        Self::minted(1, 1, changes, true)
    }

    fn minted(count: usize, sessions: usize, changes: &[Change], honest: bool) -> Self {
        let draft = memory_folder();
        let mut mint = Mint::at(draft.path(), honest);
        let offers = offers(changes);
        let root = changes[0].hash();
        let meets = (0..count)
            .map(|_| mint.meet(&json!(root), &offers, sessions))
            .collect();
        drop(mint);
        let folder = disk_folder();
        copy(draft.path(), folder.path());
        rustix::fs::sync();
        ok(fs::write(
            key_file(folder.path()),
            format!("{}\n", "07".repeat(32)),
        ));
        Self { folder, meets }
    }

    /// Makes one more meet, of other changes, with one session.
    pub(crate) fn add_meet(&self, changes: &[Change]) -> Minted {
        let draft = memory_folder();
        let mut mint = Mint::at(draft.path(), false);
        // The generator of ids would begin with the same one again.
        mint.relay = Relay::new(config(), RelayKey::from_bytes(KEY), [10; 32]);
        let meet = mint.meet(&json!(changes[0].hash()), &offers(changes), 1);
        drop(mint);
        copy(draft.path(), self.folder.path());
        rustix::fs::sync();
        meet
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// `UPDATE_INIT` messages that carry these changes.
pub(crate) fn offers(changes: &[Change]) -> Vec<String> {
    let mut offers = Vec::new();
    let mut updates = Vec::new();
    let mut bytes = 0;
    for (number, change) in changes.iter().enumerate() {
        updates
            .push(json!({"localSeqNum": number, "change": STANDARD.encode(&change.bytes()[..])}));
        bytes += change.bytes().len() * 4 / 3 + 40;
        if bytes > MESSAGE_BYTES || updates.len() == 500 || number + 1 == changes.len() {
            let updates = std::mem::take(&mut updates);
            offers.push(json!({"msgType": "UPDATE_INIT", "updates": updates}).to_string());
            bytes = 0;
        }
    }
    offers
}

fn config() -> Config {
    let limits = Limits {
        creations_per_hour_max: u32::MAX,
        links_per_meet_max: 10_000,
        sessions_per_meet_max: 10_000,
        ..Limits::default()
    };
    Config {
        limits,
        scrypt: ScryptParams::LOW_MEMORY,
    }
}

struct Mint {
    relay: Relay,
    store: FlatFiles,
    now_ms: u64,
    links: u64,
    /// Whether passwords are hashed.
    honest: bool,
}

impl Mint {
    fn at(place: &Path, honest: bool) -> Self {
        Self {
            relay: Relay::new(config(), RelayKey::from_bytes(KEY), [9; 32]),
            store: FlatFiles::new(&place.join("data")),
            now_ms: unix_ms() - 3_600_000,
            links: 0,
            honest,
        }
    }

    fn meet(&mut self, root: &Value, offers: &[String], sessions: usize) -> Minted {
        let initiator = self.connect();
        let create = json!({
            "msgType": "CREATE_MEET", "protocol": 1, "thisLocationName": "desk", "password": PASSWORD,
            "locations": [{"locationName": "desk", "priority": 1}, {"locationName": "screen", "priority": 2}],
            "root": root,
        });
        let created = self.ask(initiator, create.to_string(), "MEET_CREATED");
        for offer in offers {
            self.ask(initiator, offer.clone(), "UPDATE_ACK");
        }
        let mut tokens = vec![text_of(&created["sessionToken"])];
        for _ in 1..sessions {
            let link = self.connect();
            let join = json!({
                "msgType": "JOIN_MEET", "protocol": 1, "meetId": created["meetId"], "locationName": "screen",
                "password": PASSWORD,
            });
            let joined = self.ask(link, join.to_string(), "MEET_JOINED");
            tokens.push(text_of(&joined["sessionToken"]));
            self.tell(Input::Disconnected { link });
        }
        self.tell(Input::Disconnected { link: initiator });
        Minted {
            meet_id: text_of(&created["meetId"]),
            tokens,
        }
    }

    fn connect(&mut self) -> LinkId {
        self.links += 1;
        let link = LinkId(self.links);
        let address = IpAddr::from([127, 0, 0, 1]);
        self.tell(Input::Connected { link, address });
        link
    }

    /// Says something and returns the answer, which must be of this type.
    fn ask(&mut self, link: LinkId, text: String, wanted: &str) -> Value {
        let heard = Heard::read(&text.into());
        let heard = self.tell(Input::Received { link, heard });
        let answer = heard
            .iter()
            .find(|message| message["msgType"] == wanted)
            .cloned();
        assert!(answer.is_some(), "no {wanted}, but {heard:?}");
        answer.unwrap_or_default()
    }

    /// Steps the machine until it wants nothing more, and returns what it said to anybody.
    fn tell(&mut self, input: Input) -> Vec<Value> {
        // A second each, so that no rate is exceeded.
        self.now_ms += 1_000;
        let now = Timestamp::from_millis(self.now_ms);
        let mut actions = self.relay.step(now, input);
        let mut said = Vec::new();
        while !actions.is_empty() {
            let inputs: Vec<Input> = actions
                .drain(..)
                .filter_map(|action| self.perform(action, &mut said))
                .collect();
            for input in inputs {
                actions.extend(self.relay.step(now, input));
            }
        }
        said
    }

    /// Does what concerns the store and what is said; nothing else matters here.
    fn perform(&self, action: Action, said: &mut Vec<Value>) -> Option<Input> {
        if let Action::Send { link, frame } = action {
            let bytes = frame.len();
            said.push(ok(serde_json::from_str(frame.text().unwrap_or_default())));
            return Some(Input::Sent { link, bytes });
        }
        if let Action::HashPassword {
            job,
            salt,
            params,
            password,
        } = action
        {
            let mut hash = [1; 32];
            if self.honest {
                let params = ok(scrypt::Params::new(params.log_n, params.r, params.p));
                let password = password.expose().as_bytes();
                ok(scrypt::scrypt(password, &salt, &params, &mut hash));
            }
            let hash = Some(hash);
            return Some(Input::PasswordHashed { job, hash });
        }
        if let Action::CreateMeet {
            meet,
            log_id,
            root,
            records,
        } = action
        {
            ok(self.store.create(&LogHead { meet, log_id, root }, &records));
            let outcome = Ok(());
            return Some(Input::MeetCreated { meet, outcome });
        }
        if let Action::OpenMeet { meet } = action {
            let outcome = Ok(ok(self.store.open(meet)).meet);
            return Some(Input::MeetOpened { meet, outcome });
        }
        if let Action::ReadLog {
            meet,
            read,
            after,
            bytes_max,
        } = action
        {
            let outcome = Ok(ok(self.store.read(meet, after, bytes_max)));
            return Some(Input::LogRead {
                meet,
                read,
                outcome,
            });
        }
        if let Action::Append {
            meet,
            batch,
            entries,
        } = action
        {
            ok(self.store.append(meet, &entries));
            return Some(Input::Appended { meet, batch });
        }
        if let Action::SaveRecords {
            meet,
            save,
            records,
        } = action
        {
            ok(self.store.save_records(meet, &records));
            let outcome = Ok(());
            return Some(Input::RecordsSaved {
                meet,
                save,
                outcome,
            });
        }
        if let Action::CloseMeet { meet } = action {
            ok(self.store.close(meet));
        }
        None
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    for entry in ok(fs::read_dir(from)).flatten() {
        let target = to.join(entry.file_name());
        if ok(entry.file_type()).is_dir() {
            ok(fs::create_dir_all(&target));
            copy(&entry.path(), &target);
        } else {
            ok(fs::copy(entry.path(), &target));
        }
    }
}
