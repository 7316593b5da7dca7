//! A way between a node and Redis on which things go wrong.

use super::harness::{DEADLINE, poll_until};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::ioctl_fionread;
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

/// The bytes that are on the way.
#[derive(Default)]
struct Traffic {
    /// Where it comes from.
    from: Vec<UnixStream>,
    /// Pieces that have been taken there, and not been brought.
    carried: usize,
}

type Shared = Arc<Mutex<Traffic>>;

/// The way of one node. Its threads end with the connections.
pub(crate) struct Way {
    socket: PathBuf,
    modes: Modes,
    traffic: Shared,
}

impl Way {
    /// A way in a folder to the Redis at a Unix socket.
    pub(crate) fn new(folder: &Path, name: &str, redis: PathBuf) -> Self {
        let socket = folder.join(format!("{name}.way"));
        let listener = UnixListener::bind(&socket).expect("a socket");
        let modes = Modes::new((Mutex::new([Mode::Pass; 2]), Condvar::new()));
        let traffic = Shared::default();
        let (shared, all) = (Arc::clone(&modes), Arc::clone(&traffic));
        thread::spawn(move || {
            for node in listener.incoming().flatten() {
                let Ok(server) = UnixStream::connect(&redis) else { continue };
                let twins = (node.try_clone(), server.try_clone());
                let (Ok(from_node), Ok(to_server)) = twins else { continue };
                let ends = [from_node.try_clone(), server.try_clone()];
                all.lock().expect("nobody panics with it").from.extend(ends.into_iter().flatten());
                let (there, back) = (Arc::clone(&shared), Arc::clone(&shared));
                let (out, home) = (Arc::clone(&all), Arc::clone(&all));
                thread::spawn(move || carry(from_node, to_server, (&there, &out), To::Redis));
                thread::spawn(move || carry(server, node, (&back, &home), To::Node));
            }
        });
        Self { socket, modes, traffic }
    }

    /// Waits until all that both sides have sent has arrived.
    pub(crate) fn settle(&self) {
        let is_empty = || {
            let traffic = self.traffic.lock().expect("nobody panics with it");
            let mut from = traffic.from.iter();
            traffic.carried == 0 && from.all(|from| ioctl_fionread(from).is_ok_and(|it| it == 0))
        };
        assert!(poll_until(DEADLINE, is_empty), "what was sent arrives");
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

/// Takes the next piece, which is on its way from here on.
fn take(from: &mut UnixStream, buffer: &mut [u8], traffic: &Shared) -> Option<usize> {
    poll(&mut [PollFd::new(from, PollFlags::IN)], None).ok()?;
    let mut traffic = traffic.lock().expect("nobody panics with it");
    let count = from.read(buffer).ok().filter(|count| *count > 0)?;
    traffic.carried += 1;
    Some(count)
}

fn carry(mut from: UnixStream, mut to: UnixStream, (modes, traffic): (&Modes, &Shared), way: To) {
    let mut buffer = [0; 4096];
    while let Some(count) = take(&mut from, &mut buffer, traffic) {
        let is_brought = bring(&mut to, &mut buffer[..count], modes, way).is_some();
        traffic.lock().expect("nobody panics with it").carried -= 1;
        if !is_brought {
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
