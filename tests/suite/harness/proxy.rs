//! A bad network on loopback: a proxy between one replica and the relay.
//!
//! The replica always dials the same address, whatever port the relay listens on after a restart. The weather decides
//! what happens to the bytes; it can change while connections stand.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::wait::until_within;

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
}

/// The proxy; it ends with this value.
pub(crate) struct Proxy {
    address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    to: String,
    weather: Weather,
    over: bool,
}

/// How often a pump looks at the weather when no bytes come.
const GLANCE: Duration = Duration::from_millis(10);

impl Proxy {
    /// Begins to pass connections on to this address.
    pub(crate) fn to(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = State {
            to: address.to_owned(),
            weather: Weather::Fair,
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
        self.state.lock().unwrap().weather = weather;
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
            let state = state.lock().unwrap();
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
        for (from, to) in [(&client, &relay), (&relay, &client)] {
            let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let state = Arc::clone(state);
            thread::spawn(move || pump(from, to, &state));
        }
    }
}

/// Moves bytes one way until either side ends or the weather breaks the connection.
fn pump(mut from: TcpStream, mut to: TcpStream, state: &Mutex<State>) {
    from.set_read_timeout(Some(GLANCE)).unwrap();
    let mut buffer = [0; 16 * 1024];
    // A connection that has lost bytes never carries any again, whatever the weather: no network loses part of a stream.
    let mut spoilt = false;
    loop {
        let read = from.read(&mut buffer);
        let weather = {
            let state = state.lock().unwrap();
            if state.over {
                Weather::Cut
            } else {
                state.weather
            }
        };
        let length = match read {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => 0,
            Err(_) => break,
        };
        match weather {
            Weather::Cut => break,
            Weather::Silent if length > 0 => spoilt = true,
            Weather::Silent => {}
            Weather::Slow(delay) if length > 0 => pass_time(delay),
            Weather::Slow(_) | Weather::Fair => {}
        }
        if !spoilt && to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

fn pass_time(delay: Duration) {
    let _: Option<()> = until_within(delay, || None);
}
