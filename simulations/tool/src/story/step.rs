//! A step of a plan in words.

use spotter_sim_plan::{Doing, HalfOpenSide, Lane, Latency, Network, Rot};

use super::{Names, puts, signed};
use crate::moment;

/// Who does or suffers it, and what.
pub(super) fn told(names: &Names, doing: &Doing) -> (String, String) {
    match doing {
        Doing::GoLive { device } => (names.device(*device), "goes live".to_owned()),
        Doing::Join { device } => (names.device(*device), "joins".to_owned()),
        Doing::Edit {
            device,
            edit,
            puts: values,
        } => (
            names.device(*device),
            format!("edits: {} (edit {})", puts(values), edit.0),
        ),
        Doing::Cut { device, lane } => {
            let way = match lane {
                Lane::Up => " towards the relay",
                Lane::Down => " from the relay",
                Lane::Both => "",
            };
            (names.device(*device), format!("is cut off{way}"))
        }
        Doing::Heal { device } => (names.device(*device), "is reachable again".to_owned()),
        Doing::Reset { device } => (names.device(*device), "loses its connection".to_owned()),
        Doing::HalfOpen { device, believer } => {
            let who = match believer {
                HalfOpenSide::Device => "only the relay notices",
                HalfOpenSide::Relay => "the relay does not notice",
            };
            (
                names.device(*device),
                format!("loses its connection, {who}"),
            )
        }
        Doing::ReadSlowly {
            device,
            bytes_per_second,
        } => {
            let how = match bytes_per_second {
                None => "reads as fast as it comes".to_owned(),
                Some(0) => "stops reading".to_owned(),
                Some(rate) => format!("reads {rate} bytes a second"),
            };
            (names.device(*device), how)
        }
        Doing::Crash { whose } => (names.whose(*whose), "crashes".to_owned()),
        Doing::CrashAtDiskCall { whose, call } => (
            names.whose(*whose),
            format!("will crash at the call {call} to its disk from now"),
        ),
        Doing::Start { whose } => (names.whose(*whose), "starts".to_owned()),
        Doing::Pause { whose } => (names.whose(*whose), "stands still".to_owned()),
        Doing::Resume { whose } => (names.whose(*whose), "goes on".to_owned()),
        Doing::DiskFull { whose, full } => {
            let what = if *full {
                "has a full disk"
            } else {
                "has room on its disk again"
            };
            (names.whose(*whose), what.to_owned())
        }
        Doing::SyncFails { whose } => (
            names.whose(*whose),
            "has a disk whose next sync fails and loses what was written".to_owned(),
        ),
        Doing::Rots {
            whose,
            rot,
            at_share,
        } => {
            let what = match rot {
                Rot::Bit => "a bit of its file flips",
                Rot::Cut => "its file ends early",
            };
            (
                names.whose(*whose),
                format!("{what}, {:.1} % into it", at_share * 100.0),
            )
        }
        Doing::LoseMemory { whose } => (names.whose(*whose), "loses all that it stored".to_owned()),
        Doing::Backup { whose } => (names.whose(*whose), "is backed up".to_owned()),
        Doing::Restore { whose } => (
            names.whose(*whose),
            "is restored from its backup".to_owned(),
        ),
        Doing::Clone { from, to, old } => {
            let copy = if *old { "the last backup" } else { "a copy" };
            let what = format!("starts with {copy} of the disk of {}", names.device(*from));
            (names.device(*to), what)
        }
        Doing::ClockJumps { whose, by } => (
            names.whose(*whose),
            format!("has a clock that jumps by {}", signed(*by)),
        ),
        Doing::Dial { from, to } => (
            names.device(*from),
            format!("exchanges directly with {}", names.device(*to)),
        ),
        Doing::Carry { from, to } => (
            names.device(*from),
            format!("gives a file with everything to {}", names.device(*to)),
        ),
        Doing::Move { device, relay } => (
            names.device(*device),
            format!("uses relay {} from now on", relay.0),
        ),
        Doing::SetLocation {
            location,
            name,
            priority,
        } => {
            let renamed = if location == name {
                String::new()
            } else {
                format!("is called {name} and ")
            };
            (
                location.clone(),
                format!("{renamed}has priority {priority} from now on"),
            )
        }
        Doing::Revoke { device } => (names.device(*device), "has its sessions ended".to_owned()),
        Doing::Publish { device } => (names.device(*device), "publishes the results".to_owned()),
        Doing::Finish { device } => (names.device(*device), "finishes the meet".to_owned()),
        Doing::Attack {
            relay,
            member,
            with,
        } => {
            let who = if *member {
                "a member that lost its mind"
            } else {
                "a stranger"
            };
            (who.to_owned(), format!("sends {with} to relay {}", relay.0))
        }
    }
}

/// The network in one line.
pub(super) fn network(network: &Network) -> String {
    let latency = match &network.latency {
        Latency::Fixed { ms } => format!("{ms} ms one way"),
        Latency::Uniform { min_ms, max_ms } => format!("{min_ms} to {max_ms} ms one way"),
        Latency::LogNormal { median_ms, sigma } => {
            format!("{median_ms} ms one way in the median, log-normal with sigma {sigma}")
        }
        Latency::Trace { ms } => format!("latencies of a trace of {} values", ms.len()),
    };
    let share = |what: &str, share: f64| match share {
        0.0 => String::new(),
        _ => format!(", {:.2} % {what}", share * 100.0),
    };
    format!(
        "  network: {latency}{}{}{}{}",
        share("lost", network.loss),
        if network.loss > 0.0 {
            format!(
                " and sent again after {}",
                moment::length(network.retransmit)
            )
        } else {
            String::new()
        },
        share("doubled", network.duplicate),
        share("overtaking", network.reorder)
    )
}
