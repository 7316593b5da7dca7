//! Methods that set one field each, for settings that may get more fields later.

/// Gives a type a method for each of these fields, with the field's name, that returns the type
/// with the field set.
macro_rules! setters {
    ($settings:ident { $($field:ident: $value:ty),+ $(,)? }) => {
        impl $settings {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](#structfield.",
                    stringify!($field), ").")]
                #[must_use]
                pub fn $field(mut self, $field: $value) -> Self {
                    self.$field = $field;
                    self
                }
            )+
        }
    };
}

pub(crate) use setters;
