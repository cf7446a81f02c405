//! The machine's actions, and its news, in words for JavaScript.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use spotter_client::{Action, LinkId, LinkState, News};
use spotter_model::{Held, MeetEvent};
use spotter_relay_protocol::{ClientMessage, Frame, ListSessions};

use crate::desk::Desk;
use crate::message::link_name;
use crate::words;

impl Desk {
    pub(crate) fn act(&mut self, action: Action) {
        let act = match action {
            Action::Save { batch, records } => {
                // Given as text: JavaScript keeps it as it is.
                let records = serde_json::to_string(&records).unwrap_or_default();
                json!({"save": batch.0, "records": records})
            }
            Action::Connect { link, address } => {
                json!({"connect": link_name(link), "to": address})
            }
            Action::Disconnect { link } => json!({"disconnect": link_name(link)}),
            Action::Send { link, frame } => send(link, &frame),
            Action::Ping { link } => match self.ping(link) {
                Some(act) => act,
                None => return,
            },
            Action::Answer { request, answer } => match self.calls.answered(request, answer) {
                Some(act) => act,
                None => return,
            },
            Action::Tell(news) => json!({"news": self.news(&news)}),
        };
        self.acts.push(act);
    }

    /// A browser cannot ping a relay: it asks something that is always answered. Before it is let in, nothing is; then the
    /// machine gives up by itself.
    fn ping(&mut self, link: LinkId) -> Option<Value> {
        match link {
            LinkId::Dialled(_) | LinkId::Accepted(_) => Some(json!({"ping": link_name(link)})),
            LinkId::Relay(_) => {
                let now = self.now.0.moment;
                let state = self.client().ok()?.status(now).link;
                let inside = matches!(state, LinkState::CatchingUp | LinkState::Live);
                let question = ClientMessage::ListSessions(ListSessions::default()).encode();
                inside.then(|| send(link, &question.into()))
            }
        }
    }

    /// News with what programs need of it beside its words.
    fn news(&mut self, news: &News) -> Value {
        let mut json = Map::new();
        let mut put = |name: &str, value: Value| {
            json.insert(name.to_owned(), value);
        };
        let kind = match news {
            News::Link(state) => {
                put("link", words::link(state));
                "link"
            }
            News::Meet(event) => {
                let (kind, more) = self.happened_in_meet(event);
                more.into_iter().for_each(|(name, value)| put(&name, value));
                kind
            }
            News::PasswordWanted { reason } => {
                put("reason", reason.as_str().into());
                "passwordWanted"
            }
            News::WritesAs(author) => {
                put("author", words::author(author));
                "writesAs"
            }
            News::Refused {
                change,
                code,
                reason,
                made_again,
                not_made_again,
            } => {
                put("change", change.to_string().into());
                put("code", code.as_str().into());
                put("reason", reason.as_str().into());
                put("madeAgain", (*made_again).into());
                put("notMadeAgain", (*not_made_again).into());
                "refused"
            }
            News::BuiltOnRefused { change, author, .. } => {
                put("change", change.to_string().into());
                put("author", author.as_ref().map(words::author).into());
                "builtOnRefused"
            }
            News::NotAccepted { change, code, .. } => {
                put("change", change.to_string().into());
                put("code", code.as_str().into());
                "notAccepted"
            }
            News::RelayForgot { offered } => {
                put("offered", (*offered).into());
                "relayForgot"
            }
            News::RelayAsks { offered } => {
                put("offered", (*offered).into());
                "relayAsks"
            }
            News::PutOff(why) => {
                put("code", why.code.as_str().into());
                put("reason", why.reason.as_str().into());
                "putOff"
            }
            News::TakenAgain => "takenAgain",
            News::RelayRestored => "relayRestored",
            News::Roster(roster) => {
                put("roster", words::roster(roster));
                "roster"
            }
            News::Finished => "finished",
            News::CannotSave { why } => {
                put("why", why.as_str().into());
                "cannotSave"
            }
            News::CanSaveAgain => "canSaveAgain",
            News::PeerJoined { .. } => "peerJoined",
            News::PeerLeft { .. } => "peerLeft",
            News::BundleFrom { location, brought } => {
                put("location", location.as_str().into());
                put("brought", (*brought).into());
                "bundleFrom"
            }
            News::Presence { location, .. } => {
                put(
                    "location",
                    location.as_ref().map(|name| name.as_str()).into(),
                );
                "presence"
            }
            News::Fault { .. } => "fault",
            _ => "other",
        };
        put("kind", kind.into());
        put("words", news.to_string().into());
        Value::Object(json)
    }

