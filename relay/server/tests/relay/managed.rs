//! A relay under a service manager, and behind a proxy.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::wire::{Relay, try_password};

/// Who connects to the proxy, as it says.
const CLIENT: &str = "203.0.113.9";

#[cfg(target_os = "linux")]
#[test]
fn a_service_manager_is_told_when_the_relay_is_ready_rereads_and_stops() {
    use std::os::unix::net::UnixDatagram;
    use std::time::Duration;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let told = || {
        let mut word = [0; 256];
        let length = manager.recv(&mut word).unwrap();
        String::from_utf8(word[..length].to_vec()).unwrap()
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_spotter-relay"));
    command.env("NOTIFY_SOCKET", &path);
    let mut relay = Relay::run(command, &dir.path().join("data"), &[]);
    let signal = |name: &str| {
        let process = relay.process.id().to_string();
        let sent = Command::new("kill").args([name, &process]).status();
        assert!(sent.unwrap().success());
    };
    assert_eq!(told(), "READY=1");
    signal("-HUP");
    let (word, at) = told()
        .split_once('\n')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert_eq!(word, "RELOADING=1");
    let at: u64 = at.strip_prefix("MONOTONIC_USEC=").unwrap().parse().unwrap();
    assert!(at > 0);
    assert_eq!(told(), "READY=1");
    signal("-TERM");
    assert_eq!(told(), "STOPPING=1");
    assert!(relay.process.wait().unwrap().success());
}

/// A proxy that tells the relay who connects, behind whatever the client has told of itself.
async fn proxy(relay: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let told = format!("\r\nX-Forwarded-For: 8.8.8.8, {CLIENT}\r\n\r\n");
            let head = format!("{}{told}", head.trim_end());
            let mut relay = TcpStream::connect(relay).await.unwrap();
            relay.write_all(head.as_bytes()).await.unwrap();
            let _ = copy_bidirectional(&mut client, &mut relay).await;
        }
    });
    address
}

async fn guess(address: SocketAddr) {
    let nobodys = "123-456-789".parse().unwrap();
    try_password(address, nobodys, "wrong horse").await;
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_about_who_guesses_and_no_other() {
    for (trusted, guesser) in [("127.0.0.0/8", CLIENT), ("10.0.0.0/8", "127.0.0.1")] {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let relay = Relay::start_with(&data, &["--trusted-proxies", trusted]);
        guess(proxy(relay.address).await).await;
        let diag = fs::read_to_string(data.join("diag.log")).unwrap();
        let lines = diag.lines().map(serde_json::from_str::<serde_json::Value>);
        let refused = lines
            .map(Result::unwrap)
            .find(|line| line["event"] == "join-rejected");
        assert_eq!(refused.unwrap()["address"], guesser, "{trusted}");
    }
}
