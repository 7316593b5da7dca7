//! Refusals about files that people send.

use super::Refusal;
use std::fmt;

/// The reason why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum FileRefusal {
    /// No files are taken here.
    Off,
    /// The file has no bytes.
    Empty,
    /// Files have at most this many bytes.
    TooLarge(u64),
    /// All files have as many bytes as they may.
    Full,
    /// The person's own files have as many as theirs may.
    YoursFull,
    /// The files from the person's address have as many as theirs may.
    AddressFull,
    /// The person sends too many at once.
    TooManyAtOnce,
    /// All people do.
    Busy,
    /// The file of the history cannot be written now.
    NotKept,
}

impl From<FileRefusal> for Refusal {
    fn from(why: FileRefusal) -> Self {
        Self::File(why)
    }
}

impl FileRefusal {
    /// The word for programs.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Off => "no-files",
            Self::Empty => "empty",
            Self::TooLarge(_) => "too-long",
            Self::Full | Self::YoursFull | Self::AddressFull => "files-full",
            Self::TooManyAtOnce => "too-many",
            Self::Busy => "busy",
            Self::NotKept => "not-kept",
        }
    }
}

/// The sentence for people.
impl fmt::Display for FileRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("files cannot be sent here; a link to one can"),
            Self::Empty => f.write_str("this file is empty"),
            Self::TooLarge(most) => {
                write!(f, "a file has at most {} here", Amount(*most))
            }
            Self::Full => f.write_str("there is no room for more files on this server"),
            Self::YoursFull => f.write_str(
                "your files have as much room as one person gets here; delete some of them first",
            ),
            Self::AddressFull => f.write_str(
                "the files from your address have as much room as one address gets here",
            ),
            Self::TooManyAtOnce => {
                f.write_str("you send too many files at once, wait until one of them is sent")
            }
            Self::Busy => f.write_str("too many files are being sent now, try again in a moment"),
            Self::NotKept => f.write_str("files cannot be kept now, try again in a moment"),
        }
    }
}

/// Bytes, as people say them.
struct Amount(u64);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 1 << 20 => write!(f, "{} MB", bytes >> 20),
            bytes => write!(f, "{} kB", bytes >> 10),
        }
    }
}