    /// What happened on the screen, for those who watch paths, too.
    fn happened_in_meet(&mut self, event: &MeetEvent) -> (&'static str, Map<String, Value>) {
        let mut more = Map::new();
        let mut put = |name: &str, value: Value| more.insert(name.to_owned(), value);
        match event {
            MeetEvent::Loaded { changes } => {
                put("changes", (*changes).into());
                self.everything_changed();
                ("loaded", more)
            }
            MeetEvent::Added { entry, name, by } => {
                let path = words::entry_path(entry);
                put("path", path.as_str().into());
                put("name", name.as_str().into());
                put("location", by.as_str().into());
                self.changes
                    .push(json!({"path": path, "value": null, "text": name, "location": by.as_str(), "own": false}));
                ("added", more)
            }
            MeetEvent::Changed { path, before, now } => {
                put("path", path.to_string().into());
                put("before", before.clone().into());
                put("now", words::held(now).into());
                put("own", self.is_own(now).into());
                self.changed(&path.to_string(), now, None);
                ("changed", more)
            }
            MeetEvent::Overruled {
                path,
                overruled,
                stands,
            } => {
                put("path", path.to_string().into());
                put("overruled", words::held(overruled).into());
                put("stands", words::held(stands).into());
                put("own", self.is_own(overruled).into());
                self.changed(&path.to_string(), stands, Some(overruled));
                ("overruled", more)
            }
            MeetEvent::Settled { path, stands } => {
                put("path", path.to_string().into());
                put("stands", words::held(stands).into());
                self.changed(&path.to_string(), stands, None);
                ("settled", more)
            }
            _ => ("meet", more),
        }
    }

    fn changed(&mut self, path: &str, now: &Held, overruled: Option<&Held>) {
        let mut json = words::held(now);
        json.insert("path".to_owned(), path.into());
        json.insert("own".to_owned(), self.is_own(now).into());
        if let Some(overruled) = overruled {
            let mut loser = words::held(overruled);
            loser.insert("own".to_owned(), self.is_own(overruled).into());
            json.insert("overruled".to_owned(), loser.into());
        }
        self.changes.push(Value::Object(json));
    }

    /// There is another meet, or a whole one where there was none: the path of everything is empty.
    pub(crate) fn everything_changed(&mut self) {
        self.changes
            .push(json!({"path": "", "value": null, "text": "", "location": "", "own": false}));
    }

    /// Hands over what has changed, after everything else.
    pub(crate) fn flush_changes(&mut self) {
        if !self.changes.is_empty() {
            let changes = std::mem::take(&mut self.changes);
            self.acts.push(json!({"changes": changes}));
        }
    }

    /// Whether a write was made in this tab, now or before it was last loaded.
    fn is_own(&mut self, held: &Held) -> bool {
        self.client()
            .is_ok_and(|client| client.writes_as(&held.write.actor))
    }
}

fn send(link: LinkId, frame: &Frame) -> Value {
    match frame {
        Frame::Text(text) => json!({"send": link_name(link), "text": &**text}),
        Frame::Packed(bytes) => json!({"send": link_name(link), "bytes": STANDARD.encode(bytes)}),
    }
}
