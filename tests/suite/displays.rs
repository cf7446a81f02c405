//! Displays of a meet whose relay loses everything, and of a device without a relay, read by what the documents say.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use crate::harness::World;

/// A lifter of the demonstration who lifts on day 1, platform 1.
const PATH: &str = "entries.5000.squat.1";

/// A display with a key.
struct Display<'a> {
    address: String,
    meet: &'a str,
    key: &'a str,
}

impl Display<'_> {
    fn path(&self, part: &str) -> String {
        format!("/live/{}/{part}?day=1&platform=1", self.meet)
    }

    /// Status and body of a snapshot.
    fn lifters(&self) -> (u16, Value) {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        write!(
            socket,
            "GET {} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
            self.path("lifters"),
            self.key
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    fn feed(&self) -> WebSocket<TcpStream> {
        let url = format!("ws://{}{}", self.address, self.path("feed"));
        let mut request = url.into_client_request().unwrap();
        let protocols = format!("spotter-display, key.{}", self.key);
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", protocols.parse().unwrap());
        let socket = TcpStream::connect(&self.address).unwrap();
        client(request, socket).unwrap().0
    }
}

fn revision(message: &Value) -> u64 {
    message["revision"].as_u64().unwrap()
}

fn next(feed: &mut WebSocket<TcpStream>) -> Value {
    loop {
        if let Message::Text(text) = feed.read().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

fn key_of(world: &World, name: &str, label: &str) -> (String, String) {
    let added = world
        .replica(name)
        .ok(&["display-key", "add", label, "--json"]);
    let added: Value = serde_json::from_str(&added).unwrap();
    let field = |name: &str| added[name].as_str().unwrap().to_owned();
    (field("keyId"), field("displayKey"))
}

#[test]
fn relay_that_lost_its_memory_leaves_no_display_stale_and_knows_its_key() {
    let mut world = World::of(&[("Registration", 10), ("Platform 1", 20)]);
    world.replica("Platform 1").set(PATH, "105 good");
    world.agree();
    let (_, key) = key_of(&world, "Platform 1", "Overlay");
    world.agree();
    let meet = world.meet_id.clone();
    let display = |world: &World| Display {
        address: world.relay.address().to_owned(),
        meet: &meet,
        key: &key,
    };
    let (status, held) = display(&world).lifters();
    assert_eq!(status, 200, "{held}");

    world.relay.kill();
    fs::remove_dir_all(world.relay.data()).unwrap();
    world.start_relay();
    let (status, lost) = display(&world).lifters();
    assert_eq!(
        (status, lost["code"].as_str()),
        (503, Some("ticket-wanted")),
        "{lost}"
    );

    // It comes back from a member that knows less than the display has shown.
    world.replica("Platform 1").sync();
    let (status, now) = display(&world).lifters();
    assert_eq!(status, 200, "{now}");
    assert_eq!(now["lifters"], held["lifters"], "the same meet");
    let first = next(&mut display(&world).feed());
    assert!(
        revision(&first) > revision(&held) + 1,
        "a gap, although nothing has changed"
    );
    assert_ne!(first["epoch"], held["epoch"]);
    assert_eq!(revision(&first), revision(&now));
}

#[test]
fn revoked_display_is_shown_nothing_more_while_others_go_on() {
    let world = World::of(&[("Registration", 10), ("Platform 1", 20)]);
    let (lost_id, lost) = key_of(&world, "Platform 1", "Lost stick");
    let (_, kept) = key_of(&world, "Registration", "Overlay");
    let display = |key| Display {
        address: world.relay.address().to_owned(),
        meet: &world.meet_id,
        key,
    };
    let (mut ending, mut staying) = (display(&lost).feed(), display(&kept).feed());
    let (first, _) = (next(&mut staying), next(&mut ending));
    world
        .replica("Registration")
        .ok(&["display-key", "revoke", &lost_id]);
    let code = loop {
        match ending.read().unwrap() {
            Message::Close(frame) => break u16::from(frame.unwrap().code),
            Message::Text(_)
            | Message::Binary(_)
            | Message::Ping(_)
            | Message::Pong(_)
            | Message::Frame(_) => {}
        }
    };
    assert_eq!(code, 4_006);
    assert_eq!(display(&lost).lifters().0, 403);
    world.replica("Platform 1").set(PATH, "107.5 good");
    world.replica("Platform 1").sync();
    assert_eq!(revision(&next(&mut staying)), revision(&first) + 1);
}

#[test]
fn device_at_a_venue_that_lost_its_relay_shows_on_what_is_typed_there() {
    let world = World::of(&[("Registration", 10), ("Platform 1", 20)]);
    world.agree();
    world.cut(&["Platform 1"]);
    let serving = world.replica("Platform 1").serve();
    serving.says("overlay ");
    let printed = serving.printed();
    let scoreboard = printed
        .lines()
        .find_map(|line| line.strip_prefix("scoreboard http://"))
        .unwrap();
    let (address, rest) = scoreboard.split_once('/').unwrap();
    let (_, key) = rest.split_once("#key=").unwrap();
    let display = Display {
        address: address.to_owned(),
        meet: &world.meet_id,
        key,
    };
    let (status, held) = display.lifters();
    assert_eq!(status, 200, "{held}");
    let mut feed = display.feed();
    assert_eq!(revision(&next(&mut feed)), revision(&held));
    // Another device reaches the relay, and later so does this one.
    world.replica("Registration").set(PATH, "102.5");
    world.replica("Registration").sync();
    world.heal("Platform 1");
    let frame = loop {
        let frame = next(&mut feed);
        if revision(&frame) > revision(&held) {
            break frame;
        }
    };
    assert_eq!(revision(&frame), revision(&held) + 1);
    assert_eq!(frame["lifters"]["update"][0]["squat"][0]["kg"], 102.5);
    serving.stop();
}
