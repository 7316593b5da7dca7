use super::{Connects, Guard, Needs, Sandbox};
use nix::libc;
use rustix::fs::{XattrFlags, removexattr, setxattr};
use rustix::io::Errno;
use rustix::net::ipproto::MPTCP;
use rustix::net::{AddressFamily, SendFlags, Shutdown, SocketType, send, sendto, shutdown, socket};
use rustix::process::{Pid, test_kill_process};
use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Output};

/// The variable of a process that is guarded.
const IS_INSIDE: &str = "MIO_CHAT_TEST_IS_GUARDED";

/// Output that opens a TCP connection (MSG_FASTOPEN in tcp(7)).
const FASTOPEN: u32 = libc::MSG_FASTOPEN.unsigned_abs();

/// Runs the test of this name again, in a process of its own, where [`enter`] guards it.
fn again(test: &str) -> Output {
    let mut child = Command::new(std::env::current_exe().expect("a program"));
    child.args(["--exact", &format!("sandbox::tests::{test}"), "--nocapture"]);
    let folder = tempfile::tempdir().expect("a folder");
    child.current_dir(&folder).env(IS_INSIDE, "1").output().expect("it starts")
}

fn passes_inside(test: &str) {
    let output = again(test);
    assert!(output.status.success(), "{output:?}");
}

fn is_inside() -> bool {
    std::env::var_os(IS_INSIDE).is_some()
}

/// Gives everything up but `needs`. False if this kernel lacks some of it.
fn enter(needs: &Needs) -> bool {
    holds(&needs.enter())
}

fn holds(sandbox: &Sandbox) -> bool {
    let holds = |guard: &Guard| matches!(guard, Guard::Holds(it) if !it.contains("older"));
    holds(&sandbox.files) && holds(&sandbox.calls)
}

fn denied<T>(result: std::io::Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

#[test]
fn files_elsewhere_cannot_be_read_or_written() {
    if !is_inside() {
        return passes_inside("files_elsewhere_cannot_be_read_or_written");
    }
    // In the folder of this process, which the process outside deletes.
    let root = std::env::current_dir().expect("a folder");
    let (own, other) = (root.join("own"), root.join("other"));
    for folder in [&own, &other] {
        fs::create_dir(folder).expect("a folder");
    }
    let settings = other.join("settings");
    fs::create_dir(&settings).expect("a folder");
    fs::write(settings.join("file"), "x").expect("a file");
    fs::write(other.join("secret"), "x").expect("a file");
    let (writes, reads) = (vec![own.clone()], vec![settings.clone()]);
    if enter(&Needs { writes, reads, ..Needs::default() }) {
        fs::write(own.join("new"), "x").expect("its own folder");
        fs::rename(own.join("new"), own.join("old")).expect("its own folder");
        fs::read("/proc/self/status").expect("its own process");
        fs::read(settings.join("file")).expect("what it reads again");
        assert!(denied(fs::write(settings.join("file"), "y")));
        assert!(denied(fs::write(other.join("new"), "x")));
        assert!(denied(fs::read(other.join("secret"))));
        assert!(denied(fs::remove_file(other.join("secret"))));
        assert!(denied(fs::read("/etc/passwd")));
        assert!(denied(File::options().write(true).open("/etc/passwd")));
        assert!(denied(fs::create_dir(own.join("folder"))));
        assert!(denied(symlink("/etc", own.join("link"))));
        fs::remove_file(own.join("old")).expect("its own folder");
    }
}

#[test]
fn a_server_that_is_alone_connects_to_nobody() {
    if !is_inside() {
        return passes_inside("a_server_that_is_alone_connects_to_nobody");
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    if enter(&Needs::default()) {
        assert!(denied(TcpStream::connect(address)));
        assert!(denied(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))));
        // A listener that listens no more could open a connection by its output.
        for how in [Shutdown::Read, Shutdown::Both] {
            assert_eq!(shutdown(&listener, how), Err(Errno::PERM));
        }
        assert_eq!(test_kill_process(Pid::INIT), Err(Errno::PERM));
    }
}

