//! The pages for browsers, embedded in the programs that serve them.
//!
//! They are built with Node by `npm run build -w client/pages` into `dist`; whatever is there when this package is
//! compiled is embedded. Where nothing is, [`is_built`] says so, and whoever serves them says how to build them.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

/// A file of the pages.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its path below the pages' folder, such as `assets/live-ABC.js`.
    pub path: &'static str,
    /// What it holds.
    pub bytes: &'static [u8],
    /// The same, compressed with Brotli.
    pub brotli: Option<&'static [u8]>,
    /// Names the content.
    pub tag: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A file by its path.
pub fn file(path: &str) -> Option<&'static File> {
    let at = FILES.binary_search_by(|file| file.path.cmp(path)).ok()?;
    FILES.get(at)
}

/// Whether there are pages.
pub fn is_built() -> bool {
    file("live.html").is_some()
}

impl File {
    /// What it is, for browsers.
    pub fn content_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map_or("", |(_, end)| end) {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "wasm" => "application/wasm",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "json" | "map" | "webmanifest" => "application/json",
            "woff2" => "font/woff2",
            "txt" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }

    /// Whether its name changes with its content, so that it may be kept for ever.
    pub fn is_hashed(&self) -> bool {
        self.path.starts_with("assets/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_by_its_path_and_knows_what_it_is() {
        for known in FILES {
            let found = file(known.path).unwrap();
            assert_eq!((found.path, found.tag), (known.path, known.tag));
            assert_ne!(
                known.content_type(),
                "application/octet-stream",
                "{}",
                known.path
            );
        }
        assert!(file("no/such.html").is_none());
    }

    #[test]
    fn pages_have_no_inline_script_or_style() {
        for page in FILES.iter().filter(|file| file.path.ends_with(".html")) {
            let text = std::str::from_utf8(page.bytes).unwrap();
            for script in text.split("<script").skip(1) {
                let (tag, rest) = script.split_once('>').unwrap();
                assert!(tag.contains("src="), "{}: an inline script", page.path);
                assert!(
                    rest.starts_with("</script>"),
                    "{}: an inline script",
                    page.path
                );
            }
            for forbidden in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
                assert!(!text.contains(forbidden), "{}: {forbidden}", page.path);
            }
        }
    }
}
