//! Takes a change apart by what `docs/protocol.md` says, and by nothing else: a stranger's reader.

/// Consecutive bytes of a change and what they mean.
pub(crate) struct Part {
    pub(crate) bytes: Vec<u8>,
    pub(crate) means: String,
}

/// All parts of a change.
pub(crate) fn parts(bytes: &[u8]) -> Vec<Part> {
    let mut reader = Reader {
        rest: bytes,
        parts: Vec::new(),
    };
    reader.fixed(4, "magic");
    reader.fixed(4, "the first four bytes of the hash");
    reader.fixed(1, "chunk type: change");
    reader.number("bytes of body");
    let dependencies = reader.number("dependency");
    for _ in 0..dependencies {
        reader.fixed(32, "its hash");
    }
    reader.prefixed("the actor");
    reader.number("seq");
    reader.number("startOp");
    reader.signed("time");
    reader.prefixed("no message");
    let others = reader.number("other actor");
    for number in 1..=others {
        reader.prefixed(&format!("actor {number}"));
    }
    let columns = reader.number("columns");
    let lengths: Vec<(u64, usize)> = (0..columns).map(|_| reader.column()).collect();
    for (number, length) in lengths {
        reader.fixed(
            length,
            &format!("data of column 0x{number:02x}: {}", COLUMNS[&number]),
        );
    }
    if !reader.rest.is_empty() {
        reader.fixed(1, "an author follows");
        reader.author();
    }
    assert!(reader.rest.is_empty());
    reader.parts
}

static COLUMNS: std::sync::LazyLock<std::collections::BTreeMap<u64, &str>> =
    std::sync::LazyLock::new(|| {
        [
            (0x15, "one text of 4 bytes, \"name\""),
            (0x34, "one false"),
            (0x42, "one 1: set"),
            (0x56, "one 14 * 16 + 6: a text of 14 bytes"),
            (0x57, "\"Harbor Classic\""),
            (0x70, "one 1: one pred"),
            (0x71, "its actor is number 1"),
            (0x73, "its counter is 1"),
        ]
        .into()
    });

struct Reader<'a> {
    rest: &'a [u8],
    parts: Vec<Part>,
}

impl<'a> Reader<'a> {
    fn fixed(&mut self, length: usize, means: &str) -> &'a [u8] {
        let (bytes, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.parts.push(Part {
            bytes: bytes.to_vec(),
            means: means.into(),
        });
        bytes
    }

    fn number(&mut self, means: &str) -> u64 {
        let length = self.leb_length();
        let value = unsigned(&self.rest[..length]);
        self.fixed(length, &format!("{value} {means}"));
        value
    }

    fn signed(&mut self, means: &str) {
        let length = self.leb_length();
        let value = unsigned(&self.rest[..length]);
        let negative = self.rest[length - 1] & 0x40 != 0;
        assert!(!negative, "times are not negative");
        self.fixed(length, &format!("{value} {means}"));
    }

    fn prefixed(&mut self, means: &str) -> Vec<u8> {
        let length = unsigned(&self.rest[..self.leb_length()]) as usize + self.leb_length();
        self.fixed(length, means).to_vec()
    }

    fn column(&mut self) -> (u64, usize) {
        let first = self.leb_length();
        let number = unsigned(&self.rest[..first]);
        let second = self.rest[first..]
            .iter()
            .position(|byte| byte & 0x80 == 0)
            .unwrap()
            + 1;
        let length = unsigned(&self.rest[first..first + second]) as usize;
        self.fixed(
            first + second,
            &format!("column 0x{number:02x}, {length} bytes"),
        );
        (number, length)
    }

    fn author(&mut self) {
        let bytes = self.prefixed("");
        let json = String::from_utf8(bytes[1..].to_vec()).unwrap();
        self.parts.last_mut().unwrap().means = format!("{} bytes: {json}", json.len());
    }

    fn leb_length(&self) -> usize {
        self.rest.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1
    }
}

fn unsigned(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f))
}
