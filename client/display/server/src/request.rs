//! What a request asks for: which view, by what right.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderMap, SEC_WEBSOCKET_PROTOCOL};
use spotter_model::Screen;
use spotter_relay_protocol::{DisplayKey, MeetId, Password};

use crate::gate::{Credential, Refusal};

/// The WebSocket protocol of the feeds.
pub(crate) const PROTOCOL: &str = "spotter-display";

/// Where something of a meet lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The page, which has no data.
    Page,
    /// All rows and their revision.
    Lifters,
    /// The feed under the overlap rule.
    Feed,
    /// The feed under the version check.
    Check,
}

/// Reads a path below `/live/`: a meet's ID and what of it.
pub(crate) fn live(path: &str) -> Option<(MeetId, Part)> {
    let rest = path.strip_prefix("/live/")?;
    let (id, part) = rest.split_once('/').unwrap_or((rest, ""));
    let part = match part {
        "" => Part::Page,
        "lifters" => Part::Lifters,
        "feed" => Part::Feed,
        "check" => Part::Check,
        _ => return None,
    };
    Some((id.parse().ok()?, part))
}

/// Reads the day and platform; 1 where none is given.
pub(crate) fn screen(query: Option<&str>) -> Result<Screen, Refusal> {
    let mut screen = Screen {
        day: 1,
        platform: 1,
    };
    for option in query
        .unwrap_or_default()
        .split('&')
        .filter(|text| !text.is_empty())
    {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let place = match name {
            "day" => &mut screen.day,
            "platform" => &mut screen.platform,
            "key" | "password" => {
                let reason = "keys and passwords go into headers: addresses end up in logs";
                return Err(Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "secret-in-address",
                    reason,
                ));
            }
            _ => continue,
        };
        *place = value.parse().map_err(|_| {
            let reason = format!("{name} is a whole number from 1");
            Refusal::new(StatusCode::BAD_REQUEST, "bad-request", reason)
        })?;
    }
    Ok(screen)
}

/// Reads the right from `Authorization`: `Bearer KEY`, or `Basic` with the meet's password.
pub(crate) fn from_authorization(headers: &HeaderMap) -> Result<Credential, Refusal> {
    let text = headers.get(AUTHORIZATION).ok_or_else(none)?;
    let text = text.to_str().map_err(|_| odd())?;
    let (kind, rest) = text.split_once(' ').ok_or_else(odd)?;
    if kind.eq_ignore_ascii_case("bearer") {
        return key(rest.trim());
    }
    if kind.eq_ignore_ascii_case("basic") {
        let pair = STANDARD.decode(rest.trim()).map_err(|_| odd())?;
        let pair = String::from_utf8(pair).map_err(|_| odd())?;
        let (_, text) = pair.split_once(':').ok_or_else(odd)?;
        return password(text);
    }
    Err(odd())
}

/// Reads the right from the protocols that a WebSocket offers, which is all that a page can say when it opens one:
/// `spotter-display`, and `key.KEY` or `password.` with the password in base64url.
pub(crate) fn from_protocols(headers: &HeaderMap) -> Result<Credential, Refusal> {
    let offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offered = offered.filter_map(|value| value.to_str().ok());
    let offered: Vec<&str> = offered
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    if !offered.contains(&PROTOCOL) {
        // A program that is no page may say it as for everything else.
        return from_authorization(headers);
    }
    for protocol in &offered {
        if let Some(text) = protocol.strip_prefix("key.") {
            return key(text);
        }
        if let Some(text) = protocol.strip_prefix("password.") {
            let text = URL_SAFE_NO_PAD.decode(text).map_err(|_| odd())?;
            return password(&String::from_utf8(text).map_err(|_| odd())?);
        }
    }
    from_authorization(headers)
}

/// Whether a WebSocket that opens offers the feeds' protocol, which is then to be chosen.
pub(crate) fn offers_protocol(headers: &HeaderMap) -> bool {
    let offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offered = offered.filter_map(|value| value.to_str().ok());
    offered
        .flat_map(|value| value.split(','))
        .any(|one| one.trim() == PROTOCOL)
}

fn key(text: &str) -> Result<Credential, Refusal> {
    DisplayKey::parse(text)
        .map(Credential::Key)
        .map_err(|_| wrong())
}

