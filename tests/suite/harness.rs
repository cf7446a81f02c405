//! What the scenarios are told with: real processes, bad networks, and waiting without sleeping.

mod authority;
mod http;
mod programs;
mod proxy;
mod relay;
mod replica;
mod wait;
mod wire;
mod world;

pub(crate) use authority::{Authority, Vouched};
pub(crate) use http::http_get;
pub(crate) use programs::{Finished, finish, programs, spotter, spotter_relay, xtask};
pub(crate) use proxy::{Proxy, Side, Way, Weather};
pub(crate) use relay::Relay;
pub(crate) use replica::{Replica, copy_folder};
pub(crate) use wait::{moment, until, until_within};
pub(crate) use wire::{Author, Wire, base64, joining, offering};
pub(crate) use world::{DEMONSTRATION, PASSWORD, World, orders};
