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

/// A place in a pattern: which characters stand there, and whether any number of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Which characters.
    pub class: Class,
    /// Any number of them, rather than one.
    pub many: bool,
}

/// Which characters a place in a pattern takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// This one.
    One(char),
    /// Any.
    Any,
    /// Any but `/`.
    NoSlash,
}

impl Class {
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::One(one), Self::One(other)) => one == other,
            (Self::One(one), Self::NoSlash) | (Self::NoSlash, Self::One(one)) => one != '/',
            (Self::Any, _) | (_, Self::Any) | (Self::NoSlash, Self::NoSlash) => true,
        }
    }
}

/// The places of a glob.
pub(super) fn tokens(pattern: &str) -> Vec<Token> {
    pattern.chars().map(token).collect()
}

pub(super) fn token(c: char) -> Token {
    match c {
        '*' => Token { class: Class::Any, many: true },
        '?' => Token { class: Class::Any, many: false },
        c => Token { class: Class::One(c), many: false },
    }
}

/// Whether some text is covered by both of two globs. Sensitive to case, like [`glob`].
pub fn overlap(one: &str, other: &str) -> bool {
    meet(&tokens(one), &tokens(other))
}

/// Whether some text is covered by both of two patterns. Takes the product of the two lengths.
pub(super) fn meet(one: &[Token], other: &[Token]) -> bool {
    // From the back: whether the rests of the two meet, for the rest of `one` at hand and each rest of `other`.
    let mut below: Vec<bool> = vec![];
    for a in one.iter().map(Some).rev().fold(vec![None], |mut all, token| {
        all.push(token);
        all
    }) {
        let mut row = vec![false; other.len() + 1];
        let mut right = false;
        for (j, b) in (0..=other.len()).map(|j| (j, other.get(j))).rev() {
            let under = |j: usize| below.get(j).copied().unwrap_or(false);
            let meets = match (a, b) {
                (None, None) => true,
                (None, Some(b)) => b.many && right,
                (Some(a), None) => a.many && under(j),
                (Some(a), Some(b)) => {
                    let both = a.class.meets(b.class)
                        && match (a.many, b.many) {
                            (false, false) => under(j + 1),
                            (true, false) => right,
                            (false, true) => under(j),
                            (true, true) => false,
                        };
                    (a.many && under(j)) || (b.many && right) || both
                }
            };
            if let Some(cell) = row.get_mut(j) {
                *cell = meets;
            }
            right = meets;
        }
        below = row;
    }
    below.first().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::{Class, Token, glob, meet, overlap, tokens};
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

    #[test]
    fn overlaps() {
        for (one, other) in [
            ("", ""),
            ("*", ""),
            ("a*", "*b"),
            ("a*c", "ab*"),
            ("*", "*"),
            ("a?c", "?b?"),
            ("b/*", "b/x/*"),
            ("role/*", "role/team-*"),
        ] {
            assert!(overlap(one, other) && overlap(other, one), "{one} {other}");
        }
        for (one, other) in
            [("", "?"), ("a*", "b*"), ("*a", "*b"), ("a?", "a"), ("A", "a"), ("job/*", "bucket")]
        {
            assert!(!overlap(one, other) && !overlap(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_place_without_slash() {
        let bucket = [Token { class: Class::NoSlash, many: true }];
        assert!(meet(&tokens("b*"), &bucket) && meet(&bucket, &tokens("*")));
        assert!(!meet(&tokens("b/*"), &bucket) && !meet(&bucket, &tokens("*/*")));
    }

    proptest! {
        #[test]
        fn overlap_agrees_with_the_definition(one in "[ab*?]{0,5}", other in "[ab*?]{0,5}") {
            // If two globs of these lengths have a text in common, they have one of at most their lengths' sum.
            let mut texts = vec![String::new()];
            let mut common = false;
            for _ in 0..=one.len() + other.len() {
                common = common || texts.iter().any(|text| glob(&one, text) && glob(&other, text));
                texts = texts.iter().flat_map(|text| ["a", "b"].map(|c| format!("{text}{c}"))).collect();
            }
            prop_assert_eq!(overlap(&one, &other), common);
        }

        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let (p, t): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(glob(&pattern, &text), by_definition(&p, &t));
        }
    }
}
