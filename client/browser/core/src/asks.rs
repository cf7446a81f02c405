//! What people ask for: each call becomes one or more requests of the machine.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use spotter_client::{Ask, EditAsk, GoLive, Input, Join, Word};
use spotter_model::{
    Author, Edit, EntryKey, EntryName, LocationName, ModelError, OpId, Path, Priority, Screen, Seen,
};
use spotter_relay_protocol::{DisplayLabel, Password, Whereabouts};

use crate::calls::Wants;
use crate::desk::Desk;
use crate::message::Message;
use crate::slots;
use crate::trouble::Trouble;

impl Desk {
    /// Begins a call. It is answered by an act that names it; what makes no sense is answered at once.
    pub(crate) fn asked(&mut self, what: &str, mut message: Message) -> Result<Value, Trouble> {
        let call = message.number("call")?;
        match self.begin(call, what, &mut message) {
            Ok(()) => Ok(Value::Null),
            Err(trouble) => {
                self.calls.forget(call);
                Err(trouble)
            }
        }
    }

    fn begin(&mut self, call: u64, what: &str, message: &mut Message) -> Result<(), Trouble> {
        match what {
            "edit" => return self.edit(call, message),
            "add" => return self.add(call, message),
            "act" => return self.play(call, message),
            _ => {}
        }
        let ask = match what {
            "newMeet" => Ask::NewMeet {
                date: message.text("date")?.to_owned(),
            },
            "import" => Ask::Import {
                saved_json: message.text("saved")?.to_owned(),
            },
            "undo" => Ask::Undo,
            "present" => Ask::Present(whereabouts(message)?),
            "withdraw" => edit_ask(Edit::withdraw(entry(message)?)),
            "reinstate" => edit_ask(Edit::reinstate(entry(message)?)),
            "restore" => self.restoring(message)?,
            "makeAgain" => Ask::MakeAgain {
                change: message.parsed("change")?,
            },
            "packBundle" => Ask::PackBundle {
                author: author_if_any(message)?,
            },
            "unpackBundle" => Ask::UnpackBundle {
                text: message.text("text")?.to_owned(),
                author: author_if_any(message)?,
            },
            "goLive" => Ask::GoLive(go_live(message)?),
            "join" => Ask::Join(Join {
                relay: message.text("relay")?.to_owned(),
                meet_id: message.parsed("meetId")?,
                location: location(message.text("location")?)?,
                password: password(message.text("password")?)?,
            }),
            "password" => Ask::Password(password(message.text("password")?)?),
            "borrow" => Ask::Borrow(slots::lent(message.text("lent")?)?),
            "stayConnected" => Ask::StayConnected(message.flag("yes")),
            "sync" => Ask::Sync,
            "dial" => Ask::DialPeer {
                address: message.text("address")?.to_owned(),
            },
            "forgetPeer" => Ask::ForgetPeer {
                address: message.text("address")?.to_owned(),
            },
            "sessions" => Ask::Word(Word::ListSessions),
            "revokeSession" => Ask::Word(Word::RevokeSession {
                session_id: message.parsed("id")?,
            }),
            "setLocation" => Ask::Word(Word::SetLocation {
                location: location(message.text("location")?)?,
                priority: priority(message.number("priority")?)?,
                new_name: message.text_if_any("newName").map(location).transpose()?,
            }),
            "changePassword" => Ask::Word(Word::ChangePassword {
                old: password(message.text("old")?)?,
                new: password(message.text("next")?)?,
            }),
            "addDisplayKey" => Ask::Word(Word::AddDisplayKey {
                label: DisplayLabel::parse(message.text("label")?).map_err(Trouble::misuse)?,
            }),
            "displayKeys" => Ask::Word(Word::ListDisplayKeys),
            "revokeDisplayKey" => Ask::Word(Word::RevokeDisplayKey {
                key_id: message.parsed("id")?,
            }),
            "finish" => Ask::Word(Word::FinishMeet),
            other => return Err(Trouble::misuse(format!("there is no {other}"))),
        };
        let begins = matches!(ask, Ask::NewMeet { .. } | Ask::Import { .. });
        self.calls.begin(call, Wants::Reply);
        self.ask(call, ask);
        if begins {
            self.everything_changed();
        }
        Ok(())
    }

    pub(crate) fn ask(&mut self, call: u64, ask: Ask) {
        let request = self.calls.request(call);
        self.step(Input::Asked { request, ask });
    }

    /// Gives fields values, all in one change.
    fn edit(&mut self, call: u64, message: &mut Message) -> Result<(), Trouble> {
        let puts = message.object("puts")?;
        let seen = message.object_if_any("seen").unwrap_or_default();
        self.check_seen(&seen)?;
        let edit = edit_of(&puts)?;
        let reason = message.text_if_any("reason").map(str::to_owned);
        self.calls.begin(call, Wants::Reply);
        let seen = Seen::Unchecked;
        self.ask(call, Ask::Edit(EditAsk { edit, reason, seen }));
        Ok(())
    }

