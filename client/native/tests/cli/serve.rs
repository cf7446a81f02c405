//! `serve`: the meet in a browser, from one device without a relay.

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::Value;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use crate::bench::Bench;

/// A device that serves, and where it says that it can be seen.
struct Serving {
    process: Child,
    edits: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
    address: String,
    scoreboard: String,
}

impl Serving {
    fn start(bench: &Bench, more: &[&str]) -> Self {
        let mut process = bench
            .spotter()
            .args(["serve", "--http", "127.0.0.1:0", "--edits"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let edits = process.stdin.take().unwrap();
        let mut told = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut says = |words: &str| {
            let mut lines = told.by_ref().map(Result::unwrap);
            lines
                .find_map(|line| line.strip_prefix(words).map(str::to_owned))
                .unwrap()
        };
        let address = says("pages on http://").trim_end_matches('/').to_owned();
        let scoreboard = says("scoreboard ");
        says("overlay ");
        Self {
            process,
            edits,
            told,
            address,
            scoreboard,
        }
    }

    fn key(&self) -> &str {
        self.scoreboard.split_once("#key=").unwrap().1
    }

    fn meet(&self) -> &str {
        let (_, rest) = self.scoreboard.split_once("?meet=").unwrap();
        rest.split_once('&').unwrap().0
    }

    /// Status and body.
    fn get(&self, path: &str, key: &str) -> (u16, String) {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    fn lifters(&self, key: &str) -> (u16, Value) {
        let path = format!("/live/{}/lifters?day=1&platform=1", self.meet());
        let (status, body) = self.get(&path, key);
        (status, serde_json::from_str(&body).unwrap())
    }

    fn feed(&self) -> WebSocket<TcpStream> {
        let url = format!(
            "ws://{}/live/{}/feed?day=1&platform=1",
            self.address,
            self.meet()
        );
        let mut request = url.into_client_request().unwrap();
        let protocols = format!("spotter-display, key.{}", self.key());
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocols.parse().unwrap());
        let socket = TcpStream::connect(&self.address).unwrap();
        client(request, socket).unwrap().0
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn next(feed: &mut WebSocket<TcpStream>) -> Value {
    loop {
        if let Message::Text(text) = feed.read().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

#[test]
fn a_venue_without_internet_sees_what_is_typed_on_one_device() {
    let bench = Bench::with_meet();
    let mut serving = Serving::start(&bench, &[]);
    assert_eq!(serving.meet(), "000000000", "no relay has named this meet");
    let (status, snapshot) = serving.lifters(serving.key());
    assert_eq!(status, 200, "{snapshot}");
    let first = snapshot["lifters"][0].clone();
    let mut feed = serving.feed();
    assert_eq!(next(&mut feed)["revision"], snapshot["revision"]);
    writeln!(serving.edits, "entries.{}.team Oulu Lifters", first["id"]).unwrap();
    assert!(
        serving
            .told
            .any(|line| line.unwrap().contains("Oulu Lifters"))
    );
    let frame = next(&mut feed);
    assert_eq!(
        frame["revision"],
        snapshot["revision"].as_u64().unwrap() + 1
    );
    assert_eq!(frame["lifters"]["update"][0]["team"], "Oulu Lifters");
    let (status, page) = serving.get("/", "");
    assert!(status == 200 || page.contains("npm run build"), "{page}");
}

#[test]
fn a_key_lasts_until_another_is_made_and_opens_nothing_else() {
    let bench = Bench::with_meet();
    let first = Serving::start(&bench, &[]);
    let key = first.key().to_owned();
    let (status, refused) = first.lifters(&"k".repeat(43));
    assert_eq!(
        (status, refused["code"].as_str()),
        (403, Some("wrong-meet-or-password"))
    );
    assert_eq!(first.get("/live/123456789/lifters", &key).0, 403);
    drop(first);
    let again = Serving::start(&bench, &[]);
    assert_eq!(again.key(), key);
    drop(again);
    let other = Serving::start(&bench, &["--new-key"]);
    assert_ne!(other.key(), key);
    assert_eq!(other.lifters(&key).0, 403);
    assert_eq!(other.lifters(other.key()).0, 200);
}
