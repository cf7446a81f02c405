//! A bad network on loopback: a proxy between one replica and the relay.
//!
//! The replica always dials the same address, whatever port the relay listens on after a restart. The weather decides
//! what happens to the bytes; it can change while connections stand.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::wait::{moment, until, until_within};

/// What happens to the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    /// They pass.
    Fair,
    /// They pass, each piece this much later.
    Slow(Duration),
    /// Connections break, and new ones are not made.
    Cut,
    /// They are swallowed in both directions, and no connection is closed: half-open.
    Silent,
    /// Those that go one way are swallowed, the others pass.
    Swallowed(Way),
    /// Those that go one way pass one at a time, each a second after the other.
    Trickling(Way),
    /// After so many of them one way, the next ones that way wait; nothing ends.
    Held(Way, usize),
    /// After so many of them one way, the connection is reset on both sides.
    Reset(Way, usize),
    /// Connections end on one side; the other is not told, and talks to nobody.
    Left(Side),
}

/// The way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the relay.
    Up,
    /// From the relay.
    Down,
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Relay,
}

/// The proxy; it ends with this value.
pub(crate) struct Proxy {
    address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    to: String,
    weather: Weather,
    /// How often the weather has turned.
    turns: u32,
    /// When connections came, whatever became of them.
    attempts: Vec<Instant>,
    /// Whether [`Weather::Held`] or [`Weather::Reset`] has come to its number of bytes since the weather turned.
    struck: bool,
    over: bool,
}

/// How often a pump looks at the weather when no bytes come.
const GLANCE: Duration = Duration::from_millis(10);

/// How long a byte of [`Weather::Trickling`] takes.
const TRICKLE: Duration = Duration::from_secs(1);

impl Proxy {
    /// Begins to pass connections on to this address.
    pub(crate) fn to(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = State {
            to: address.to_owned(),
            weather: Weather::Fair,
            turns: 0,
            attempts: Vec::new(),
            struck: false,
            over: false,
        };
        let proxy = Self {
            address: listener.local_addr().unwrap().to_string(),
            state: Arc::new(Mutex::new(state)),
        };
        let state = Arc::clone(&proxy.state);
        thread::spawn(move || accept(&listener, &state));
        proxy
    }

    /// `HOST:PORT` of the proxy.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Passes new connections on to another address.
    pub(crate) fn lead_to(&self, address: &str) {
        address.clone_into(&mut self.state.lock().unwrap().to);
    }

    /// Changes the weather, for connections that stand as well.
    pub(crate) fn turn(&self, weather: Weather) {
        let mut state = self.state.lock().unwrap();
        state.weather = weather;
        state.turns += 1;
        state.struck = false;
    }

    /// When somebody wanted a connection.
    pub(crate) fn attempts(&self) -> Vec<Instant> {
        self.state.lock().unwrap().attempts.clone()
    }

    /// Waits until [`Weather::Held`] or [`Weather::Reset`] has done what it says.
    #[track_caller]
    pub(crate) fn strikes(&self) {
        until("the bytes come to where the weather strikes", || {
            self.state.lock().unwrap().struck.then_some(())
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.lock().unwrap().over = true;
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(&self.address);
    }
}

fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    for client in listener.incoming() {
        let (to, weather, over) = {
            let mut state = state.lock().unwrap();
            state.attempts.push(moment());
            (state.to.clone(), state.weather, state.over)
        };
        if over {
            return;
        }
        let Ok(client) = client else { continue };
        if weather == Weather::Cut {
            continue;
        }
        // Nobody listens while the relay is down: the client's connection breaks, as it would without us.
        let Ok(relay) = TcpStream::connect(&to) else {
            continue;
        };
        let reset = Arc::new(AtomicBool::new(false));
        for (way, from, to) in [(Way::Up, &client, &relay), (Way::Down, &relay, &client)] {
            let pump = Pump {
                way,
                from: from.try_clone().unwrap(),
                to: to.try_clone().unwrap(),
                state: Arc::clone(state),
                reset: Arc::clone(&reset),
                spoilt: false,
                turn: 0,
                passed: 0,
            };
            thread::spawn(move || pump.run());
        }
    }
}

/// Moves bytes one way until either side ends or the weather breaks the connection.
struct Pump {
    way: Way,
    from: TcpStream,
    to: TcpStream,
    state: Arc<Mutex<State>>,
    /// Set when both pumps of a connection are to let go of it without a farewell.
    reset: Arc<AtomicBool>,
    /// A connection that has lost bytes never carries any again, whatever the weather: no network loses part of a stream.
    spoilt: bool,
    /// The turn of the weather since which bytes are counted.
    turn: u32,
    passed: usize,
}

/// What becomes of a connection that a pump has no more to do with.
enum End {
    /// Both sides are told.
    Closed,
    /// The other pump sees to it.
    Left,
    /// Both sides meet a reset.
    Reset,
}

impl Pump {
    fn run(mut self) {
        self.from.set_read_timeout(Some(GLANCE)).unwrap();
        match self.pump() {
            End::Closed => {
                let _ = self.from.shutdown(Shutdown::Both);
                let _ = self.to.shutdown(Shutdown::Both);
            }
            End::Left => {}
            End::Reset => {
                self.reset.store(true, Ordering::SeqCst);
                // Without lingering, letting go of a socket is a reset.
                for socket in [&self.from, &self.to] {
                    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
                }
            }
        }
    }

