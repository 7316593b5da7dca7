//! The name and the arguments of an event or ack, borrowed from its packet.

use super::Malformed;
use super::attached::Attached;
use super::json::{Elements, WHITESPACE, names_each_once, placeholders, string_end, unquote};
use super::typed::Typed;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use std::any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// The arguments of an event or ack: JSON text that is parsed when a value is asked for, and the
/// attachments that its placeholders name.
///
/// Each call walks over the text up to the argument asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Args<'b> {
    json: &'b str,
    attachments: &'b [Vec<u8>],
}

/// Why an argument of a client's is not the value that was asked for, in words for the client.
#[derive(Debug)]
pub struct BadArgument(serde_json::Error);

impl BadArgument {
    /// The reason why a client's JSON is not such a value.
    #[doc(hidden)]
    pub const fn of(error: serde_json::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for BadArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for BadArgument {}

impl<'b> Args<'b> {
    /// Arguments that were passed on as [`Self::json`] and [`Self::attachments`] have them.
    ///
    /// # Errors
    /// [`Malformed`] if that is not JSON values with commas between them.
    pub fn new(json: &'b str, attachments: &'b [Vec<u8>]) -> Result<Self, Malformed> {
        let whole = format!("[{json}]");
        let parsed = serde_json::from_str::<de::IgnoredAny>(&whole);
        parsed.map(|_| Self { json, attachments }).map_err(|_| Malformed)
    }

    /// Arguments that were written as JSON here.
    pub(super) const fn written(json: &'b str, attachments: &'b [Vec<u8>]) -> Self {
        Self { json, attachments }
    }

    /// The number of arguments.
    pub fn len(&self) -> usize {
        Elements::new(self.json).count()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// Each argument by itself, in one walk over the text.
    pub fn iter(&self) -> impl Iterator<Item = Self> + use<'b> {
        let attachments = self.attachments;
        Elements::new(self.json).map(move |json| Self { json, attachments })
    }

    /// The JSON text of an argument.
    pub fn raw(&self, at: usize) -> Option<&'b str> {
        Elements::new(self.json).nth(at)
    }

    /// An argument as a value. A missing one is null, as for a handler in JavaScript. A value that
    /// has bytes in it ([`Blob`](super::Blob), [`Binary`](super::Binary)) gets them from the
    /// attachments.
    ///
    /// # Errors
    /// If it is not such a value, or contains half of a surrogate pair, a number beyond a double or
    /// more than 127 levels. All of these can still be passed on.
    pub fn get<T: Deserialize<'b>>(&self, at: usize) -> Result<T, BadArgument> {
        let json = self.raw(at).unwrap_or("null");
        self.check_names(json)?;
        let mut reader = serde_json::Deserializer::from_str(json);
        let value = T::deserialize(Attached::new(&mut reader, self.attachments));
        value.and_then(|value| reader.end().map(|()| value)).map_err(BadArgument::of)
    }

    /// An argument as text, if it is a string. Each half of a surrogate pair, which [`Args::get`]
    /// refuses, becomes U+FFFD.
    pub fn text(&self, at: usize) -> Option<Cow<'b, str>> {
        self.raw(at).filter(|json| json.starts_with('"')).and_then(unquote)
    }

    /// All arguments: as a tuple, in which missing ones are null and surplus ones are dropped, or
    /// as a `Vec` of any length.
    ///
    /// # Errors
    /// The errors of [`Args::get`], with the number of the argument, counted from 1.
    pub fn parse<T: Deserialize<'b>>(&self) -> Result<T, BadArgument> {
        self.check_names(self.json)?;
        T::deserialize(All(self.json, self.attachments)).map_err(BadArgument::of)
    }

    /// The arguments as a value of a handler's: a tuple has a part for each of them, as in
    /// [`Args::parse`], and any other type is that of the first one. So a struct is an object, a
    /// `Vec` or an array is a list, and `()` takes nothing.
    ///
    /// # Errors
    /// The errors of [`Args::parse`].
    pub fn read<T: Deserialize<'b>>(&self) -> Result<T, BadArgument> {
        // To serde an array is a tuple.
        if any::type_name::<T>().starts_with('[') {
            return self.get(0).map_err(|BadArgument(error)| BadArgument::of(named(1, &error)));
        }
        self.check_names(self.json)?;
        T::deserialize(Typed(self.json, self.attachments)).map_err(BadArgument::of)
    }

    /// Bytes are copied for each value that they are in, so each attachment may be read once.
    fn check_names(&self, json: &str) -> Result<(), BadArgument> {
        let count = self.attachments.len();
        match count == 0 || names_each_once(json, count) {
            true => Ok(()),
            false => Err(BadArgument::of(de::Error::custom("an attachment is named twice"))),
        }
    }

    /// The attachment of an argument; `None` if the argument is not a placeholder itself.
    pub fn binary(&self, at: usize) -> Option<&'b [u8]> {
        let json = self.raw(at).filter(|json| json.starts_with('{'))?;
        if self.attachments.is_empty() {
            return None;
        }
        let number = placeholders(json, self.attachments.len()).ok()??;
        self.attachments.get(number).map(Vec::as_slice)
    }

    /// The JSON text of all arguments, with commas between them and without brackets, to be passed
    /// on.
    pub const fn json(&self) -> &'b str {
        self.json
    }

    /// The attachments that placeholders stand for, in order.
    pub const fn attachments(&self) -> &'b [Vec<u8>] {
        self.attachments
    }
}

