//! The chat's own limits for each address, in addition to the server's.

use super::Cx;
use super::history::Post;
use super::refusal::Refusal;
use crate::limits::{
    DISK_BYTES_BURST, DISK_BYTES_PER_H, FILE_BYTES_BURST, FILE_BYTES_PER_H,
    HISTORY_MAX_TO_DISK_BURST, HISTORY_MAX_TO_DISK_PER_H, INVITATIONS_BURST, INVITATIONS_PER_H,
    NAMES_BURST, NAMES_PER_H, OWNED_ROOMS_BURST, OWNED_ROOMS_PER_H, PASSWORDS_BURST,
    PASSWORDS_PER_H, PEOPLE_BURST, PEOPLE_PER_H, ROOMS_BURST, ROOMS_PER_H, RULED_ROOMS_BURST,
    RULED_ROOMS_PER_H,
};
use mio_socketio::SocketId;
use mio_socketio::{OwnLimit, Rate};

/// A limited thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budget {
    /// New rooms.
    Rooms,
    /// Names that people take.
    Names,
    /// People who are kept in the file.
    People,
    /// Bytes of the file.
    Disk,
    /// Attempts to register or to log in.
    Passwords,
    /// Bytes of files that people send.
    Files,
    /// Invitations that people make.
    Invitations,
    /// Rooms to which people give rules.
    RuledRooms,
    /// New rooms that people own.
    OwnedRooms,
}

impl Budget {
    /// All of them, each at its own number: the server would not count one that is missing.
    const ALL: [Self; 9] = [
        Self::Rooms,
        Self::Names,
        Self::People,
        Self::Disk,
        Self::Passwords,
        Self::Files,
        Self::Invitations,
        Self::RuledRooms,
        Self::OwnedRooms,
    ];

    /// Its number among the server's limits.
    fn number(self) -> usize {
        let number = self as usize;
        debug_assert_eq!(Self::ALL.get(number), Some(&self), "it is in the list, at its place");
        number
    }

    /// The share of one address, for a history of at most this many bytes.
    fn limit(self, history_bytes_max: Option<u64>) -> OwnLimit {
        let part = |max: u64, divisor| history_bytes_max.map_or(max, |all| max.min(all / divisor));
        let (name, rate) = match self {
            Self::Rooms => ("rooms", Rate::per_hour(ROOMS_PER_H, ROOMS_BURST)),
            Self::Names => ("names", Rate::per_hour(NAMES_PER_H, NAMES_BURST)),
            Self::People => ("people", Rate::per_hour(PEOPLE_PER_H, PEOPLE_BURST)),
            Self::Passwords => ("passwords", Rate::per_hour(PASSWORDS_PER_H, PASSWORDS_BURST)),
            Self::Files => ("files", Rate::per_hour(FILE_BYTES_PER_H, FILE_BYTES_BURST)),
            Self::Invitations => {
                ("invitations", Rate::per_hour(INVITATIONS_PER_H, INVITATIONS_BURST))
            }
            Self::RuledRooms => {
                ("ruled-rooms", Rate::per_hour(RULED_ROOMS_PER_H, RULED_ROOMS_BURST))
            }
            Self::OwnedRooms => {
                ("owned-rooms", Rate::per_hour(OWNED_ROOMS_PER_H, OWNED_ROOMS_BURST))
            }
            Self::Disk => {
                let burst = part(DISK_BYTES_BURST, HISTORY_MAX_TO_DISK_BURST);
                let per_h = part(DISK_BYTES_PER_H, HISTORY_MAX_TO_DISK_PER_H);
                ("disk", Rate::per_hour(per_h, burst))
            }
        };
        OwnLimit::new(name, rate).delays(matches!(self, Self::Disk))
    }
}

/// The shares of one address, for [`AddressLimits::own`](mio_socketio::AddressLimits::own). A
/// history without a bound in bytes is `None`.
pub(super) fn budgets(history_bytes_max: Option<u64>) -> Vec<OwnLimit> {
    Budget::ALL.into_iter().map(|budget| budget.limit(history_bytes_max)).collect()
}

/// Takes one unit of a budget.
///
/// # Errors
/// The refusal, with the time until there is more.
pub(super) fn take(cx: &mut Cx<'_>, socket: SocketId, budget: Budget) -> Result<(), Refusal> {
    take_many(cx, socket, budget, 1)
}

/// Takes units of a budget. The last ones may go beyond it.
///
/// # Errors
/// The refusal, with the time until there is more.
pub(super) fn take_many(
    cx: &mut Cx<'_>,
    socket: SocketId,
    budget: Budget,
    units: u64,
) -> Result<(), Refusal> {
    let taken = cx.take(socket, budget.number(), units);
    taken.map_err(|wait_ms| {
        let what = match budget {
            Budget::Rooms => "new rooms",
            Budget::Names => "new names",
            Budget::People => "new people to be remembered",
            Budget::Disk => "bytes to keep",
            Budget::Passwords => "passwords",
            Budget::Files => "files",
            Budget::Invitations => "invitations",
            Budget::RuledRooms => "rooms with rules",
            Budget::OwnedRooms => "new rooms with an owner",
        };
        let from = "from your address, try again in";
        let wait = match budget {
            Budget::Passwords => format!("{} s", wait_ms.div_ceil(1_000)),
            _ => format!("{} min", wait_ms.div_ceil(60_000)),
        };
        Refusal::TooMany(format!("too many {what} {from} {wait}"))
    })
}

/// Counts the bytes of a person's message.
pub(super) fn wrote(cx: &mut Cx<'_>, socket: SocketId, text: &str, payload: Option<&str>) {
    let bytes = Post::bytes(text, payload);
    cx.spend(socket, Budget::Disk.number(), bytes as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::HISTORY_BYTES_MAX;

    #[test]
    fn nobody_fills_much_of_a_small_history_at_once() {
        let rate = |history| Budget::Disk.limit(history).rate;
        let all = Rate::per_hour(DISK_BYTES_PER_H, DISK_BYTES_BURST);
        assert_eq!([rate(None), rate(Some(HISTORY_BYTES_MAX))], [all; 2]);
        const MIB: u64 = 1024 * 1024;
        assert_eq!(rate(Some(64 * MIB)), Rate::per_hour(2 * MIB, MIB));
    }
}
