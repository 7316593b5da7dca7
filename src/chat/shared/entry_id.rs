//! The id of an entry of the stream, which says in which order entries stand.

/// The id of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EntryId {
    pub(super) number: u64,
    pub(super) part: u64,
}

impl EntryId {
    pub(super) fn parse(id: &[u8]) -> Option<Self> {
        let (number, part) = std::str::from_utf8(id).ok()?.split_once('-')?;
        Some(Self { number: number.parse().ok()?, part: part.parse().ok()? })
    }

    /// The number of a message, if the entry is one.
    pub(super) fn message(self) -> Option<i64> {
        i64::try_from(self.number).ok().filter(|_| self.part == 0)
    }
}

impl std::fmt::Display for EntryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.number, self.part)
    }
}
