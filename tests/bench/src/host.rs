//! The machine that is measured on: how busy it is, how many files it allows, which core does what, and what a
//! process on it has used.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::history::ok;

/// Where the measured servers run.
pub(crate) const SERVER_CORE: usize = 0;

/// The load average of the last minute.
pub(crate) fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split_whitespace().next();
    first.and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

/// How many cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The processor and the kernel, for the head of a report.
pub(crate) fn describe() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, name)| name.trim());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    format!("{} cores ({model}), Linux {kernel}", cores())
}

/// Runs `begin` on the servers' core, so that what it starts stays there, and returns to the other cores.
///
/// With a single core everything shares it.
pub(crate) fn on_server_core<T>(begin: impl FnOnce() -> T) -> T {
    let mut server = CpuSet::new();
    server.set(SERVER_CORE);
    on_cores(&server, begin)
}

/// Runs `begin` on the servers' core and the others, so that what it starts has them all, and returns to the others.
pub(crate) fn on_all_cores<T>(begin: impl FnOnce() -> T) -> T {
    let Ok(mut all) = sched_getaffinity(None) else {
        return begin();
    };
    all.set(SERVER_CORE);
    on_cores(&all, begin)
}

fn on_cores<T>(cores: &CpuSet, begin: impl FnOnce() -> T) -> T {
    let Ok(before) = sched_getaffinity(None) else {
        return begin();
    };
    let _ = sched_setaffinity(None, cores);
    let begun = begin();
    let _ = sched_setaffinity(None, &before);
    begun
}

/// Keeps this thread, and those it starts from now on, off the servers' core, if there is another.
pub(crate) fn leave_server_core() {
    let Ok(mut cores) = sched_getaffinity(None) else {
        return;
    };
    cores.unset(SERVER_CORE);
    if cores.count() > 0 {
        let _ = sched_setaffinity(None, &cores);
    }
}

/// Takes as many file descriptors as allowed and says how many that are.
pub(crate) fn allow_many_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    );
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Processor time of all threads of a process so far, to the nanosecond. Threads that have ended are not counted.
pub(crate) fn cpu_of(pid: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    let nanos = tasks.into_iter().flatten().flatten().map(|task| {
        let stat = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let first = stat.split(' ').next().map(str::parse::<u64>);
        first.and_then(Result::ok).unwrap_or(0)
    });
    Duration::from_nanos(nanos.sum())
}

/// Resident bytes of a process.
pub(crate) fn resident_bytes_of(pid: u32) -> f64 {
    let pages = fs::read_to_string(format!("/proc/{pid}/statm")).ok();
    let resident = pages.and_then(|pages| pages.split(' ').nth(1)?.parse::<f64>().ok());
    resident.unwrap_or(0.0) * rustix::param::page_size() as f64
}

/// A program that was built beside this one.
pub(crate) fn program(name: &str) -> PathBuf {
    ok(std::env::current_exe()).with_file_name(name)
}

/// A fresh folder on the disk that this program lies on: a temporary folder may be memory, where a sync is nothing.
pub(crate) fn disk_folder() -> tempfile::TempDir {
    let exe = ok(std::env::current_exe());
    let beside = exe.parent().map(std::path::Path::to_owned);
    ok(tempfile::tempdir_in(beside.unwrap_or_default()))
}

/// A fresh folder in memory where there is one, for files that need not outlive anything.
pub(crate) fn memory_folder() -> tempfile::TempDir {
    match tempfile::tempdir_in("/dev/shm") {
        Ok(folder) => folder,
        Err(_) => disk_folder(),
    }
}
