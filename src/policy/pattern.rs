//! IAM's globs: `*` for any text, `?` for one character.

/// Whether a glob covers all of a text. Sensitive to case; `*` also crosses `/` and `:`. At worst it takes
/// the product of the two lengths, however many stars there are: only the last star is ever tried again,
/// since an earlier one could not do better.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut pattern = pattern.chars();
    let mut text = text.chars();
    // What follows the last star, and the text it was last tried on.
    let mut retry = None;
    loop {
        let mut ahead = pattern.clone();
        let next = ahead.next();
        if next == Some('*') {
            pattern = ahead;
            retry = Some((pattern.clone(), text.clone()));
            continue;
        }
        let mut rest = text.clone();
        match (next, rest.next()) {
            (None, None) => return true,
            (Some(p), Some(t)) if p == '?' || p == t => {
                pattern = ahead;
                text = rest;
                continue;
            }
            _ => {}
        }
        let Some((after_star, tried)) = &mut retry else { return false };
        if tried.next().is_none() {
            return false;
        }
        pattern = after_star.clone();
        text = tried.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::glob;
    use proptest::prelude::*;

    #[test]
    fn covers() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "a/b:c"),
            ("a*", "a"),
            ("a?c", "abc"),
            ("a?c", "aéc"),
            ("*b", "abab"),
            ("a*b*c", "a1b2b3c"),
            ("**", "x"),
            ("arn:aws:s3:::b/*/x", "arn:aws:s3:::b/1/2/x"),
        ] {
            assert!(glob(pattern, text), "{pattern} should cover {text}");
        }
        for (pattern, text) in
            [("", "a"), ("?", ""), ("a", "A"), ("a*b", "abc"), ("a?", "a"), ("*a*a", "a"), ("ab", "a")]
        {
            assert!(!glob(pattern, text), "{pattern} should not cover {text}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(2_000) + "b";
        assert!(!glob(&pattern, &"a".repeat(4_000)));
    }

    fn by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some(('*', p)), None) => by_definition(p, text),
            (Some(('*', p)), Some((_, t))) => by_definition(p, text) || by_definition(pattern, t),
            (Some(_), None) => false,
            (Some((p, ps)), Some((t, ts))) => (*p == '?' || p == t) && by_definition(ps, ts),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let (p, t): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(glob(&pattern, &text), by_definition(&p, &t));
        }
    }
}
