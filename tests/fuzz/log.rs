//! Logs: whatever the bytes, a scan ends with a verdict, the same in pieces as at once, and what is kept after cutting is
//! clean. The first byte says which checksums are put right first, the second into what pieces the bytes are cut.

use serde_json::{Map, Value};
use spotter_journal::{Scanner, Standing, Unreadable, Verdict, encode, scan};

/// Tries the bytes.
pub fn check(data: &[u8]) {
    let [repaired, piece, rest @ ..] = data else {
        return;
    };
    let bytes = match repaired & 3 {
        0 => rest.to_vec(),
        links => with_checksums(rest, links & 2 != 0),
    };
    let whole = scan::<Map<String, Value>>(&bytes);

    let mut scanner = Scanner::new();
    let mut payloads = Vec::new();
    for piece in bytes.chunks(usize::from(*piece).max(1)) {
        scanner.feed(piece, |line| {
            let payload: Map<String, Value> = line.parse().map_err(|_| Unreadable)?;
            if matches!(line.standing, Standing::InOrder) {
                payloads.push(payload);
            }
            Ok(())
        });
    }
    assert_eq!(payloads, whole.payloads);
    assert_eq!(scanner.place(), whole.end);
    assert_eq!(scanner.finish(), whole.verdict);

    let cut = &bytes[..usize::try_from(whole.end.offset).expect("it lies in the bytes")];
    let kept = scan::<Map<String, Value>>(cut);
    assert_eq!(kept.verdict, Verdict::Clean);
    assert_eq!(kept.payloads, whole.payloads);
    assert_eq!(kept.end, whole.end);

    let more = encode(
        kept.end,
        &[Map::from_iter([("x".to_owned(), Value::from(1))])],
    );
    if let Ok(more) = more {
        let longer = [cut, &more.bytes].concat();
        let longer = scan::<Map<String, Value>>(&longer);
        assert_eq!(longer.verdict, Verdict::Clean);
        assert_eq!(longer.payloads.len(), kept.payloads.len() + 1);
    }
}

/// Puts the checksum at the end of every line right, and that of the line before, too, if there are to be links.
fn with_checksums(bytes: &[u8], links: bool) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    let mut before = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let mut line = line.to_vec();
        if links {
            overwrite(&mut line, b"\"p\":\"", before);
        }
        let end = line.windows(5).rposition(|part| part == b"\"k\":\"");
        if let Some(end) = end {
            // The comma before it is not counted in, as in `encode`.
            let checksum = crc32fast::hash(&line[..end.saturating_sub(1)]);
            overwrite(&mut line, b"\"k\":\"", checksum);
        }
        before = crc32fast::hash(line.strip_suffix(b"\n").unwrap_or(&line));
        out.extend(line);
    }
    out
}

fn overwrite(line: &mut [u8], mark: &[u8], number: u32) {
    let digits = format!("{number:08x}");
    if let Some(at) = line.windows(mark.len()).rposition(|part| part == mark)
        && let Some(place) = line.get_mut(at + mark.len()..at + mark.len() + 8)
    {
        place.copy_from_slice(digits.as_bytes());
    }
}
