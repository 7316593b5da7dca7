//! Standard error: the banner, the log, the last words. None of these may block the server, and
//! each line of the log is one line, whatever is in it.

use clap::ValueEnum;
use log::{Level, LevelFilter, Log, Metadata, Record};
use mio_chat::limits::LOG_MESSAGE_BYTES_MAX;
use mio_socketio::visible;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use simple_logger::SimpleLogger;
use std::io::{self, Write};
use std::panic;
use std::sync::OnceLock;
use time::OffsetDateTime;

/// The form of the lines on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// The form that [`start`] has chosen. Before that everything is text.
static FORMAT: OnceLock<LogFormat> = OnceLock::new();
/// The target of lines that are no module's.
const PROGRAM: &str = "mio_chat";

/// Writes `text`, less than a page, to standard error: the banner, or what a command has done. If
/// nobody reads it, it is lost.
pub(crate) fn say(text: &str) {
    write(Level::Info, text);
}

/// Writes the reason why the program ends.
pub(crate) fn say_failure(text: &str) {
    write(Level::Error, text);
}

fn write(level: Level, text: &str) {
    if FORMAT.get() != Some(&LogFormat::Json) {
        return put(text);
    }
    text.lines().for_each(|line| put(&json(level, PROGRAM, line.trim())));
}

fn put(text: &str) {
    if takes_a_line() {
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// Logs lines of `level` and above to standard error.
pub(crate) fn start(level: LevelFilter, format: LogFormat) {
    // The level may change later, so the logger takes all.
    let text = SimpleLogger::new().with_level(LevelFilter::Trace).with_utc_timestamps();
    if log::set_boxed_logger(Box::new(Harmless { text, format })).is_ok() {
        log::set_max_level(level);
        let _ = FORMAT.set(format);
        if format == LogFormat::Json {
            panic::set_hook(Box::new(|panic| {
                put(&json(Level::Error, PROGRAM, &one_line(panic.to_string())));
            }));
        }
    }
}

/// A logger that can neither block the loop nor end the process. It drops a line when standard
/// error is a pipe that nobody empties. A failing write (a closed pipe, a full disk), which
/// `eprintln!` turns into a panic, stays in here.
struct Harmless {
    text: SimpleLogger,
    format: LogFormat,
}

impl Log for Harmless {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) || !takes_a_line() {
            return;
        }
        let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            let message = one_line(record.args().to_string());
            match self.format {
                LogFormat::Json => put(&json(record.level(), record.target(), &message)),
                LogFormat::Text => {
                    let mut line = Record::builder();
                    line.metadata(record.metadata().clone()).module_path(record.module_path());
                    self.text.log(&line.args(format_args!("{message}")).build());
                }
            }
        }));
    }

    fn flush(&self) {}
}

/// A message without control characters, which a terminal would obey, and short enough that a pipe
/// takes its line at once.
fn one_line(mut message: String) -> String {
    if message.len() > LOG_MESSAGE_BYTES_MAX {
        message.truncate(message.floor_char_boundary(LOG_MESSAGE_BYTES_MAX));
        message.push('\u{2026}');
    }
    match message.contains(char::is_control) {
        true => visible(&message).into_owned(),
        false => message,
    }
}

/// A line of JSON.
fn json(level: Level, target: &str, message: &str) -> String {
    let now = OffsetDateTime::now_utc();
    let (date, hour, minute, second) = (now.date(), now.hour(), now.minute(), now.second());
    let ts = format!("{date}T{hour:02}:{minute:02}:{second:02}.{:03}Z", now.millisecond());
    let level = level.as_str().to_ascii_lowercase();
    let line = serde_json::json!({"ts": ts, "level": level, "target": target, "message": message});
    format!("{line}\n")
}

/// Whether standard error takes a write at once. (A pipe that says so has room for a page.)
fn takes_a_line() -> bool {
    let stderr = io::stderr();
    let mut fds = [PollFd::new(&stderr, PollFlags::OUT)];
    let broken = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    match poll(&mut fds, Some(&Timespec::default())) {
        Ok(1) => fds[0].revents().contains(PollFlags::OUT) && !fds[0].revents().intersects(broken),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_fits_into_a_page() {
        assert_eq!(one_line("ends reason=quit".to_owned()), "ends reason=quit");
        let line = one_line("a\nb\u{1b}[31m".to_owned());
        assert!(!line.contains(char::is_control), "{line:?}");
        // Each of these becomes longest, of all characters.
        for char in ['x', '"', '\u{7f}', '\u{1}', '\u{9b}', '\u{1f600}'] {
            let message = one_line(char.to_string().repeat(10_000));
            let line = json(Level::Error, "mio_socketio::net::reactor", &message);
            assert!(line.len() <= 4096, "{char:?}: {}", line.len());
        }
    }

    #[test]
    fn a_line_of_json_is_an_object() {
        let line = json(Level::Warn, "mio_chat", "said \"hi\"\u{2028}");
        let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read["level"], "warn");
        assert_eq!(read["target"], "mio_chat");
        assert_eq!(read["message"], "said \"hi\"\u{2028}");
        let ts = read["ts"].as_str().expect("a time");
        let shape: String = ts.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000Z");
        assert!(line.ends_with("}\n") && line.lines().count() == 1);
    }
}
