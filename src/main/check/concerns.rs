//! The concerns about a server: a sentence for each, with the way to mend it.

use super::super::addresses::{Bind, Trust};
use super::super::doors::{DOORS, Door, InTheClear};
use super::super::options::{Serve, Source};
use super::super::{secrets, serve};
use super::machine::{Folder, Machine};
use mio_chat::limits::CLIENTS_MAX;
use mio_socketio::{ListenAddress, Network};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

/// The permission of all users to write a file.
const ALL_WRITE: u32 = 0o002;
/// In a folder with this bit, users remove only their own files.
const STICKY: u32 = 0o1000;
/// The permissions of other users.
const OTHERS: u32 = 0o077;
/// Bits of the smallest networks, of IPv4 and IPv6, that are larger than one operator has for
/// proxies.
const WIDE_BITS: (u8, u8) = (23, 47);
const MIB: u64 = 1024 * 1024;

/// All concerns.
pub(super) fn all(options: &Serve, machine: &Machine) -> Vec<String> {
    let mut all = doors(options);
    all.extend(pages(options));
    all.extend(proxies(options));
    all.extend(redis(options));
    all.extend(process(options, machine));
    all.extend(machine.folder.iter().flat_map(|folder| history(options, machine, folder)));
    all.extend(secrets::exposed(options).into_iter().map(|file| {
        let file = file.display();
        format!("All users of this machine can read {file}, which holds a secret: chmod o-r {file}")
    }));
    all.extend(secrets::shown(options).map(|file| {
        let file = file.display();
        format!("Everyone could read {file}, which is in the folder of --static: keep it elsewhere")
    }));
    if machine.config.is_some_and(|mode| mode & ALL_WRITE != 0) {
        let file = options.config.as_deref().unwrap_or(Path::new("")).display();
        all.push(format!("All users of this machine can write {file}: chmod o-w {file}"));
    }
    all
}

/// The addresses of a door that others than this machine reach.
fn open(binds: &[Bind]) -> impl Iterator<Item = SocketAddr> {
    let tcp = |address: ListenAddress| address.tcp();
    let all = binds.iter().flat_map(Bind::addresses).filter_map(tcp);
    all.filter(|address| !address.ip().is_loopback())
}

/// The sentences about the addresses at which everybody on the way can read a door's bytes.
fn in_the_clear(options: &Serve, door: &Door) -> Vec<String> {
    let Some(InTheClear { bytes, secure }) = door.clear else { return Vec::new() };
    let sentence = |address| {
        format!(
            "{bytes} cross the network in the clear at {address}: --{secure} opens a door with \
             TLS, or let a proxy with TLS pass them on to 127.0.0.1"
        )
    };
    open((door.binds)(options)).map(sentence).collect()
}

fn doors(options: &Serve) -> Vec<String> {
    let mut all: Vec<String> = DOORS.iter().flat_map(|door| in_the_clear(options, door)).collect();
    let http: Vec<_> = open(&options.http).chain(open(&options.https)).collect();
    if let Some(address) =
        http.first().filter(|_| options.open_metrics && options.metrics.is_empty())
    {
        all.push(format!(
            "Everyone who reaches {address} sees the metrics (--open-metrics): --metrics opens a \
             door for them alone"
        ));
    }
    all.extend(open(&options.metrics).map(|address| {
        format!(
            "Everyone who reaches {address} sees the metrics (--metrics): choose an address that \
             only the scraper reaches"
        )
    }));
    let mut people = DOORS.iter().filter(|door| door.takes_people);
    let is_open = people.any(|door| open((door.binds)(options)).next().is_some());
    if options.changing.rate == 0 && is_open {
        all.push("Clients may send as fast as they can (--rate 0): --rate 20".to_owned());
    }
    all
}

fn pages(options: &Serve) -> Vec<String> {
    let mut all = Vec::new();
    if options.changing.origin.iter().any(|origin| origin == "*") {
        all.push(
            "Every web page may chat in the name of the people who look at it (--origin '*'): name \
             the pages that may, --origin https://chat.example"
                .to_owned(),
        );
    }
    if options.changing.host.iter().any(|host| host == "*") {
        all.push(
            "A web page elsewhere can point a name of its own at this server and read along \
             (--host '*'): name the hosts, --host chat.example"
                .to_owned(),
        );
    }
    all
}

fn proxies(options: &Serve) -> Vec<String> {
    let wide = options.changing.trust_proxy.iter().filter_map(|trust| match trust {
        Trust::Network(network) if is_wide(*network) => Some(network),
        Trust::Network(_) | Trust::Nobody => None,
    });
    let sentence = |network: &Network| {
        format!(
            "Every client in {network} can pretend to be anybody (--trust-proxy): name only the \
             addresses of the proxies"
        )
    };
    wide.map(sentence).collect()
}

/// Whether a network is larger than one operator needs for proxies. Private networks are not: the
/// smallest of them have 8 and 7 bits.
fn is_wide(network: Network) -> bool {
    let bits = network.bits();
    match network.address() {
        IpAddr::V4(ip) if ip.is_private() || ip.is_loopback() => bits < 8,
        IpAddr::V6(ip) if ip.is_unique_local() || ip.is_loopback() => bits < 7,
        IpAddr::V4(_) => bits <= WIDE_BITS.0,
        IpAddr::V6(_) => bits <= WIDE_BITS.1,
    }
}

