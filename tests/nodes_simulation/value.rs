//! Answers of a Redis, and how they are written.

/// Bytes of a key, of a field or of what is in one.
pub type Bytes = Vec<u8>;

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Bytes(Bytes),
    Status(&'static str),
    Error(String),
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Push(Vec<Self>),
}

impl Value {
    pub fn text(text: impl ToString) -> Self {
        Self::Bytes(text.to_string().into_bytes())
    }

    /// Appends it in the form of RESP3.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut line = |text: String| out.extend_from_slice(text.as_bytes());
        match self {
            Self::Null => line("_\r\n".to_owned()),
            Self::Integer(number) => line(format!(":{number}\r\n")),
            Self::Status(word) => line(format!("+{word}\r\n")),
            Self::Error(why) => line(format!("-{why}\r\n")),
            Self::Bytes(bytes) => {
                line(format!("${}\r\n", bytes.len()));
                out.extend_from_slice(bytes);
                out.extend_from_slice(b"\r\n");
            }
            Self::Array(items) => {
                line(format!("*{}\r\n", items.len()));
                items.iter().for_each(|item| item.encode(out));
            }
            Self::Push(items) => {
                line(format!(">{}\r\n", items.len()));
                items.iter().for_each(|item| item.encode(out));
            }
            Self::Map(pairs) => {
                line(format!("%{}\r\n", pairs.len()));
                for (key, value) in pairs {
                    key.encode(out);
                    value.encode(out);
                }
            }
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Integer(i64::try_from(number).expect("nothing has so many"))
    }
}

impl From<bool> for Value {
    fn from(is_so: bool) -> Self {
        Self::Integer(i64::from(is_so))
    }
}

impl From<Option<Bytes>> for Value {
    fn from(bytes: Option<Bytes>) -> Self {
        bytes.map_or(Self::Null, Self::Bytes)
    }
}
