//! Displays of a relay process, over real sockets: snapshots, feeds, keys, and a relay that is killed meanwhile.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use spotter_model::{ActorId, Author, Change, Edit, LocationName, Meet, Pen, Priority, Seen};
use spotter_relay_protocol::{
    AddDisplayKey, ChangeBytes, ClientMessage, DisplayKeyId, DisplayLabel, MeetId, OfferedUpdate,
    RelayMessage, RevokeDisplayKey, SessionToken, UpdateInit,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::stopped::ask_to_stop;
use crate::wire::{PASSWORD, Relay, Wire, come_back, go_live};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Long enough for whatever happens at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// A location that edits a meet and sends what it writes.
struct Table {
    meet: Meet,
    pen: Pen,
    wire: Wire,
    id: MeetId,
    token: SessionToken,
    sent: u64,
}

impl Table {
    async fn go_live(relay: &Relay) -> Self {
        let pen = Pen {
            actor: ActorId::new([7; 8]),
            author: Author {
                location: LocationName::parse("Desk").unwrap(),
                priority: Priority::new(10).unwrap(),
            },
        };
        let entry = |id: i64, name: &str| {
            json!({"id": id, "name": name, "day": 1, "platform": 1, "flight": "A", "notes": "planted-note",
                "birthDate": "1903-01-07", "squatKg": [100, 0, 0, 0, 0], "squatStatus": [0, 0, 0, 0, 0]})
        };
        let saved = json!({
            "meet": {"name": "Open", "lengthDays": 1, "platformsOnDays": [1]},
            "registration": {"entries": [entry(5000, "Ann"), entry(5001, "Bea")]}
        });
        let meet = Meet::import(&saved.to_string(), &pen, [7; 16], 0).unwrap();
        let (wire, id, token) = go_live(relay, meet.root()).await;
        let everything: Vec<Change> = meet.changes().collect();
        let mut table = Self {
            meet,
            pen,
            wire,
            id,
            token,
            sent: 0,
        };
        table.send(&everything).await;
        table
    }

    async fn send(&mut self, changes: &[Change]) {
        let updates = changes.iter().map(|change| {
            self.sent += 1;
            OfferedUpdate {
                local_seq_num: self.sent,
                change: ChangeBytes::new(change.bytes().clone()),
                after_server_seq_num: None,
            }
        });
        let init = UpdateInit {
            session_token: None,
            updates: updates.collect(),
        };
        self.wire.say(ClientMessage::UpdateInit(init)).await;
        let mut waiting = changes.len();
        while waiting > 0 {
            if let RelayMessage::UpdateAck(ack) = self.wire.hear().await.unwrap() {
                waiting -= ack.update_acks.len();
            }
        }
    }

    /// Types a value, and waits until it is on the relay's disk.
    async fn set(&mut self, path: &str, text: &str) {
        let path = path.parse().unwrap();
        let value = self.meet.parse_value(&path, text).unwrap();
        let edit = Edit::set(path, &value).unwrap();
        let change = self.meet.edit(&self.pen, &edit, 0, None, Seen::Unchecked);
        let change = change.unwrap().expect("another value");
        self.send(&[change]).await;
    }

    async fn key(&mut self, label: &str) -> (DisplayKeyId, String) {
        let label = DisplayLabel::parse(label).unwrap();
        self.wire
            .say(ClientMessage::AddDisplayKey(AddDisplayKey {
                session_token: None,
                label,
            }))
            .await;
        loop {
            if let RelayMessage::DisplayKeyAdded(added) = self.wire.hear().await.unwrap() {
                return (added.key_id, added.display_key.expose().to_owned());
            }
        }
    }

    async fn revoke(&mut self, key_id: DisplayKeyId) {
        let revoke = RevokeDisplayKey {
            session_token: None,
            key_id,
        };
        self.wire.say(ClientMessage::RevokeDisplayKey(revoke)).await;
        while !matches!(self.wire.hear().await.unwrap(), RelayMessage::Done(_)) {}
    }
}

/// Status, headers in small letters, and body of an answer.
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn ask(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut answer))
        .await
        .unwrap()
        .unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    Answer {
        status,
        headers: headers
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}

