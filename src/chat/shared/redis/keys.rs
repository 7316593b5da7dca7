//! The names of the keys in Redis. `docs/cluster.md` says what they hold.

/// The names of the keys in Redis.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) facts: String,
    pub(super) state: String,
    pub(super) names: String,
    pub(super) people: String,
    pub(super) topics: String,
    pub(super) bans: String,
    /// The channel for fleeting facts.
    pub(super) fleeting: String,
    pub(super) nodes: String,
    pub(super) leases: String,
    pub(super) holds: String,
    pub(super) edits: String,
    pub(super) erasures: String,
    pub(super) deeds: String,
    /// The prefix of the keys that record posts.
    pub(super) posted: String,
    /// And of those that have the uses of invitations.
    pub(super) invited: String,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        let key = |name| format!("{{{prefix}}}:{name}");
        Self {
            facts: key("facts"),
            state: key("state"),
            names: key("names"),
            people: key("people"),
            topics: key("topics"),
            bans: key("bans"),
            fleeting: key("fleeting"),
            nodes: key("nodes"),
            leases: key("leases"),
            holds: key("holds"),
            edits: key("edits"),
            erasures: key("erasures"),
            deeds: key("deeds"),
            posted: key("posted"),
            invited: key("invited"),
        }
    }

    /// The keys for scripts.
    pub(super) fn all(&self) -> [&str; 12] {
        let Self { facts, state, names, people, topics, nodes, leases, holds, bans, .. } = self;
        let Self { edits, erasures, deeds, .. } = self;
        [facts, state, names, people, topics, nodes, leases, holds, bans, edits, erasures, deeds]
    }
}
