//! What everyone shows and holds at a moment, read from a trace whose screens were watched.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, Event, Happened, Plan};

use super::Names;
use crate::moment;

/// What is known of a device.
#[derive(Default)]
struct Device {
    link: String,
    not_sent: u64,
    held: BTreeSet<String>,
    screen: BTreeMap<String, Value>,
}

/// The state at a time: every device, then every register on which they do not all agree.
pub(crate) fn state_at(plan: &Plan, trace: &[Event], until: u64) -> Vec<String> {
    let names = Names::of(plan);
    let mut devices: BTreeMap<u16, Device> = BTreeMap::new();
    for number in 0..plan.devices.len() {
        devices.entry(number as u16).or_default();
    }
    for event in trace.iter().take_while(|event| event.at <= until) {
        follow(&mut devices, &event.what);
    }
    let mut lines = vec![String::new(), format!("at {}:", moment::shown(until))];
    for (&number, device) in &devices {
        let link = if device.link.is_empty() {
            "not there yet"
        } else {
            &device.link
        };
        lines.push(format!(
            "  {:<width$}  {link}, {} not sent, holds {} writes",
            names.device(DeviceNumber(number)),
            device.not_sent,
            device.held.len(),
            width = names.width
        ));
    }
    lines.extend(screens(plan, &names, &devices));
    lines
}

/// Where they differ first.
fn screens(plan: &Plan, names: &Names, devices: &BTreeMap<u16, Device>) -> Vec<String> {
    let registers: BTreeSet<&String> = devices
        .values()
        .flat_map(|device| device.screen.keys())
        .collect();
    let mut lines = vec![String::new()];
    let mut agreed = Vec::new();
    for register in registers {
        let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (&number, device) in devices {
            let value = device.screen.get(register);
            let shown = value
                .or(plan.start.get(register))
                .map_or_else(|| "nothing".to_owned(), Value::to_string);
            values
                .entry(shown)
                .or_default()
                .push(names.device(DeviceNumber(number)));
        }
        let everyone = values.len() == 1;
        for (value, who) in values {
            if everyone {
                agreed.push(format!("  {register} = {value}  (everyone)"));
            } else {
                lines.push(format!("  {register} = {value}  ({})", who.join(", ")));
            }
        }
    }
    lines.extend(agreed);
    if lines.len() == 1 {
        lines.push("  every screen shows what it showed at the start".to_owned());
    }
    lines
}

fn follow(devices: &mut BTreeMap<u16, Device>, what: &Happened) {
    if let Happened::Wrote { device, write } = what {
        devices
            .entry(device.0)
            .or_default()
            .held
            .insert(write.name.clone());
    } else if let Happened::Learnt { device, writes } = what {
        devices
            .entry(device.0)
            .or_default()
            .held
            .extend(writes.iter().cloned());
    } else if let Happened::Forgot { device, writes, .. } = what {
        let held = &mut devices.entry(device.0).or_default().held;
        held.retain(|write| !writes.contains(write));
    } else if let Happened::Status {
        device,
        link,
        not_sent,
        ..
    } = what
    {
        let device = devices.entry(device.0).or_default();
        device.link.clone_from(link);
        device.not_sent = *not_sent;
    } else if let Happened::Shows {
        device,
        register,
        value,
        ..
    } = what
    {
        let device = devices.entry(device.0).or_default();
        device.screen.insert(register.clone(), value.clone());
    }
}