async fn snapshot(address: SocketAddr, meet: MeetId, key: &str) -> Value {
    let path = format!("/live/{}/lifters?day=1&platform=1", meet.digits());
    let bearer = format!("Bearer {key}");
    let answer = ask(address, "GET", &path, &[("Authorization", &bearer)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

async fn open(address: SocketAddr, meet: MeetId, part: &str, right: &str) -> Result<Socket, u16> {
    let url = format!(
        "ws://{address}/live/{}/{part}?day=1&platform=1",
        meet.digits()
    );
    let mut request = url.into_client_request().unwrap();
    let protocols = format!("spotter-display, {right}");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocols.parse().unwrap());
    match connect_async(request).await {
        Ok((socket, answer)) => {
            assert_eq!(
                answer.headers()["sec-websocket-protocol"],
                "spotter-display"
            );
            Ok(socket)
        }
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

/// The next message, or the code that the connection was closed with, or nothing if it was cut.
async fn next(socket: &mut Socket) -> Result<Value, Option<u16>> {
    loop {
        match timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}

fn revision(message: &Value) -> u64 {
    message["revision"].as_u64().unwrap()
}

#[tokio::test]
async fn a_display_is_shown_what_it_has_the_right_to_and_nothing_private() {
    let dir = tempfile::tempdir().unwrap();
    let relay = Relay::start(&dir.path().join("data"));
    let mut table = Table::go_live(&relay).await;
    let (_, key) = table.key("Overlay").await;
    let address = relay.address;
    let path = format!("/live/{}/lifters?day=1&platform=1", table.id.digits());

    let bearer = format!("Bearer {key}");
    let first = ask(address, "GET", &path, &[("Authorization", &bearer)]).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let names = first.json()["lifters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].clone())
        .collect::<Vec<_>>();
    assert_eq!(names, ["Ann", "Bea"]);
    assert!(!first.body.contains("planted") && !first.body.contains("1903"));
    assert_eq!(first.headers["cache-control"], "private, no-cache");
    assert!(!first.headers.contains_key("set-cookie"));

    let tag = first.headers["etag"].clone();
    let again = ask(
        address,
        "GET",
        &path,
        &[("Authorization", &bearer), ("If-None-Match", &tag)],
    )
    .await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let head = ask(address, "HEAD", &path, &[("Authorization", &bearer)]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.headers["etag"], tag);

    let basic = format!("Basic {}", STANDARD.encode(format!("display:{PASSWORD}")));
    let by_password = ask(address, "GET", &path, &[("Authorization", &basic)]).await;
    assert_eq!(by_password.json()["revision"], first.json()["revision"]);

    table.set("entries.5000.squat.1", "100 good").await;
    loop {
        // What was acknowledged is shown in a moment.
        let later = ask(
            address,
            "GET",
            &path,
            &[("Authorization", &bearer), ("If-None-Match", &tag)],
        )
        .await;
        if later.status == 200 {
            assert_eq!(revision(&later.json()), revision(&first.json()) + 1);
            let ann = later.json()["lifters"]
                .as_array()
                .unwrap()
                .iter()
                .find(|row| row["name"] == "Ann")
                .cloned();
            assert_eq!(ann.unwrap()["squat"][0]["status"], 1);
            break;
        }
    }

    let other_key = format!("Bearer {}", "k".repeat(43));
    for (method, path, headers, status, code) in [
        ("GET", path.as_str(), &[][..], 401, "key-wanted"),
        (
            "GET",
            &path,
            &[("Authorization", other_key.as_str())],
            403,
            "wrong-meet-or-password",
        ),
        (
            "GET",
            "/live/999999999/lifters",
            &[("Authorization", &bearer)],
            403,
            "wrong-meet-or-password",
        ),
        (
            "GET",
            &path.replace("platform=1", "platform=2"),
            &[("Authorization", &bearer)],
            404,
            "no-such-platform",
        ),
        (
            "GET",
            &path.replace("day=1", "key=abc"),
            &[("Authorization", &bearer)],
            400,
            "secret-in-address",
        ),
        (
            "PUT",
            &path,
            &[("Authorization", &bearer)],
            405,
            "only-reading",
        ),
        (
            "GET",
            "/live/123/lifters",
            &[("Authorization", &bearer)],
            404,
            "not-found",
        ),
    ] {
        let answer = ask(address, method, path, headers).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(answer.json()["code"], code, "{path}");
        assert_eq!(answer.headers["content-type"], "application/json");
    }
}

#[tokio::test]
async fn a_feed_begins_with_the_overlap_and_goes_on_without_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let relay = Relay::start_with(&dir.path().join("data"), &["--display-overlap", "3"]);
    let mut table = Table::go_live(&relay).await;
    let (_, key) = table.key("Overlay").await;
    let held = snapshot(relay.address, table.id, &key).await;
    let mut feed = open(relay.address, table.id, "feed", &format!("key.{key}"))
        .await
        .unwrap();
    assert_eq!(revision(&next(&mut feed).await.unwrap()), revision(&held));
    for kg in 1..=4_u64 {
        table.set("entries.5000.squat.1", &format!("{kg}")).await;
        let frame = next(&mut feed).await.unwrap();
        assert_eq!(revision(&frame), revision(&held) + kg);
        assert_eq!(frame["lifters"]["update"][0]["squat"][0]["kg"], kg);
    }
    // Whatever a display says is not heard.
    feed.send(Message::text("{}")).await.unwrap();
    let password = format!("password.{}", URL_SAFE_NO_PAD.encode(PASSWORD));
    let mut other = open(relay.address, table.id, "feed", &password)
        .await
        .unwrap();
    for behind in (0..3).rev() {
        let frame = next(&mut other).await.unwrap();
        assert_eq!(revision(&frame), revision(&held) + 4 - behind);
    }
    table.set("entries.5000.squat.1", "5").await;
    for feed in [&mut feed, &mut other] {
        assert_eq!(revision(&next(feed).await.unwrap()), revision(&held) + 5);
    }
}

#[tokio::test]
async fn a_version_that_is_not_the_present_one_is_answered_with_everything() {
    let dir = tempfile::tempdir().unwrap();
    let relay = Relay::start(&dir.path().join("data"));
    let mut table = Table::go_live(&relay).await;
    let (_, key) = table.key("Board").await;
    let mut feed = open(relay.address, table.id, "check", &format!("key.{key}"))
        .await
        .unwrap();
    let check = |version: Value| {
        json!({"source": "browser", "action": "version_check", "data": {"version": version}})
            .to_string()
    };
    feed.send(Message::text(check(Value::Null))).await.unwrap();
    let all = next(&mut feed).await.unwrap();
    assert_eq!(all["action"], "all_lifters");
    // The version matches: silence, and then only what happens next.
    feed.send(Message::text(check(all["data"]["version"].clone())))
        .await
        .unwrap();
    table.set("entries.5001.squat.1", "120").await;
    let update = next(&mut feed).await.unwrap();
    assert_eq!(update["action"], "update_lifters");
    assert_eq!(
        update["data"]["version"],
        all["data"]["version"].as_u64().unwrap() + 1
    );
    feed.send(Message::text("what?")).await.unwrap();
    assert_eq!(next(&mut feed).await, Err(Some(4_000)));
}

#[tokio::test]
async fn a_key_that_is_revoked_ends_what_was_opened_with_it_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let relay = Relay::start(&dir.path().join("data"));
    let mut table = Table::go_live(&relay).await;
    let (lost, lost_key) = table.key("Lost laptop").await;
    let (_, key) = table.key("Overlay").await;
    let mut ending = open(relay.address, table.id, "feed", &format!("key.{lost_key}"))
        .await
        .unwrap();
    let mut staying = open(relay.address, table.id, "feed", &format!("key.{key}"))
        .await
        .unwrap();
    next(&mut ending).await.unwrap();
    next(&mut staying).await.unwrap();
    table.revoke(lost).await;
    assert_eq!(next(&mut ending).await, Err(Some(4_006)));
    assert_eq!(
        open(relay.address, table.id, "feed", &format!("key.{lost_key}"))
            .await
            .unwrap_err(),
        403
    );
    table.set("entries.5000.squat.1", "101").await;
    next(&mut staying).await.unwrap();
}

/// A reader by the rule and nothing more: it knows revisions, and no epochs.
struct Reader {
    revision: u64,
    rows: BTreeMap<i64, Value>,
    started_over: usize,
}

impl Reader {
    fn of(snapshot: &Value) -> Self {
        let rows = snapshot["lifters"].as_array().unwrap().iter();
        Self {
            revision: revision(snapshot),
            rows: rows
                .map(|row| (row["id"].as_i64().unwrap(), row.clone()))
                .collect(),
            started_over: 0,
        }
    }

    /// Whether it can go on, or must start over.
    fn message(&mut self, frame: &Value) -> bool {
        if revision(frame) <= self.revision {
            return true;
        }
        if revision(frame) > self.revision + 1 {
            return false;
        }
        self.revision += 1;
        for gone in frame["lifters"]["destroy"].as_array().unwrap() {
            self.rows.remove(&gone.as_i64().unwrap());
        }
        for row in frame["lifters"]["update"].as_array().unwrap() {
            self.rows.insert(row["id"].as_i64().unwrap(), row.clone());
        }
        true
    }

    /// Reads until it shows this weight for the first lifter; starts over where it must, and opens another socket where
    /// one was cut.
    async fn read_until(&mut self, kg: u64, address: SocketAddr, (meet, key): (MeetId, &str)) {
        let mut feed = open(address, meet, "feed", &format!("key.{key}"))
            .await
            .unwrap();
        while self.rows[&5_000]["squat"][0]["kg"] != kg {
            let frame = next(&mut feed).await.expect("nobody closes this");
            if !self.message(&frame) {
                let started_over = self.started_over + 1;
                *self = Self::of(&snapshot(address, meet, key).await);
                self.started_over = started_over;
                feed = open(address, meet, "feed", &format!("key.{key}"))
                    .await
                    .unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_reader_that_knows_nothing_of_restarts_is_right_after_every_kill() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut relay = Relay::start(&data);
    let mut table = Table::go_live(&relay).await;
    let (_, key) = table.key("Overlay").await;
    let mut reader = Reader::of(&snapshot(relay.address, table.id, &key).await);
    for kill in 1..=6_u64 {
        table
            .set("entries.5000.squat.1", &format!("{}", 2 * kill))
            .await;
        // Every other time the reader has not heard of it when the relay dies.
        if kill % 2 == 0 {
            reader
                .read_until(2 * kill, relay.address, (table.id, &key))
                .await;
        }
        relay.kill();
        relay = Relay::start(&data);
        (table.wire, _) = come_back(&relay, table.id, &table.token).await;
        if kill % 3 == 0 {
            table
                .set("entries.5000.squat.1", &format!("{}", 2 * kill + 1))
                .await;
        }
        let kg = if kill % 3 == 0 {
            2 * kill + 1
        } else {
            2 * kill
        };
        if kill % 2 == 0 && kg == 2 * kill {
            // Nothing has changed; the reader must not believe so by itself.
            let mut feed = open(relay.address, table.id, "feed", &format!("key.{key}"))
                .await
                .unwrap();
            assert!(!reader.message(&next(&mut feed).await.unwrap()));
            reader = Reader::of(&snapshot(relay.address, table.id, &key).await);
        }
        reader.read_until(kg, relay.address, (table.id, &key)).await;
        let now = Reader::of(&snapshot(relay.address, table.id, &key).await);
        assert_eq!(
            (reader.revision, &reader.rows),
            (now.revision, &now.rows),
            "after kill {kill}"
        );
    }
    assert!(reader.started_over > 0);
}

#[tokio::test]
async fn pages_come_with_a_policy_and_can_be_turned_off() {
    let dir = tempfile::tempdir().unwrap();
    let relay = Relay::start(&dir.path().join("on"));
    let page = ask(relay.address, "GET", "/", &[]).await;
    // Not built, it says how to.
    assert!(
        page.status == 200 || page.body.contains("npm run build"),
        "{}",
        page.body
    );
    let policy = &page.headers["content-security-policy"];
    assert!(
        policy.contains("script-src 'self' 'wasm-unsafe-eval'")
            && !policy.contains("unsafe-inline")
    );
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let own = ask(relay.address, "GET", "/live/123-456-789?platform=2", &[]).await;
    assert_eq!(own.status, 307);
    assert_eq!(
        own.headers["location"],
        "../scoreboard?meet=123456789&platform=2"
    );
    assert_eq!(ask(relay.address, "GET", "/nothing", &[]).await.status, 404);

    let without = Relay::start_with(&dir.path().join("off"), &["--pages=false"]);
    assert_eq!(ask(without.address, "GET", "/", &[]).await.status, 426);
    assert_eq!(
        ask(without.address, "GET", "/live/123-456-789/lifters", &[])
            .await
            .status,
        404
    );
    let meet = "123-456-789".parse().unwrap();
    assert_eq!(
        open(without.address, meet, "feed", "key.none")
            .await
            .unwrap_err(),
        404
    );
}

#[tokio::test]
async fn a_relay_that_stops_is_not_held_up_by_displays_and_tells_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut relay = Relay::start(&dir.path().join("data"));
    let mut table = Table::go_live(&relay).await;
    let (_, key) = table.key("Overlay").await;
    let mut feed = open(relay.address, table.id, "feed", &format!("key.{key}"))
        .await
        .unwrap();
    next(&mut feed).await.unwrap();
    ask_to_stop(&relay);
    let closed = next(&mut feed).await.unwrap_err();
    // Told, or cut off by the end of the process; both lead back here.
    assert!(matches!(closed, Some(1_001) | None), "{closed:?}");
    while table.wire.hear().await.is_some() {}
    assert!(relay.process.wait().unwrap().success());
}

#[tokio::test]
async fn a_page_from_elsewhere_may_ask_with_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let relay = Relay::start(&dir.path().join("data"));
    let path = "/live/123-456-789/lifters";
    let before = ask(
        relay.address,
        "OPTIONS",
        path,
        &[("Origin", "https://a.example")],
    )
    .await;
    assert_eq!((before.status, before.body.as_str()), (204, ""));
    assert_eq!(before.headers["access-control-allow-origin"], "*");
    assert!(before.headers["access-control-allow-headers"].contains("Authorization"));
    let refused = ask(
        relay.address,
        "GET",
        path,
        &[("Origin", "https://a.example")],
    )
    .await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.headers["access-control-allow-origin"], "*");
    assert!(
        !refused
            .headers
            .contains_key("access-control-allow-credentials")
    );
}
