//! What the packages' manifests must keep: arrows that point one way, and pure packages without a runtime.

use toml::{Table, Value};

use super::tree::{file, files_ending, none};

/// Packages that do no I/O, from the model outwards.
pub(super) const PURE: &[&str] = &[
    "crdt-model/journal",
    "crdt-model",
    "crdt-model/pack",
    "crdt-model/scoring",
    "relay/protocol",
    "relay",
    "client",
    "client/display",
    "client/browser/core",
];

/// The one package whose lints differ, in one: it names three functions for JavaScript, which is an unsafe attribute.
const NAMED_FOR_JAVASCRIPT: &str = "client/browser/door";

/// What a pure package has no use for: runtimes, the system's clock, randomness and files.
const SHELL_ONLY: &[&str] = &[
    "clap",
    "fs4",
    "futures-util",
    "getrandom",
    "httparse",
    "jiff",
    "rand",
    "rustix",
    "tempfile",
    "tokio",
    "tokio-tungstenite",
    "tracing-subscriber",
];

/// A workspace member: where it lies, its name and its manifest.
struct Package {
    folder: String,
    name: String,
    manifest: Table,
}

impl Package {
    fn dependencies(&self) -> Vec<&str> {
        let table = self.manifest.get("dependencies").and_then(Value::as_table);
        table
            .map(|table| table.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }

    fn is_of(&self, room: &str) -> bool {
        self.folder == room || self.folder.starts_with(&format!("{room}/"))
    }
}

#[test]
fn arrows_point_one_way() {
    let order = own_packages_in_order();
    let rank = |name: &str| order.iter().position(|own| own == name);
    let mut broken = Vec::new();
    for package in packages() {
        for dependency in package.dependencies() {
            let Some(below) = rank(dependency) else {
                continue;
            };
            if rank(&package.name).is_some_and(|own| own <= below) {
                broken.push(format!(
                    "{} depends on {dependency}, which stands above it",
                    package.name
                ));
            }
        }
    }
    none(&broken);
}

#[test]
fn relay_and_client_never_know_each_other() {
    let mut broken = Vec::new();
    for package in packages() {
        let foreign: fn(&str) -> bool = if package.is_of("client") {
            |name| name.starts_with("spotter-relay") && name != "spotter-relay-protocol"
        } else if package.is_of("relay") {
            |name| name.starts_with("spotter-client")
        } else {
            continue;
        };
        for dependency in package
            .dependencies()
            .into_iter()
            .filter(|name| foreign(name))
        {
            broken.push(format!("{} depends on {dependency}", package.name));
        }
    }
    none(&broken);
}

#[test]
fn pure_packages_have_no_runtime_dependency() {
    let packages = packages();
    let impure: Vec<&str> = packages
        .iter()
        .filter(|package| !PURE.contains(&package.folder.as_str()))
        .map(|package| package.name.as_str())
        .chain(SHELL_ONLY.iter().copied())
        .collect();
    let mut broken = Vec::new();
    for package in packages
        .iter()
        .filter(|package| PURE.contains(&package.folder.as_str()))
    {
        for dependency in package
            .dependencies()
            .into_iter()
            .filter(|name| impure.contains(name))
        {
            broken.push(format!(
                "{} is pure and depends on {dependency}",
                package.name
            ));
        }
    }
    none(&broken);
}

#[test]
fn dependencies_are_declared_in_one_place() {
    let mut broken = Vec::new();
    for package in packages() {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(table) = package.manifest.get(section).and_then(Value::as_table) else {
                continue;
            };
            for (name, value) in table {
                let inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
                if !inherited {
                    broken.push(format!(
                        "{}/Cargo.toml: {name} is not `workspace = true`",
                        package.folder
                    ));
                }
            }
        }
    }
    none(&broken);
}

