//! The loop at a terminal: keys and the server's events come in, a screen goes out.

mod acting;
mod choosing;

use super::complete::Completion;
use super::editor::Editor;
use super::job::is_orphan;
use super::keys::{Action, Keys};
use super::menu::Waiting;
use super::model::{LinkStatus, Mode, News};
use super::notifier::Notifier;
use super::screen::{Colours, Frame, Screen, View, paint};
use super::session::Session;
use super::terminal::Terminal;
use super::zone::Zone;
use super::{Ended, Options, link_to, model_of};
use crate::limits::{CLIENT_EVENTS_PER_POLL_MAX, CLIENT_LEAVE_MS};
use choosing::Open;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Pid, Signal, kill_current_process_group, kill_process};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook_mio::v1_0::Signals;
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

const SOCKET: Token = Token(0);
const KEYS: Token = Token(1);
const SIGNALS: Token = Token(2);

/// Longest time between two updates of a countdown.
const SECOND_MS: u64 = 1000;

/// The state of the loop.
struct Interactive {
    session: Session,
    terminal: Terminal,
    keys: Keys,
    signals: Signals,
    /// Actions that keys asked for and that are not done yet.
    actions: VecDeque<Action>,
    /// The first action sends a line, and its target is not known yet; the conversation shown then.
    held: Option<u64>,
    editor: Editor,
    completion: Completion,
    open: Option<Open>,
    /// The line has a purpose of its own: it is not for the conversation.
    waiting: Option<Waiting>,
    /// A text for the clipboard.
    clipboard: Option<String>,
    view: View,
    /// The conversation shown, and unfinished lines in others, by their keys.
    shown: u64,
    drafts: Vec<(u64, String)>,
    zone: Zone,
    colours: Colours,
    /// How the terminal shows notifications.
    notifier: Notifier,
    /// The window has the keys. Some terminals never tell.
    has_focus: bool,
    drawn: Option<Frame>,
    is_over: bool,
}

/// Runs until the reader leaves.
pub(super) fn run(options: &Options) -> Result<Ended, String> {
    let failed = |error: io::Error| error.to_string();
    let link = link_to(options, SOCKET)?;
    let mut poll = Poll::new().map_err(failed)?;
    let registry = poll.registry().try_clone().map_err(failed)?;
    let mut signals =
        Signals::new([SIGTERM, SIGINT, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT]).map_err(failed)?;
    registry.register(&mut signals, SIGNALS, Interest::READABLE).map_err(failed)?;
    let stdin = io::stdin().as_raw_fd();
    registry.register(&mut SourceFd(&stdin), KEYS, Interest::READABLE).map_err(failed)?;
    let model = model_of(options, Mode::Screen)?;
    let variable = |name| std::env::var(name).unwrap_or_default();
    let colours = Colours::of(&variable("NO_COLOR"), &variable("TERM"), &variable("COLORTERM"));
    let terminal = Terminal::take(io::stdin(), io::stdout()).map_err(failed)?;
    let mut client = Interactive {
        shown: model.active().key,
        session: Session::start(link, model, registry),
        terminal,
        keys: Keys::default(),
        signals,
        actions: VecDeque::new(),
        held: None,
        editor: Editor::default(),
        completion: Completion::default(),
        open: None,
        waiting: None,
        clipboard: None,
        view: View::default(),
        drafts: Vec::new(),
        zone: Zone::default(),
        colours,
        notifier: Notifier::of(&variable("TERM"), &variable("VTE_VERSION")),
        has_focus: false,
        drawn: None,
        is_over: false,
    };
    let turned = client.turns(&mut poll);
    client.terminal.give_back();
    let turned = turned.and_then(|()| client.linger(&mut poll));
    client.session.link.hang_up();
    turned.map_err(failed)?;
    if let Some(why) = client.session.hopeless.take().or_else(|| client.session.unreached()) {
        return Err(why);
    }
    Ok(Ended { unsent: client.session.model.unsent() })
}

impl Interactive {
    fn turns(&mut self, poll: &mut Poll) -> io::Result<()> {
        let mut events = Events::with_capacity(CLIENT_EVENTS_PER_POLL_MAX);
        // Keys pressed before the start cause no event.
        let mut has_keys = true;
        while !self.is_over && !self.session.is_over {
            self.draw()?;
            match poll.poll(&mut events, Some(self.timeout(has_keys))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => (),
            }
            self.session.tick();
            let mut is_ready = self.session.link.is_unfinished;
            for event in &events {
                match event.token() {
                    SOCKET => is_ready = true,
                    KEYS => has_keys = true,
                    _ => self.signalled()?,
                }
            }
            if is_ready {
                self.session.receive();
            }
            self.follow(false);
            self.go_on_acting();
            if has_keys || self.keys.deadline_ms() <= self.session.now_ms() {
                self.press()?;
                has_keys = self.keys.is_unfinished;
            }
            self.settle_menu();
            // Messages that are missing in view are requested.
            if let Some(hole) = self.screen().hole(self.view) {
                self.session.model.load(hole);
            }
            self.session.settle();
            self.tell()?;
            if let Some(text) = self.clipboard.take() {
                self.terminal.write(self.notifier.clipboard(&text).as_bytes())?;
            }
        }
        Ok(())
    }