fn redis(options: &Serve) -> Vec<String> {
    let setting = options.settings.iter().find(|setting| setting.name == "redis");
    let Some((setting, url)) = setting.and_then(|it| Some((it, it.value.as_deref()?))) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let has_password = secrets::has_password(url);
    if has_password && setting.source == Source::Flag {
        all.push(
            "All users of this machine can see the password of Redis in the command line: put it \
             into the file of --config"
                .to_owned(),
        );
    }
    let (scheme, host) = scheme_and_host(url);
    let is_here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    if is_here || scheme.contains("unix") {
        return all;
    }
    if scheme == "redis" {
        all.push(format!(
            "All messages cross the network to Redis at {host} in the clear: rediss:// has TLS"
        ));
    }
    if !has_password {
        all.push(format!(
            "Redis at {host} wants no password, so others may read and write the chat: \
             {scheme}://:PASSWORD@{host}"
        ));
    }
    all
}

/// The scheme and the host of the URL of a Redis. `unix:/path` has no host.
fn scheme_and_host(url: &str) -> (&str, &str) {
    let Some((scheme, rest)) = url.split_once("://") else { return ("unix", "") };
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let place = place.split(['/', '?']).next().unwrap_or_default();
    let host = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
        Some((host, _)) => host,
        None => place.split(':').next().unwrap_or_default(),
    };
    (scheme, host)
}

fn user(options: &Serve, machine: &Machine) -> Option<String> {
    let open = DOORS.iter().find_map(|door| open((door.binds)(options)).next());
    match (&machine.user, open) {
        (Some(Err(why)), _) => {
            let name = options.user.as_deref().unwrap_or_default();
            Some(format!("The server could not become user {name} (--user): {why}"))
        }
        (Some(Ok(user)), _) if !machine.is_root || !user.is_root() => None,
        (None, _) if !machine.is_root => None,
        (None, Some(address)) => Some(format!(
            "The server would not start as root, because other machines reach {address}: start it \
             as another user, or let it become one with --user NAME"
        )),
        (None, None) | (Some(Ok(_)), _) => Some(
            "The server would run as root, so a fault in it would be one in the whole machine: \
             start it as another user, or let it become one with --user NAME"
                .to_owned(),
        ),
    }
}

fn process(options: &Serve, machine: &Machine) -> Vec<String> {
    let mut all: Vec<String> = user(options, machine).into_iter().collect();
    let wanted = options.max_clients.map_or(CLIENTS_MAX, |wanted| wanted as usize);
    let allowed = serve::clients_of(options.max_clients, machine.files);
    if allowed < wanted {
        all.push(format!(
            "The limit of open files allows {allowed} clients instead of {wanted}: ulimit -n, or \
             LimitNOFILE= of systemd, raises it"
        ));
    }
    match (options.max_memory.0, machine.memory) {
        (None, _) => all.push(
            "Clients may take all memory of the machine (--max-memory none): --max-memory 256M"
                .to_owned(),
        ),
        (Some(wanted), Some(memory)) if wanted > memory => all.push(format!(
            "Clients may take {} MiB of memory, and there are {} MiB: lower --max-memory",
            wanted / MIB,
            memory / MIB
        )),
        _ => (),
    }
    if let Some(file) = &options.record {
        let file = file.display();
        all.push(format!(
            "Everything that people say is written to {file} (--record): leave it out"
        ));
    }
    all
}

fn history(options: &Serve, machine: &Machine, folder: &Folder) -> Vec<String> {
    let path = folder.path.display();
    let mut all = Vec::new();
    if !folder.is_writable {
        all.push(format!("The history cannot be written in {path}: --db takes another file"));
    }
    if folder.is_in_memory {
        all.push(format!(
            "The history in {path} is in memory, and is lost when the machine stops: --db takes a \
             file on a disk"
        ));
    }
    if folder.is_elsewhere {
        all.push(format!(
            "The history in {path} is on another machine's disk, where SQLite's locks do not hold: \
             --db takes a file on a disk of this machine"
        ));
    }
    if folder.mode & ALL_WRITE != 0 && folder.mode & STICKY == 0 {
        all.push(format!(
            "All users of this machine can replace files in {path}: chmod o-w {path}"
        ));
    }
    match options.history_max.0 {
        Some(max) if max > folder.free => all.push(format!(
            "The history may take {} MiB, and the disk of {path} has {} MiB left: lower \
             --history-max",
            max / MIB,
            folder.free / MIB
        )),
        Some(_) => (),
        None => all.push(
            "The history may fill its disk (--history-max none): --history-max 1G".to_owned(),
        ),
    }
    all.extend(machine.history.iter().filter(|(_, mode)| mode & OTHERS != 0).map(|(file, _)| {
        let file = file.display();
        format!("Others can read what is said in private in {file}: chmod 600 {file}")
    }));
    all
}

#[cfg(test)]
mod tests;
