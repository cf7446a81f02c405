//! What the door goes by: everything about it that can change while the relay runs, exchanged as a whole.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};

use super::seats::Room;
use crate::network::Network;
use crate::settings::Settings;
use crate::tls::Tls;

/// What a proxy says about where a request comes from.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who may come in, and how.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Origins of other pages that may connect, compared letter by letter.
    origins: Vec<String>,
    /// Whether there are pages and displays.
    pub(super) pages: bool,
    trusted_proxies: Vec<Network>,
    links_max: usize,
    links_per_address_max: usize,
    pub(super) tls: Option<Tls>,
}

/// The rules of the moment. Nobody holds them for longer than it takes to copy a pointer, but whoever is being let in.
#[derive(Debug)]
pub(crate) struct RuleBook(RwLock<Arc<Rules>>);

impl RuleBook {
    pub(crate) fn new(rules: Rules) -> Arc<Self> {
        Arc::new(Self(RwLock::new(Arc::new(rules))))
    }

    /// What holds for whoever comes now.
    pub(crate) fn current(&self) -> Arc<Rules> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on these hold.
    pub(crate) fn replace(&self, rules: Rules) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}

impl Rules {
    pub(crate) fn new(settings: &Settings, tls: Option<Tls>) -> Self {
        Self {
            origins: settings.origins.clone(),
            pages: settings.pages,
            trusted_proxies: settings.trusted_proxies.clone(),
            links_max: settings.limits.links_max,
            links_per_address_max: settings.limits.links_per_address_max,
            tls,
        }
    }

    /// How many places there are for an address. Behind a trusted proxy all come from one.
    pub(super) fn room(&self, address: IpAddr) -> Room {
        Room {
            links_max: self.links_max,
            per_address_max: (!self.trusts(address)).then_some(self.links_per_address_max),
        }
    }

    /// Whether a request is made by a page that may not connect. A browser always says which page it acts for; other
    /// programs say nothing.
    pub(super) fn is_foreign(&self, from: IpAddr, headers: &HeaderMap) -> bool {
        headers.get_all(ORIGIN).iter().any(|origin| {
            let is_known = |known: &String| known.as_bytes() == origin.as_bytes();
            !self.origins.iter().any(is_known) && !self.is_at_home(from, headers, origin)
        })
    }

    /// Whether a page was served from here, as far as its browser can vouch for that: it names the host that the request is for,
    /// and nobody can have pointed a name of their own here. A certificate rules that out, the relay's or that of a proxy it
    /// trusts; so does a host that is no name of the Internet's.
    fn is_at_home(&self, from: IpAddr, headers: &HeaderMap, origin: &HeaderValue) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None, Ok(origin)) = (hosts.next(), hosts.next(), origin.to_str()) else {
            return false;
        };
        let Some((scheme, authority)) = origin.split_once("://") else {
            return false;
        };
        if !authority.as_bytes().eq_ignore_ascii_case(host.as_bytes()) {
            return false;
        }
        match scheme {
            "https" => self.tls.is_some() || self.trusts(from),
            "http" => self.tls.is_none() && is_of_this_network(authority),
            _ => false,
        }
    }

    /// Where a request comes from: the socket's address; or, if that is a trusted proxy, the address it names last;
    /// or, if that is one, too, the one before it, and so on. What nobody trusted has said is not believed.
    pub(super) fn address(&self, from: IpAddr, headers: &HeaderMap) -> IpAddr {
        let told: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .collect();
        let mut address = from;
        for told in told.into_iter().rev() {
            if !self.trusts(address) {
                break;
            }
            match hop(told.trim()) {
                Some(hop) => address = hop,
                None => break,
            }
        }
        address
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies
            .iter()
            .any(|proxy| proxy.contains(address))
    }
}

/// Whether a host, with or without a port, is an address, this machine, or a name that the venue's own network gives: none
/// that somebody far away can have the domain name system point to an address of their choice.
fn is_of_this_network(authority: &str) -> bool {
    if authority.parse::<IpAddr>().is_ok() || authority.parse::<SocketAddr>().is_ok() {
        return true;
    }
    if let Some(literal) = authority
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return literal.parse::<Ipv6Addr>().is_ok();
    }
    let host = authority
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || host.ends_with(".local")
}

