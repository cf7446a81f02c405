//! What must hold of the workload.

use super::{BEGIN_MS, Checked, Checks, is_register, share, within, wrong};
use crate::expand::read_log;
use crate::workload::{Choice, EditAt, MeetWork, Registers, Repeated, Synthetic};

impl Checks<'_> {
    pub(super) fn people(&self) -> Checked {
        let workload = &self.scenario.workload;
        let busy =
            workload.meet.is_some() || workload.log.is_some() || workload.synthetic.is_some();
        if busy && self.cast.editors().is_empty() {
            return wrong("workload", "nobody edits: all locations only read");
        }
        if let Some(meet) = &workload.meet {
            self.meet(meet)?;
        }
        for (number, edit) in workload.edits.iter().enumerate() {
            self.edit(&format!("workload.edits[{number}]"), edit)?;
        }
        if let Some(log) = &workload.log {
            self.log(log)?;
        }
        workload
            .synthetic
            .as_ref()
            .map_or(Ok(()), |load| self.synthetic(load))
    }

    fn meet(&self, meet: &MeetWork) -> Checked {
        let shares = [
            ("late", meet.late),
            ("good", meet.good),
            ("corrections", meet.corrections),
            ("elsewhere", meet.elsewhere),
            ("twice", meet.twice),
        ];
        for (field, value) in shares {
            share(&format!("workload.meet.{field}"), value)?;
        }
        let phases = [
            ("registration", meet.shares.registration),
            ("weighIn", meet.shares.weigh_in),
            ("lifting", meet.shares.lifting),
        ];
        for (field, value) in phases {
            within(&format!("workload.meet.shares.{field}"), value, 0.0, 1e6)?;
        }
        if phases.iter().all(|(_, value)| *value == 0.0) {
            return wrong("workload.meet.shares", "nothing happens");
        }
        if !["S", "B", "D", "SB", "SD", "BD", "SBD"].contains(&meet.lifts.as_str()) {
            return wrong(
                "workload.meet.lifts",
                "is some of S, B and D, in this order",
            );
        }
        for (number, import) in meet.imports.iter().enumerate() {
            self.working(&format!("workload.meet.imports[{number}].at"), import.at)?;
        }
        Ok(())
    }

    fn edit(&self, at: &str, edit: &EditAt) -> Checked {
        self.working(&format!("{at}.at"), edit.at)?;
        self.editor(&format!("{at}.device"), &edit.device)?;
        if edit.puts.is_empty() {
            return wrong(
                format!("{at}.puts"),
                "an edit gives at least one register a value",
            );
        }
        match edit.puts.keys().find(|register| !is_register(register)) {
            Some(register) => wrong(format!("{at}.puts[{register:?}]"), "is no register's name"),
            None => Ok(()),
        }
    }

    /// A device at which people may edit.
    fn editor(&self, field: &str, name: &str) -> Checked {
        self.device(field, name)?;
        match self.cast.device(name).is_some_and(|it| self.cast.reads(it)) {
            true => wrong(
                field,
                format!("nobody edits at {name:?}, whose location only reads"),
            ),
            false => Ok(()),
        }
    }

    fn log(&self, log: &Repeated) -> Checked {
        self.working("workload.log.from", log.from)?;
        if log.file.is_some() && !log.actions.is_empty() {
            return wrong("workload.log", "has both a file and actions");
        }
        match read_log(&log.actions) {
            Ok(_) => Ok(()),
            Err((number, what)) => wrong(format!("workload.log.actions[{number}]"), what),
        }
    }

    fn synthetic(&self, load: &Synthetic) -> Checked {
        let rate = load.edits_per_minute;
        within("workload.synthetic.editsPerMinute", rate, 0.0, 60_000.0)?;
        within("workload.synthetic.keys.count", load.keys.count, 1, 100_000)?;
        let most = load.keys.count.min(500);
        within("workload.synthetic.touches", load.touches, 1, most)?;
        if let Choice::Zipf { exponent } = load.keys.choice {
            let field = "workload.synthetic.keys.choice.zipf.exponent";
            within(field, exponent, 0.0, 10.0)?;
        }
        if let Registers::Named(prefix) = &load.keys.registers
            && (prefix.is_empty() || prefix.contains('.'))
        {
            let field = "workload.synthetic.keys.registers.named";
            return wrong(field, "is a word without a dot");
        }
        self.working("workload.synthetic.from", load.from)?;
        load.until
            .map_or(Ok(()), |until| self.time("workload.synthetic.until", until))
    }

    /// A time at which people work.
    pub(super) fn working(&self, field: &str, at: crate::span::Span) -> Checked {
        if at.ms() < BEGIN_MS {
            return wrong(
                field,
                format!("{at} is before 5s, when everyone has joined"),
            );
        }
        self.time(field, at)
    }
}
