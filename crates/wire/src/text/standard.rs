//! Checks the ranges of this module against the tables of the Unicode standard.

use super::*;
use regex_syntax::hir::{Class, HirKind};

/// Whether a character belongs to a class, written as in a regular expression.
fn class(pattern: &str) -> impl Fn(char) -> bool {
    let HirKind::Class(Class::Unicode(class)) =
        regex_syntax::parse(pattern).expect("a class").into_kind()
    else {
        panic!("{pattern} is no class");
    };
    move |char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&char))
}

#[test]
fn what_shows_nothing_is_what_the_standard_ignores() {
    let ignored = class(r"\p{Default_Ignorable_Code_Point}");
    let bidi = class(r"\p{Bidi_Control}");
    for char in '\0'..=char::MAX {
        // An override of the direction is shown, because a terminal obeys it.
        let shown = bidi(char) && is_obeyed(char);
        let here = [is_unseen(char), is_joiner(char), shown];
        let count = here.iter().filter(|is| **is).count();
        assert_eq!(count, usize::from(ignored(char)), "{char:?} {here:?}");
    }
}

#[test]
fn joiners_are_what_the_standard_calls_so() {
    // Mongolian's vowel separator is in neither class, but works as they do.
    let joiners = class(r"[\p{Join_Control}\p{Variation_Selector}\u180E]");
    for char in '\0'..=char::MAX {
        assert_eq!(is_joiner(char), joiners(char), "{char:?}");
    }
}

#[test]
fn a_terminal_obeys_controls_ends_of_lines_and_directions() {
    let obeyed = class(r"[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]");
    // Marks of the direction, which affect only their neighbours, are left out.
    let marks = class(r"[\u061C\u200E\u200F]");
    for char in '\0'..=char::MAX {
        assert_eq!(is_obeyed(char), obeyed(char) && !marks(char), "{char:?}");
        assert!(!marks(char) || is_unseen(char), "{char:?}");
    }
}
