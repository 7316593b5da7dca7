//! A proxy to Redis that fails on demand.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The treatment of Redis's replies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// It comes a byte at a time, with a pause after each.
    Trickle,
    /// The connection is cut at the first byte.
    Cut,
    /// Each byte is another one.
    Corrupt,
    /// Nothing comes.
    Silence,
}

pub struct Proxy {
    port: u16,
    mode: Arc<Mutex<Mode>>,
}

impl Proxy {
    /// A proxy to a port of this machine. Its threads end with the connections.
    pub fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let mode = Arc::new(Mutex::new(Mode::Pass));
        let shared = Arc::clone(&mode);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                let (Ok(from_client), Ok(to_server)) = (client.try_clone(), server.try_clone())
                else {
                    continue;
                };
                thread::spawn(move || carry(from_client, to_server, || Mode::Pass));
                let mode = Arc::clone(&shared);
                let mode = move || *mode.lock().expect("nobody panics with it");
                thread::spawn(move || carry(server, client, mode));
            }
        });
        Self { port, mode }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn set(&self, mode: Mode) {
        *self.mode.lock().expect("nobody panics with it") = mode;
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, mode: impl Fn() -> Mode) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let bytes = &mut buffer[..count];
        let done = match mode() {
            Mode::Pass => to.write_all(bytes),
            Mode::Trickle => bytes.chunks(1).try_for_each(|byte| {
                thread::sleep(Duration::from_millis(10));
                to.write_all(byte)
            }),
            Mode::Cut => break,
            Mode::Corrupt => {
                bytes.iter_mut().for_each(|byte| *byte ^= 0x80);
                to.write_all(bytes)
            }
            Mode::Silence => Ok(()),
        };
        if done.is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