/// An address as proxies write it: some add the port.
fn hop(text: &str) -> Option<IpAddr> {
    let address: IpAddr = match text.parse() {
        Ok(address) => address,
        Err(_) => text.parse::<SocketAddr>().ok()?.ip(),
    };
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn address(from: &str, told: &[&'static str]) -> String {
        let options = Options {
            data: Some("data".into()),
            trusted_proxies: Some(vec![
                "127.0.0.1".parse().unwrap(),
                "10.0.0.0/8".parse().unwrap(),
            ]),
            ..Options::default()
        };
        let rules = Rules::new(&options.complete().unwrap(), None);
        let mut headers = HeaderMap::new();
        for value in told {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(value));
        }
        rules.address(from.parse().unwrap(), &headers).to_string()
    }

    fn rules() -> Rules {
        let options = Options {
            data: Some("data".into()),
            trusted_proxies: Some(vec!["127.0.0.1".parse().unwrap()]),
            origins: Some(vec!["https://lift.example.org".into()]),
            ..Options::default()
        };
        Rules::new(&options.complete().unwrap(), None)
    }

    fn is_let_in(rules: &Rules, from: &str, host: &'static str, origin: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static(host));
        headers.append(ORIGIN, HeaderValue::from_static(origin));
        !rules.is_foreign(from.parse().unwrap(), &headers)
    }

    #[test]
    fn a_page_that_was_served_from_here_may_connect_where_no_name_can_have_been_pointed_here() {
        for (host, origin, let_in) in [
            ("192.168.1.20:8765", "http://192.168.1.20:8765", true),
            ("192.168.1.20", "http://192.168.1.20", true),
            ("[fd00::7]:8765", "http://[fd00::7]:8765", true),
            ("[fd00::7]", "http://[fd00::7]", true),
            ("localhost:8765", "http://localhost:8765", true),
            ("Desk.local:8765", "http://desk.local:8765", true),
            // Another port or host is another place.
            ("192.168.1.20:8765", "http://192.168.1.20:8080", false),
            ("192.168.1.20:8765", "http://192.168.1.20", false),
            ("192.168.1.20:8765", "http://192.168.1.21:8765", false),
            // A name may have been pointed here a moment ago.
            ("evil.example:8765", "http://evil.example:8765", false),
            (
                "127.0.0.1.evil.example",
                "http://127.0.0.1.evil.example",
                false,
            ),
            ("notlocalhost", "http://notlocalhost", false),
            // Nobody has shown a certificate here.
            ("192.168.1.20:8765", "https://192.168.1.20:8765", false),
            ("localhost:8765", "null", false),
            ("localhost:8765", "file://localhost:8765", false),
            // What is listed counts as it did.
            ("localhost:8765", "https://lift.example.org", true),
            ("localhost:8765", "https://lift.example.org:443", false),
        ] {
            assert_eq!(
                is_let_in(&rules(), "192.0.2.1", host, origin),
                let_in,
                "{origin} at {host}"
            );
        }
    }

    #[test]
    fn behind_a_trusted_proxy_its_certificate_vouches_for_the_name() {
        let (host, secure) = ("relay.example.org", "https://relay.example.org");
        assert!(is_let_in(&rules(), "127.0.0.1", host, secure));
        assert!(!is_let_in(&rules(), "192.0.2.1", host, secure));
        let plain = "http://relay.example.org";
        assert!(!is_let_in(&rules(), "127.0.0.1", host, plain));
    }

    #[test]
    fn a_request_with_two_hosts_is_from_nowhere() {
        let mut headers = HeaderMap::new();
        headers.append(HOST, HeaderValue::from_static("localhost"));
        headers.append(HOST, HeaderValue::from_static("evil.example"));
        headers.append(ORIGIN, HeaderValue::from_static("http://localhost"));
        assert!(rules().is_foreign("192.0.2.1".parse().unwrap(), &headers));
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_word() {
        for (from, told, believed) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("127.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["8.8.8.8, 198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["8.8.8.8", "198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["8.8.8.8, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("127.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("127.0.0.1", &["2001:db8::7"], "2001:db8::7"),
            ("127.0.0.1", &[], "127.0.0.1"),
        ] {
            assert_eq!(address(from, told), believed, "{from} {told:?}");
        }
    }

    #[test]
    fn trusted_proxies_behind_each_other_are_passed_over_from_the_right() {
        for (told, believed) in [
            (&["8.8.8.8, 198.51.100.7, 10.1.2.3"][..], "198.51.100.7"),
            (
                &["8.8.8.8, 198.51.100.7", "10.1.2.3, 10.9.9.9"],
                "198.51.100.7",
            ),
            (&["10.1.2.3, 10.9.9.9"], "10.1.2.3"),
            (&["8.8.8.8, nonsense, 10.1.2.3"], "10.1.2.3"),
        ] {
            assert_eq!(address("127.0.0.1", told), believed, "{told:?}");
        }
    }
}
