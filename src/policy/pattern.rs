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

/// Whether everything that one glob covers is covered by another, whatever the policy variables in them stand for.
/// Says no where it is not sure: `?*` is not seen to lie within `*?`.
pub fn covers(wider: &str, narrower: &str) -> bool {
    // Most pairs differ before the first star, and are told apart without more ado.
    let plain = wider.split(['*', '?', '$']).next().unwrap_or_default();
    if !narrower.starts_with(plain) {
        return false;
    }
    let (wider, narrower) = (tokens(wider), tokens(narrower));
    let (mut w, mut n) = (0, 0);
    // What follows the last star, and where it was last tried.
    let mut retry = None;
    loop {
        match (wider.get(w), narrower.get(n)) {
            (None, None) => return true,
            (Some(Token::Star), _) => {
                w += 1;
                retry = Some((w, n));
                continue;
            }
            (Some(Token::Any), Some(Token::Any | Token::Is(_))) => {
                (w, n) = (w + 1, n + 1);
                continue;
            }
            (Some(one), Some(other)) if one == other => {
                (w, n) = (w + 1, n + 1);
                continue;
            }
            _ => {}
        }
        let Some((after_star, tried)) = &mut retry else { return false };
        *tried += 1;
        if *tried > narrower.len() {
            return false;
        }
        (w, n) = (*after_star, *tried);
    }
}

/// A piece of a glob.
#[derive(PartialEq, Eq)]
enum Token<'a> {
    /// `*`
    Star,
    /// `?`
    Any,
    /// `${…}`: nobody knows how long what it stands for is.
    Variable(&'a str),
    /// A character that stands for itself.
    Is(char),
}

fn tokens(glob: &str) -> Vec<Token<'_>> {
    let mut tokens = vec![];
    let mut rest = glob;
    while let Some(c) = rest.chars().next() {
        let variable = rest.strip_prefix("${").and_then(|inner| inner.find('}')).map(|end| end + 3);
        let (piece, tail) = rest.split_at(variable.unwrap_or(c.len_utf8()));
        tokens.push(match c {
            _ if variable.is_some() => Token::Variable(piece),
            '*' => Token::Star,
            '?' => Token::Any,
            c => Token::Is(c),
        });
        rest = tail;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::{covers, glob};
    use proptest::prelude::*;

    #[test]
    fn matches_text() {
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
    fn within() {
        for (wider, narrower) in [
            ("*", ""),
            ("s3:Get*", "s3:GetObject*"),
            ("s3:*", "s3:*"),
            ("a?c", "abc"),
            ("a?c", "a?c"),
            ("b/*", "b/${aws:username}/x"),
            ("b/${aws:username}/*", "b/${aws:username}/x"),
            ("a*", "a${*}"),
        ] {
            assert!(covers(wider, narrower), "{wider} should cover {narrower}");
        }
        for (wider, narrower) in [
            ("a?", "a*"),
            ("abc", "a?c"),
            ("b/????????????", "b/${aws:x}123"),
            ("a${*}", "ab"),
            ("a${*}", "a${x}"),
            ("*{x}", "${x}"),
            ("a*b", "a*"),
        ] {
            assert!(!covers(wider, narrower), "{wider} should not cover {narrower}");
        }
    }

    proptest! {
        #[test]
        fn what_is_within_matches_nothing_else(w in "[ab*?]{0,5}", n in "[ab*?]{0,5}", text in "[ab]{0,6}") {
            prop_assert!(!covers(&w, &n) || !glob(&n, &text) || glob(&w, &text));
        }

        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let (p, t): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(glob(&pattern, &text), by_definition(&p, &t));
        }
    }
}
