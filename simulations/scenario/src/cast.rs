//! Who takes part, numbered: locations and devices as plans have them.

use spotter_sim_plan::{Device, DeviceNumber, RelayNumber, Seat, Whose};

use crate::location::{Location, Role};
use crate::scenario::Scenario;
use crate::span::Span;

/// Everybody who takes part.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    pub(crate) roster: Vec<Seat>,
    pub(crate) devices: Vec<Device>,
    /// Beside each device: what is said of it that plans do not know.
    pub(crate) parts: Vec<Part>,
    relays: u16,
}

/// What is said of a device that plans do not know.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    roles: Vec<Role>,
    reads: bool,
    pub(crate) joins_at: Option<Span>,
    pub(crate) spare: bool,
}

impl Cast {
    /// Everybody of a scenario, in the order in which it names them.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let mut cast = Self {
            roster: Vec::new(),
            devices: Vec::new(),
            parts: Vec::new(),
            relays: scenario.relays,
        };
        for location in &scenario.locations {
            for number in 0..location.count {
                cast.add(location, number);
            }
        }
        cast
    }

    fn add(&mut self, location: &Location, number: u32) {
        let several = location.count > 1;
        let called = |name: &str| match several {
            true => format!("{name} {}", number + 1),
            false => name.to_owned(),
        };
        let seat = Seat {
            location: called(&location.name),
            priority: location.priority.saturating_sub(number),
        };
        let alone = [crate::location::DeviceOf {
            name: location.name.clone(),
            ..Default::default()
        }];
        let devices = match location.devices.as_slice() {
            [] => &alone,
            devices => devices,
        };
        for device in devices {
            self.devices.push(Device {
                name: called(&device.name),
                location: seat.location.clone(),
                relay: device.relay.unwrap_or(location.relay),
                clock_off: device.clock_off.unwrap_or_default().ms(),
            });
            self.parts.push(Part {
                roles: location.roles.clone(),
                reads: location.reads,
                joins_at: device.joins_at,
                spare: device.spare,
            });
        }
        self.roster.push(seat);
    }

    /// All devices.
    pub(crate) fn numbers(&self) -> Vec<DeviceNumber> {
        let count = u16::try_from(self.devices.len()).unwrap_or(u16::MAX);
        (0..count).map(DeviceNumber).collect()
    }

    /// All relays.
    pub(crate) fn relays(&self) -> Vec<RelayNumber> {
        (0..self.relays).map(RelayNumber).collect()
    }

    /// The device of this name.
    pub(crate) fn device(&self, name: &str) -> Option<DeviceNumber> {
        let at = self.devices.iter().position(|device| device.name == name)?;
        u16::try_from(at).ok().map(DeviceNumber)
    }

    /// The device or relay of this name.
    pub(crate) fn process(&self, name: &str) -> Option<Whose> {
        if let Some(device) = self.device(name) {
            return Some(Whose::Device(device));
        }
        let number = name.strip_prefix("relay ")?.parse().ok()?;
        (number < self.relays).then_some(Whose::Relay(RelayNumber(number)))
    }

    /// Those whom a name stands for: a device, a location, a relay, or a word for many.
    pub(crate) fn several(&self, name: &str) -> Option<Vec<Whose>> {
        let devices = || self.numbers().into_iter().map(Whose::Device);
        let relays = || self.relays().into_iter().map(Whose::Relay);
        match name {
            "devices" => return Some(devices().collect()),
            "relays" => return Some(relays().collect()),
            "everyone" => return Some(devices().chain(relays()).collect()),
            _ => {}
        }
        if let Some(one) = self.process(name) {
            return Some(vec![one]);
        }
        let at_location = |number: &DeviceNumber| {
            let device = self.devices.get(usize::from(number.0));
            device.is_some_and(|device| device.location == name)
        };
        let there: Vec<Whose> = self
            .numbers()
            .into_iter()
            .filter(at_location)
            .map(Whose::Device)
            .collect();
        (!there.is_empty()).then_some(there)
    }

    /// The devices at which people edit.
    pub(crate) fn editors(&self) -> Vec<DeviceNumber> {
        self.those(|part| !part.reads && !part.spare)
    }

    /// Whether nobody edits at a device.
    pub(crate) fn reads(&self, device: DeviceNumber) -> bool {
        self.parts
            .get(usize::from(device.0))
            .is_some_and(|part| part.reads)
    }

    /// The devices that do not join by themselves.
    pub(crate) fn spares(&self) -> Vec<DeviceNumber> {
        self.those(|part| part.spare)
    }

    /// The devices at which something is done; all editors if nobody has that role.
    pub(crate) fn doing(&self, role: Role) -> Vec<DeviceNumber> {
        let there = self.those(|part| !part.reads && !part.spare && part.roles.contains(&role));
        if there.is_empty() {
            return self.editors();
        }
        there
    }

    fn those(&self, fit: impl Fn(&Part) -> bool) -> Vec<DeviceNumber> {
        let numbered = self.numbers().into_iter().zip(&self.parts);
        numbered
            .filter(|(_, part)| fit(part))
            .map(|(number, _)| number)
            .collect()
    }
}
