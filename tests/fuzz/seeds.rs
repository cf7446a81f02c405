//! What the fuzzer begins with for each check: golden packs, changes and messages, logs, bundles and records that were
//! kept.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::{CHECKED, Golden, UNSEEN, bundle, cold, records};

/// Bytes to begin with, and what they are for.
pub struct Seed {
    /// The check.
    pub target: &'static str,
    /// Their name.
    pub name: String,
    /// They themselves.
    pub bytes: Vec<u8>,
}

/// All of them, from the files of the repository with this root.
pub fn all(root: &Path) -> io::Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    let mut add = |target, name: String, bytes| {
        seeds.push(Seed {
            target,
            name,
            bytes,
        })
    };
    for (name, golden) in texts(root, "crdt-model/pack/golden")? {
        let golden = Golden::read(&golden);
        add("unpack", name.clone(), [&[0b1111], &*golden.pack].concat());
        for (number, change) in golden.changes.iter().enumerate() {
            let seed = [&[0], &change.bytes()[CHECKED..]].concat();
            add("change", format!("{name}-{number}"), seed);
        }
    }
    let meet = Golden::meet().changes;
    let unseen = &meet[meet.len() - UNSEEN..];
    let mut all = Vec::new();
    for (number, change) in unseen.iter().enumerate() {
        let behind = &change.bytes()[CHECKED..];
        let length = u16::try_from(behind.len()).expect("golden changes are short");
        let seed = [&length.to_be_bytes(), behind].concat();
        all.extend_from_slice(&seed);
        add("admission", number.to_string(), seed);
    }
    add("admission", "all".to_owned(), all);
    for (name, golden) in texts(root, "relay/protocol/golden")? {
        let golden: Value = serde_json::from_str(&golden)?;
        let (packed, message) = match (&golden["object"], &golden["pack"]) {
            (object @ Value::Object(_), Value::String(pack)) => (1, frame(object, pack)),
            _ => (0, golden.to_string().into_bytes()),
        };
        for listener in 0..3 {
            let seed = [&[listener << 1 | packed], &*message].concat();
            add("message", format!("{name}-{listener}"), seed);
        }
    }
    for meet in ["current-meets/123456789", "finished-meets/000000007"] {
        let log = format!("relay/store/tests/kept/format-1/{meet}/updates.json.log");
        let log = fs::read(root.join(log))?;
        let begin = log.split_inclusive(|byte| *byte == b'\n').take(8);
        let begin = begin.flatten().copied().collect::<Vec<u8>>();
        add("log", meet.replace('/', "-"), [&[0, 40], &*log].concat());
        add(
            "log",
            meet.replace('/', "-begin-"),
            [&[1, 7], &*begin].concat(),
        );
    }
    for (name, text) in bundles(root)? {
        for kind in [0, 2] {
            add(
                "bundle",
                format!("{name}-{kind}"),
                [&[kind], text.as_bytes()].concat(),
            );
        }
    }
    let beginning = &meet[..meet.len() - UNSEEN];
    for (kind, changes, name) in [(1, beginning, "whole"), (3, unseen, "more")] {
        let header = bundle::header(&meet[0].hash(), changes.len());
        let mut parts = vec![kind];
        part(&mut parts, bundle::LINE, header.as_bytes());
        for (number, change) in changes.iter().enumerate() {
            let kind = if kind == 1 && number == 0 {
                bundle::ROOT
            } else {
                bundle::CHANGE
            };
            part(&mut parts, kind, &change.bytes()[CHECKED..]);
        }
        add("bundle", name.to_owned(), parts);
        let mut packed = vec![kind];
        let header = header.replace("\"spotterBundle\":1", "\"spotterBundle\":2");
        part(&mut packed, bundle::LINE, header.as_bytes());
        part(&mut packed, bundle::PACK, &spotter_pack::pack(changes));
        add("bundle", format!("{name}-packed"), packed);
    }
    let (auth, sessions) = records::sound();
    let documents = format!("{auth}\0{sessions}");
    add("records", "made".to_owned(), documents.into_bytes());
    for meet in ["current-meets/123456789", "finished-meets/000000007"] {
        let read = |file: &str| {
            fs::read(root.join(format!("relay/store/tests/kept/format-1/{meet}/{file}")))
        };
        let documents = [&*read("auth.json")?, &[0], &*read("sessions.json")?].concat();
        add("records", meet.replace('/', "-"), documents);
    }
    for (name, kept) in [("one", cold::kept()), ("two", cold::kept_in_two())] {
        for repaired in [0, 1] {
            let name = format!("{name}-{repaired}");
            add("cold", name, [&[repaired], &*kept].concat());
        }
    }
    let lines: &[u8] = b"\x03\x05{\"n\":0,\"d\":0,\"p\":\"00000000\",\"k\":\"00000000\"}\n{\"n\":1,\"d\":50,\"p\":\"00000000\",\"x\":1,\"k\":\"00000000\"}\n";
    add("log", "lines".to_owned(), lines.to_vec());
    Ok(seeds)
}

/// Bundles that are kept, by name.
fn bundles(root: &Path) -> io::Result<Vec<(String, String)>> {
    let read = |format: u32| {
        let path = format!("client/tests/formats/bundle-{format}.jsonl");
        Ok((
            format!("kept-{format}"),
            fs::read_to_string(root.join(path))?,
        ))
    };
    [1, 2].into_iter().map(read).collect()
}

/// Writes a part of a bundle as its check reads it.
fn part(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).expect("golden parts are short");
    out.push(kind);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// The JSON files of a folder, by name.
fn texts(root: &Path, folder: &str) -> io::Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for file in fs::read_dir(root.join(folder))? {
        let path = file?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        texts.push((name.into_owned(), fs::read_to_string(&path)?));
    }
    Ok(texts)
}

/// A packed message as it travels.
fn frame(object: &Value, pack: &str) -> Vec<u8> {
    let object = object.to_string();
    let mut length = object.len();
    let mut out = Vec::new();
    while length > 0x7f {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend(object.bytes());
    let digits = pack.as_bytes().chunks(2);
    out.extend(digits.filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()));
    out
}
