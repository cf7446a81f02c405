//! Where a relay keeps its meets: one contract, flat files and memory.
//!
//! [`LogStore`] is the contract, with its promises written on it: what is durable when, what becomes of a write that
//! was interrupted, who may call. [`FlatFiles`] is the store every relay has, a folder that a person can read, copy and
//! restore. [`Memory`] forgets everything at the end of the process and is for tests.
//!
//! A store keeps and gives back what the machine of `spotter-relay` asks it to. It never looks into a change, decides nothing about who may do what, and numbers
//! changes only in the sense that the first one appended is at position 1 and the next at position 2.
//!
//! ```
//! use spotter_relay_store::{LogStore, Memory, StoreError};
//!
//! let store = Memory::default();
//! let meet = "123-456-789".parse()?;
//! assert!(matches!(store.open(meet), Err(StoreError::NoSuchMeet)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

#[cfg(feature = "testing")]
pub mod conformance;
mod contract;
mod error;
mod flat;
mod memory;
mod packs;
mod stored;

pub use contract::LogStore;
pub use error::StoreError;
pub use flat::{Finding, FlatFiles, MeetPlace, Repaired};
pub use memory::Memory;
pub use packs::{keep_pack, pack_log};
pub use spotter_relay::LogHead;
pub use stored::Opened;
