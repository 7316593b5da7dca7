//! Limits of the terminal client.

use mio_wire::limits::CLIENT_OUT_BYTES_MAX;

/// Longest message that the client accepts from a server. Welcomes are far shorter, even from
/// servers with a larger `--max-queue` or another budget.
pub const CLIENT_MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Milliseconds for TCP, the handshake and the welcome together. After that the client tries again.
pub const CLIENT_CONNECT_MS: u64 = 10_000;
/// The least of these milliseconds for each address of a host that has many.
pub const CLIENT_CONNECT_MS_MIN: u64 = 2_000;
/// Silence after which a server counts as dead, until it has said how often it pings.
pub const CLIENT_SILENCE_MS: u64 = 20_000;
/// Milliseconds before the first attempt to reconnect; each further one waits twice as long.
pub const CLIENT_RETRY_MS: u64 = 1_000;
/// The longest wait before an attempt to reconnect.
pub const CLIENT_RETRY_MS_MAX: u64 = 30_000;
/// Posts that wait for a connection or for their receipt. More than that is not a conversation.
pub const CLIENT_UNSENT_MAX: usize = 50;
/// Milliseconds without progress after which pipe mode gives up on its unsent posts.
pub const CLIENT_PIPE_MS: u64 = 10_000;
/// Milliseconds for which leaving waits for the receipts of the last posts.
pub const CLIENT_LEAVE_MS: u64 = 1_000;
/// Lines that the client keeps of one conversation; older ones are loaded again on scrolling.
pub const CLIENT_ENTRIES_MAX: usize = 5_000;
/// Lines dropped at once, so that not every new line moves the others.
pub const CLIENT_ENTRIES_FORGOTTEN: usize = 500;
/// Conversations at a time; a new one replaces an older private one. A person who writes under ever
/// new names must not fill other people's memory.
pub const CLIENT_CONVERSATIONS_MAX: usize = 200;
/// Names in one line about comings and goings that are kept.
pub const CLIENT_NAMES_KEPT_MAX: usize = 1_000;
/// Messages asked for when scrolling up; the server answers at most 100.
pub const CLIENT_OLDER: u32 = 100;
/// Pages of these that pipe mode asks for if it missed more of a conversation than a server sends
/// by itself; messages missed beyond them are only counted.
pub const CLIENT_MISSED_PAGES_MAX: u32 = 10;
/// Messages that wait in pipe mode for earlier ones.
pub const CLIENT_HELD_MAX: usize = 2_000;
/// Longest post in bytes, as in the server's namespace `/chat`.
pub const CLIENT_POST_BYTES_MAX: usize = 4096;
/// Milliseconds between two signs to others that the person is typing; the server forgets one after
/// 6 s.
pub const CLIENT_TYPING_MS: u64 = 3_000;
/// Milliseconds after which a person is no longer shown as typing, in case the end is lost.
pub const CLIENT_TYPING_SHOWN_MS: u64 = 7_000;
/// People who are known to be typing in one conversation; more than a few are not named.
pub const CLIENT_TYPERS_MAX: usize = 16;
/// Lines that the Up key brings back.
pub const CLIENT_INPUT_HISTORY_MAX: usize = 200;
/// Names shown in one line about comings and goings.
pub const CLIENT_NAMES_SHOWN_MAX: usize = 5;
/// Messages that pipe mode shows a person at a terminal on entering, as the line door does.
pub const CLIENT_PIPE_REPLAY: usize = 10;
/// Milliseconds after which an ESC without anything after it is the key, and not the beginning of a
/// sequence.
pub const CLIENT_ESCAPE_MS: u64 = 30;
/// Milliseconds of silence after which a paste without an end is complete.
pub const CLIENT_PASTE_MS: u64 = 1_000;
/// Bytes read from the terminal or a pipe at once.
pub const CLIENT_READ_BYTES: usize = 4096;
/// Longest line that is read or typed; a longer one is refused or cut, because no server accepts
/// it. No more of a server's text is kept either.
pub const CLIENT_LINE_BYTES_MAX: usize = 64 * 1024;
/// Rows that the input line may take; beyond them it scrolls.
pub const CLIENT_INPUT_ROWS_MAX: usize = 5;
/// Rows by which messages are scrolled at most, in place of being drawn again.
pub const CLIENT_SCROLL_ROWS_MAX: usize = 8;
/// Characters of a message in a notification of the desktop.
pub const CLIENT_NOTIFICATION_CHARS_MAX: usize = 200;
/// Messages or lines of a list by which PgUp and PgDn move in a menu.
pub const CLIENT_MENU_PAGE: usize = 8;
/// Lines of a message that a quote in an answer shows.
pub const CLIENT_QUOTE_LINES_MAX: usize = 2;
/// Characters of each of them.
pub const CLIENT_QUOTE_CHARS_MAX: usize = 160;
/// Columns below which lines are shown without their time and its indentation.
pub const CLIENT_TIME_COLUMNS_MIN: usize = 30;
/// Bytes that the client takes from the server at once.
pub const CLIENT_RECEIVE_BYTES: usize = 16 * 1024;
/// Bytes that the client takes from the server, or from the keyboard, before it draws.
pub const CLIENT_READ_BYTES_PER_TURN_MAX: usize = 64 * 1024;
/// Readiness events that one poll returns: for the server, a keyboard and signals.
pub const CLIENT_EVENTS_PER_POLL_MAX: usize = 16;

const _: () = {
    assert!(CLIENT_RECEIVE_BYTES <= CLIENT_READ_BYTES_PER_TURN_MAX);
    assert!(CLIENT_RETRY_MS <= CLIENT_RETRY_MS_MAX);
    assert!(CLIENT_ENTRIES_FORGOTTEN < CLIENT_ENTRIES_MAX);
    assert!(CLIENT_NAMES_SHOWN_MAX < CLIENT_NAMES_KEPT_MAX);
    assert!(CLIENT_POST_BYTES_MAX < CLIENT_LINE_BYTES_MAX);
    assert!(6 * CLIENT_POST_BYTES_MAX * CLIENT_UNSENT_MAX < CLIENT_OUT_BYTES_MAX);
    assert!(CLIENT_NAMES_SHOWN_MAX < CLIENT_TYPERS_MAX);
    assert!(((CLIENT_MISSED_PAGES_MAX * CLIENT_OLDER) as usize) < CLIENT_HELD_MAX);
    assert!(CLIENT_HELD_MAX < CLIENT_ENTRIES_MAX);
};

/// Bytes of the file that says of which messages the reader is told.
pub const CLIENT_ALERTS_BYTES_MAX: u64 = 256 * 1024;
/// Conversations for which that is kept; if there are more, the oldest choice is forgotten.
pub const CLIENT_ALERTS_MAX: usize = 500;
/// Bytes of the file of kept logins.
pub const CLIENT_LOGINS_BYTES_MAX: u64 = 256 * 1024;
/// Kept logins; if there are more, the oldest is forgotten.
pub const CLIENT_LOGINS_MAX: usize = 100;
