//! The pages: static files, whose addresses are relative, so that they also work below a sub-path of a proxy.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderMap, HeaderValue, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use spotter_pages::File;

/// Only what comes from here runs, and nothing that stands in a page itself. Pages may talk to other relays, which are
/// named by whoever uses them.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self' ws: wss: http: https:; object-src 'none'; base-uri 'none'; form-action 'none'";

/// Pages that others may show inside theirs.
const EMBEDDABLE: &[&str] = &["overlay.html", "scoreboard.html"];

const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Spotter</title>\n\
    <h1>The pages are not in this program</h1>\n\
    <p>It was built without them. With Node.js 20 or later, in the folder of the sources:</p>\n\
    <pre>npm ci\nnpm run build -w client/pages\ncargo build --release</pre>\n\
    <p>Everything else works: <code>spotter</code> and displays of your own.</p>\n</html>\n";

/// The answer to a request for a page or one of its files.
pub(crate) fn answer(path: &str, headers: &HeaderMap) -> Option<Response<Full<Bytes>>> {
    let name = path.strip_prefix('/')?;
    if !spotter_pages::is_built() && is_page(name) {
        let mut answer = Response::new(Full::from(NOT_BUILT));
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        answer.headers_mut().insert(CONTENT_TYPE, html);
        protect(answer.headers_mut(), "");
        return Some(answer);
    }
    Some(send(find(name)?, headers))
}

/// Leads from a meet's own address to the page that shows it.
pub(crate) fn to_scoreboard(digits: &str, query: Option<&str>) -> Response<Full<Bytes>> {
    let more = query.map(|query| format!("&{query}")).unwrap_or_default();
    let to = format!("../scoreboard?meet={digits}{more}");
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(to) = HeaderValue::from_str(&to) {
        answer.headers_mut().insert(LOCATION, to);
    }
    protect(answer.headers_mut(), "");
    answer
}

/// What keeps a browser from doing more than it was asked to.
pub(crate) fn protect(headers: &mut HeaderMap, file: &str) {
    let ancestors = if EMBEDDABLE.contains(&file) {
        "*"
    } else {
        "'none'"
    };
    if let Ok(policy) = HeaderValue::from_str(&format!("{POLICY}; frame-ancestors {ancestors}")) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

fn find(name: &str) -> Option<&'static File> {
    match name {
        "" => spotter_pages::file("live.html"),
        // A page has one address, with the meet's name in none of the logs on the way.
        page if !page.contains('.') => spotter_pages::file(&format!("{page}.html")),
        file if !is_html(file) => spotter_pages::file(file),
        _ => None,
    }
}

fn is_html(name: &str) -> bool {
    name.strip_suffix(".html").is_some()
}

fn is_page(name: &str) -> bool {
    ["", "live", "weigh-in", "scoring", "scoreboard", "overlay"].contains(&name)
}

fn send(file: &'static File, headers: &HeaderMap) -> Response<Full<Bytes>> {
    let small = file.brotli.filter(|_| takes_brotli(headers));
    let tag = format!(
        "\"{}{}\"",
        file.tag,
        if small.is_some() { "-br" } else { "" }
    );
    let is_known = is_known(headers, &tag);
    let body = if is_known {
        &[][..]
    } else {
        small.unwrap_or(file.bytes)
    };
    let mut answer = Response::new(Full::new(Bytes::from_static(body)));
    let kept = if file.is_hashed() {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let told = answer.headers_mut();
    told.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        told.insert(ETAG, tag);
    }
    if file.brotli.is_some() {
        told.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    protect(told, file.path);
    if is_known {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return answer;
    }
    told.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type()));
    if small.is_some() {
        told.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    answer
}

fn takes_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter();
    let accepted = accepted.filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.trim().split_once(';').unwrap_or((one.trim(), ""));
        let refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("br") && !refused
    })
}

/// Whether the one who asks has this already. Tags are compared weakly, as for answers without a body.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let told = headers.get_all(IF_NONE_MATCH).iter();
    let told = told.filter_map(|value| value.to_str().ok());
    told.flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || bare(known) == bare(tag))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        [(name, HeaderValue::from_str(value).unwrap())]
            .into_iter()
            .collect()
    }

    #[test]
    fn brotli_goes_to_whoever_takes_it() {
        for (accepted, takes) in [
            ("gzip, deflate, br", true),
            ("br;q=0.5", true),
            ("gzip, br;q=0", false),
            ("gzip", false),
            ("brr", false),
        ] {
            assert_eq!(
                takes_brotli(&with(ACCEPT_ENCODING, accepted)),
                takes,
                "{accepted}"
            );
        }
    }

    #[test]
    fn tags_are_compared_weakly_and_one_by_one() {
        for (told, is) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("*", true),
            ("\"ab\"", false),
            ("a", false),
        ] {
            assert_eq!(
                is_known(&with(IF_NONE_MATCH, told), "W/\"a\""),
                is,
                "{told}"
            );
        }
    }

    #[test]
    fn every_page_is_there_or_says_how_it_is_built_and_nothing_else_is() {
        let nothing = HeaderMap::new();
        for page in ["/", "/weigh-in", "/scoring", "/scoreboard", "/overlay"] {
            // A page that is not finished yet is missing from what was built.
            let Some(answer) = answer(page, &nothing) else {
                assert!(spotter_pages::is_built() && page != "/");
                continue;
            };
            let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
            assert_eq!(answer.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(answer.headers()[REFERRER_POLICY], "no-referrer");
            let is_embeddable = policy.contains("frame-ancestors *");
            let built = spotter_pages::is_built();
            assert_eq!(
                is_embeddable,
                built && matches!(page, "/scoreboard" | "/overlay"),
                "{page}"
            );
        }
        for missing in [
            "/nothing",
            "/live.html",
            "/assets/",
            "/../Cargo.toml",
            "//",
            "/assets/../live.html",
        ] {
            assert!(answer(missing, &nothing).is_none(), "{missing}");
        }
    }

    #[test]
    fn a_file_with_a_tag_is_not_sent_twice() {
        let Some(first) = answer("/", &HeaderMap::new()).filter(|_| spotter_pages::is_built())
        else {
            return;
        };
        assert_eq!(first.headers()[CACHE_CONTROL], "no-cache");
        let tag = first.headers()[ETAG].to_str().unwrap();
        let again = answer("/", &with(IF_NONE_MATCH, tag)).unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
}
