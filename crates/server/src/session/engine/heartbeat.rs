//! Checks whether the client is still there.

use super::EngineSettings;
use mio_wire::eio::Version;

/// The heartbeat of one session. In version 4 the server asks and the client answers; in version 3
/// the client asks and the server only listens.
#[derive(Debug)]
pub enum Heartbeat {
    /// The server asks next at this time.
    AskAt(u64),
    /// The client must be heard before this time.
    Due(u64),
    /// A client of version 3 must ask before this time.
    Listen(u64),
}

/// The result of a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// Nothing is due yet.
    Wait,
    /// The client must be asked.
    Ask,
    /// The client has not been heard of for too long.
    Lost,
}

impl Heartbeat {
    pub(super) const fn new(version: Version, settings: &EngineSettings, now_ms: u64) -> Self {
        match version {
            Version::V4 => Self::AskAt(now_ms + settings.ping_interval_ms),
            Version::V3 => {
                Self::Listen(now_ms + settings.ping_interval_ms + settings.ping_timeout_ms)
            }
        }
    }

    pub(super) const fn due_ms(&self) -> u64 {
        match self {
            Self::AskAt(ms) | Self::Due(ms) | Self::Listen(ms) => *ms,
        }
    }

    /// Any packet shows that the client is alive. A client that is read late, because it sends more
    /// than its pace allows, must not be given up because its answer is read late too.
    pub(super) const fn heard(&mut self, settings: &EngineSettings, now_ms: u64) {
        match self {
            Self::AskAt(_) => (),
            Self::Due(due_ms) => *due_ms = now_ms + settings.ping_timeout_ms,
            Self::Listen(due_ms) => {
                *due_ms = now_ms + settings.ping_interval_ms + settings.ping_timeout_ms;
            }
        }
    }

    /// The client was not read for a while, and is read from now on. If its answer is due soon, it
    /// is asked once more.
    pub(super) fn excuse(&mut self, settings: &EngineSettings, now_ms: u64) {
        match self {
            Self::AskAt(_) => (),
            Self::Due(due_ms) => {
                if *due_ms < now_ms + settings.ping_timeout_ms / 2 {
                    *self = Self::AskAt(now_ms);
                }
            }
            Self::Listen(due_ms) => {
                let patience_ms = settings.ping_interval_ms + settings.ping_timeout_ms;
                *due_ms = (*due_ms).max(now_ms + patience_ms);
            }
        }
    }

    /// The answer has come. An answer that nobody asked for changes nothing.
    pub(super) const fn ponged(&mut self, settings: &EngineSettings, now_ms: u64) {
        if let Self::Due(_) = self {
            *self = Self::AskAt(now_ms + settings.ping_interval_ms);
        }
    }

    /// A client that waits and is not read counts as alive. It is asked all the same, because the
    /// question tells it that the server is alive.
    pub(super) const fn beat(
        &mut self,
        settings: &EngineSettings,
        now_ms: u64,
        waits: bool,
    ) -> Beat {
        if self.due_ms() > now_ms {
            return Beat::Wait;
        }
        match self {
            Self::Due(_) | Self::Listen(_) if !waits => Beat::Lost,
            Self::AskAt(_) | Self::Due(_) => {
                *self = Self::Due(now_ms + settings.ping_timeout_ms);
                Beat::Ask
            }
            Self::Listen(due_ms) => {
                *due_ms = now_ms + settings.ping_interval_ms + settings.ping_timeout_ms;
                Beat::Wait
            }
        }
    }
}
