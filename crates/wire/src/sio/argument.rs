//! Values for an event or ack.

use super::Args;
use super::attached::Attaching;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// One argument.
///
/// Do not send a [`serde_json::Value`] from a client together with a [`Binary`]: an object in it
/// that looks like a placeholder would be taken for one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an event",
    label = "this is not serialised",
    note = "derive `serde::Serialize` for it; bytes are `Binary(&bytes)`"
)]
pub trait Argument {
    /// Appends the argument to `json`, and its bytes, if it has any, to `attachments`.
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>);
}

/// A value that can be serialized, as JSON; null if that fails. Bytes in it become attachments, at
/// any depth: those of [`Binary`] and [`Blob`], and whatever else serialises as bytes.
impl<T: Serialize + ?Sized> Argument for T {
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
        let (from, attached) = (json.len(), attachments.len());
        let formatter = Attaching(attachments);
        let mut writer = serde_json::Serializer::with_formatter(&mut *json, formatter);
        if self.serialize(&mut writer).is_err() {
            json.truncate(from);
            attachments.truncate(attached);
            json.extend_from_slice(b"null");
        }
    }
}

/// Bytes as an argument, or in one: they are sent as an attachment, with a placeholder in their
/// place. In a value that is read they are borrowed from the packet; [`Blob`] owns them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binary<'a>(pub &'a [u8]);

impl Serialize for Binary<'_> {
    fn serialize<W: Serializer>(&self, writer: W) -> Result<W::Ok, W::Error> {
        writer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Binary<'a> {
    fn deserialize<R: Deserializer<'de>>(reader: R) -> Result<Self, R::Error> {
        reader.deserialize_bytes(Lent).map(Self)
    }
}

/// Bytes that a value owns, such as a file in an upload. They are sent as [`Binary`] is.
///
/// ```
/// use mio_wire::sio::{Blob, Prepared};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Upload {
///     name: String,
///     content: Blob,
/// }
///
/// let upload = Upload { name: "a.png".to_owned(), content: Blob(vec![1, 2]) };
/// let sent = Prepared::new((&upload,));
/// let json = r#"{"name":"a.png","content":{"_placeholder":true,"num":0}}"#;
/// assert_eq!(sent.args().json(), json);
/// assert_eq!(sent.args().attachments(), [[1, 2]]);
/// assert_eq!(sent.args().get::<Upload>(0).ok(), Some(upload));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Blob(pub Vec<u8>);

impl Serialize for Blob {
    fn serialize<W: Serializer>(&self, writer: W) -> Result<W::Ok, W::Error> {
        writer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<R: Deserializer<'de>>(reader: R) -> Result<Self, R::Error> {
        reader.deserialize_byte_buf(Owned).map(Self)
    }
}

/// Reads bytes that the packet lends.
struct Lent;

impl<'de> Visitor<'de> for Lent {
    type Value = &'de [u8];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(bytes)
    }
}

/// Reads bytes, and copies them.
struct Owned;

impl Visitor<'_> for Owned {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Self::Value, E> {
        Ok(bytes)
    }
}

/// All arguments of one event or ack: a tuple, those of another packet, or a single one: a text, a
/// number, a `bool`, a `Vec`, an `Option`, a value of JSON. A tuple takes everything that
/// serialises, `(value,)` for one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of arguments for an event",
    label = "write `(value,)` for one argument, `(a, b)` for two",
    note = "each argument must implement `serde::Serialize`; bytes are `Binary(&bytes)`",
    note = "write what is in `cx.state` first: `let all = Prepared::new((&cx.state.all,));`"
)]
pub trait Arguments {
    /// Appends the arguments to `json`, with commas between them and without brackets, and their
    /// bytes to `attachments`.
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>);
}

/// Passed on unchanged. Their placeholders count from 0, so `attachments` must be empty.
impl Arguments for Args<'_> {
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
        json.extend_from_slice(self.json().as_bytes());
        attachments.extend_from_slice(self.attachments());
    }
}

impl Arguments for &Args<'_> {
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
        Arguments::write(*self, json, attachments);
    }
}

macro_rules! one_argument {
    ($($kind:ty)*) => {$(
        impl Arguments for $kind {
            fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
                Argument::write(self, json, attachments);
            }
        }
    )*};
}

one_argument!(&str String &String serde_json::Value &serde_json::Value Binary<'_>);
one_argument!(bool char i8 i16 i32 i64 isize u8 u16 u32 u64 usize f32 f64);

impl<T: Serialize> Arguments for Vec<T> {
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
        Argument::write(self, json, attachments);
    }
}

impl<T: Serialize> Arguments for Option<T> {
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
        Argument::write(self, json, attachments);
    }
}

/// Arguments that are written already, once for as many events as one likes. They borrow nothing,
/// so a handler can send what is in its state without copying it first.
///
/// ```
/// use mio_wire::sio::{Arguments, Prepared};
///
/// let board = vec![vec![1, 0], vec![0, 1]];
/// let all = Prepared::new((&board, "yours"));
/// let mut json = Vec::new();
/// all.write(&mut json, &mut Vec::new());
/// assert_eq!(json, br#"[[1,0],[0,1]],"yours""#);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prepared {
    json: Vec<u8>,
    attachments: Vec<Vec<u8>>,
}

impl Prepared {
    /// Writes arguments.
    pub fn new(args: impl Arguments) -> Self {
        let mut prepared = Self::default();
        args.write(&mut prepared.json, &mut prepared.attachments);
        prepared
    }

    /// The arguments, to be read.
    ///
    /// ```
    /// use mio_wire::sio::Prepared;
    ///
    /// let answer = Prepared::new(("yes", 2));
    /// assert_eq!(answer.args().get::<u8>(1).ok(), Some(2));
    /// ```
    pub fn args(&self) -> Args<'_> {
        Args::written(std::str::from_utf8(&self.json).unwrap_or_default(), &self.attachments)
    }
}

/// Their placeholders count from 0, so `attachments` must be empty.
impl Arguments for Prepared {
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
        json.extend_from_slice(&self.json);
        attachments.extend_from_slice(&self.attachments);
    }
}

impl Arguments for &Prepared {
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
        Arguments::write(*self, json, attachments);
    }
}

macro_rules! tuple {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Argument, $($rest: Argument),*> Arguments for ($first, $($rest,)*) {
            #[allow(non_snake_case)]
            fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
                let ($first, $($rest,)*) = self;
                $first.write(json, attachments);
                $(
                    json.push(b',');
                    $rest.write(json, attachments);
                )*
            }
        }
    };
}

impl Arguments for () {
    fn write(&self, _: &mut Vec<u8>, _: &mut Vec<Vec<u8>>) {}
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
