//! Where the value of a flag is from.

/// A flag of the server as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The name of the flag.
    pub(crate) name: String,
    /// Its value, if it takes one. A repeatable flag has a setting for each value.
    pub(crate) value: Option<String>,
    pub(crate) source: Source,
}

impl Setting {
    /// The setting as a word of a command line.
    pub(crate) fn flag(&self) -> String {
        match &self.value {
            Some(value) => format!("--{}={value}", self.name),
            None => format!("--{}", self.name),
        }
    }
}

/// Where a setting is from; an earlier one of these comes before a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Flag,
    Environment,
    /// The configuration file, at this line.
    File(usize),
    Default,
}
