//! The text printed at the start: each door, how to reach it, and who can.

use super::doors::{DOORS, Door, Shown};
use super::options::Serve;
use mio_socketio::{ListenAddress, Listening};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Addresses kept for documentation (RFC 5737, RFC 3849): nothing is sent to them.
const ELSEWHERE: (Ipv4Addr, Ipv6Addr) =
    (Ipv4Addr::new(192, 0, 2, 1), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));

/// A door that is open.
#[derive(Clone, Copy)]
struct Opened<'a> {
    /// Its purpose.
    name: &'static str,
    /// The flag that sets its address, if it can be suggested.
    flag: Option<&'static str>,
    addresses: &'a [ListenAddress],
    /// The text before and after its address.
    around: (&'static str, &'static str),
}

impl<'a> Opened<'a> {
    fn new(door: &Door, addresses: &'a [ListenAddress], is_relay: bool) -> Self {
        let Shown { name, around, at_relay, is_for_others } = door.shown;
        let (name, around) = at_relay.filter(|_| is_relay).unwrap_or((name, around));
        Self { name, flag: is_for_others.then_some(door.flag), addresses, around }
    }
}

impl Opened<'_> {
    /// How a client that can reach `ip` reaches it.
    fn at(self, ip: IpAddr, port: u16) -> String {
        let (before, behind) = self.around;
        match before.ends_with(' ') {
            true => format!("{before}{ip} {port}{behind}"),
            false => format!("{before}{}{behind}", SocketAddr::new(ip, port)),
        }
    }

    /// How a client on this machine reaches it.
    fn here(self, address: &ListenAddress) -> String {
        match address {
            ListenAddress::Tcp(address) => self.at(reachable(*address), address.port()),
            ListenAddress::Unix(path) => match self.around {
                (before, behind) if before.ends_with(' ') => {
                    format!("{before}-U {}{behind}", path.display())
                }
                (before, behind) => format!("{before}localhost{behind} at {address}"),
            },
        }
    }

    /// Its TCP addresses. (The file of a Unix socket says who may connect to it.)
    fn tcp(self) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().filter_map(ListenAddress::tcp)
    }

    fn is_for_this_machine(self) -> bool {
        self.tcp().all(|address| address.ip().is_loopback())
    }
}

/// The banner of a server. `history` says whether it keeps a history, and `are_its_own` whether
/// flags name its addresses, and not a supervisor.
pub(super) fn banner(
    listening: &Listening,
    history: bool,
    options: &Serve,
    are_its_own: bool,
) -> String {
    let addresses: Vec<_> = DOORS.iter().map(|door| (door.addresses)(listening.listen())).collect();
    let doors: Vec<Opened<'_>> = DOORS
        .iter()
        .zip(&addresses)
        .map(|(door, addresses)| Opened::new(door, addresses, options.plain))
        .collect();
    let mut text = format!("mio-chat {}\n", env!("CARGO_PKG_VERSION"));
    for door in &doors {
        for address in door.addresses {
            // A string takes every write.
            let _ = writeln!(text, "  {:<8} {}", door.name, door.here(address));
        }
    }
    if let Some(folder) = &options.static_folder {
        let folder = folder.path().display();
        let _ = writeln!(text, "  pages    {folder} at /, the chat's page at /chat/");
    }
    if history {
        let _ = writeln!(text, "  history  {}", options.db.display());
    }
    text.push_str(&reach(&doors, are_its_own, outside));
    text
}

/// The lines that say who can reach each door, and how a flag lets others in. A flag changes
/// nothing at a door whose address a supervisor names. `outside` finds the address at which others
/// reach this machine.
fn reach(
    doors: &[Opened<'_>],
    are_its_own: bool,
    outside: impl Fn(IpAddr) -> Option<IpAddr>,
) -> String {
    let mut text = String::new();
    for door in doors {
        for address in door.tcp().filter(|address| !address.ip().is_loopback()) {
            let ip = match address.ip().is_unspecified() {
                true => outside(address.ip()),
                false => Some(address.ip()),
            };
            let way = match ip {
                Some(ip) => door.at(ip, address.port()),
                None => format!("{} at port {}", door.name, address.port()),
            };
            let _ = writeln!(text, "  open to everyone who can reach this machine: {way}");
        }
    }
    // The banner does not suggest opening the metrics.
    let closed = || doors.iter().filter(|door| door.flag.is_some() && door.is_for_this_machine());
    let closed = || closed().filter(|door| door.tcp().next().is_some());
    let flags: Vec<String> = closed()
        .filter_map(|door| Some(format!("--{} 0.0.0.0:{}", door.flag?, door.tcp().next()?.port())))
        .collect();
    if !flags.is_empty() {
        let names: Vec<&str> = closed().map(|door| door.name).collect();
        let names = if text.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
        let lets = if flags.len() > 1 { "let" } else { "lets" };
        let flags = flags.join(" ");
        let advice =
            if are_its_own { format!("; {flags} {lets} others in") } else { String::new() };
        let _ = writeln!(text, "  open to this machine only{names}{advice}");
    }
    text
}

/// The address that reaches `address` from this machine.
fn reachable(address: SocketAddr) -> IpAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    }
}

