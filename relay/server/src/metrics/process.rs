//! What the operating system knows of this process and its disk, under the names that every program uses.

use std::fs;
use std::path::Path;

use prometheus::{Counter, Error, Gauge, IntGauge, Opts, Registry};

use crate::clock;

/// Numbers that are looked up when they are asked for.
#[derive(Debug)]
pub(super) struct Process {
    resident: IntGauge,
    files: IntGauge,
    files_max: IntGauge,
    processor: Counter,
}

impl Process {
    /// # Errors
    ///
    /// A name that is given twice or is none: a bug.
    pub(super) fn new(registry: &Registry) -> Result<Self, Error> {
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, Error>(gauge)
        };
        let started = Gauge::new(
            "process_start_time_seconds",
            "When the process started, in seconds since 1970.",
        )?;
        started.set(clock::wall_ms() as f64 / 1_000.0);
        registry.register(Box::new(started))?;
        let processor = Counter::with_opts(Opts::new(
            "process_cpu_seconds_total",
            "Processor time used, in seconds.",
        ))?;
        registry.register(Box::new(processor.clone()))?;
        Ok(Self {
            resident: gauge("process_resident_memory_bytes", "Memory in use, in bytes.")?,
            files: gauge("process_open_fds", "Open files and sockets.")?,
            files_max: gauge("process_max_fds", "Files and sockets that may be open.")?,
            processor,
        })
    }

    /// Looks everything up. What this system does not tell stays at zero.
    pub(super) fn look(&self) {
        if let Some(bytes) = resident_bytes() {
            self.resident.set(bytes);
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            // Without the one that is open for counting.
            self.files.set(files.count().saturating_sub(1) as i64);
        }
        self.files_max.set(files_max());
        let used = processor_seconds() - self.processor.get();
        self.processor.inc_by(used.max(0.0));
    }
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024)
}

#[cfg(unix)]
fn files_max() -> i64 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let max = limit.current.and_then(|max| i64::try_from(max).ok());
    max.unwrap_or(i64::MAX)
}

#[cfg(not(unix))]
fn files_max() -> i64 {
    0
}

#[cfg(unix)]
fn processor_seconds() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

#[cfg(not(unix))]
fn processor_seconds() -> f64 {
    0.0
}

/// Bytes that are free for this process on the disk with a folder.
#[cfg(unix)]
pub(super) fn free_bytes(folder: &Path) -> Option<i64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    i64::try_from(disk.f_bavail.checked_mul(disk.f_frsize)?).ok()
}

#[cfg(not(unix))]
pub(super) fn free_bytes(_: &Path) -> Option<i64> {
    None
}
