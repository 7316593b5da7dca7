//! The names of the keys in Redis. `docs/cluster.md` says what they hold.

/// The names of the keys in Redis.
#[derive(Debug)]
pub(in crate::chat::shared) struct Keys {
    pub(in crate::chat::shared) facts: String,
    pub(in crate::chat::shared) state: String,
    pub(in crate::chat::shared) names: String,
    pub(in crate::chat::shared) people: String,
    pub(in crate::chat::shared) topics: String,
    pub(in crate::chat::shared) bans: String,
    /// The channel for fleeting facts.
    pub(in crate::chat::shared) fleeting: String,
    pub(in crate::chat::shared) nodes: String,
    pub(in crate::chat::shared) leases: String,
    pub(in crate::chat::shared) holds: String,
    pub(in crate::chat::shared) edits: String,
    pub(in crate::chat::shared) erasures: String,
    /// The prefix of the keys that record posts.
    pub(in crate::chat::shared) posted: String,
    /// And of those that have the uses of invitations.
    pub(in crate::chat::shared) invited: String,
}

impl Keys {
    pub(in crate::chat::shared) fn new(prefix: &str) -> Self {
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
            posted: key("posted"),
            invited: key("invited"),
        }
    }

    /// The keys for scripts.
    pub(in crate::chat::shared) fn all(&self) -> [&str; 11] {
        let Self { facts, state, names, people, topics, nodes, leases, holds, bans, .. } = self;
        let Self { edits, erasures, .. } = self;
        [facts, state, names, people, topics, nodes, leases, holds, bans, edits, erasures]
    }
}
