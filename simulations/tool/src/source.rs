//! What a command is given: a scenario by name or file, or a plan; and how it becomes a plan.

use std::path::Path;

use serde_json::Value;
use spotter_sim_plan::{PLAN_FORMAT, Plan};
use spotter_sim_scenario::{Scenario, ScenarioError, expand, expand_all};

use crate::trouble::Trouble;
use crate::{builtin, files, hash};

/// A scenario as it was found.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// The argument that finds it again: a name or a path.
    pub(crate) given: String,
    /// What rows and files are called after it.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
}

/// What an argument led to.
pub(crate) enum Source {
    /// A scenario.
    Script(Script),
    /// A plan.
    Plan(Box<Plan>),
}

/// A field of a scenario that is given another value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    /// Where, as dotted path: `network.loss`, `locations.0.priority`.
    pub(crate) key: String,
    /// What.
    pub(crate) value: Value,
}

/// Finds a scenario or a plan.
///
/// # Errors
/// There is neither a file nor a built-in scenario of that name, or it is a plan that cannot be read.
pub(crate) fn open(given: &str) -> Result<Source, Trouble> {
    let path = Path::new(given);
    if !path.exists()
        && let Some(text) = builtin::named(given)
    {
        return Ok(Source::Script(Script {
            given: given.to_owned(),
            name: given.to_owned(),
            text: text.to_owned(),
        }));
    }
    if !path.exists() {
        return Err(Trouble::Asked(nothing_named(given)));
    }
    let text = files::read(path)?;
    if is_plan(&text) {
        return read_plan(given, &text).map(|plan| Source::Plan(Box::new(plan)));
    }
    let stem = path.file_stem().unwrap_or_default();
    Ok(Source::Script(Script {
        given: given.to_owned(),
        name: stem.to_string_lossy().into_owned(),
        text,
    }))
}

/// Reads a plan's file.
///
/// # Errors
/// It cannot be read, or is no plan.
pub(crate) fn plan_file(path: &Path) -> Result<Plan, Trouble> {
    read_plan(&path.display().to_string(), &files::read(path)?)
}

impl Script {
    /// The scenario, with some fields given other values.
    ///
    /// # Errors
    /// It makes no sense; the words name line and field.
    pub(crate) fn scenario(&self, settings: &[Setting]) -> Result<Scenario, Trouble> {
        if settings.is_empty() {
            return Scenario::read(&self.text).map_err(|error| self.senseless(&error, settings));
        }
        let text = self.changed(settings)?;
        Scenario::read(&text).map_err(|error| self.senseless(&error, settings))
    }

    /// The text with some fields given other values.
    fn changed(&self, settings: &[Setting]) -> Result<String, Trouble> {
        // Whatever is wrong with the text itself is told with the line it has there.
        self.scenario(&[])?;
        let asked = |why: String| Trouble::Asked(format!("{}: {why}", self.given));
        let mut value: Value =
            serde_json::from_str(&self.text).map_err(|error| asked(error.to_string()))?;
        for setting in settings {
            setting.apply(&mut value).map_err(asked)?;
        }
        serde_json::to_string_pretty(&value).map_err(|error| asked(error.to_string()))
    }

    /// What names the scenario with these settings: a hash over both.
    ///
    /// # Errors
    /// A setting leads nowhere.
    pub(crate) fn config(&self, settings: &[Setting]) -> Result<String, Trouble> {
        let mut text = self.changed(settings)?;
        text.insert_str(0, &self.name);
        Ok(hash::of(text.as_bytes())[..16].to_owned())
    }

    /// The plan of a seed.
    ///
    /// # Errors
    /// The scenario makes no sense, or a file that it names cannot be read.
    pub(crate) fn plan(&self, settings: &[Setting], seed: u64) -> Result<Plan, Trouble> {
        expand(&self.ready(settings)?, seed).map_err(|error| self.senseless(&error, settings))
    }

    /// The plans of a seed: one for each order of reconnecting and each call to a disk that the scenario asks for.
    ///
    /// # Errors
    /// As for [`Self::plan`].
    pub(crate) fn plans(&self, settings: &[Setting], seed: u64) -> Result<Vec<Plan>, Trouble> {
        expand_all(&self.ready(settings)?, seed).map_err(|error| self.senseless(&error, settings))
    }

