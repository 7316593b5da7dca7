//! Values for an event or ack.

use super::Args;
use serde::Serialize;
use std::io::Write as _;

/// One argument.
///
/// Do not send a [`serde_json::Value`] from a client together with a [`Binary`]: an object in it
/// that looks like a placeholder would be taken for one.
pub trait Argument {
    /// Appends the argument to `json`, and its bytes, if it has any, to `attachments`.
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>);
}

/// A value that can be serialized, as JSON; null if that fails.
impl<T: Serialize + ?Sized> Argument for T {
    fn write(&self, json: &mut Vec<u8>, _: &mut Vec<Vec<u8>>) {
        let from = json.len();
        if serde_json::to_writer(&mut *json, self).is_err() {
            json.truncate(from);
            json.extend_from_slice(b"null");
        }
    }
}

/// Bytes as an argument: they are sent as an attachment, with a placeholder in their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binary<'a>(pub &'a [u8]);

impl Argument for Binary<'_> {
    fn write(&self, json: &mut Vec<u8>, attachments: &mut Vec<Vec<u8>>) {
        // A vector takes every write.
        let _ = write!(json, r#"{{"_placeholder":true,"num":{}}}"#, attachments.len());
        attachments.push(self.0.to_vec());
    }
}

/// All arguments of one event or ack: a tuple, one text, one value, or those of another packet.
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