    /// Nothing is written if something else is shown by now than what the person saw.
    fn check_seen(&mut self, seen: &Map<String, Value>) -> Result<(), Trouble> {
        for (path, write) in seen {
            let path = path_of(path)?;
            let stands = match self.meet()?.get(&path) {
                Ok(shown) => Some(shown),
                Err(ModelError::Unset { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            let shown = stands.as_ref().map(|shown| shown.held.write.to_string());
            let expected = write.as_str().filter(|write| !write.is_empty());
            if shown.as_deref() != expected {
                let stands = stands.map(Box::new);
                return Err(ModelError::Moved { path, stands }.into());
            }
        }
        Ok(())
    }

    fn add(&mut self, call: u64, message: &mut Message) -> Result<(), Trouble> {
        let edit = Edit::add_entry(message.object("fields")?).map_err(Trouble::misuse)?;
        self.calls.begin(call, Wants::Entry(None));
        self.adding(call, |desk| desk.ask(call, edit_ask(edit)))
    }

    /// Makes the edits that an action of OpenLifter asks for, in order; each is shown before the next is made.
    fn play(&mut self, call: u64, message: &mut Message) -> Result<(), Trouble> {
        let action = message.take("action");
        let mut screen = match message.object_if_any("screen") {
            Some(screen) => screen_of(&screen)?,
            None => self.screen,
        };
        let edits = self.meet()?.act(&action, &mut screen)?;
        self.screen = screen;
        let wants = Wants::Changes {
            changes: 0,
            ids: Vec::new(),
        };
        self.calls.begin(call, wants);
        self.adding(call, |desk| {
            for edit in edits {
                desk.ask(call, edit_ask(edit));
            }
        })?;
        if let Some(act) = self.calls.finish(call) {
            self.acts.push(act);
        }
        Ok(())
    }

    /// Does something, and notes for the call which entries are new after it.
    fn adding(&mut self, call: u64, make: impl FnOnce(&mut Self)) -> Result<(), Trouble> {
        let known = self.meet()?.entry_ids().into_iter();
        let known: BTreeSet<EntryKey> = known.map(|(key, _)| key).collect();
        make(self);
        let now = self.meet()?.entry_ids().into_iter();
        let new = now.filter(|(key, _)| !known.contains(key));
        let new: Vec<i64> = new.filter_map(|(_, id)| id).collect();
        self.calls.added(call, &new);
        Ok(())
    }

    fn restoring(&mut self, message: &Message) -> Result<Ask, Trouble> {
        let path: Path = message.parsed("path")?;
        let write: OpId = message.parsed("write")?;
        let reason = message.text_if_any("reason").map(str::to_owned);
        let edit = self.meet()?.restore(&path, &write)?;
        let seen = Seen::Unchecked;
        Ok(Ask::Edit(EditAsk { edit, reason, seen }))
    }
}

fn edit_ask(edit: Edit) -> Ask {
    let (reason, seen) = (None, Seen::Unchecked);
    Ask::Edit(EditAsk { edit, reason, seen })
}

/// One field alone may be made absent again, and the unit takes plates and bars with it; several are written as they stand.
fn edit_of(puts: &Map<String, Value>) -> Result<Edit, Trouble> {
    let mut values = Vec::with_capacity(puts.len());
    for (path, value) in puts {
        values.push((path_of(path)?, value));
    }
    let wrong = |shape| Trouble::from(ModelError::Shape(shape));
    match values.as_slice() {
        [] => Err(Trouble::misuse("an edit must put something")),
        [(path, Value::Null)] => Ok(Edit::clear(path.clone())),
        [(path, value)] => Edit::set(path.clone(), value).map_err(wrong),
        _ => Edit::set_all(values).map_err(wrong),
    }
}

fn path_of(text: &str) -> Result<Path, Trouble> {
    text.parse().map_err(Trouble::misuse)
}

fn entry(message: &Message) -> Result<EntryName, Trouble> {
    let id = message.number("entry")?;
    let id = i64::try_from(id).map_err(Trouble::misuse)?;
    Ok(EntryName::Id(id))
}

fn screen_of(screen: &Map<String, Value>) -> Result<Screen, Trouble> {
    let number = |name: &str| {
        let number = screen.get(name).and_then(Value::as_u64);
        let number = number.and_then(|number| u16::try_from(number).ok());
        number
            .ok_or_else(|| Trouble::misuse(format!("screen.{name} must be a whole number from 1")))
    };
    Ok(Screen {
        day: number("day")?,
        platform: number("platform")?,
    })
}

fn location(text: &str) -> Result<LocationName, Trouble> {
    LocationName::parse(text).map_err(Trouble::misuse)
}

fn priority(number: u64) -> Result<Priority, Trouble> {
    let number = u32::try_from(number).map_err(Trouble::misuse)?;
    Priority::new(number).map_err(Trouble::misuse)
}

fn password(text: &str) -> Result<Password, Trouble> {
    Password::parse(text).map_err(Trouble::misuse)
}

fn author_if_any(message: &mut Message) -> Result<Option<Author>, Trouble> {
    message
        .object_if_any("as")
        .map(|seat| seat_of(&seat))
        .transpose()
        .map(|seat| seat.map(|(location, priority)| Author { location, priority }))
}

fn seat_of(seat: &Map<String, Value>) -> Result<(LocationName, Priority), Trouble> {
    let name = seat
        .get("location")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let number = seat.get("priority").and_then(Value::as_u64);
    let number = number.ok_or_else(|| Trouble::misuse("a priority must be a whole number"))?;
    Ok((location(name)?, priority(number)?))
}

fn whereabouts(message: &mut Message) -> Result<Option<Whereabouts>, Trouble> {
    let at = message.object_if_any("at");
    let read = at.map(|at| serde_json::from_value(Value::Object(at)));
    read.transpose().map_err(Trouble::misuse)
}

fn go_live(message: &mut Message) -> Result<GoLive, Trouble> {
    let seats = message.take("roster");
    let seats = seats
        .as_array()
        .ok_or_else(|| Trouble::misuse("roster must be a list"))?;
    let mut roster = Vec::with_capacity(seats.len());
    for seat in seats {
        let seat = seat.as_object();
        roster.push(seat_of(
            seat.ok_or_else(|| Trouble::misuse("a seat must be an object"))?,
        )?);
    }
    Ok(GoLive {
        relay: message.text("relay")?.to_owned(),
        location: location(message.text("location")?)?,
        roster,
        password: password(message.text("password")?)?,
        again: message.flag("again"),
    })
}
