//! A way between a node and Redis on which things go wrong.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// The fate of bytes that go in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Pass,
    /// Each piece comes this much later.
    Delay(Duration),
    /// A byte comes at a time, with this pause before it.
    Trickle(Duration),
    /// The connection is cut after so many bytes.
    Cut(usize),
    /// Each byte is another one.
    Corrupt,
    /// Nothing arrives before the mode is another one. Then all does, also what was sent on a
    /// connection that the sender has given up.
    Hold,
}

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    Redis = 0,
    Node = 1,
}

/// The modes of both directions.
type Modes = Arc<(Mutex<[Mode; 2]>, Condvar)>;

/// The way of one node. Its threads end with the connections.
pub(crate) struct Way {
    socket: PathBuf,
    modes: Modes,
}

impl Way {
    /// A way in a folder to the Redis at a Unix socket.
    pub(crate) fn new(folder: &Path, name: &str, redis: PathBuf) -> Self {
        let socket = folder.join(format!("{name}.way"));
        let listener = UnixListener::bind(&socket).expect("a socket");
        let modes = Modes::new((Mutex::new([Mode::Pass; 2]), Condvar::new()));
        let shared = Arc::clone(&modes);
        thread::spawn(move || {
            for node in listener.incoming().flatten() {
                let Ok(server) = UnixStream::connect(&redis) else { continue };
                let twins = (node.try_clone(), server.try_clone());
                let (Ok(from_node), Ok(to_server)) = twins else { continue };
                let (there, back) = (Arc::clone(&shared), Arc::clone(&shared));
                thread::spawn(move || carry(from_node, to_server, &there, To::Redis));
                thread::spawn(move || carry(server, node, &back, To::Node));
            }
        });
        Self { socket, modes }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// From here on this happens to what goes in this direction.
    pub(crate) fn set(&self, to: To, mode: Mode) {
        self.modes.0.lock().expect("nobody panics with it")[to as usize] = mode;
        self.modes.1.notify_all();
    }
}

/// The mode of a direction, once it is not [`Mode::Hold`].
fn mode(modes: &Modes, to: To) -> Mode {
    let all = modes.0.lock().expect("nobody panics with it");
    let all = modes.1.wait_while(all, |all| all[to as usize] == Mode::Hold);
    all.expect("nobody panics with it")[to as usize]
}

fn carry(mut from: UnixStream, mut to: UnixStream, modes: &Modes, way: To) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if bring(&mut to, &mut buffer[..count], modes, way).is_none() {
            let _ = from.shutdown(Shutdown::Both);
            break;
        }
    }
    // The end arrives after what was sent before it.
    mode(modes, way);
    let _ = to.shutdown(Shutdown::Both);
}

/// Brings bytes to the other side; `None` if the connection is to end.
fn bring(to: &mut UnixStream, bytes: &mut [u8], modes: &Modes, way: To) -> Option<()> {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &mut bytes[at..];
        match mode(modes, way) {
            Mode::Pass | Mode::Hold => to.write_all(rest).ok()?,
            Mode::Delay(pause) => {
                thread::sleep(pause);
                to.write_all(rest).ok()?;
            }
            Mode::Trickle(pause) => {
                thread::sleep(pause);
                to.write_all(&rest[..1]).ok()?;
                at += 1;
                continue;
            }
            Mode::Cut(after) if after >= rest.len() => {
                to.write_all(rest).ok()?;
                let mut all = modes.0.lock().expect("nobody panics with it");
                if all[way as usize] == Mode::Cut(after) {
                    all[way as usize] = Mode::Cut(after - rest.len());
                }
            }
            Mode::Cut(after) => {
                let _ = to.write_all(&rest[..after]);
                // The next connection is whole.
                let mut all = modes.0.lock().expect("nobody panics with it");
                all[way as usize] = Mode::Pass;
                return None;
            }
            Mode::Corrupt => {
                rest.iter_mut().for_each(|byte| *byte ^= 0x80);
                to.write_all(rest).ok()?;
            }
        }
        at = bytes.len();
    }
    Some(())
}
