//! The connection together with the model, for both loops.

use super::link::{Link, Report};
use super::logins::Logins;
use super::loss::Loss;
use super::model::{Effect, LinkStatus, Model};
use super::wire::Happening;
use crate::client::time::Now;
use mio::Registry;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// One client's conversation with a server.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) link: Link,
    pub(super) model: Model,
    registry: Registry,
    start: Instant,
    /// The reason why the server could not be reached the last time.
    pub(super) why: String,
    /// The server's reason for a refusal.
    pub(super) refusal: Option<String>,
    /// The reason why the server cannot be reached by any further attempt.
    pub(super) hopeless: Option<String>,
    /// Whether the client must end.
    pub(super) is_over: bool,
}

impl Session {
    /// Begins to connect; the result comes later.
    pub(super) fn start(link: Link, model: Model, registry: Registry) -> Self {
        let start = Instant::now();
        let (why, refusal, hopeless, is_over) = (String::new(), None, None, false);
        let mut session = Self { link, model, registry, start, why, refusal, hopeless, is_over };
        session.tick();
        session.connect();
        session
    }

    /// Milliseconds since the start.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Does what is due by the clock: deadlines, attempts to reconnect, the end of typing.
    pub(super) fn tick(&mut self) {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = u64::try_from(unix.as_millis()).unwrap_or(u64::MAX);
        let ms = self.now_ms();
        self.model.tick(Now { ms, unix_ms });
        if let Some(why) = self.link.is_overdue(ms) {
            self.lost(why);
        }
        if self.link.is_retry_due(ms) {
            self.connect();
        }
    }

    /// The time of the next deadline.
    pub(super) fn deadline_ms(&self) -> u64 {
        self.link.deadline_ms().min(self.model.deadline_ms())
    }

    /// Reads the server's output and passes it to the model.
    pub(super) fn receive(&mut self) {
        for report in self.link.turn(self.now_ms()) {
            match report {
                // Once the server was there, its operator may put it right.
                Report::Lost(Loss { why, is_hopeless: true }) if !self.model.was_online => {
                    let address = self.link.address();
                    self.hopeless = Some(format!("no chat at {address}: {why}"));
                    self.is_over = true;
                }
                Report::Lost(Loss { why, .. }) => self.lost(why),
                Report::Happening(Happening::Refused { error, .. }) if self.ends_login(&error) => {}
                Report::Happening(Happening::Refused { code, error }) => {
                    if self.model.refused(&code, &error) {
                        self.link.hang_up();
                        self.connect();
                    } else {
                        self.refusal = Some(error.clone());
                        self.lost(error);
                    }
                }
                // A password is looked at once the client is in the namespace.
                Report::Happening(Happening::Event { name, body })
                    if name == "bye" && body["reason"] == "refused" =>
                {
                    let error = body["error"].as_str().unwrap_or_default();
                    if !self.ends_login(error) {
                        self.lost(error.to_owned());
                    }
                }
                Report::Happening(Happening::Event { name, body }) => {
                    if name == "welcome" {
                        self.link.welcome();
                    }
                    self.model.event(&name, &body);
                }
                Report::Happening(Happening::Ack { id, body }) => self.model.ack(id, &body),
            }
        }
    }

    /// Does the model's actions.
    pub(super) fn settle(&mut self) {
        for effect in self.model.take_effects() {
            match effect {
                Effect::Emit { id, name, body } => self.link.emit(id, name, &body),
                Effect::Connect => {
                    self.link.hang_up();
                    self.connect();
                }
                Effect::HangUp => self.link.hang_up(),
                Effect::Quit => self.is_over = true,
                Effect::KeepAlerts => {
                    if let Err(why) = self.model.alerts.keep() {
                        self.model.notice(format!("this holds until you leave: {why}"));
                    }
                }
                Effect::Keep { nick, token } => self.keep_login(&nick, token.as_deref()),
            }
        }
        if let Err(why) = self.link.flush() {
            self.lost(why);
        }
    }

    /// A sentence if the server has never been there.
    pub(super) fn unreached(&self) -> Option<String> {
        let address = self.link.address();
        let told = match self.why.as_str() {
            "" => format!("{address} was never reached"),
            why => format!("{address} was never reached: {why}"),
        };
        (!self.model.was_online).then_some(told)
    }

    /// The server refuses the client. True if the client ends, because the server does not take it
    /// for the registered person that was named.
    fn ends_login(&mut self, error: &str) -> bool {
        let Some(why) = self.model.login_refused(error) else { return false };
        self.settle();
        self.hopeless = Some(why);
        self.is_over = true;
        true
    }

    /// Keeps the token of a registered person, or forgets it.
    fn keep_login(&mut self, nick: &str, token: Option<&str>) {
        let address = self.link.address();
        let kept = Logins::of_user()
            .and_then(|logins| logins.keep(address, nick, token).map_err(|it| it.to_string()));
        if let Err(why) = kept {
            self.model.notice(format!("this login cannot be kept: {why}"));
        }
    }

    fn connect(&mut self) {
        let auth = self.model.auth();
        let now_ms = self.now_ms();
        match self.link.connect(&self.registry, auth, now_ms) {
            Ok(()) => {
                let attempt = self.link.attempt();
                self.model.connection = LinkStatus::Connecting { attempt };
            }
            Err(why) => self.lost(why),
        }
    }

    /// The connection is lost: tries again after a while.
    fn lost(&mut self, why: String) {
        if self.model.connection == LinkStatus::Ended {
            return;
        }
        self.model.lost(&why);
        self.why = why;
        self.link.wait(self.now_ms());
        let attempt = self.link.attempt();
        let until_ms = self.link.retry_ms().unwrap_or_default();
        self.model.connection = LinkStatus::Waiting { attempt, until_ms };
    }
}
