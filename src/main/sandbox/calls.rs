//! System calls, by seccomp (seccomp(2)).
//!
//! The lists name what is refused, not what is allowed: another version of the C library may use a
//! new call for an old purpose, and must not break the server for that. A call that no library
//! makes by itself ends the process (SIGSYS), because then somebody else's code is running. One
//! that a library might make gets an error, which libraries expect.

use super::{Connects, Guard};
use nix::libc::{self, c_long};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};
use std::collections::BTreeMap;
use std::env::consts::ARCH;

/// Calls that end the process: other programs, other processes' memory, the kernel, the disks, the
/// machine.
const FATAL: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_vhangup,
];

/// Calls that get an error: threads and processes, listeners, other users, other ways to do input
/// and output, files' modes, owners and attributes by path. (By descriptor they can be changed only
/// of files that it may open.)
const REFUSED: &[c_long] = &[
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_process_madvise,
    libc::SYS_personality,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_mknodat,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    // Their addresses are in memory, where no rule sees them.
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    SETXATTRAT,
    REMOVEXATTRAT,
    FILE_SETATTR,
];

/// Calls of Linux 6.6, 6.13 and 6.17, with one number on all processors.
const FCHMODAT2: c_long = 452;
const SETXATTRAT: c_long = 463;
const REMOVEXATTRAT: c_long = 466;
const FILE_SETATTR: c_long = 469;

/// Calls with which a server ends at once, and which only some processors have.
#[cfg(target_arch = "x86_64")]
const FATAL_HERE: &[c_long] = &[
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_lookup_dcookie,
    // The numbers that execve, ptrace and others have in x32 alone.
    X32 | 520,
    X32 | 521,
    X32 | 528,
    X32 | 539,
    X32 | 540,
    X32 | 545,
];
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_mknod,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
];
#[cfg(not(target_arch = "x86_64"))]
const FATAL_HERE: &[c_long] = &[];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];

/// The bit in the numbers of x32, a second set of the same calls on this processor.
#[cfg(target_arch = "x86_64")]
const X32: c_long = 0x4000_0000;

/// Gives up system calls, but for those that make the connections in `connects`.
pub(super) fn restrict(connects: Option<&Connects>) -> Guard {
    let filters = filters(connects).map_err(|error| error.to_string());
    let applied = filters.and_then(|filters| {
        let mut applied = filters.iter().map(|filter| apply_filter(filter));
        applied.try_for_each(|applied| applied.map_err(|error| error.to_string()))
    });
    match applied {
        Ok(()) => Guard::Holds("seccomp".to_owned()),
        Err(error) => Guard::Lacks(error),
    }
}

/// The filters. The kernel finds calls that they never refuse in a table, without running them.
fn filters(connects: Option<&Connects>) -> Result<[BpfProgram; 2], seccompiler::Error> {
    let none = |calls: &[c_long]| calls.iter().map(|call| (*call, Vec::new())).collect();
    let mut fatal: BTreeMap<c_long, Vec<SeccompRule>> = none(FATAL);
    fatal.extend(none(FATAL_HERE));
    let mut refused = none(REFUSED);
    refused.extend(none(REFUSED_HERE));
    match connects {
        None => refused.extend(none(&[libc::SYS_socket, libc::SYS_connect])),
        Some(connects) => {
            let rules = other_sockets(connects).into_iter().map(rule).collect::<Result<_, _>>()?;
            refused.insert(libc::SYS_socket, rules);
        }
    }
    // Each write has to pass a rule for output, so there is none where no new socket can open
    // a connection by its output. A listener could, once it listens no more.
    if let Some(Connects::Tcp(_)) = connects {
        refused.insert(libc::SYS_sendto, vec![rule(OPENING)?, addressed()?]);
    }
    refused.insert(libc::SYS_shutdown, vec![rule(INPUT_ENDS)?]);
    for call in [libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_pkey_mprotect] {
        refused.insert(call, vec![rule(EXECUTABLE)?]);
    }
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    Ok([filter(fatal, SeccompAction::KillProcess)?, filter(refused, denied)?])
}

