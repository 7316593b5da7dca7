//! Methods that set one field each, for settings of which there may be more one day.

/// Gives a type a method for each of these fields, named as the field, that returns the type with
/// the field set.
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
