//! Whether this process is a job of a shell: only then may it stop itself.

use nix::unistd::{getpgrp, getppid, getsid};

/// A session or a process group. 0 stands for one with a leader outside of the container, or of any
/// other namespace of process ids.
type Id = i32;

/// Whether nobody would ever continue this process, because it is not the job of any shell.
pub(super) fn is_orphan() -> bool {
    let session = getsid(None).map_or(0, Into::into);
    let parent = getppid();
    // For the system, 0 means the process that asks.
    let is_alone = parent.as_raw() == 0;
    let of_parent = (!is_alone).then(|| getsid(Some(parent)).ok()).flatten();
    is_without_shell(session, getpgrp().into(), of_parent.map(Into::into))
}

fn is_without_shell(session: Id, group: Id, of_parent: Option<Id>) -> bool {
    let is_leader = session == group;
    is_leader || of_parent != Some(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_a_group_of_its_own_in_the_session_of_its_parent() {
        assert!(!is_without_shell(7, 9, Some(7)));
        assert!(is_without_shell(7, 7, Some(7)), "no shell made it a job");
        assert!(is_without_shell(7, 9, Some(3)), "the shell has gone");
        assert!(is_without_shell(7, 9, None));
    }

    #[test]
    fn a_session_may_be_led_from_outside_of_the_container() {
        assert!(!is_without_shell(0, 9, Some(0)));
        assert!(is_without_shell(0, 0, Some(0)));
        assert!(is_without_shell(9, 9, Some(0)));
        assert!(is_without_shell(0, 1, None), "the first process has no parent");
    }
}