#[test]
fn packages_inherit_lints_and_licence_and_say_what_they_are() {
    let mut broken = Vec::new();
    for package in packages() {
        let inherits = |table: &str, key: Option<&str>| {
            let value = package
                .manifest
                .get(table)
                .and_then(|value| key.map_or(Some(value), |key| value.get(key)));
            value
                .and_then(|value| value.get("workspace"))
                .and_then(Value::as_bool)
                == Some(true)
        };
        let lints = inherits("lints", None) || package.folder == NAMED_FOR_JAVASCRIPT;
        if !lints || !inherits("package", Some("license")) {
            broken.push(format!(
                "{}/Cargo.toml does not inherit lints and licence",
                package.folder
            ));
        }
        if package.manifest["package"].get("description").is_none() {
            broken.push(format!("{}/Cargo.toml has no description", package.folder));
        }
    }
    none(&broken);
}

#[test]
fn every_locked_dependency_comes_from_one_registry() {
    let lock: Table = file("Cargo.lock").text.parse().unwrap();
    let mut broken = Vec::new();
    for package in lock["package"].as_array().unwrap() {
        let source = package.get("source").and_then(Value::as_str);
        if source.is_some_and(|source| !source.ends_with("/rust-lang/crates.io-index")) {
            broken.push(format!(
                "{} comes from {}",
                package["name"],
                source.unwrap()
            ));
        }
    }
    none(&broken);
}

#[test]
fn no_package_plants_bugs_unless_asked() {
    let turned_on = |name: &str, value: &Value| -> bool {
        let is_ours = |word: &str| word == "planted" || word.ends_with("/planted");
        let words = value.as_array().into_iter().flatten();
        name != "planted" && words.filter_map(Value::as_str).any(is_ours)
    };
    let mut broken = Vec::new();
    for package in packages() {
        let features = package.manifest.get("features").and_then(Value::as_table);
        for (name, value) in features.into_iter().flatten() {
            if turned_on(name, value) {
                broken.push(format!("{}: the feature {name} plants bugs", package.name));
            }
        }
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = package.manifest.get(section).and_then(Value::as_table);
            for (name, value) in table.into_iter().flatten() {
                if value
                    .get("features")
                    .is_some_and(|value| turned_on("", value))
                {
                    broken.push(format!("{}: {name} comes with planted bugs", package.name));
                }
            }
        }
    }
    none(&broken);
}

#[test]
fn every_planted_bug_has_a_place_and_a_line_in_the_documents() {
    let list = file("crdt-model/src/planted.rs").text;
    let (_, list) = list.split_once("pub const ALL: &[Self] = &[").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    let told = file("docs/planted-bugs.md").text;
    let sources = files_ending(".rs");
    let mut broken = Vec::new();
    for bug in list
        .split(',')
        .filter_map(|bug| bug.trim().strip_prefix("Self::"))
    {
        let question = format!("planted::is(Bug::{bug})");
        let is_asked = sources.iter().any(|source| source.text.contains(&question));
        let name = kebab(bug);
        if !is_asked {
            broken.push(format!("{bug} is planted nowhere"));
        }
        if !told.contains(&format!("`{name}`")) {
            broken.push(format!("docs/planted-bugs.md does not tell of `{name}`"));
        }
    }
    none(&broken);
}

/// `LoggedTwice` as `logged-twice`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

fn packages() -> Vec<Package> {
    let workspace: Table = file("Cargo.toml").text.parse().unwrap();
    let members = workspace["workspace"]["members"]
        .as_array()
        .unwrap()
        .clone();
    members
        .iter()
        .map(|member| {
            let folder = member.as_str().unwrap().to_owned();
            let manifest: Table = file(&format!("{folder}/Cargo.toml")).text.parse().unwrap();
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            Package {
                folder,
                name,
                manifest,
            }
        })
        .collect()
}

/// Our own packages as the workspace lists them, from the model outwards: the order arrows may point along.
fn own_packages_in_order() -> Vec<String> {
    let workspace = file("Cargo.toml");
    let own = |(_, line): (usize, &str)| {
        let (name, rest) = line.split_once(" = ")?;
        (name.starts_with("spotter-") && rest.contains("path = ")).then(|| name.to_owned())
    };
    workspace.lines().filter_map(own).collect()
}