    fn pump(&mut self) -> End {
        let mut buffer = [0; 16 * 1024];
        loop {
            let room = self.room(buffer.len());
            if self.reset.load(Ordering::SeqCst) {
                return End::Reset;
            }
            if room == 0 {
                if self.strike() {
                    return End::Reset;
                }
                pass_time(GLANCE);
            }
            let read = if room == 0 {
                Err(ErrorKind::WouldBlock.into())
            } else {
                self.from.read(&mut buffer[..room])
            };
            let weather = self.weather();
            if let Weather::Left(side) = weather
                && !self.spoilt
            {
                self.spoilt = true;
                let leaving = self.leaving(side);
                let _ = leaving.shutdown(Shutdown::Both);
                if side == self.source() {
                    return End::Left;
                }
            }
            let length = match read {
                Ok(0) => return End::Closed,
                Ok(length) => length,
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    0
                }
                Err(_) => return End::Closed,
            };
            match weather {
                Weather::Cut => return End::Closed,
                Weather::Silent if length > 0 => self.spoilt = true,
                Weather::Swallowed(way) if way == self.way && length > 0 => self.spoilt = true,
                Weather::Slow(delay) if length > 0 => pass_time(delay),
                Weather::Trickling(way) if way == self.way && length > 0 => pass_time(TRICKLE),
                Weather::Fair
                | Weather::Slow(_)
                | Weather::Silent
                | Weather::Swallowed(_)
                | Weather::Trickling(_)
                | Weather::Held(..)
                | Weather::Reset(..)
                | Weather::Left(_) => {}
            }
            self.passed += length;
            if !self.spoilt && self.to.write_all(&buffer[..length]).is_err() {
                return End::Closed;
            }
        }
    }

    fn weather(&self) -> Weather {
        let state = self.state.lock().unwrap();
        if state.over {
            Weather::Cut
        } else {
            state.weather
        }
    }

    /// How many bytes may be read before the weather is looked at again.
    fn room(&mut self, most: usize) -> usize {
        let state = self.state.lock().unwrap();
        if state.turns != self.turn {
            self.turn = state.turns;
            self.passed = 0;
        }
        match state.weather {
            Weather::Trickling(way) if way == self.way => 1,
            Weather::Held(way, bytes) | Weather::Reset(way, bytes) if way == self.way => {
                bytes.saturating_sub(self.passed).min(most)
            }
            Weather::Fair
            | Weather::Slow(_)
            | Weather::Cut
            | Weather::Silent
            | Weather::Swallowed(_)
            | Weather::Trickling(_)
            | Weather::Held(..)
            | Weather::Reset(..)
            | Weather::Left(_) => most,
        }
    }

    /// The bytes have come to where the weather strikes; says whether that resets the connection.
    fn strike(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        state.struck = true;
        matches!(state.weather, Weather::Reset(..))
    }

    /// The side that the bytes come from.
    fn source(&self) -> Side {
        match self.way {
            Way::Up => Side::Client,
            Way::Down => Side::Relay,
        }
    }

    fn leaving(&self, side: Side) -> &TcpStream {
        if side == self.source() {
            &self.from
        } else {
            &self.to
        }
    }
}

fn pass_time(delay: Duration) {
    let _: Option<()> = until_within(delay, || None);
}
