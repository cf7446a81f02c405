//! What a rule is: a client, a server, and what they answer when something happens to them.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;
use spotter_sim_plan::{DeviceNumber, EditNumber, Happened, Plan};

use crate::message::Message;

/// A way to decide conflicts.
pub trait Rule: Send + Sync {
    /// What traces and tables call it: kebab case, and an option that is not as usual behind a colon.
    fn name(&self) -> &str;

    /// What it is, in one sentence without a full stop.
    fn about(&self) -> &str;

    /// What runs on a device that has never held anything.
    fn client(&self, plan: &Plan, place: &Place) -> Box<dyn Client>;

    /// What runs in the middle and has never stored anything.
    fn server(&self, plan: &Plan) -> Box<dyn Server>;
}

/// The program on a device. All that it holds is stored at once and survives a crash.
pub trait Client {
    /// A person gives registers values. None of them is what the device shows already.
    fn edit(
        &mut self,
        moment: Moment,
        edit: EditNumber,
        puts: &BTreeMap<String, Value>,
        out: &mut Out<Message>,
    );

    /// It has a connection to the server.
    fn connected(&mut self, moment: Moment, out: &mut Out<Message>);

    /// It has none any more, and what it sent last may not have arrived.
    fn disconnected(&mut self, moment: Moment, out: &mut Out<Message>);

    /// The server said something.
    fn received(&mut self, moment: Moment, message: &Message, out: &mut Out<Message>);

    /// The process starts again from what is stored, or its location joins again. There is no connection.
    fn started(&mut self, place: &Place);

    /// What it shows of a register; none if it does not know it.
    fn shown(&self, register: &str) -> Option<&Value>;

    /// The names of the writes it holds, in any order.
    fn held(&self) -> Vec<String>;

    /// How many registers it lists as conflicts.
    fn conflicts(&self) -> u64;

    /// What it tells people about its link.
    fn standing(&self) -> Standing;

    /// A copy of what is stored.
    fn copy(&self) -> Box<dyn Client>;
}

/// The program in the middle. All that it stores is stored at once and survives a crash.
pub trait Server {
    /// A device connected.
    fn connected(&mut self, moment: &ServerMoment, place: &Place, out: &mut Out<ToDevice>);

    /// The connection of a device is gone.
    fn disconnected(
        &mut self,
        moment: &ServerMoment,
        device: DeviceNumber,
        out: &mut Out<ToDevice>,
    );

    /// A device said something.
    fn received(
        &mut self,
        moment: &ServerMoment,
        device: DeviceNumber,
        message: &Message,
        out: &mut Out<ToDevice>,
    );

    /// A copy of what is stored. Nobody is connected to it.
    fn copy(&self) -> Box<dyn Server>;
}

/// A message and whom it is for.
pub type ToDevice = (DeviceNumber, Message);

/// Who sits at a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The device.
    pub device: DeviceNumber,
    /// The location it has joined as.
    pub location: String,
    /// That location's priority.
    pub priority: u32,
    /// A fresh name for what is written from now on, of 16 hexadecimal digits. No two starts of a process have the same.
    pub actor: String,
    /// How often the device has been started, this time included.
    pub starts: u32,
    /// What registers hold before anybody writes.
    pub start: Rc<BTreeMap<String, Value>>,
}

/// When something happens to a client.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Milliseconds since the beginning; what no device knows.
    pub now: u64,
    /// What the device's clock says, in milliseconds.
    pub wall: i64,
}

/// When something happens to the server.
#[derive(Clone, Debug)]
pub struct ServerMoment {
    /// Milliseconds since the beginning.
    pub now: u64,
    /// The name of the server's log: another one after it has lost its memory or has been given an old one.
    pub log: String,
}

/// What people are told about a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// How many edits are not acknowledged.
    pub not_sent: u64,
    /// Whether something must be fetched.
    pub need_resync: bool,
}

/// What is answered: messages to be sent, and what shall stand in the trace.
#[derive(Debug)]
pub struct Out<M> {
    /// To be sent, in this order.
    pub messages: Vec<M>,
    /// To be told, in this order.
    pub happened: Vec<Happened>,
}

impl<M> Default for Out<M> {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            happened: Vec::new(),
        }
    }
}

impl<M> Out<M> {
    /// Sends something.
    pub fn send(&mut self, message: M) {
        self.messages.push(message);
    }

    /// Tells something.
    pub fn tell(&mut self, what: Happened) {
        self.happened.push(what);
    }
}
