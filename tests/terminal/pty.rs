//! A program in a pseudo-terminal, and the screen that a person would see.

use super::server::{DEADLINE, Server, poll_until};
use pty_process::blocking::{Command, Pts, Pty, open};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, ExitStatus};
use std::time::Instant;

/// A program and its terminal.
pub(crate) struct Terminal {
    pty: Pty,
    /// Kept open, so that the terminal outlives the program.
    pts: Pts,
    child: Child,
    parser: vt100::Parser,
    /// All bytes sent to the terminal.
    pub(crate) raw: Vec<u8>,
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a size")
}

/// The command of a client, as it was built for a process.
fn in_terminal(command: &std::process::Command) -> Command {
    let mut pty = Command::new(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        pty = match value {
            Some(value) => pty.env(name, value),
            None => pty.env_remove(name),
        };
    }
    pty
}

impl Terminal {
    /// Runs a command in a terminal with this size.
    pub(crate) fn run(command: &std::process::Command, columns: u16, rows: u16) -> Self {
        let (pty, pts) = open().expect("a pseudo-terminal");
        pty.resize(pty_process::Size::new(rows, columns)).expect("a size");
        let child = in_terminal(command).spawn_borrowed(&pts).expect("the binary starts");
        let parser = vt100::Parser::new(size(rows), size(columns), 0);
        Self { pty, pts, child, parser, raw: Vec::new() }
    }

    /// A connected client of `server`, with the nick `nick`.
    pub(crate) fn client(server: &Server, nick: &str, columns: u16, rows: u16) -> Self {
        let mut command = server.client();
        command.args(["--nick", nick]).env("TERM", "xterm-256color");
        let mut terminal = Self::run(&command, columns, rows);
        terminal.wait("online");
        terminal
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Presses keys again and again until the screen shows `text`.
    pub(crate) fn press_until(&mut self, keys: &str, text: &str) {
        let start = Instant::now();
        while !self.shows(text) {
            assert!(start.elapsed() < DEADLINE, "never: {text}\n{}", self.rows().join("\n"));
            self.press(keys);
            self.read();
        }
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.pty.resize(pty_process::Size::new(rows, columns)).expect("a size");
        self.parser.screen_mut().set_size(size(rows), size(columns));
    }

    /// Reads the output of a moment.
    fn read(&mut self) {
        let moment = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        let mut fds = [PollFd::new(&self.pty, PollFlags::IN)];
        if poll(&mut fds, Some(&moment)).unwrap_or(0) == 0 {
            return;
        }
        let mut buffer = [0; 8192];
        if let Ok(count) = self.pty.read(&mut buffer) {
            self.raw.extend_from_slice(&buffer[..count]);
            self.parser.process(&buffer[..count]);
        }
    }

    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// The rows of the screen, without spaces at their ends.
    pub(crate) fn rows(&self) -> Vec<String> {
        let (_, columns) = self.screen().size();
        self.screen().rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect()
    }

    /// The last row: the input line.
    pub(crate) fn line(&self) -> String {
        self.rows().pop().unwrap_or_default()
    }

    /// Waits until the screen is as it should be.
    pub(crate) fn wait_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            let late = start.elapsed() > DEADLINE;
            assert!(!late, "never: {what}; the screen is\n{}", self.rows().join("\n"));
            self.read();
        }
    }

    /// Waits until the screen shows `text`.
    pub(crate) fn wait(&mut self, text: &str) {
        self.wait_until(text, |terminal| terminal.shows(text));
    }

    pub(crate) fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("no {text}"), |terminal| !terminal.shows(text));
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.rows().iter().any(|row| row.contains(text))
    }

    /// Number of rows that contain `text`.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.rows().iter().filter(|row| row.contains(text)).count()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Stops the program by force.
    pub(crate) fn stop(&self) {
        self.signal(Signal::STOP);
        let stat = format!("/proc/{}/stat", self.child.id());
        let is_stopped = || std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T "));
        assert!(poll_until(is_stopped), "it does not stop");
    }

    /// Gives the terminal the modes that a shell would, even while another program has it.
    pub(crate) fn set_shells_modes(&self) {
        let mut modes = tcgetattr(&self.pts).expect("a terminal");
        modes.local_modes |= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(&self.pts, OptionalActions::Now, &modes).expect("a terminal");
    }

    /// Waits for the program to end by itself.
    pub(crate) fn exit(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            self.read();
            if let Some(status) = self.child.try_wait().expect("it is ours to wait for") {
                while {
                    let before = self.raw.len();
                    self.read();
                    self.raw.len() > before
                } {}
                return status;
            }
            assert!(start.elapsed() < DEADLINE, "it does not end\n{}", self.rows().join("\n"));
        }
    }

    /// Whether the terminal is restored: it echoes, has lines, and shows the shell's screen with
    /// its cursor.
    pub(crate) fn is_given_back(&self) -> bool {
        let modes = tcgetattr(&self.pts).expect("a terminal").local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
            && !self.screen().alternate_screen()
            && !self.screen().hide_cursor()
            && !self.screen().bracketed_paste()
    }

    pub(crate) fn is_taken(&self) -> bool {
        let modes = tcgetattr(&self.pts).expect("a terminal").local_modes;
        !modes.intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
            && self.screen().alternate_screen()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It was started here, so it is ended here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