    /// Time until something happens by itself.
    fn timeout(&self, has_keys: bool) -> Duration {
        if has_keys || self.session.link.is_unfinished {
            return Duration::ZERO;
        }
        let now_ms = self.session.now_ms();
        let mut until_ms = self.session.deadline_ms().min(self.keys.deadline_ms());
        if let LinkStatus::Waiting { until_ms: retry_ms, .. } = self.session.model.connection {
            // The countdown is shown in whole seconds.
            let left = retry_ms.saturating_sub(now_ms);
            until_ms = until_ms.min(now_ms + (left.saturating_sub(1) % SECOND_MS) + 1);
        }
        // The system cuts a timeout to whole milliseconds, and must not wake the loop too early.
        Duration::from_millis(until_ms.saturating_sub(now_ms).max(1))
    }

    fn draw(&mut self) -> io::Result<()> {
        let frame = self.screen().frame(self.view);
        let bytes = paint(self.drawn.as_ref(), &frame, self.colours);
        self.drawn = Some(frame);
        self.terminal.write(bytes.as_bytes())
    }

    fn screen(&self) -> Screen<'_> {
        let (columns, rows) = self.terminal.size();
        let model = &self.session.model;
        let editor = &self.editor;
        let zone = &self.zone;
        let (menu, why) = (self.menu(), &*self.session.why);
        let purpose = self.waiting.as_ref().map(|waiting| &waiting.purpose);
        Screen { model, editor, zone, menu, purpose, why, columns, rows }
    }

    /// Rings the bell for the messages of which the reader wants to be told, and shows the last one
    /// as a notification, unless the reader has the window in view.
    fn tell(&mut self) -> io::Result<()> {
        let news = self.session.model.take_news();
        let last = news.into_iter().rev().find_map(|news| match news {
            News::Alert(message) => Some(message),
            _ => None,
        });
        match last.filter(|_| !self.has_focus) {
            Some(message) => {
                let told = self.notifier.notification(&message);
                let bell = if self.session.model.alerts.has_bell() { "\x07" } else { "" };
                self.terminal.write(format!("{bell}{told}").as_bytes())
            }
            None => Ok(()),
        }
    }

    /// After the end: waits a moment for the receipts of the last messages.
    fn linger(&mut self, poll: &mut Poll) -> io::Result<()> {
        let mut events = Events::with_capacity(CLIENT_EVENTS_PER_POLL_MAX);
        let end_ms = self.session.now_ms().saturating_add(CLIENT_LEAVE_MS);
        while self.session.model.is_online() && self.session.model.unsent() > 0 {
            let left_ms = end_ms.saturating_sub(self.session.now_ms());
            if left_ms == 0 {
                break;
            }
            let timeout = if self.session.link.is_unfinished {
                Duration::ZERO
            } else {
                Duration::from_millis(left_ms)
            };
            match poll.poll(&mut events, Some(timeout)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => (),
            }
            let is_end = |signal: i32| matches!(signal, SIGTERM | SIGINT | SIGHUP);
            if self.signals.pending().any(is_end) {
                break;
            }
            self.session.tick();
            self.session.receive();
            self.session.settle();
        }
        Ok(())
    }

    /// If another conversation is shown now, restores its own line and shows its end. If no key led
    /// there, the unfinished line goes along. The line of a form stays as it is, because it belongs
    /// to no conversation: the rest of a password would be seen in another line, and sent.
    fn follow(&mut self, is_by_key: bool) {
        let key = self.session.model.active().key;
        if key == self.shown {
            return;
        }
        if !self.waiting.as_ref().is_some_and(|waiting| waiting.purpose.is_form()) {
            self.end_purpose();
        }
        let left = std::mem::replace(&mut self.shown, key);
        self.view = View::Bottom;
        let line = self.waiting.as_ref().map_or(self.editor.text(), |waiting| &waiting.draft);
        if !is_by_key && !line.is_empty() {
            return;
        }
        let line = line.to_owned();
        self.drafts.retain(|(other, _)| *other != left);
        if !line.is_empty() {
            self.drafts.push((left, line));
        }
        let draft = self.drafts.iter().find(|(other, _)| *other == key);
        let draft = draft.map(|(_, text)| text.clone()).unwrap_or_default();
        match &mut self.waiting {
            Some(waiting) => waiting.draft = draft,
            None => self.editor.set(draft),
        }
    }

    fn signalled(&mut self) -> io::Result<()> {
        for signal in self.signals.pending().collect::<Vec<_>>() {
            match signal {
                SIGTERM | SIGINT | SIGHUP => self.is_over = true,
                SIGTSTP => self.stop()?,
                // After a stop from outside, the terminal belongs to the shell.
                SIGCONT => self.go_on()?,
                _ => self.drawn = None,
            }
        }
        Ok(())
    }

    /// Ctrl-Z: stops the whole job, and this process with it as soon as it gets the signal itself.
    fn suspend(&mut self) {
        if is_orphan() {
            self.session.model.notice("there is no shell to go to");
        } else {
            self.terminal.give_back();
            // A process may always signal its own group.
            let _ = kill_current_process_group(Signal::TSTP);
        }
    }

    fn stop(&mut self) -> io::Result<()> {
        if is_orphan() {
            // It may have become a job since the key was pressed.
            return if self.terminal.is_ours() { Ok(()) } else { self.go_on() };
        }
        self.terminal.give_back();
        if let Some(own) = Pid::from_raw(i32::try_from(std::process::id()).unwrap_or_default()) {
            kill_process(own, Signal::STOP)?;
        }
        self.go_on()
    }

    fn go_on(&mut self) -> io::Result<()> {
        self.terminal.take_again()?;
        self.drawn = None;
        Ok(())
    }
}