/// Reads an event's name and arguments from its `data`, as [`decode`](super::decode) returned it,
/// and from the attachments that came after it. A name that is a number becomes its digits; half of
/// a surrogate pair in a name becomes U+FFFD.
///
/// # Errors
/// [`Malformed`] if `data` is no array that begins with a name. (The JSON is not validated again;
/// invalid JSON gives arguments that do not parse.)
pub fn event<'b>(
    data: &'b str,
    attachments: &'b [Vec<u8>],
) -> Result<(Cow<'b, str>, Args<'b>), Malformed> {
    let elements = array(data)?;
    let (name, rest) = if elements.starts_with('"') {
        let end = string_end(elements.as_bytes(), 1);
        let (quoted, rest) = elements.split_at_checked(end).ok_or(Malformed)?;
        (unquote(quoted).ok_or(Malformed)?, rest)
    } else {
        let end = elements.find([',', ' ', '\t', '\n', '\r']).unwrap_or(elements.len());
        let (number, rest) = elements.split_at_checked(end).ok_or(Malformed)?;
        if !number.starts_with(|char: char| char == '-' || char.is_ascii_digit()) {
            return Err(Malformed);
        }
        (Cow::Borrowed(number), rest)
    };
    let rest = rest.trim_start_matches(WHITESPACE);
    let json = match rest.strip_prefix(',') {
        Some(json) => json.trim_start_matches(WHITESPACE),
        None if rest.is_empty() => rest,
        None => return Err(Malformed),
    };
    Ok((name, Args { json, attachments }))
}

/// Reads an ack's `data` as [`event`] reads an event's, but without a name.
///
/// # Errors
/// [`Malformed`] if `data` is not an array.
pub fn ack<'b>(data: &'b str, attachments: &'b [Vec<u8>]) -> Result<Args<'b>, Malformed> {
    Ok(Args { json: array(data)?, attachments })
}

/// The text between an array's brackets, trimmed.
fn array(data: &str) -> Result<&str, Malformed> {
    let data = data.trim_matches(WHITESPACE);
    let inside = data.strip_prefix('[').and_then(|data| data.strip_suffix(']'));
    inside.map(|inside| inside.trim_matches(WHITESPACE)).ok_or(Malformed)
}

/// All arguments, for a visitor.
pub(super) struct All<'b>(pub(super) &'b str, pub(super) &'b [Vec<u8>]);

impl<'b> All<'b> {
    fn elements(&self, length: usize) -> Each<'b> {
        let attachments = self.1;
        Each { elements: Elements::new(self.0), attachments, at_least: length, taken: 0 }
    }
}

impl<'de> Deserializer<'de> for All<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(self.elements(0))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(self.elements(length))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(self.elements(length))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit_struct seq map struct enum identifier ignored_any
    }
}

/// One argument after another, and then nulls.
struct Each<'b> {
    elements: Elements<'b>,
    attachments: &'b [Vec<u8>],
    /// At least this many more follow, filled up with nulls.
    at_least: usize,
    /// Arguments taken so far.
    taken: usize,
}

/// An error that names the argument, counted from 1. Its place in the text helps nobody.
pub(super) fn named(argument: usize, error: &serde_json::Error) -> serde_json::Error {
    let text = error.to_string();
    let why = text.rfind(" at line ").map_or(&*text, |at| &text[..at]);
    de::Error::custom(format_args!("argument {argument}: {why}"))
}

impl<'de> SeqAccess<'de> for Each<'de> {
    type Error = serde_json::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Self::Error> {
        let missing = (self.at_least > 0).then_some("null");
        let Some(json) = self.elements.next().or(missing) else { return Ok(None) };
        self.at_least = self.at_least.saturating_sub(1);
        self.taken += 1;
        let mut reader = serde_json::Deserializer::from_str(json);
        let value = seed.deserialize(Attached::new(&mut reader, self.attachments));
        let value = value.and_then(|value| reader.end().map(|()| value));
        value.map(Some).map_err(|error| named(self.taken, &error))
    }
}
