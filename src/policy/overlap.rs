//! Whether two patterns have a text in common.

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

/// Whether some text is covered by both of two globs. Sensitive to case, like [`glob`](super::glob).
pub fn overlap(one: &str, other: &str) -> bool {
    meet(&tokens(one), &tokens(other))
}

/// Whether some text is covered by both of two patterns. Takes the product of the two lengths.
pub(super) fn meet(mut one: &[Token], mut other: &[Token]) -> bool {
    // Most pairs are told apart by what stands at their ends, one character for one.
    while let ([a, left @ ..], [b, right @ ..]) = (one, other)
        && !a.many
        && !b.many
    {
        if !a.class.meets(b.class) {
            return false;
        }
        (one, other) = (left, right);
    }
    while let ([left @ .., a], [right @ .., b]) = (one, other)
        && !a.many
        && !b.many
    {
        if !a.class.meets(b.class) {
            return false;
        }
        (one, other) = (left, right);
    }
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
    use super::super::glob;
    use super::{Class, Token, meet, overlap, tokens};
    use proptest::prelude::*;

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
    }
}
