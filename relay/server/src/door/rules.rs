//! What the door goes by: everything about it that can change while the relay runs, exchanged as a whole.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use hyper::header::{HeaderMap, HeaderName, ORIGIN};

use super::seats::Room;
use crate::network::Network;
use crate::settings::Settings;
use crate::tls::Tls;

/// What a proxy says about where a request comes from.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who may come in, and how.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Origins of pages that may connect, compared letter by letter.
    origins: Vec<String>,
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
    pub(super) fn is_foreign(&self, headers: &HeaderMap) -> bool {
        headers.get_all(ORIGIN).iter().any(|origin| {
            let is_known = |known: &String| known.as_bytes() == origin.as_bytes();
            !self.origins.iter().any(is_known)
        })
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
    use hyper::header::HeaderValue;

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
