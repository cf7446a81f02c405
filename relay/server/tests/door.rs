//! The relay's door, from outside, over real sockets: who is let in, who is answered, who is shown out.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use spotter_relay_server::{Options, Premises};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A relay in this process, with these settings.
async fn relay(options: Options) -> (tempfile::TempDir, SocketAddr) {
    let dir = tempfile::tempdir().unwrap();
    let settings = Options {
        data: Some(dir.path().join("data")),
        ..options
    };
    let premises = Premises::take(settings.complete().unwrap()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(premises.serve(listener, std::future::pending()));
    (dir, address)
}

/// Sends these bytes and returns everything that comes back until the relay closes.
async fn raw(address: SocketAddr, bytes: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn get(address: SocketAddr, path: &str) -> String {
    raw(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: relay\r\n\r\n"),
    )
    .await
}

async fn connect(address: SocketAddr) -> Socket {
    connect_async(format!("ws://{address}/")).await.unwrap().0
}

async fn connect_from(address: SocketAddr, origin: &str) -> Result<Socket, u16> {
    let mut request = format!("ws://{address}/").into_client_request().unwrap();
    request
        .headers_mut()
        .insert("origin", origin.parse().unwrap());
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

/// The code with which the relay closes, having said nothing or anything before.
async fn close_code(socket: &mut Socket) -> Option<u16> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

#[tokio::test]
async fn the_operators_machinery_is_answered_over_plain_http() {
    let (_dir, address) = relay(Options::default()).await;
    assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 200"));
    assert!(
        get(address, "/../etc/passwd")
            .await
            .starts_with("HTTP/1.1 404")
    );
    let post = raw(
        address,
        "POST / HTTP/1.1\r\nHost: relay\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    assert!(post.starts_with("HTTP/1.1 405"), "{post}");
}

#[tokio::test]
async fn what_is_no_request_is_shown_out() {
    let (_dir, address) = relay(Options::default()).await;
    for bytes in [
        "hello\r\n\r\n",
        "\u{16}\u{3}\u{1}",
        "GET / HTTP/9.9\r\n\r\n",
    ] {
        let answer = raw(address, &format!("{bytes}\r\n\r\n")).await;
        assert!(
            answer.is_empty()
                || answer.starts_with("HTTP/1.1 400")
                || answer.starts_with("HTTP/1.1 505"),
            "{answer}"
        );
    }
    let endless = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 << 10));
    assert!(raw(address, &endless).await.starts_with("HTTP/1.1 431"));
    assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn pages_connect_only_from_origins_that_are_listed_letter_by_letter() {
    let listed = "https://lift.example.org".to_owned();
    let (_dir, address) = relay(Options {
        origins: Some(vec![listed.clone()]),
        ..Options::default()
    })
    .await;
    assert!(connect_from(address, &listed).await.is_ok());
    for foreign in [
        "null",
        "https://evil.example",
        "https://lift.example.org.evil.example",
        "https://lift.example.org:444",
        "https://LIFT.example.org",
        "http://lift.example.org",
        "https://lift.example.org/",
    ] {
        assert_eq!(
            connect_from(address, foreign).await.err(),
            Some(403),
            "{foreign}"
        );
    }
    connect(address).await;
}

#[tokio::test]
async fn pages_of_the_relay_itself_connect_to_one_that_lists_none_and_no_others_do() {
    let (_dir, address) = relay(Options::default()).await;
    let own = format!("http://{address}");
    assert!(connect_from(address, &own).await.is_ok());
    for other in ["http://127.0.0.1:1", "http://evil.example"] {
        assert_eq!(
            connect_from(address, other).await.err(),
            Some(403),
            "{other}"
        );
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_is_refused_whole_and_in_pieces() {
    let (_dir, address) = relay(Options::default()).await;
    let mut socket = connect(address).await;
    let _ = socket.send(Message::text("x".repeat((1 << 20) + 1))).await;
    assert_eq!(close_code(&mut socket).await, Some(1009));

    let mut socket = connect(address).await;
    for piece in 0..5 {
        let opcode = if piece == 0 {
            Data::Text
        } else {
            Data::Continue
        };
        let header = FrameHeader {
            is_final: false,
            opcode: OpCode::Data(opcode),
            ..FrameHeader::default()
        };
        let frame = Frame::from_payload(header, "x".repeat(250 << 10).into());
        if socket.send(Message::Frame(frame)).await.is_err() {
            break;
        }
    }
    assert_eq!(close_code(&mut socket).await, Some(1009));
}

#[tokio::test]
async fn what_is_no_text_is_no_message() {
    let (_dir, address) = relay(Options::default()).await;
    let mut socket = connect(address).await;
    socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(close_code(&mut socket).await, Some(4000));
}

#[tokio::test]
async fn one_address_has_no_more_connections_than_it_may() {
    let (_dir, address) = relay(Options {
        links_per_address_max: Some(2),
        ..Options::default()
    })
    .await;
    let first = connect(address).await;
    let _second = connect(address).await;
    assert!(connect_async(format!("ws://{address}/")).await.is_err());
    drop(first);
    // The place is free as soon as the relay has noticed.
    while connect_async(format!("ws://{address}/")).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn compression_is_never_agreed_to() {
    let (_dir, address) = relay(Options::default()).await;
    let mut request = format!("ws://{address}/").into_client_request().unwrap();
    let wanted = "permessage-deflate; client_max_window_bits"
        .parse()
        .unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-extensions", wanted);
    let (_, answer) = connect_async(request).await.unwrap();
    assert!(!answer.headers().contains_key("sec-websocket-extensions"));
}
