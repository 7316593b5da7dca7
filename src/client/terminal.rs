//! The terminal: taken for the client's screen, and restored in every case.

use super::fd::write_all;
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::dup;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use std::io;
use std::panic;
use std::sync::{Mutex, Once, PoisonError};

/// The alternate screen, no wrapping, no wheel events as keys, bracketed pastes, and reports of
/// whether the window has the keys.
const ENTER: &str = "\x1b[?1049h\x1b[?7l\x1b[?1007l\x1b[?2004h\x1b[?1004h\x1b[H";
/// Restores all that, and the terminal's default style. On a terminal with only one screen, the
/// input line makes room for the shell's.
const LEAVE: &str = concat!(
    "\x1b[0m\x1b[r\x1b[?2026l\x1b[?1004l\x1b[?2004l\x1b[?1007h\x1b[?7h\x1b[?25h",
    "\x1b[999;1H\x1b[2K\x1b[?1049l"
);

/// The size of a terminal that does not tell it.
const SIZE: (usize, usize) = (80, 24);

/// The state to restore, if a terminal is taken. A panicking thread finds it here.
static TAKEN: Mutex<Option<Taken>> = Mutex::new(None);

#[derive(Debug)]
struct Taken {
    output: OwnedFd,
    input: OwnedFd,
    /// Its original settings.
    termios: Termios,
}

/// A terminal that is taken, until this is dropped or the program panics.
#[derive(Debug)]
pub struct Terminal {
    input: OwnedFd,
    output: OwnedFd,
    /// Whether it has not been restored since it was taken.
    is_ours: bool,
}

impl Terminal {
    /// Takes the terminal of `input` and `output`: keys come as they are pressed and unseen.
    ///
    /// # Errors
    /// If these are not a terminal.
    pub fn take(input: impl AsFd, output: impl AsFd) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let then = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                give_back();
                then(info);
            }));
        });
        let mut terminal = Self { input: dup(input)?, output: dup(output)?, is_ours: false };
        terminal.take_again()?;
        Ok(terminal)
    }

    /// Takes it again after it was restored, or after the process was stopped and continued.
    ///
    /// # Errors
    /// If it is gone.
    pub fn take_again(&mut self) -> io::Result<()> {
        let input = dup(&self.input)?;
        let output = dup(&self.output)?;
        let termios = tcgetattr(&input)?;
        let mut raw = termios.clone();
        raw.make_raw();
        let mut target = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        // If it was never restored, its original settings are those from before it was taken.
        let termios = target.take().map_or(termios, |taken| taken.termios);
        *target = Some(Taken { output, input, termios });
        drop(target);
        tcsetattr(&self.input, OptionalActions::Now, &raw)?;
        self.is_ours = true;
        self.write(ENTER.as_bytes())
    }

    /// Restores it.
    pub fn give_back(&mut self) {
        self.is_ours = false;
        give_back();
    }

    /// Whether it has not been restored since it was taken.
    pub const fn is_ours(&self) -> bool {
        self.is_ours
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        match tcgetwinsize(&self.output) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
                (usize::from(size.ws_col), usize::from(size.ws_row))
            }
            _ => SIZE,
        }
    }

    /// Writes everything, unless it was restored: then it belongs to another program.
    ///
    /// # Errors
    /// If the terminal is gone.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.is_ours { write_all(&self.output, bytes) } else { Ok(()) }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// Restores the terminal, once.
fn give_back() {
    let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Taken { output, input, termios }) = taken {
        // A terminal that is gone needs nothing. The modes come first, so that the shell gets the
        // keys as soon as people see its screen.
        let _ = tcsetattr(&input, OptionalActions::Now, &termios);
        let _ = write_all(&output, LEAVE.as_bytes());
    }
}
