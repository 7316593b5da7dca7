//! Asking for a password at the terminal, which does not show it.

use crate::limits::PASSWORD_BYTES_MAX;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};

/// Ctrl-C, Ctrl-D, Ctrl-U, and the two codes of Backspace.
const INTERRUPT: u8 = 0x03;
const END: u8 = 0x04;
const KILL: u8 = 0x15;
const BACKSPACE: [u8; 2] = [0x08, 0x7f];

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Silent<'t> {
    terminal: &'t File,
    before: Termios,
}

impl<'t> Silent<'t> {
    fn new(terminal: &'t File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        // Keys come one by one, so that none ends the program before this is dropped.
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        // If the terminal has gone, nothing can be restored.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
        let _ = self.terminal.write_all(b"\n");
    }
}

/// The password of a registered person, as it is typed at the terminal of this process.
///
/// # Errors
/// A sentence, if there is no terminal or nothing was typed.
pub(super) fn ask(nick: &str) -> Result<String, String> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::Interrupted => "no password was given".to_owned(),
        _ => format!("the password of {nick} cannot be asked for without a terminal: {error}"),
    };
    let terminal = File::options().read(true).write(true).open("/dev/tty").map_err(failed)?;
    // Nothing that is typed after the question may be shown.
    let silent = Silent::new(&terminal).map_err(failed)?;
    (&terminal).write_all(format!("{nick}'s password: ").as_bytes()).map_err(failed)?;
    let typed = read(&terminal).map_err(failed)?;
    drop(silent);
    match typed.is_empty() {
        true => Err("no password was given".to_owned()),
        false => Ok(typed),
    }
}

/// Reads what is typed, up to the end of the line.
fn read(terminal: impl Read) -> io::Result<String> {
    let mut typed = Vec::new();
    for byte in BufReader::new(terminal).bytes() {
        match byte? {
            b'\n' | b'\r' => break,
            INTERRUPT | END => return Err(ErrorKind::Interrupted.into()),
            KILL => typed.clear(),
            byte if BACKSPACE.contains(&byte) => {
                // A character may have several bytes.
                while typed.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            byte if typed.len() <= PASSWORD_BYTES_MAX => typed.push(byte),
            _ => (),
        }
    }
    String::from_utf8(typed).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_typed_with_the_usual_keys() {
        let typed = |keys: &str| read(keys.as_bytes()).map_err(|error| error.kind());
        assert_eq!(typed("correct horse\rrest").as_deref(), Ok("correct horse"));
        assert_eq!(typed("wrong\x15rightx\x7f\n").as_deref(), Ok("right"));
        assert_eq!(typed("a\u{e9}\u{7f}b\n\n").as_deref(), Ok("ab"));
        assert_eq!(typed("\x7f\x7f\n").as_deref(), Ok(""));
        for key in ["\x03", "\x04"] {
            assert_eq!(typed(&format!("abc{key}")), Err(ErrorKind::Interrupted));
        }
        let long = typed(&"x".repeat(1_000)).expect("it is cut");
        assert_eq!(
            long.len(),
            PASSWORD_BYTES_MAX + 1,
            "it is too long for the server, and not more"
        );
    }
}
