//! Questions that are answered at once from what is here.

use serde::Serialize;
use serde_json::{Map, Value, json};
use spotter_client::{LinkState, Status};
use spotter_model::{ModelError, Path, json_text};

use crate::desk::Desk;
use crate::message::Message;
use crate::trouble::Trouble;
use crate::words;

impl Desk {
    /// The answer to a question; nothing if it is none.
    pub(crate) fn read(&mut self, what: &str, message: &Message) -> Option<Result<Value, Trouble>> {
        Some(match what {
            "holdsMeet" => self.holds_meet().map(Value::from),
            "status" => self.status(),
            "get" => self.get(message),
            "state" => self.state(),
            "export" => self.export(),
            "entries" => self.meet().map(|meet| json!(meet.entries())),
            "conflicts" => self.conflicts(),
            "history" => self.history(message),
            "roster" => self.client().map(|client| {
                let membership = client.membership();
                membership.map_or(json!([]), |known| words::roster(&known.roster))
            }),
            "parse" => self.parse(message),
            "presence" => self.presence(),
            "platform" => self.platform(message),
            "flightSheet" => self.flight_sheet(message),
            "results" => self.results(message),
            "displayWeight" => self.display_weight(message),
            "parseWeight" => self.parse_weight(message),
            _ => return None,
        })
    }

    /// Whether there is a meet to look at: one that was joined has to arrive first.
    fn holds_meet(&mut self) -> Result<bool, Trouble> {
        Ok(self.client()?.meet().is_some_and(|meet| !meet.is_empty()))
    }

    fn status(&mut self) -> Result<Value, Trouble> {
        let now = self.now.0.moment;
        let holds_meet = self.holds_meet()?;
        let client = self.client()?;
        let status: Status = client.status(now);
        let mut json = words::status(&status);
        let mut put = |name: &str, value: Value| json.insert(name.to_owned(), value);
        let membership = client.membership();
        let session = membership.and_then(|known| known.session.as_ref());
        put("holdsMeet", holds_meet.into());
        put("root", status.root.map(|root| root.to_string()).into());
        put("relay", membership.map(|known| known.relay.as_str()).into());
        put(
            "initiator",
            membership.is_some_and(|known| known.initiator).into(),
        );
        put(
            "sessionExpiresAt",
            session
                .map(|session| words::time(session.expires_at.unix_seconds()))
                .into(),
        );
        let offline = matches!(status.link, LinkState::Offline { .. });
        put(
            "passwordWanted",
            (membership.is_some() && session.is_none() && offline).into(),
        );
        put(
            "conflicts",
            client
                .meet()
                .map_or(0, |meet| meet.conflicts().len())
                .into(),
        );
        Ok(Value::Object(json))
    }

    fn get(&mut self, message: &Message) -> Result<Value, Trouble> {
        let path = message.parsed("path")?;
        match self.meet()?.get(&path) {
            Ok(shown) => Ok(words::shown(&shown)),
            Err(ModelError::Unset { .. }) => Ok(Value::Null),
            Err(error) => Err(error.into()),
        }
    }

    fn state(&mut self) -> Result<Value, Trouble> {
        let meet = self.meet()?;
        let mut state = Map::new();
        state.insert("meet".to_owned(), Value::clone(&*meet.openlifter_meet()?));
        state.insert("registration".to_owned(), meet.openlifter_registration()?);
        Ok(Value::Object(state))
    }

    /// OpenLifter's saved file, as one text.
    fn export(&mut self) -> Result<Value, Trouble> {
        let saved = self.meet()?.export(None)?;
        Ok(json_text(&saved).into())
    }

    fn conflicts(&mut self) -> Result<Value, Trouble> {
        let conflicts = self.meet()?.conflicts();
        Ok(conflicts.iter().map(words::conflict).collect())
    }

    fn history(&mut self, message: &Message) -> Result<Value, Trouble> {
        let path = message.parsed("path")?;
        let history = self.meet()?.history(&path)?;
        Ok(history.iter().map(words::history_item).collect())
    }

    /// Who else is there, and where they look.
    fn presence(&mut self) -> Result<Value, Trouble> {
        let client = self.client()?;
        let seen = client.presence();
        Ok(seen
            .map(|present| words::present(present, client.heard_directly(present)))
            .collect())
    }

    fn platform(&mut self, message: &Message) -> Result<Value, Trouble> {
        let view = spotter_scoring::platform_view(self.meet()?, &message.read_whole()?)?;
        shown(&view)
    }

    fn flight_sheet(&mut self, message: &Message) -> Result<Value, Trouble> {
        let sheet = spotter_scoring::flight_sheet(self.meet()?, &message.read_whole()?)?;
        shown(&sheet)
    }

    fn results(&mut self, message: &Message) -> Result<Value, Trouble> {
        let results = spotter_scoring::results(self.meet()?, message.flag("final"))?;
        shown(&results)
    }

    /// A weight in the meet's unit, for people.
    fn display_weight(&mut self, message: &Message) -> Result<Value, Trouble> {
        let kg = message.double("kg")?;
        Ok(spotter_scoring::display_weight(kg, self.is_in_kg()?).into())
    }

    /// The kilograms that a person typed in the meet's unit.
    fn parse_weight(&mut self, message: &Message) -> Result<Value, Trouble> {
        let in_kg = self.is_in_kg()?;
        let read = spotter_scoring::parse_weight(message.text("text")?, in_kg);
        read.map(Value::from).map_err(Trouble::not_understood)
    }

    fn is_in_kg(&mut self) -> Result<bool, Trouble> {
        let path = Path::meet("inKg").map_err(Trouble::misuse)?;
        let shown = self.meet()?.get(&path).ok();
        Ok(shown.and_then(|shown| shown.held.value?.as_bool()) != Some(false))
    }

    /// What a text that a person typed means for a field.
    fn parse(&mut self, message: &Message) -> Result<Value, Trouble> {
        let (path, text) = (message.parsed("path")?, message.text("text")?.to_owned());
        Ok(self.meet()?.parse_value(&path, &text)?)
    }
}

fn shown(view: &impl Serialize) -> Result<Value, Trouble> {
    serde_json::to_value(view).map_err(Trouble::misuse)
}
