//! The chat's own limits for each address, in addition to the server's.

use super::Cx;
use super::history::Post;
use super::refusal::Refusal;
use crate::limits::{
    DISK_BYTES_BURST, DISK_BYTES_PER_H, FILE_BYTES_BURST, FILE_BYTES_PER_H,
    HISTORY_MAX_TO_DISK_BURST, HISTORY_MAX_TO_DISK_PER_H, INVITATIONS_BURST, INVITATIONS_PER_H,
    MAIL_BURST, MAIL_PER_H, NAMES_BURST, NAMES_PER_H, OWNED_ROOMS_BURST, OWNED_ROOMS_PER_H,
    PASSWORDS_BURST, PASSWORDS_PER_H, PEOPLE_BURST, PEOPLE_PER_H, ROOMS_BURST, ROOMS_PER_H,
    RULED_ROOMS_BURST, RULED_ROOMS_PER_H,
};
use mio_socketio::SocketId;
use mio_socketio::{OwnLimit, Rate};

/// Makes the enum of the budgets and the list of their rows. A budget's number among the server's
/// limits is its place there.
macro_rules! budgets {
    ($($(#[$about:meta])* $budget:ident = $row:expr;)+) => {
        /// A limited thing.
        #[derive(Clone, Copy, Debug)]
        pub(super) enum Budget {
            $($(#[$about])* $budget,)+
        }

        impl Budget {
            /// The rows of all of them.
            const ROWS: &[Row] = &[$($row,)+];
        }
    };
}

budgets! {
    /// New rooms.
    Rooms = Row::new("rooms", "new rooms", ROOMS_PER_H, ROOMS_BURST);
    /// Names that people take.
    Names = Row::new("names", "new names", NAMES_PER_H, NAMES_BURST);
    /// People who are kept in the file.
    People = Row::new("people", "new people to be remembered", PEOPLE_PER_H, PEOPLE_BURST);
    /// Private messages to people who are not here, and to names that nobody has.
    Mail = Row::new("mail", "messages to people who are not here", MAIL_PER_H, MAIL_BURST);
    /// Bytes of the file. An address over the limit is read later, and not refused.
    Disk = Row {
        of_history: Some((HISTORY_MAX_TO_DISK_PER_H, HISTORY_MAX_TO_DISK_BURST)),
        delays: true,
        ..Row::new("disk", "bytes to keep", DISK_BYTES_PER_H, DISK_BYTES_BURST)
    };
    /// Attempts to register or to log in.
    Passwords = Row {
        wait: (1_000, "s"),
        ..Row::new("passwords", "passwords", PASSWORDS_PER_H, PASSWORDS_BURST)
    };
    /// Bytes of files that people send.
    Files = Row::new("files", "files", FILE_BYTES_PER_H, FILE_BYTES_BURST);
    /// Invitations that people make.
    Invitations = Row::new("invitations", "invitations", INVITATIONS_PER_H, INVITATIONS_BURST);
    /// Rooms to which people give rules.
    RuledRooms = Row::new("ruled-rooms", "rooms with rules", RULED_ROOMS_PER_H, RULED_ROOMS_BURST);
    /// New rooms that people own.
    OwnedRooms =
        Row::new("owned-rooms", "new rooms with an owner", OWNED_ROOMS_PER_H, OWNED_ROOMS_BURST);
}

/// All about one budget.
struct Row {
    /// Its name in the log and in metrics.
    name: &'static str,
    /// The words for it in a refusal.
    what: &'static str,
    /// Units of one address per hour, after a burst.
    per_h: u64,
    burst: u64,
    /// The largest parts of the history's bytes that these two may be, as divisors.
    of_history: Option<(u64, u64)>,
    /// Whether the server reads an address that is over the limit later.
    delays: bool,
    /// The unit in which a refusal tells the wait: its milliseconds, and its name.
    wait: (u64, &'static str),
}

impl Row {
    const fn new(name: &'static str, what: &'static str, per_h: u64, burst: u64) -> Self {
        Self { name, what, per_h, burst, of_history: None, delays: false, wait: (60_000, "min") }
    }

    /// The share of one address, for a history of at most this many bytes.
    fn limit(&self, history_bytes_max: Option<u64>) -> OwnLimit {
        let rate = match self.of_history.zip(history_bytes_max) {
            None => Rate::per_hour(self.per_h, self.burst),
            Some(((per_h, burst), all)) => {
                Rate::per_hour(self.per_h.min(all / per_h), self.burst.min(all / burst))
            }
        };
        OwnLimit::new(self.name, rate).delays(self.delays)
    }
}

/// The shares of one address, for [`AddressLimits::own`](mio_socketio::AddressLimits::own). A
/// history without a bound in bytes is `None`.
pub(super) fn budgets(history_bytes_max: Option<u64>) -> Vec<OwnLimit> {
    Budget::ROWS.iter().map(|row| row.limit(history_bytes_max)).collect()
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
    cx.take(socket, budget as usize, units).map_err(|wait_ms| {
        let Row { what, wait: (unit_ms, unit), .. } = &Budget::ROWS[budget as usize];
        let wait = wait_ms.div_ceil(*unit_ms);
        Refusal::TooMany(format!("too many {what} from your address, try again in {wait} {unit}"))
    })
}

/// Counts the bytes of a person's message.
pub(super) fn wrote(cx: &mut Cx<'_>, socket: SocketId, text: &str, payload: Option<&str>) {
    let bytes = Post::bytes(text, payload);
    cx.spend(socket, Budget::Disk as usize, bytes as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::HISTORY_BYTES_MAX;

    #[test]
    fn nobody_fills_much_of_a_small_history_at_once() {
        let rate = |history| Budget::ROWS[Budget::Disk as usize].limit(history).rate;
        let all = Rate::per_hour(DISK_BYTES_PER_H, DISK_BYTES_BURST);
        assert_eq!([rate(None), rate(Some(HISTORY_BYTES_MAX))], [all; 2]);
        const MIB: u64 = 1024 * 1024;
        assert_eq!(rate(Some(64 * MIB)), Rate::per_hour(2 * MIB, MIB));
    }
}
