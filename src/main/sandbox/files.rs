//! Files and outgoing connections, by Landlock (landlock(7)): the kernel refuses what no rule
//! allows.

use super::{Connects, Guard, Needs};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, RestrictionStatus,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    path_beneath_rules,
};

/// The rights that are given up, as far as the kernel knows them.
const KNOWN: ABI = ABI::V10;
/// From this version on nothing is missing that matters where there are no Unix sockets to connect
/// to: seccomp refuses the rest.
const ENOUGH: i32 = 6;
/// From this version on a connection to a Unix socket by its path is a right.
const KNOWS_SOCKETS: i32 = 9;
/// For the metrics of the process.
const PROC: &str = "/proc";
/// SQLite's source of random numbers.
const RANDOM: [&str; 2] = ["/dev/urandom", "/dev/random"];
/// SQLite opens it in place of a standard stream that is closed.
const NULL: &str = "/dev/null";

/// Gives up all files and connections that are not needed.
pub(super) fn restrict(needs: &Needs) -> Guard {
    match apply(needs) {
        Err(error) => Guard::Lacks(error.to_string()),
        Ok(status) => told(&status, needs),
    }
}

fn apply(needs: &Needs) -> Result<RestrictionStatus, RulesetError> {
    let reads = AccessFs::ReadFile | AccessFs::ReadDir;
    let writes =
        reads | AccessFs::WriteFile | AccessFs::Truncate | AccessFs::MakeReg | AccessFs::RemoveFile;
    let deletes: BitFlags<AccessFs> = AccessFs::RemoveFile.into();
    let reads_file: BitFlags<AccessFs> = AccessFs::ReadFile.into();
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::from_all(KNOWN))?
        .create()?
        .add_rules(path_beneath_rules(&needs.writes, writes))?
        .add_rules(path_beneath_rules(&needs.reads, reads))?
        .add_rules(path_beneath_rules(&needs.deletes, deletes))?
        .add_rules(path_beneath_rules([PROC], reads))?
        .add_rules(path_beneath_rules(RANDOM, reads_file))?
        .add_rules(path_beneath_rules([NULL], AccessFs::ReadFile | AccessFs::WriteFile))?;
    let resolves: BitFlags<AccessFs> = AccessFs::ResolveUnix.into();
    let rules = match &needs.connects {
        Some(Connects::Tcp(port)) => rules.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?,
        Some(Connects::Unix(folders)) => rules.add_rules(path_beneath_rules(folders, resolves))?,
        None => rules,
    };
    rules.restrict_self()
}

fn told(status: &RestrictionStatus, needs: &Needs) -> Guard {
    let version = match status.landlock {
        LandlockStatus::Available { effective_abi, kernel_abi } => {
            kernel_abi.unwrap_or(effective_abi as i32)
        }
        LandlockStatus::NotEnabled => return lacks("Landlock is off in this kernel"),
        LandlockStatus::NotImplemented => return lacks("this kernel has no Landlock"),
    };
    match status.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => {
            let lacks = match needs.connects {
                _ if version < ENOUGH => ", which is older and knows less",
                Some(Connects::Unix(_)) if version < KNOWS_SOCKETS => {
                    ", which leaves all Unix sockets"
                }
                _ => "",
            };
            Guard::Holds(format!("Landlock {version}{lacks}"))
        }
        RulesetStatus::NotEnforced => lacks("Landlock is not enforced"),
    }
}

fn lacks(why: &str) -> Guard {
    Guard::Lacks(why.to_owned())
}