/// The address from which this machine would connect to others, and very likely the one at which
/// others reach it. (Connecting a datagram socket sends nothing; the system only looks up the
/// route.)
fn outside(all: IpAddr) -> Option<IpAddr> {
    let (v4, v6) = ELSEWHERE;
    let to = |elsewhere: IpAddr| {
        let socket = UdpSocket::bind(SocketAddr::new(
            match elsewhere {
                IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            },
            0,
        ));
        let socket = socket.ok()?;
        socket.connect(SocketAddr::new(elsewhere, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let found = match all {
        IpAddr::V4(_) => to(v4.into()),
        IpAddr::V6(_) => to(v4.into()).or_else(|| to(v6.into())),
    };
    found.filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(chat: &[&str], web: &[&str], are_its_own: bool) -> String {
        let read = |texts: &[&str]| -> Vec<ListenAddress> {
            texts.iter().map(|text| text.parse().expect("an address")).collect()
        };
        let (chat, web) = (read(chat), read(web));
        let around = ("nc ", "");
        let chat = Opened { name: "chat", flag: Some("bind"), addresses: &chat, around };
        let around = ("http://", "/");
        let web = Opened { name: "web", flag: Some("http"), addresses: &web, around };
        reach(&[chat, web], are_its_own, |_| Some(IpAddr::from([10, 0, 0, 7])))
    }

    fn told(chat: &[&str], web: &[&str]) -> String {
        told_of(chat, web, true)
    }

    #[test]
    fn each_door_says_who_can_reach_it() {
        let everyone = "  open to everyone who can reach this machine: ";
        let (all, own) = ("0.0.0.0:55555", "127.0.0.1:5000");
        assert_eq!(
            told(&[all], &[own]),
            format!(
                "{everyone}nc 10.0.0.7 55555\n  open to this machine only: web; \
                 --http 0.0.0.0:5000 lets others in\n"
            )
        );
        assert_eq!(
            told(&["127.0.0.1:55555"], &["[::1]:5000"]),
            "  open to this machine only; --bind 0.0.0.0:55555 --http 0.0.0.0:5000 let others in\n"
        );
        let both = format!("{everyone}nc 10.0.0.7 55555\n{everyone}http://192.0.2.9:80/\n");
        assert_eq!(told(&[all], &["192.0.2.9:80"]), both);
        // A door is open to others if one of its addresses is.
        assert_eq!(told(&["127.0.0.1:1", "[::]:2"], &[]), format!("{everyone}nc 10.0.0.7 2\n"));
        // The banner does not suggest opening a Unix socket.
        assert_eq!(told(&["unix:a"], &["unix:b"]), "");
        let web = "  open to this machine only; --http 0.0.0.0:1 lets others in\n";
        assert_eq!(told(&["unix:a"], &["unix:b", "127.0.0.1:1"]), web);
        // No flag changes the address of a door that a supervisor has opened.
        let of_supervisor =
            format!("{everyone}nc 10.0.0.7 55555\n  open to this machine only: web\n");
        assert_eq!(told_of(&[all], &[own], false), of_supervisor);
    }

    #[test]
    fn a_unix_socket_is_reached_by_its_path() {
        let addresses = &[ListenAddress::Unix("/run/chat.sock".into())];
        let around = ("nc ", "");
        let door = Opened { name: "chat", flag: Some("bind"), addresses, around };
        assert_eq!(door.here(&addresses[0]), "nc -U /run/chat.sock");
        let around = ("http://", "/");
        let door = Opened { name: "web", flag: Some("http"), addresses, around };
        assert_eq!(door.here(&addresses[0]), "http://localhost/ at unix:/run/chat.sock");
    }
}
