//! The clock of this program, in one place. Worlds never see it: it times them, and draws seeds nobody has seen.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// The moment, for durations.
#[expect(clippy::disallowed_methods, reason = "worlds are timed from outside")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Does something, and tells how much of a processor's time this thread took for it: the same beside other programs.
pub(crate) fn processor_time<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let before = thread_time();
    let done = work();
    (done, thread_time().saturating_sub(before))
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// A seed that no earlier run of the program has drawn, in practice: the time in microseconds.
#[expect(clippy::disallowed_methods, reason = "fresh seeds come from the time")]
pub(crate) fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    // Within what a double holds exactly, so that every tool that reads the results agrees about it.
    u64::try_from(micros).unwrap_or(0) % (1 << 53)
}

/// Says a duration the way people say it: `250 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spoken_in_the_unit_that_fits() {
        assert_eq!(spoken(Duration::from_millis(250)), "250 ms");
        assert_eq!(spoken(Duration::from_millis(4_200)), "4.2 s");
        assert_eq!(spoken(Duration::from_secs(185)), "3 min 05 s");
        assert_eq!(spoken(Duration::from_secs(7_800)), "2 h 10 min");
    }
}
