//! Whether an address may be spoken to in plain text.

use std::net::IpAddr;

use url::{Host, Url};

use crate::failure::Failure;

/// Refuses `ws://` to another machine unless the person said that this is wanted: others on the way could read the
/// password.
pub(crate) fn check_plaintext(address: &str, allowed: bool) -> Result<(), Failure> {
    let url = parse(address)?;
    if allowed || url.scheme() == "wss" || is_loopback(&url) {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "{address} is not encrypted: others on the way could read the password and all edits"
    ))
    .hint("use wss://, or say `--allow-plaintext` on a network of your own"))
}

/// The WebSocket address of another replica, from `HOST:PORT` or `ws://HOST:PORT`.
///
/// Replicas that exchange directly prove to each other that they hold the meet, and do not encrypt. On a venue's own
/// network that is what was asked for; beyond it, it must be said.
pub(crate) fn peer_url(peer: &str, allowed: bool) -> Result<String, Failure> {
    let address = if peer.contains("://") {
        peer.to_owned()
    } else {
        format!("ws://{peer}")
    };
    let url = parse(&address).map_err(|failure| failure.at(format!("peer {peer:?}")))?;
    if !matches!(url.scheme(), "ws" | "wss") || url.host().is_none() {
        return Err(Failure::usage(format!(
            "a peer is named by HOST:PORT, not {peer:?}"
        )));
    }
    if !allowed && url.scheme() == "ws" && !is_near(&url) {
        return Err(Failure::refused(format!(
            "{peer} is outside the venue's network, and direct exchange is not encrypted"
        ))
        .hint("use a relay with wss://, or say `--allow-plaintext`"));
    }
    Ok(address)
}

/// Whether a host is this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a host can only be reached on a network of one's own.
fn is_near(url: &Url) -> bool {
    let near = |address: IpAddr| match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    };
    is_loopback(url)
        || match url.host() {
            Some(Host::Domain(name)) => !name.contains('.') || name.ends_with(".local"),
            Some(Host::Ipv4(address)) => near(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => near(IpAddr::V6(address)),
            None => false,
        }
}

fn parse(address: &str) -> Result<Url, Failure> {
    Url::parse(address)
        .map_err(|error| Failure::usage(format!("{address:?} is no address: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_leave_this_machine_encrypted_unless_told_otherwise() {
        for good in [
            "ws://127.0.0.1:1",
            "ws://localhost:1",
            "ws://[::1]:1",
            "wss://relay.example.org",
        ] {
            assert!(check_plaintext(good, false).is_ok(), "{good}");
        }
        for wrong in [
            "ws://192.168.1.2:1",
            "ws://relay.example.org",
            "ws://127.0.0.1.example.org",
        ] {
            assert!(check_plaintext(wrong, false).is_err(), "{wrong}");
            assert!(check_plaintext(wrong, true).is_ok(), "{wrong}");
        }
    }

    #[test]
    fn peers_are_near() {
        for good in [
            "192.168.1.2:8777",
            "10.0.0.1:1",
            "jury:8777",
            "table.local:1",
            "[fe80::1]:1",
            "127.0.0.1:1",
        ] {
            assert!(peer_url(good, false).is_ok(), "{good}");
        }
        for wrong in ["8.8.8.8:1", "example.org:1"] {
            assert!(peer_url(wrong, false).is_err(), "{wrong}");
            assert!(peer_url(wrong, true).is_ok(), "{wrong}");
        }
        for wrong in ["", "http://jury:1", "a b:1"] {
            assert!(peer_url(wrong, true).is_err(), "{wrong}");
        }
    }
}
