//! How far a sweep has come: a bar on a terminal, a line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{clock, out};

/// Where there is no terminal, a line is printed so often.
const BETWEEN_LINES: Duration = Duration::from_secs(20);

/// The bar, and what is counted.
pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    said: Instant,
    all: u64,
    done: u64,
    at_most: Option<Duration>,
    /// Worlds finished.
    pub(crate) worlds: u64,
    /// Worlds that failed, those of an earlier part of the sweep included.
    pub(crate) failures: u64,
    /// Worlds of our rule; what follows is counted in them.
    pub(crate) ours: u64,
    /// Edits that were written.
    pub(crate) edits: u64,
    /// What was handled.
    pub(crate) handled: u64,
    /// Simulated milliseconds, of all worlds.
    pub(crate) simulated: u64,
    /// The processor's time.
    pub(crate) took: Duration,
}

impl Progress {
    /// Of so many pairs of configuration and seed, after an earlier part in which so many worlds failed.
    pub(crate) fn new(all: u64, at_most: Option<Duration>, failures: u64) -> Self {
        let bar = ProgressBar::new(all);
        let style = "{bar:30} {pos}/{len}  {msg}  {per_sec}, {eta} left";
        bar.set_style(
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Self {
            bar,
            begun: clock::now(),
            said: clock::now(),
            all,
            done: 0,
            at_most,
            worlds: 0,
            failures,
            ours: 0,
            edits: 0,
            handled: 0,
            simulated: 0,
            took: Duration::ZERO,
        }
    }

    /// One more pair is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        self.bar.set_message(format!("{} failed", self.failures));
        self.bar.inc(1);
        if self.bar.is_hidden() && self.said.elapsed() >= BETWEEN_LINES {
            self.said = clock::now();
            out::remark(&self.line());
        }
    }

    /// Says something above the bar.
    pub(crate) fn say(&self, text: &str) {
        self.bar.suspend(|| out::line(text));
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) -> Duration {
        self.bar.finish_and_clear();
        self.begun.elapsed()
    }

    fn line(&self) -> String {
        let spent = self.begun.elapsed();
        let share = self.done as f64 / self.all.max(1) as f64;
        let rest = spent.div_f64(share.max(1e-9)).saturating_sub(spent);
        let rest = self
            .at_most
            .map_or(rest, |most| rest.min(most.saturating_sub(spent)));
        format!(
            "{} of {} seeds, {} worlds, {} failed, {:.1} worlds a second, {} left",
            self.done,
            self.all,
            self.worlds,
            self.failures,
            self.worlds as f64 / spent.as_secs_f64().max(1e-9),
            clock::spoken(rest)
        )
    }
}
