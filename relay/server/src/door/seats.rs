//! How many may be connected, in all and from one address, and how many of them may be at it to agree on encryption.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{HANDSHAKES, HANDSHAKES_PER_ADDRESS, SPARE_CONNECTIONS};

/// All places, and who has taken them.
#[derive(Debug)]
pub(super) struct Seats {
    taken: Mutex<Taken>,
    handshakes: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// Invariant: an address is in here exactly while it has a place.
    addresses: BTreeMap<IpAddr, Address>,
}

#[derive(Debug, Default)]
struct Address {
    taken: usize,
    /// Made by the first who needs a turn.
    handshakes: Option<Arc<Semaphore>>,
}

/// How many places there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) links_max: usize,
    /// For one address; none where many share one, as behind a proxy.
    pub(super) per_address_max: Option<usize>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoSeat {
    Full,
    AddressFull,
}

impl NoSeat {
    /// A word for counters.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::AddressFull => "address-full",
        }
    }
}

/// A connection's place among those that are allowed; given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
    /// Whether many come from this address, as from a proxy.
    is_shared: bool,
}

/// A turn at agreeing on encryption; given back when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _one_of_address: Option<OwnedSemaphorePermit>,
    _one_of_all: OwnedSemaphorePermit,
}

impl Seats {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            taken: Mutex::default(),
            handshakes: Arc::new(Semaphore::new(HANDSHAKES)),
        })
    }

    /// A place for one more connection, if there is one.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr, room: Room) -> Result<Seat, NoSeat> {
        let mut taken = self.taken();
        if taken.all >= room.links_max.saturating_add(SPARE_CONNECTIONS) {
            return Err(NoSeat::Full);
        }
        let of_address = taken.addresses.get(&address).map_or(0, |of| of.taken);
        if room.per_address_max.is_some_and(|max| of_address >= max) {
            return Err(NoSeat::AddressFull);
        }
        taken.all += 1;
        taken.addresses.entry(address).or_default().taken += 1;
        Ok(Seat {
            seats: Arc::clone(self),
            address,
            is_shared: room.per_address_max.is_none(),
        })
    }

    /// How many places are taken.
    pub(super) fn count(&self) -> usize {
        self.taken().all
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits until fewer others are at it. Those of one address wait for each other first, so that one that stalls
    /// many handshakes leaves turns for the rest.
    pub(super) async fn turn(&self) -> Option<Turn> {
        let one_of_address = match self.turns_of_address() {
            Some(own) => Some(own.acquire_owned().await.ok()?),
            None => None,
        };
        let all = Arc::clone(&self.seats.handshakes);
        Some(Turn {
            _one_of_address: one_of_address,
            _one_of_all: all.acquire_owned().await.ok()?,
        })
    }

    fn turns_of_address(&self) -> Option<Arc<Semaphore>> {
        if self.is_shared {
            return None;
        }
        let mut taken = self.seats.taken();
        let of_address = taken.addresses.get_mut(&self.address)?;
        let make = || Arc::new(Semaphore::new(HANDSHAKES_PER_ADDRESS));
        Some(Arc::clone(of_address.handshakes.get_or_insert_with(make)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.all = taken.all.saturating_sub(1);
        if let Some(of_address) = taken.addresses.get_mut(&self.address) {
            of_address.taken = of_address.taken.saturating_sub(1);
            if of_address.taken == 0 {
                taken.addresses.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_all_and_for_each_address_and_given_back() {
        let seats = Seats::new();
        let [a, b] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        let room = Room {
            links_max: 1,
            per_address_max: Some(2),
        };
        let two = [seats.take(a, room).unwrap(), seats.take(a, room).unwrap()];
        assert_eq!(seats.take(a, room).err(), Some(NoSeat::AddressFull));
        let shared = Room {
            per_address_max: None,
            ..room
        };
        let mut more = vec![seats.take(b, room).unwrap()];
        while seats.count() < 1 + SPARE_CONNECTIONS {
            more.push(seats.take(a, shared).unwrap());
        }
        assert_eq!(seats.take(b, room).err(), Some(NoSeat::Full));
        drop((two, more));
        assert_eq!(seats.count(), 0);
        assert!(seats.taken().addresses.is_empty());
    }
}