    /// The scenario with the files that it names, which lie beside its own.
    pub(crate) fn ready(&self, settings: &[Setting]) -> Result<Scenario, Trouble> {
        let mut scenario = self.scenario(settings)?;
        let beside = Path::new(&self.given).parent().unwrap_or(Path::new(""));
        for name in scenario.needs() {
            let text = std::fs::read_to_string(beside.join(&name)).map_err(|error| {
                self.senseless(&scenario.cannot_have(&name, &error.to_string()), settings)
            })?;
            scenario
                .supply(&name, &text)
                .map_err(|error| self.senseless(&error, settings))?;
        }
        Ok(scenario)
    }

    /// What is wrong, with its place in the text. With settings there is no such text, and they are named instead.
    fn senseless(&self, error: &ScenarioError, settings: &[Setting]) -> Trouble {
        let mut error = error.clone();
        if settings.is_empty() {
            let error = error.in_text(&self.text);
            return Trouble::Asked(format!("{}: {error}", self.given));
        }
        error.place = None;
        let set = settings
            .iter()
            .map(|setting| format!(" --set '{}'", setting.shown()));
        let set: String = set.collect();
        Trouble::Asked(format!("{} with{set}: {error}", self.given))
    }
}

impl Setting {
    /// Reads `key=value`; the value is JSON, or else text.
    ///
    /// # Errors
    /// There is no `=`, or nothing before it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (key, value) = Self::split(text)?;
        Ok(Self {
            key,
            value: json_or_text(value),
        })
    }

    /// Reads `key=v1,v2,…` as one setting for each value. A value that is JSON may hold commas in its brackets.
    ///
    /// # Errors
    /// There is no `=`, or nothing before or after it.
    pub(crate) fn read_several(text: &str) -> Result<Vec<Self>, String> {
        let (key, values) = Self::split(text)?;
        let setting = |value: &str| Self {
            key: key.clone(),
            value: json_or_text(value),
        };
        Ok(split_outside_brackets(values)
            .into_iter()
            .map(setting)
            .collect())
    }

    fn split(text: &str) -> Result<(String, &str), String> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => {
                let key = key.trim_start_matches('/').replace('/', ".");
                Ok((key, value))
            }
            _ => Err(format!(
                "\"{text}\" is not KEY=VALUE, as in network.loss=0.05"
            )),
        }
    }

    /// As it is written on the command line.
    pub(crate) fn shown(&self) -> String {
        format!("{}={}", self.key, self.value_shown())
    }

    /// The value, text without its quotes.
    pub(crate) fn value_shown(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => self.value.to_string(),
        }
    }

    fn apply(&self, within: &mut Value) -> Result<(), String> {
        let mut place = within;
        let mut walked = String::new();
        for part in self.key.split('.') {
            let before = if walked.is_empty() {
                "the scenario"
            } else {
                walked.as_str()
            };
            place = match place {
                Value::Object(fields) => fields.entry(part).or_insert(Value::Null),
                Value::Array(items) => {
                    let count = items.len();
                    let item = part.parse().ok().and_then(|at: usize| items.get_mut(at));
                    item.ok_or_else(|| {
                        format!("{} leads nowhere: {before} has {count} items, from 0, and no \"{part}\"", self.key)
                    })?
                }
                // What was not there is made, so that fields with defaults can be set inside.
                Value::Null => {
                    *place = Value::Object(serde_json::Map::new());
                    let Value::Object(fields) = place else {
                        return Err(format!("{} leads nowhere", self.key));
                    };
                    fields.entry(part).or_insert(Value::Null)
                }
                Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                    return Err(format!(
                        "{} leads nowhere: {before} has no fields",
                        self.key
                    ));
                }
            };
            walked = if walked.is_empty() {
                part.to_owned()
            } else {
                format!("{walked}.{part}")
            };
        }
        *place = self.value.clone();
        Ok(())
    }
}

fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut begun, mut quoted) = (0_i32, 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if depth == 0 && !quoted => {
                parts.push(&text[begun..at]);
                begun = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[begun..]);
    parts
}