#[test]
fn a_node_connects_to_its_redis_alone() {
    if !is_inside() {
        return passes_inside("a_node_connects_to_its_redis_alone");
    }
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let (redis, other) = (listen(), listen());
    let redis = redis.local_addr().expect("an address");
    let other = other.local_addr().expect("an address");
    if !holds(&Needs { connects: Some(Connects::Tcp(redis.port())), ..Needs::default() }.enter()) {
        return;
    }
    let stream = TcpStream::connect(redis).expect("its Redis");
    assert!(denied(TcpStream::connect(other)));
    assert!(denied(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))));
    assert!(denied(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))));
    assert!(denied(UnixStream::connect("/no-such-socket")));
    for (family, kind, protocol) in [
        (AddressFamily::INET, SocketType::STREAM, Some(MPTCP)),
        (AddressFamily::INET6, SocketType::DGRAM, None),
        (AddressFamily::INET, SocketType::SEQPACKET, None),
        (AddressFamily::INET, SocketType::RAW, None),
        (AddressFamily::UNIX, SocketType::STREAM, None),
        (AddressFamily::NETLINK, SocketType::RAW, None),
    ] {
        assert_eq!(socket(family, kind, protocol).err(), Some(Errno::PERM), "{family:?} {kind:?}");
    }
    // A connection by the first output, for which connect(2) is not called.
    let fresh = socket(AddressFamily::INET, SocketType::STREAM, None).expect("of TCP");
    let opening = sendto(&fresh, b"x", SendFlags::from_bits_retain(FASTOPEN), &other);
    assert_eq!(opening.err(), Some(Errno::PERM));
    let sent = send(&stream, b"x", SendFlags::empty()).expect("it is connected");
    assert_eq!(sent, 1);
    assert_eq!(sendto(&stream, b"x", SendFlags::empty(), &other).err(), Some(Errno::PERM));
}

#[test]
fn a_node_beside_its_redis_has_unix_sockets_alone() {
    if !is_inside() {
        return passes_inside("a_node_beside_its_redis_has_unix_sockets_alone");
    }
    let root = std::env::current_dir().expect("a folder");
    let (own, other) = (root.join("own"), root.join("other"));
    let mut listeners = Vec::new();
    for folder in [&own, &other] {
        fs::create_dir(folder).expect("a folder");
        listeners.push(UnixListener::bind(folder.join("socket")).expect("a socket"));
    }
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let tcp = tcp.local_addr().expect("an address");
    let connects = Some(Connects::Unix(vec![own.clone()]));
    let sandbox = Needs { connects, ..Needs::default() }.enter();
    if !matches!(sandbox.calls, Guard::Holds(_)) {
        return;
    }
    UnixStream::connect(own.join("socket")).expect("its Redis");
    assert!(denied(TcpStream::connect(tcp)));
    assert!(denied(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))));
    assert!(denied(UnixDatagram::unbound()));
    // Older kernels cannot tell one socket from another, which is said.
    match &sandbox.files {
        Guard::Holds(all) if !all.contains("leaves") && !all.contains("older") => {
            assert!(denied(UnixStream::connect(other.join("socket"))));
        }
        _ => (),
    }
}

#[test]
fn modes_and_owners_change_by_descriptor_alone() {
    if !is_inside() {
        return passes_inside("modes_and_owners_change_by_descriptor_alone");
    }
    let own = std::env::current_dir().expect("a folder");
    fs::write(own.join("file"), "x").expect("a file");
    if enter(&Needs { writes: vec![own.clone()], ..Needs::default() }) {
        let path = own.join("file");
        let file = File::open(&path).expect("its own folder");
        file.set_permissions(Permissions::from_mode(0o600)).expect("its own file");
        assert!(denied(fs::set_permissions(&path, Permissions::from_mode(0o644))));
        assert!(denied(fs::set_permissions("/etc/passwd", Permissions::from_mode(0o644))));
        assert!(denied(chown(&path, Some(1), None)));
        assert!(denied(lchown(&path, Some(1), None)));
        let set = setxattr(&path, "user.mio", b"x", XattrFlags::empty());
        assert_eq!(set.err(), Some(Errno::PERM));
        assert_eq!(removexattr(&path, "user.mio").err(), Some(Errno::PERM));
    }
}

#[test]
fn new_processes_are_refused() {
    if !is_inside() {
        return passes_inside("new_processes_are_refused");
    }
    if enter(&Needs::default()) {
        let refused = Command::new("/bin/true").spawn().expect_err("no process");
        assert_eq!(refused.raw_os_error(), Some(libc::EPERM));
    }
}

#[test]
fn another_program_ends_the_process() {
    if is_inside() {
        if enter(&Needs::default()) {
            panic!("it goes on: {}", Command::new("/bin/true").exec());
        }
        return;
    }
    let status = again("another_program_ends_the_process").status;
    // It succeeds where the kernel has no seccomp.
    assert!(status.signal() == Some(libc::SIGSYS) || status.success(), "{status:?}");
}

#[test]
fn a_link_opens_its_own_folder_and_that_of_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = fs::canonicalize(folder.path()).expect("it is there");
    let (live, kept) = (root.join("live"), root.join("kept"));
    for folder in [&live, &kept] {
        fs::create_dir(folder).expect("a folder");
    }
    fs::write(kept.join("file"), "").expect("a file");
    symlink(kept.join("file"), live.join("link")).expect("a link");
    assert_eq!(super::folders(&live.join("link")), [live.clone(), kept]);
    // There is no file yet.
    assert_eq!(super::folders(&live.join("none")), [live]);
    let here = std::env::current_dir().and_then(fs::canonicalize).expect("a folder");
    assert_eq!(super::folders(Path::new("mio-chat.db")), [here]);
}
