//! The clocks that are measured with, in one place.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// Processor time that a piece of work takes in this thread.
pub(crate) fn cpu<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let before = thread_time();
    let result = work();
    (thread_time() - before, result)
}

/// Processor time that this process has taken so far, the kernel's work for it included.
pub(crate) fn process_time() -> Duration {
    read(ClockId::ProcessCPUTime)
}

fn thread_time() -> Duration {
    read(ClockId::ThreadCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// The moment, for waiting times.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Milliseconds since 1970, for tokens that must still be valid.
#[expect(
    clippy::disallowed_methods,
    reason = "a session lasts by the wall clock"
)]
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

/// Waits, so that edits come at a pace.
#[expect(clippy::disallowed_methods, reason = "a pace is what is measured at")]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Waits until a moment; at once if it has passed.
pub(crate) async fn pause_until(moment: Instant) {
    tokio::time::sleep_until(moment.into()).await;
}

/// Holds a thread until a moment, so that a stream comes at a pace.
#[expect(clippy::disallowed_methods, reason = "a pace is what is measured at")]
pub(crate) fn hold_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(now()));
}

/// The value below which this share of the measurements lies.
pub(crate) fn percentile(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    let place = (last as f64 * share).round() as usize;
    times.get(place).copied().unwrap_or_default()
}

/// The middle of the measurements.
pub(crate) fn median(times: &[Duration]) -> Duration {
    percentile(&mut times.to_vec(), 0.5)
}

/// The value that one in a hundred exceeds.
pub(crate) fn p99(times: &[Duration]) -> Duration {
    percentile(&mut times.to_vec(), 0.99)
}

/// Microseconds with fractions.
pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Milliseconds with fractions.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