fn password(text: &str) -> Result<Credential, Refusal> {
    Password::parse(text)
        .map(Credential::Password)
        .map_err(|_| wrong())
}

/// What is offered opens nothing.
pub(crate) fn wrong() -> Refusal {
    let reason = "wrong meet id, display key or password";
    Refusal::new(StatusCode::FORBIDDEN, "wrong-meet-or-password", reason)
}

fn none() -> Refusal {
    let reason = "a display needs a key, as `Authorization: Bearer KEY`, or the meet's password";
    Refusal::new(StatusCode::UNAUTHORIZED, "key-wanted", reason)
}

fn odd() -> Refusal {
    let reason =
        "the authorization makes no sense; it is `Bearer KEY` or `Basic` with the password";
    Refusal::new(StatusCode::UNAUTHORIZED, "key-wanted", reason)
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        pairs.collect()
    }

    #[test]
    fn paths_name_a_meet_and_a_part_of_it() {
        let meet: MeetId = "123-456-789".parse().unwrap();
        assert_eq!(live("/live/123-456-789"), Some((meet, Part::Page)));
        assert_eq!(live("/live/123456789/lifters"), Some((meet, Part::Lifters)));
        assert_eq!(live("/live/123456789/feed"), Some((meet, Part::Feed)));
        assert_eq!(live("/live/123456789/check"), Some((meet, Part::Check)));
        for nothing in [
            "/live/",
            "/live/12345/feed",
            "/live/123456789/else",
            "/alive/123456789",
        ] {
            assert_eq!(live(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_screen_is_the_first_one_unless_said_otherwise() {
        let screen_of = |query| screen(query).map(|screen| (screen.day, screen.platform));
        assert_eq!(screen_of(None), Ok((1, 1)));
        assert_eq!(screen_of(Some("platform=2&theme=dark")), Ok((1, 2)));
        assert_eq!(screen_of(Some("day=2&platform=3")), Ok((2, 3)));
        assert_eq!(screen_of(Some("day=two")).unwrap_err().code, "bad-request");
        assert_eq!(
            screen_of(Some("key=abc")).unwrap_err().code,
            "secret-in-address"
        );
    }

    #[test]
    fn keys_and_passwords_are_read_from_headers() {
        let text = "k".repeat(43);
        let key = Credential::Key(DisplayKey::parse(&text).unwrap());
        let password = Credential::Password(Password::parse("åben:sesame 1").unwrap());
        let basic = format!("Basic {}", STANDARD.encode("anyone:åben:sesame 1"));
        let bearer = format!("Bearer {text}");
        assert_eq!(
            from_authorization(&headers(&[(AUTHORIZATION, &bearer)])),
            Ok(key.clone())
        );
        assert_eq!(
            from_authorization(&headers(&[(AUTHORIZATION, &basic)])),
            Ok(password.clone())
        );
        let offered = format!("spotter-display, key.{text}");
        let offered = headers(&[(SEC_WEBSOCKET_PROTOCOL, &offered)]);
        assert_eq!(from_protocols(&offered), Ok(key.clone()));
        assert!(offers_protocol(&offered));
        let encoded = format!(
            "spotter-display,password.{}",
            URL_SAFE_NO_PAD.encode("åben:sesame 1")
        );
        assert_eq!(
            from_protocols(&headers(&[(SEC_WEBSOCKET_PROTOCOL, &encoded)])),
            Ok(password)
        );
        assert_eq!(
            from_protocols(&headers(&[(AUTHORIZATION, &bearer)])),
            Ok(key)
        );
    }

    #[test]
    fn whoever_offers_nothing_is_asked_and_whoever_offers_nonsense_is_refused() {
        assert_eq!(
            from_authorization(&HeaderMap::new()).unwrap_err().status,
            StatusCode::UNAUTHORIZED
        );
        let short = headers(&[(AUTHORIZATION, "Bearer abc")]);
        assert_eq!(
            from_authorization(&short).unwrap_err().status,
            StatusCode::FORBIDDEN
        );
        let odd = headers(&[(AUTHORIZATION, "Digest abc")]);
        assert_eq!(
            from_authorization(&odd).unwrap_err().status,
            StatusCode::UNAUTHORIZED
        );
    }
}
