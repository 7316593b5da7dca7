//! systemd, or another supervisor that speaks its protocol: the listeners that it opens for the
//! server (sd_listen_fds(3)), and what it is told (sd_notify(3)).

use super::doors::DOORS;
use super::failure::Failure;
use mio_chat::limits::{LISTENERS_MAX, SUPERVISOR_MS, WATCHDOG_TO_PING};
use mio_socketio::{InheritedListener, Listen, ListenAddress, Listening, Supervised};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::close;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, getsockname, recvmsg,
};
use rustix::time::{ClockId, clock_gettime};
use std::env;
use std::ffi::OsStr;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixStream};
use std::time::Duration;

/// The number of the first descriptor that a supervisor passes on.
const FIRST: RawFd = 3;
/// Listeners that were open when the process began.
#[derive(Debug, Default)]
pub(crate) struct Listeners(Vec<(String, ListenAddress, InheritedListener)>);

impl Listeners {
    /// Takes the listeners that the supervisor has opened, if there are any.
    pub(crate) fn take() -> Result<Self, Failure> {
        let number = |name| env::var(name).ok()?.parse::<u32>().ok();
        let is_ours = number("LISTEN_PID") == Some(std::process::id());
        let count = number("LISTEN_FDS").filter(|_| is_ours).unwrap_or_default();
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut all = Vec::new();
        for number in (FIRST..).take(count.min(LISTENERS_MAX) as usize) {
            let name = names.next().unwrap_or_default().to_owned();
            match own(number).and_then(listener) {
                Ok((address, listener)) => all.push((name, address, listener)),
                Err(error) => return Err(Failure::Inherited(name, error)),
            }
        }
        Ok(Self(all))
    }

    /// Whether the supervisor has opened none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `listen` with the addresses of these listeners: a door that has some opens no others.
    pub(crate) fn replace(&self, mut listen: Listen) -> Result<Listen, Failure> {
        for (name, ..) in &self.0 {
            let addresses = self.0.iter().filter(|(its, ..)| its == name);
            let addresses = addresses.map(|(_, address, _)| address.clone()).collect();
            let Some(door) = DOORS.iter().find(|door| door.unit == *name) else {
                let units: Vec<&str> = DOORS.iter().map(|door| door.unit).collect();
                let (last, others) = units.split_last().unwrap_or((&"", &[]));
                let error = format!("the doors are called {} and {last}", others.join(", "));
                return Err(Failure::Inherited(name.clone(), io::Error::other(error)));
            };
            listen = (door.at)(listen, addresses);
        }
        for (name, address, _) in &self.0 {
            log::info!("inherited door={name} address={address}");
        }
        Ok(listen)
    }

    /// Opens the doors, which may be tried more than once.
    pub(crate) fn open(&self, listen: &Listen) -> Result<Listening, Failure> {
        let again = |(name, _, listener): &(String, ListenAddress, InheritedListener)| {
            listener.try_clone().map_err(|error| Failure::Inherited(name.clone(), error))
        };
        let inherited = self.0.iter().map(again).collect::<Result<_, _>>()?;
        Listening::open_inheriting(listen, inherited).map_err(Failure::Listen)
    }
}

/// Makes the descriptor with this number our own. A program that trusts numbers is unsafe, so the
/// kernel checks it: a descriptor that is sent through a pair of sockets (unix(7)) arrives as one
/// that nobody else closes.
fn own(number: RawFd) -> io::Result<OwnedFd> {
    let (from, to) = UnixStream::pair()?;
    let rights = [ControlMessage::ScmRights(&[number])];
    let no_flags = MsgFlags::empty();
    sendmsg::<()>(from.as_raw_fd(), &[IoSlice::new(b"x")], &rights, no_flags, None)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut sent = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(&to, &mut [IoSliceMut::new(&mut byte)], &mut sent, RecvFlags::CMSG_CLOEXEC)?;
    let mut owned = sent.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut all) => all.next(),
        _ => None,
    });
    let owned = owned.next().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    close(number)?;
    Ok(owned)
}

/// The listener that a descriptor is, and its address.
fn listener(descriptor: OwnedFd) -> io::Result<(ListenAddress, InheritedListener)> {
    let listener = match getsockname(&descriptor).map(|address| address.address_family()) {
        Ok(AddressFamily::INET | AddressFamily::INET6) => InheritedListener::Tcp(descriptor.into()),
        Ok(AddressFamily::UNIX) => InheritedListener::Unix(descriptor.into()),
        Ok(_) => return Err(io::Error::other("it is neither TCP nor a Unix socket")),
        Err(error) => return Err(error.into()),
    };
    Ok((listener.address()?, listener))
}

/// Lets the supervisor follow the loop, if there is one that wants to.
pub(crate) fn follow(listening: &mut Listening) {
    let socket = match notify_socket() {
        None => return,
        Some(Ok(socket)) => socket,
        Some(Err(error)) => return log::warn!("cannot reach the supervisor error=\"{error}\""),
    };
    listening.supervise(ping_ms(), move |state| {
        // One that does not listen has its own reasons, and is not waited for.
        let _ = socket.send(told(state).as_bytes());
    });
}

/// A socket connected to the supervisor. It is connected before the process gives up the right to
/// look for it.
fn notify_socket() -> Option<io::Result<UnixDatagram>> {
    let path = env::var_os("NOTIFY_SOCKET").filter(|path| !path.is_empty())?;
    let connected = || {
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&notify_address(&path)?)?;
        socket.set_write_timeout(Some(Duration::from_millis(SUPERVISOR_MS)))?;
        Ok(socket)
    };
    Some(connected())
}

/// The address of a path, or of a name that stands for itself, with an `@` before it (unix(7)).
fn notify_address(path: &OsStr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::ffi::OsStrExt;
        if let Some(name) = path.as_bytes().strip_prefix(b"@") {
            return SocketAddr::from_abstract_name(name);
        }
    }
    SocketAddr::from_pathname(path)
}

/// Milliseconds from one sign of life to the next, if there is a watchdog for this process.
fn ping_ms() -> Option<u64> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    let patience_us = number("WATCHDOG_USEC").filter(|us| is_ours && *us > 0)?;
    Some((patience_us / 1000 / WATCHDOG_TO_PING).max(1))
}

fn told(state: Supervised) -> String {
    match state {
        Supervised::Serves => "READY=1\nSTATUS=serving\n".to_owned(),
        Supervised::Turns => "WATCHDOG=1\n".to_owned(),
        Supervised::Reloads => {
            let now = clock_gettime(ClockId::Monotonic);
            let us = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
            format!("RELOADING=1\nMONOTONIC_USEC={us}\nSTATUS=reading its settings again\n")
        }
        Supervised::Stops => "STOPPING=1\nSTATUS=telling everybody\n".to_owned(),
        _ => String::new(),
    }
}
