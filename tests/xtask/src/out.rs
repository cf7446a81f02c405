//! The only place that prints, so that progress and trouble look alike everywhere.

use std::time::Duration;

/// Prints one line for people.
#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
pub(crate) fn line(text: &str) {
    println!("{text}");
}

/// Prints the heading of a step.
pub(crate) fn heading(text: &str) {
    line(&format!("\n=== {text}"));
}

/// Prints what went wrong, where scripts expect it.
#[expect(clippy::print_stderr, reason = "trouble goes to standard error")]
pub(crate) fn trouble(text: &str) {
    eprintln!("\nxtask: {text}");
}

/// Says a duration the way people say it: `4.2 s`, `3 min 05 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken_in_seconds_then_minutes() {
        assert_eq!(spoken(Duration::from_millis(4_200)), "4.2 s");
        assert_eq!(spoken(Duration::from_secs(185)), "3 min 05 s");
    }
}
