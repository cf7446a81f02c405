//! Simulated time as people write and read it.

/// Milliseconds since the beginning as `05:07.250`, or `1:05:07.250` after an hour.
pub(crate) fn shown(at: u64) -> String {
    let (hours, minutes) = (at / 3_600_000, at / 60_000 % 60);
    let (seconds, ms) = (at / 1000 % 60, at % 1000);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}.{ms:03}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}.{ms:03}"),
    }
}

/// A duration of milliseconds, short: `250 ms`, `12.5 s`, `3 min`, `1 h 5 min`.
pub(crate) fn length(ms: u64) -> String {
    let parts = |large: u64, small: u64, names: [&str; 2]| match small {
        0 => format!("{large} {}", names[0]),
        _ => format!("{large} {} {small} {}", names[0], names[1]),
    };
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => {
            let text = format!("{:.1}", ms as f64 / 1000.0);
            format!("{} s", text.trim_end_matches(".0"))
        }
        60_000..3_600_000 => parts(ms / 60_000, ms / 1000 % 60, ["min", "s"]),
        _ => parts(ms / 3_600_000, ms / 60_000 % 60, ["h", "min"]),
    }
}

/// Reads `90s`, `1h30m`, `2m5s`, `1500ms`, `05:07.250`, or plain milliseconds.
///
/// # Errors
/// It is none of these.
pub(crate) fn read(text: &str) -> Result<u64, String> {
    let unreadable = || {
        format!("\"{text}\" is no time: write 90s, 1h30m, 1500ms, 05:07.250, or plain milliseconds")
    };
    let found = match text {
        _ if text.is_empty() => None,
        _ if text.contains(':') => by_colons(text),
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => by_units(text),
    };
    found.ok_or_else(unreadable)
}

fn by_colons(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let ms: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let mut seconds: u64 = 0;
    for part in whole.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    seconds.checked_mul(1000)?.checked_add(ms)
}

fn by_units(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit());
        let (unit, after) = after.split_at(unit.unwrap_or(after.len()));
        let scale = match unit.trim() {
            "ms" => 1.0,
            "s" => 1e3,
            "m" | "min" => 60e3,
            "h" => 3600e3,
            _ => return None,
        };
        let amount: f64 = number.parse().ok()?;
        sum = sum.checked_add((amount * scale).round() as u64)?;
        rest = after;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(read("1500"), Ok(1500));
        assert_eq!(read("1500ms"), Ok(1500));
        assert_eq!(read("90s"), Ok(90_000));
        assert_eq!(read("1h30m"), Ok(5_400_000));
        assert_eq!(read("2.5s"), Ok(2500));
        assert_eq!(read("05:07.25"), Ok(307_250));
        assert_eq!(read("1:05:07"), Ok(3_907_000));
    }

    #[test]
    fn what_is_no_time_is_refused_in_words() {
        for text in [
            "",
            "soon",
            "5x",
            "m",
            "1:x",
            "::",
            "99999999999999999999",
            "5.5.5s",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_shown_can_be_read() {
        for at in [0, 7, 307_250, 3_907_001, 86_400_000] {
            assert_eq!(read(&shown(at)), Ok(at));
        }
    }

    #[test]
    fn lengths_are_short() {
        assert_eq!(length(250), "250 ms");
        assert_eq!(length(12_500), "12.5 s");
        assert_eq!(length(180_000), "3 min");
        assert_eq!(length(3_900_000), "1 h 5 min");
    }
}