fn is_plan(text: &str) -> bool {
    let value: Result<Value, _> = serde_json::from_str(text);
    value.is_ok_and(|value| value.get("steps").is_some() && value.get("format").is_some())
}

fn read_plan(from: &str, text: &str) -> Result<Plan, Trouble> {
    let mut json = serde_json::Deserializer::from_str(text);
    let plan: Plan = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        Trouble::Asked(format!("{from}: {field}: {}", error.into_inner()))
    })?;
    if plan.format != PLAN_FORMAT {
        return Err(Trouble::Asked(format!(
            "{from}: format: this version reads plans of format {PLAN_FORMAT}, not {}",
            plan.format
        )));
    }
    match senseless(&plan) {
        Some(why) => Err(Trouble::Asked(format!("{from}: {why}"))),
        None => Ok(plan),
    }
}

/// No world lasts longer.
const A_YEAR_MS: u64 = 366 * 24 * 3_600 * 1_000;

/// What no world could make sense of, with the field it stands in.
fn senseless(plan: &Plan) -> Option<String> {
    let unseated = |(at, device): (usize, &spotter_sim_plan::Device)| {
        (plan.priority_of(&device.location).is_none()).then(|| {
            format!(
                "devices[{at}].location: \"{}\" is not in the roster",
                device.location
            )
        })
    };
    if plan.devices.is_empty() {
        return Some("devices: there is nobody".to_owned());
    }
    if plan.relays == 0 {
        return Some("relays: there must be one at least".to_owned());
    }
    if plan.ends_at < plan.calm_at {
        return Some(format!(
            "endsAt: {} is before calmAt, {}",
            plan.ends_at, plan.calm_at
        ));
    }
    if plan.ends_at > A_YEAR_MS {
        return Some(format!("endsAt: {} ms are more than a year", plan.ends_at));
    }
    plan.devices.iter().enumerate().find_map(unseated)
}

fn nothing_named(given: &str) -> String {
    let near = builtin::near(given);
    let hint = match near.as_slice() {
        [] => "`spotter-sim list` names those that come with the program".to_owned(),
        names => format!(
            "did you mean {}? `spotter-sim list` names all",
            names.join(", ")
        ),
    };
    format!("there is no file \"{given}\" and no scenario of that name; {hint}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(key_and_value: &str, mut within: Value) -> Result<Value, String> {
        Setting::read(key_and_value)?.apply(&mut within)?;
        Ok(within)
    }

    #[test]
    fn a_setting_changes_the_field_it_names() {
        let within = json!({"network": {"loss": 0.0}, "people": [{"rate": 1}]});
        let changed = set("network.loss=0.5", within.clone()).unwrap();
        assert_eq!(changed["network"]["loss"], 0.5);
        let changed = set("/people/0/rate=2", within.clone()).unwrap();
        assert_eq!(changed["people"][0]["rate"], 2);
        let changed = set("calm.after=90s", within).unwrap();
        assert_eq!(changed["calm"]["after"], "90s");
    }

    #[test]
    fn a_setting_that_leads_nowhere_says_where_it_ended() {
        let within = json!({"people": [{"rate": 1}]});
        let why = set("people.3.rate=2", within.clone()).unwrap_err();
        assert!(why.contains("people has 1 items"), "{why}");
        let why = set("people.0.rate.x=2", within).unwrap_err();
        assert!(why.contains("people.0.rate has no fields"), "{why}");
        assert!(Setting::read("loss").is_err());
    }

    #[test]
    fn a_grid_reads_several_values() {
        let several = Setting::read_several("network.latency=[1,2],\"a,b\",fast").unwrap();
        let values: Vec<Value> = several.into_iter().map(|setting| setting.value).collect();
        assert_eq!(values, [json!([1, 2]), json!("a,b"), json!("fast")]);
    }

    #[test]
    fn a_plan_that_cannot_be_read_names_line_and_field() {
        let text = "{\"format\": 1,\n \"steps\": [],\n \"scenario\": 7}";
        let Err(Trouble::Asked(why)) = read_plan("x.json", text) else {
            panic!("read");
        };
        assert!(why.contains("scenario") && why.contains("line 3"), "{why}");
    }
}
