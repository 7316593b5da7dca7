//! Arguments as a value of a handler's: a tuple of all, or the first one.

use super::args::{All, named};
use super::attached::Attached;
use super::json::Elements;
use serde::de::{Deserializer, Visitor};

/// The arguments of an event, for a visitor.
pub(super) struct Typed<'b>(pub(super) &'b str, pub(super) &'b [Vec<u8>]);

/// Reads the first argument in each of these ways.
macro_rules! first_argument {
    ($($method:ident($($name:ident: $kind:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($name: $kind,)*
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            let json = Elements::new(self.0).next().unwrap_or("null");
            let mut reader = serde_json::Deserializer::from_str(json);
            let value = Attached::new(&mut reader, self.1).$method($($name,)* visitor);
            let value = value.and_then(|value| reader.end().map(|()| value));
            value.map_err(|error| named(1, &error))
        }
    )*};
}

impl<'de> Deserializer<'de> for Typed<'de> {
    type Error = serde_json::Error;

    first_argument! {
        deserialize_any()
        deserialize_bool()
        deserialize_i8()
        deserialize_i16()
        deserialize_i32()
        deserialize_i64()
        deserialize_i128()
        deserialize_u8()
        deserialize_u16()
        deserialize_u32()
        deserialize_u64()
        deserialize_u128()
        deserialize_f32()
        deserialize_f64()
        deserialize_char()
        deserialize_str()
        deserialize_string()
        deserialize_bytes()
        deserialize_byte_buf()
        deserialize_option()
        deserialize_seq()
        deserialize_map()
        deserialize_identifier()
        deserialize_ignored_any()
        deserialize_unit_struct(name: &'static str)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        All(self.0, self.1).deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        All(self.0, self.1).deserialize_tuple(length, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }
}