/// Arguments, each with a number, a comparison and a value.
type Arguments<'a> = &'a [(u8, SeccompCmpOp, i32)];

/// Memory that can be executed (mmap(2)): all code is loaded by now.
const EXECUTABLE: Arguments<'_> =
    &[(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), libc::PROT_EXEC)];
/// Output that opens a connection by itself, past the rules for connect(2) (sendto(2)).
const OPENING: Arguments<'_> =
    &[(3, SeccompCmpOp::MaskedEq(libc::MSG_FASTOPEN as u64), libc::MSG_FASTOPEN)];

/// An end of input (shutdown(2)). The server ends its output alone.
const INPUT_ENDS: Arguments<'_> = &[(1, SeccompCmpOp::Ne, libc::SHUT_WR)];

/// Sockets of another kind than the connections need (socket(2)): of another family, not a stream
/// (whose number is 1, below two flags), or of another protocol, such as MPTCP.
fn other_sockets(connects: &Connects) -> Vec<Arguments<'static>> {
    const BITS: [Arguments<'_>; 4] = [
        &[(1, SeccompCmpOp::MaskedEq(1), 0)],
        &[(1, SeccompCmpOp::MaskedEq(2), 2)],
        &[(1, SeccompCmpOp::MaskedEq(4), 4)],
        &[(1, SeccompCmpOp::MaskedEq(8), 8)],
    ];
    let mut all = BITS.to_vec();
    match connects {
        Connects::Tcp(_) => {
            all.push(&[
                (0, SeccompCmpOp::Ne, libc::AF_INET),
                (0, SeccompCmpOp::Ne, libc::AF_INET6),
            ]);
            all.push(&[(2, SeccompCmpOp::Ne, 0), (2, SeccompCmpOp::Ne, libc::IPPROTO_TCP)]);
        }
        Connects::Unix(_) => {
            all.push(&[(0, SeccompCmpOp::Ne, libc::AF_UNIX)]);
            all.push(&[(2, SeccompCmpOp::Ne, 0)]);
        }
    }
    all
}

/// A rule for output with an address of its own (sendto(2)). Connected sockets need none.
fn addressed() -> Result<SeccompRule, seccompiler::Error> {
    let address = SeccompCondition::new(4, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)?;
    Ok(SeccompRule::new(vec![address])?)
}

/// A rule for calls whose arguments all match.
fn rule(arguments: Arguments<'_>) -> Result<SeccompRule, seccompiler::Error> {
    let conditions = arguments.iter().map(|(number, comparison, value)| {
        let (length, value) = (SeccompCmpArgLen::Dword, u64::from(value.unsigned_abs()));
        SeccompCondition::new(*number, length, comparison.clone(), value)
    });
    Ok(SeccompRule::new(conditions.collect::<Result<_, _>>()?)?)
}

/// A filter that does `action` with these calls and allows all others.
fn filter(
    calls: BTreeMap<c_long, Vec<SeccompRule>>,
    action: SeccompAction,
) -> Result<BpfProgram, seccompiler::Error> {
    let calls = with_x32(calls);
    let filter = SeccompFilter::new(calls, SeccompAction::Allow, action, ARCH.try_into()?)?;
    Ok(filter.try_into()?)
}

#[cfg(target_arch = "x86_64")]
fn with_x32(mut calls: BTreeMap<c_long, Vec<SeccompRule>>) -> BTreeMap<c_long, Vec<SeccompRule>> {
    let again: Vec<_> = calls.iter().map(|(call, rules)| (call | X32, rules.clone())).collect();
    calls.extend(again);
    calls
}

#[cfg(not(target_arch = "x86_64"))]
const fn with_x32(calls: BTreeMap<c_long, Vec<SeccompRule>>) -> BTreeMap<c_long, Vec<SeccompRule>> {
    calls
}
