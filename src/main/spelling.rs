//! The known name that was probably meant by an unknown one.

/// Letters of a name for each letter that may be wrong in it.
const LETTERS_PER_TYPO: usize = 4;

/// The known name that differs least from `name`, if it differs by few letters. Capitals, hyphens
/// and underscores do not count.
pub(crate) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let letters = |name: &str| name.replace(['-', '_'], "").to_ascii_lowercase();
    let wanted = letters(name);
    let near = known.map(|known| {
        let known_letters = letters(known);
        let typos = strsim::damerau_levenshtein(&known_letters, &wanted);
        (typos, known_letters.len() / LETTERS_PER_TYPO, known)
    });
    let near = near.filter(|(typos, allowed, _)| typos <= allowed);
    near.min().map(|(.., known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_found() {
        let known = ["max-line", "bind", "http", "rate", "open-metrics"];
        for (name, near) in [
            ("maxline", Some("max-line")),
            ("MAX_LINES", Some("max-line")),
            ("bnid", Some("bind")),
            ("openmetrics", Some("open-metrics")),
            ("colour", None),
        ] {
            assert_eq!(nearest(name, known.into_iter()), near, "{name}");
        }
    }
}
