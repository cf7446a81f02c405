//! Finds the line and column of a field in a JSON text that parses.

/// The line and column, both from 1, at which the value of a field such as `locations[2].priority` begins; of the nearest
/// thing around it if it is not there.
pub(crate) fn position_of(text: &str, field: &str) -> (usize, usize) {
    let wanted: Vec<String> = segments(field);
    let mut scan = Scan { text, at: 0 };
    let mut best = 0;
    scan.space();
    scan.value(&wanted, &mut best);
    place(text, best)
}

/// The keys and numbers of a field's name. A key may contain dots if it is the last one, as registers do.
fn segments(field: &str) -> Vec<String> {
    let (head, quoted) = match field.split_once("[\"") {
        Some((head, rest)) => (head, rest.strip_suffix("\"]")),
        None => (field, None),
    };
    let split = head
        .split(['.', '['])
        .map(|part| part.trim_end_matches(']'));
    let plain = split.filter(|part| !part.is_empty()).map(str::to_owned);
    plain.chain(quoted.map(str::to_owned)).collect()
}

fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[begin..].chars().count() + 1)
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Steps over a mark if it comes next.
    fn mark(&mut self, byte: u8) -> bool {
        self.space();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// Steps over a value. While it lies on the way to what is wanted, remembers where it begins.
    fn value(&mut self, wanted: &[String], best: &mut usize) {
        self.space();
        *best = self.at;
        match self.peek() {
            Some(b'{') => self.members(wanted, best),
            Some(b'[') => self.items(wanted, best),
            Some(_) | None => self.leaf(),
        }
    }

    fn members(&mut self, wanted: &[String], best: &mut usize) {
        self.mark(b'{');
        while !self.mark(b'}') && self.at < self.text.len() {
            self.space();
            let key = self.string();
            self.mark(b':');
            self.step(&key, wanted, best);
            self.mark(b',');
        }
    }

    fn items(&mut self, wanted: &[String], best: &mut usize) {
        self.mark(b'[');
        let mut index = 0_usize;
        while !self.mark(b']') && self.at < self.text.len() {
            self.step(&index.to_string(), wanted, best);
            self.mark(b',');
            index += 1;
        }
    }

    fn step(&mut self, key: &str, wanted: &[String], best: &mut usize) {
        match wanted.split_first() {
            Some((first, rest)) if first == key => self.value(rest, best),
            Some(_) | None => self.value(&[], &mut 0),
        }
    }

    fn leaf(&mut self) {
        if self.peek() == Some(b'"') {
            self.string();
            return;
        }
        while self
            .peek()
            .is_some_and(|byte| !b",]} \t\r\n".contains(&byte))
        {
            self.at += 1;
        }
    }

    fn string(&mut self) -> String {
        let begin = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        let quoted = self.text.get(begin..self.at).unwrap_or_default();
        serde_json::from_str(quoted).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n  \"name\": \"a\",\n  \"locations\": [\n    { \"name\": \"ä\", \"priority\": 1 },\n    { \"priority\": 2 }\n  ],\n  \"start\": { \"meet.name\": 3 }\n}";

    #[test]
    fn a_field_is_found_by_its_name() {
        assert_eq!(position_of(TEXT, "name"), (2, 11));
        assert_eq!(position_of(TEXT, "locations[0].priority"), (4, 32));
        assert_eq!(position_of(TEXT, "locations[1].priority"), (5, 19));
        assert_eq!(position_of(TEXT, "start[\"meet.name\"]"), (7, 27));
    }

    #[test]
    fn what_is_missing_is_found_by_what_is_around_it() {
        assert_eq!(position_of(TEXT, "locations[1].name"), (5, 5));
        assert_eq!(position_of(TEXT, ""), (1, 1));
    }
}
